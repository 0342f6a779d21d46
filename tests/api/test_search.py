"""Search: the language, what it finds, and its pages."""

from typing import Any

import pytest

from apps.api.search import InvalidQuery, parse
from apps.api.search.grammar import Clause


@pytest.mark.parametrize(
    ("text", "clauses", "is_any"),
    [
        ('email:"ada@example.com"', [Clause("email", "", ":", "ada@example.com", False)], False),
        ("  amount>1000 ", [Clause("amount", "", ">", 1000, False)], False),
        ("created>=-5", [Clause("created", "", ">=", -5, False)], False),
        ("-currency:'usd'", [Clause("currency", "", ":", "usd", True)], False),
        ('metadata["a b"]:"c"', [Clause("metadata", "a b", ":", "c", False)], False),
        ("-metadata['a']:null", [Clause("metadata", "a", ":", None, True)], False),
        (
            r'name:"a \"quoted\" \\ name"',
            [Clause("name", "", ":", 'a "quoted" \\ name', False)],
            False,
        ),
        (
            'a.b_1.c~"x" AND d<3',
            [Clause("a.b_1.c", "", "~", "x", False), Clause("d", "", "<", 3, False)],
            False,
        ),
        ("a:1 b:2", [Clause("a", "", ":", 1, False), Clause("b", "", ":", 2, False)], False),
        (
            "a:1 OR b:'AND' OR c:3",
            [
                Clause("a", "", ":", 1, False),
                Clause("b", "", ":", "AND", False),
                Clause("c", "", ":", 3, False),
            ],
            True,
        ),
    ],
)
def test_a_query_is_read(text, clauses, is_any):
    query = parse(text)

    assert (list(query.clauses), query.is_any) == (clauses, is_any)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "email",
        "email:",
        "email:ada",
        'email:"ada',
        'email="ada"',
        "amount:12.5",
        "amount:1e3",
        "nullable:nullx",
        "a:1 AND",
        "a:1 AND b:2 OR c:3",
        "(a:1)",
        "a:1b:2",
        "a:1,b:2",
        "NOT a:1",
        'metadata[a]:"b"',
        'metadata[""',
        'a:"\x00"',
        " ".join("a:1" for _ in range(11)),
        "a:1 " * 2_000,
        "a" * 5_001,
    ],
)
def test_what_is_no_query_is_refused(text):
    with pytest.raises(InvalidQuery) as caught:
        parse(text)

    assert caught.value.param == "query"


def test_a_long_query_is_refused_in_no_time():
    for text in ('a:"' + "\\" * 4_990, "a." * 2_499, "-" * 5_000, "a:1" + " " * 4_990 + "x"):
        with pytest.raises(InvalidQuery):
            parse(text)


@pytest.fixture
def customers(api):
    """Return the ids of three customers, by name."""
    made = {
        "Ada": {
            "email": "ada@Example.com",
            "phone": "+1 555 0100",
            "metadata": {"order": "A-1", "7": "seven"},
        },
        "Grace 100%": {"email": "grace@example.org", "metadata": {"order": "b_2"}},
        "Alan": {},
    }
    return {
        name: api.post("customers", {"name": name, **more})["id"] for name, more in made.items()
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "names"),
    [
        ('email:"ADA@example.com"', ["Ada"]),
        ('email:"ada"', []),
        ('email~"example"', ["Grace 100%", "Ada"]),
        ('-email~"example"', ["Alan"]),
        ('name~"00%"', ["Grace 100%"]),
        ('name~"a_a"', []),  # `_` stands for itself
        ('phone~"555"', ["Ada"]),
        ('metadata["order"]:"a-1"', ["Ada"]),
        ('metadata["order"]:"b%2"', []),
        ('metadata["7"]:"seven"', ["Ada"]),
        ('metadata["order"]:null', ["Alan"]),
        ('-metadata["order"]:null', ["Grace 100%", "Ada"]),
        ('-metadata["order"]:"A-1"', ["Alan", "Grace 100%"]),
        ("created>0", ["Alan", "Grace 100%", "Ada"]),
        ("created<1000", []),
        ('name:"ada" OR name:"alan"', ["Alan", "Ada"]),
        ('name:"ada" AND metadata["order"]:"A-1"', ["Ada"]),
        ("name:\"ada\" email~'grace'", []),
    ],
)
def test_customers_are_found(api, customers, query, names):
    found = api.get("customers/search", {"query": query})

    assert [row["name"] for row in found["data"]] == names
    assert (found["object"], found["url"]) == ("search_result", "/v1/customers/search")
    assert (found["has_more"], found["next_page"]) == (False, None)


@pytest.mark.django_db
def test_a_deleted_customer_is_not_found(api, customers):
    api.delete(f"customers/{customers['Ada']}")

    assert api.get("customers/search", {"query": "name:'Ada'"})["data"] == []


@pytest.mark.django_db
def test_only_what_is_the_callers_is_found(api, customers, other_environment, other_api):
    assert other_api.get("customers/search", {"query": "created>0"})["data"] == []


