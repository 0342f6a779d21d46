"""The parameters of tokens, and of cards, bank accounts and sources of the old kind."""

from apps.api.params import (
    AccountNumber,
    AnyOf,
    CardNumber,
    Integer,
    ListOf,
    Param,
    Shape,
    Text,
    from_wire,
)

OF_CUSTOMER = "/v1/customers/{customer}"
EXPIRY: dict[str, Param] = {
    "exp_month": Integer(minimum=1, maximum=12, required=True),
    "exp_year": Integer(minimum=2000, maximum=2100, required=True),
}
# A card with its number, as forms of long ago send it.
CARD = Shape(
    {
        **{f"address_{part}": Text() for part in ("city", "country", "line1", "line2")},
        **{f"address_{part}": Text() for part in ("state", "zip")},
        **EXPIRY,
        "cvc": Text(max_length=5),
        "name": Text(),
        "number": CardNumber(required=True),
        "object": Text(choices=("card",)),
    }
)
BANK_ACCOUNT = Shape(
    account_holder_name=Text(),
    account_holder_type=Text(choices=("company", "individual")),
    account_number=AccountNumber(required=True),
    country=Text(max_length=2, required=True),
    currency=Text(max_length=3),
    object=Text(choices=("bank_account",), required=True),
    routing_number=Text(max_length=20),
)
# The id of a token or a source, or the thing itself.
SOURCE = AnyOf(Text(max_length=255), CARD, BANK_ACCOUNT)

CREATE_TOKEN = from_wire("POST /v1/tokens")
RETRIEVE_TOKEN = from_wire("GET /v1/tokens/{token}")

CREATE_SOURCE = from_wire(
    "POST /v1/sources",
    card=CARD,
    sepa_debit=Shape(iban=AccountNumber(required=True)),
)
UPDATE_SOURCE = from_wire("POST /v1/sources/{source}")
RETRIEVE_SOURCE = from_wire("GET /v1/sources/{source}")
VERIFY_SOURCE = from_wire("POST /v1/sources/{source}/verify")

CREATE = from_wire(f"POST {OF_CUSTOMER}/sources", source=SOURCE)
UPDATE = from_wire(f"POST {OF_CUSTOMER}/sources/{{id}}")
LIST = from_wire(f"GET {OF_CUSTOMER}/sources")
LIST_OF_ONE_KIND = from_wire(f"GET {OF_CUSTOMER}/cards")
DELETE = from_wire(f"DELETE {OF_CUSTOMER}/sources/{{id}}")
VERIFY = from_wire(
    f"POST {OF_CUSTOMER}/sources/{{id}}/verify",
    amounts=ListOf(Integer(minimum=1, maximum=99), max_items=2),
)
