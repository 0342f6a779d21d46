"""The parameters of the cash of customers."""

from apps.api.params import Text, from_wire

_CUSTOMER = "/v1/customers/{customer}"
RETRIEVE = from_wire(f"GET {_CUSTOMER}/cash_balance")
UPDATE = from_wire(f"POST {_CUSTOMER}/cash_balance")
LIST = from_wire(f"GET {_CUSTOMER}/cash_balance_transactions")
RETRIEVE_TRANSACTION = from_wire(f"GET {_CUSTOMER}/cash_balance_transactions/{{transaction}}")
INSTRUCTIONS = from_wire(f"POST {_CUSTOMER}/funding_instructions")
FUND = from_wire(
    "POST /v1/test_helpers/customers/{customer}/fund_cash_balance", reference=Text(max_length=140)
)
APPLY = from_wire("POST /v1/payment_intents/{intent}/apply_customer_balance")