def pay(api, **more):
    terms = {"currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
    return api.post("payment_intents", {"amount": 1_000, **terms, **more})


@pytest.mark.django_db
def test_payments_and_charges_are_found_by_what_they_are(api):
    customer = api.post("customers", {"name": "Ada"})["id"]
    small = pay(api, amount=500, metadata={"order": "1"})
    large = pay(api, amount=2_000, currency="eur", customer=customer)
    open_ = api.post("payment_intents", {"amount": 700, "currency": "usd"})
    api.post("refunds", {"payment_intent": small["id"]})

    def intents(query):
        return [row["id"] for row in api.get("payment_intents/search", {"query": query})["data"]]

    def charges(query):
        found = api.get("charges/search", {"query": query})["data"]
        return [row["payment_intent"] for row in found]

    small, large, open_ = small["id"], large["id"], open_["id"]
    assert intents("amount>500") == [open_, large]
    assert intents("amount:500") == [small]
    assert intents("amount>='500' amount<=700") == [open_, small]
    assert intents("currency:'EUR'") == [large]
    assert intents(f'customer:"{customer}"') == [large]
    assert intents("-customer:'cus_1' status:'succeeded'") == [large, small]
    assert intents("metadata['order']:'1'") == [small]
    assert charges("refunded:'true'") == [small]
    assert charges("refunded:'false'") == [large]
    assert charges("disputed:'true'") == []
    assert charges("payment_method_details.card.last4:4242") == [large, small]
    assert charges("payment_method_details.card.brand:'Visa'") == [large, small]
    assert charges("payment_method_details.card.exp_year>2000") == [large, small]
    assert charges("payment_method_details.card.exp_month>12") == []
    assert charges("-billing_details.address.postal_code:'94110'") == [large, small]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query",
    [
        "nothing:1",
        "amount:'much'",
        "amount~'500'",
        "amount:99999999999999999999",
        "status~'succ'",
        "status>'a'",
        "status:null",
        "created:'yesterday'",
        "created>-1",
        "created>999999999999999",
        "metadata:'a'",
        "metadata['a']>'1'",
        "amount:1 OR status:'a' AND currency:'usd'",
    ],
)
def test_what_cannot_be_searched_is_refused(api, query):
    error = api.get("payment_intents/search", {"query": query}, status=400).error

    assert (error["code"], error["param"]) == ("search_query_invalid", "query")


@pytest.mark.django_db
def test_a_part_of_a_text_has_three_characters_and_a_flag_two_values(api):
    for path, query in (("customers", "name~'ab'"), ("charges", "refunded:'maybe'")):
        assert api.get(f"{path}/search", {"query": query}, status=400).error["param"] == "query"


@pytest.mark.django_db
def test_a_search_has_pages_and_is_counted_when_asked(api):
    made = [api.post("customers", {"name": "Ada"})["id"] for _ in range(5)]
    query: dict[str, Any] = {"query": "name:'Ada'", "limit": 2}

    seen, page, pages = [], "", 0
    while pages == 0 or page:
        found = api.get(
            "customers/search",
            {**query, **({"page": page} if page else {}), "expand": ["total_count"]},
        )
        assert found["total_count"] == 5
        seen += [row["id"] for row in found["data"]]
        page, pages = found["next_page"], pages + 1
        assert found["has_more"] == bool(page)

    assert (seen, pages) == (made[::-1], 3)
    assert "total_count" not in api.get("customers/search", query)


@pytest.mark.django_db
def test_a_page_is_of_its_query_and_cannot_be_made_up(api):
    for _ in range(2):
        api.post("customers", {"name": "Ada"})
    page = api.get("customers/search", {"query": "name:'Ada'", "limit": 1})["next_page"]

    for params in (
        {"query": "name:'Alan'", "page": page},
        {"query": "name:'Ada'", "page": f"{page}x"},
        {"query": "name:'Ada'", "page": "cus_1"},
    ):
        assert api.get("customers/search", params, status=400).error["param"] == "page"


@pytest.mark.django_db
def test_what_was_found_can_be_expanded(api):
    customer = api.post("customers", {"name": "Ada"})["id"]
    pay(api, customer=customer)

    found = api.get("payment_intents/search", {"query": "amount>0", "expand": ["data.customer"]})[
        "data"
    ]
    assert found[0]["customer"]["name"] == "Ada"
    error = api.get(
        "payment_intents/search", {"query": "amount>0", "expand": ["data.nothing"]}, status=400
    ).error
    assert error["param"] == "expand"


@pytest.mark.django_db
def test_there_is_a_query_and_nobody_searches_elsewhere(api, publishable_api):
    assert api.get("customers/search", status=400).error["code"] == "parameter_missing"
    assert api.get("refunds/search", status=404).error["code"] == "url_invalid"
    publishable_api.get("charges/search", {"query": "amount>0"}, status=403)
