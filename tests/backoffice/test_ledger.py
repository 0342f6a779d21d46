"""The pages of the ledger: the tree, an account over time, a journal, the trial balance."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.admin.utils import quote
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.core import clock, context
from apps.core.money import Money
from apps.ledger import services
from apps.ledger.domain import Draft, Posting, chart
from apps.ledger.models import LedgerAccount, LedgerPosting, LedgerTransaction
from tests.backoffice.operators import Operator, make_user, text

ACCOUNTS = "/admin/ledger/ledgeraccount/"
TREE, LEVEL, TRIAL = f"{ACCOUNTS}tree/", f"{ACCOUNTS}tree/level/", f"{ACCOUNTS}trial-balance/"
TRANSACTIONS = "/admin/ledger/ledgertransaction/"
BANK, FEES, WALLET = chart.bank_settlement(), chart.platform_fees(), chart.wallet("wal_1")
PAGE_QUERIES_MAX = 16


def usd(minor):
    return Money(minor, "usd")


def post(*postings, **details):
    with transaction.atomic():
        return services.post(postings, **details).transaction_id


def page(transaction_id):
    return f"{TRANSACTIONS}{quote(transaction_id)}/change/"


def account_page(code, currency="usd"):
    account = LedgerAccount.objects.get(code=code, currency=currency)
    return f"{ACCOUNTS}{quote(account.pk)}/change/"


def words(shown, start, end="</section>"):
    """Return what people read of a part of a page."""
    at = shown.index(start)
    part = shown[at : shown.index(end, at)]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", part)).split())


def lines(shown):
    """Return the lines of a journal: account, debit, credit, balance after."""
    journal = shown[shown.index('id="journal"') : shown.index("</article>")]
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", journal, re.DOTALL)
    cells = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL) for row in rows]
    return [tuple(" ".join(re.sub(r"<[^>]+>", "", c).split()) for c in row) for row in cells]


def statements(operator, path, **query):
    operator.get(path, **query)  # what is looked up once per process
    with CaptureQueriesContext(connection) as captured:
        text(operator.get(path, **query))
    return [one["sql"] for one in captured if not one["sql"].startswith("SET ")]


@pytest.fixture
def book(environment):
    """A wallet that was paid in and charged a fee."""
    pay = Posting(BANK, WALLET, usd(50_00))
    post(pay, Posting(BANK, FEES, usd(1_50)), reference="top-up:1")
    return environment


# The tree ----------------------------------------------------------------------------------------


def test_the_tree_has_every_account_and_the_sums_of_branches(operator, book):
    post(Posting(BANK, chart.wallet("wal_2"), usd(7_00)), reference="top-up:2")
    post(Posting(BANK, chart.wallet("wal_2"), Money(900, "jpy")), reference="top-up:3")
    shown = text(operator.get(TREE))

    for account in LedgerAccount.objects.all():
        assert f"{ACCOUNTS}{quote(account.pk)}/change/" in shown
    liabilities = words(shown, 'id="kind-liability"')
    assert liabilities.startswith('id="kind-liability"> Liabilities 900 JPY 57.00 USD wallet 3')
    assert "wal_1 50.00 USD" in liabilities
    assert words(shown, 'id="kind-revenue"').endswith("fees 1.50 USD")
    assert "kind-equity" not in shown


def test_what_is_pending_is_told_apart(operator, book):
    post(Posting(WALLET, BANK, usd(20_00)), reference="hold", pending=True)

    assert "50.00 USD -20.00 USD pending" in words(text(operator.get(TREE)), 'id="kind-liability"')


def test_a_wide_tree_is_read_when_it_is_opened(operator, book):
    drafts = [
        Draft((Posting(BANK, chart.wallet(f"w{n:03}"), usd(1 + n)),), reference=f"in:{n}")
        for n in range(130)
    ]
    services.post_many(drafts)

    shown = text(operator.get(TREE))
    assert "w000" not in shown
    assert f'hx-get="{LEVEL}?kind=liability&start=wallet%3A"' in shown
    level = text(operator.get(LEVEL, kind="liability", start="wallet:"))
    assert "w000" in level
    assert "w129" not in level
    more = re.search(rf'href="({TREE}[^"]*after=[^"]*)"', level)
    assert more
    assert "w129" in text(operator.get(unescape(more[1])))
    # Without scripts the branch has a page of its own.
    assert "w000" in text(operator.get(TREE, kind="liability", start="wallet:"))


@pytest.mark.parametrize(
    "query",
    [
        {"kind": "nonsense", "start": "wallet:"},
        {"kind": "asset", "start": "no colon"},
        {"kind": "liability", "start": "%' OR 1=1 --:", "after": "'"},
        {"kind": "liability", "start": ":" * 500},
    ],
)
def test_an_odd_question_about_the_tree_has_an_answer(operator, book, query):
    assert 'id="content-main"' in text(operator.get(TREE, **query))
    text(operator.get(LEVEL, **query))


def test_the_list_of_accounts_is_one_click_away(operator, book):
    assert f'href="{ACCOUNTS}"' in text(operator.get(TREE))
    assert f'href="{TREE}"' in text(operator.get(ACCOUNTS))


def test_a_wider_book_costs_the_tree_no_more_queries(operator, book):
    few = statements(operator, TREE)
    drafts = [
        Draft((Posting(BANK, chart.wallet(f"w{n}"), usd(1)),), reference=f"in:{n}")
        for n in range(150)
    ]
    services.post_many(drafts)
    many = statements(operator, TREE)
    assert len(many) <= len(few) + 1  # the one that reads a wide level
    assert len(many) <= PAGE_QUERIES_MAX


# An account --------------------------------------------------------------------------------------


def test_an_account_shows_its_balance_day_by_day(operator, book):
    now = clock.now()
    earlier = Posting(BANK, WALLET, usd(10_00))
    post(earlier, reference="earlier", effective_at=now - timedelta(days=40))

    shown = text(operator.get(account_page(WALLET)))
    history = shown[shown.index('id="history"') :]
    assert f"{now - timedelta(days=29):%Y-%m-%d}: 10.00 USD" in history
    assert f"{now:%Y-%m-%d}: 60.00 USD" in history
    assert history.count("<title>") == 30
    longer = text(operator.get(account_page(WALLET), days="90"))
    assert f"{now - timedelta(days=60):%Y-%m-%d}: 0.00 USD" in longer
    assert longer.count("<title>") - shown.count("<title>") == 60


def test_an_account_shows_its_latest_entries_with_the_balance_after_each(operator, book):
    post(Posting(WALLET, BANK, usd(20_00)), reference="spent")

    latest = words(text(operator.get(account_page(WALLET))), 'id="latest"')
    assert re.search(r"spent 20\.00 USD 30\.00 USD .* top-up:1 50\.00 USD 50\.00 USD$", latest)


@pytest.mark.parametrize("days", ["0", "-1", "1000000", "x", ""])
def test_an_odd_number_of_days_is_thirty(operator, book, days):
    shown = text(operator.get(account_page(WALLET), days=days))
    assert shown[shown.index('id="history"') :].count("<title>") == 30


def test_more_entries_cost_an_account_no_more_queries(operator, book):
    path = account_page(WALLET)
    few = statements(operator, path)
    services.post_many(
        [Draft((Posting(BANK, WALLET, usd(1)),), reference=f"in:{n}") for n in range(40)]
    )
    assert len(statements(operator, path)) == len(few) <= PAGE_QUERIES_MAX


# A transaction -----------------------------------------------------------------------------------


def test_a_transaction_reads_like_a_journal(operator, book):
    (paid,) = LedgerTransaction.objects.all()
    shown = text(operator.get(page(paid.pk)))

    assert lines(shown) == [
        ("Account", "Debit", "Credit", "Balance after"),
        (BANK, "50.00 USD", "", "50.00 USD"),
        (WALLET, "", "50.00 USD", "50.00 USD"),
        (BANK, "1.50 USD", "", "51.50 USD"),
        (FEES, "", "1.50 USD", "1.50 USD"),
        ("Total USD", "51.50 USD", "51.50 USD", ""),
    ]
    assert "not sealed yet" in shown
    assert "made through the API" in shown
    assert f"/admin/trail/{paid.pk}/" in shown


def test_a_journal_is_shown_as_it_was_given(operator, environment):
    given = (Posting(BANK, WALLET, usd(30), 0, 1), Posting(BANK, FEES, usd(5), 0, 2))
    shown = text(operator.get(page(post(*given, reference="journal"))))

    assert lines(shown)[1:] == [
        (BANK, "0.35 USD", "", "0.35 USD"),
        (WALLET, "", "0.30 USD", "0.30 USD"),
        (FEES, "", "0.05 USD", "0.05 USD"),
        ("Total USD", "0.35 USD", "0.35 USD", ""),
    ]


def test_totals_are_by_currency_and_an_exchange_says_its_rate(operator, environment):
    clearing = chart.fx("eur-usd")
    facts = {
        "from": WALLET,
        "from_amount": 1_000,
        "from_currency": "usd",
        "rate": "0.92",
        "to": WALLET,
        "to_amount": 920,
        "to_currency": "eur",
        "rate_source": "ECB <daily>",
    }
    exchanged = post(
        Posting(BANK, clearing, usd(10_00)),
        Posting(clearing, chart.customer_credit("cus_1"), Money(9_20, "eur")),
        reference="exchange",
        details={"exchange": facts},
    )
    shown = text(operator.get(page(exchanged)))

    assert lines(shown)[-2:] == [
        ("Total USD", "10.00 USD", "10.00 USD", ""),
        ("Total EUR", "9.20 EUR", "9.20 EUR", ""),
    ]
    said = words(shown, 'id="exchange"', "</p>")
    assert said.endswith("10.00 USD became 9.20 EUR at a rate of 0.92, as ECB <daily> says.")


def test_what_resolves_and_what_is_resolved_name_each_other(operator, book):
    hold = post(Posting(WALLET, BANK, usd(20_00)), reference="hold", pending=True)
    pending = text(operator.get(page(hold)))
    assert "Reserved: it counts once it is posted" in pending
    assert 'fc-waiting">pending<' in pending
    spent = post(Posting(WALLET, BANK, usd(15_00)), reference="spent", resolves=hold)

    before, after = text(operator.get(page(hold))), text(operator.get(page(spent)))
    assert ">resolved<" in before
    assert page(spent) in before
    assert page(hold) in after
    assert lines(after)[1:3] == [(WALLET, "20.00 USD", "", "–"), (BANK, "", "20.00 USD", "–")]
    assert (WALLET, "15.00 USD", "", "35.00 USD") in lines(after)


def test_a_void_and_a_reversal_are_told_by_their_badges(operator, book):
    (paid,) = LedgerTransaction.objects.all()
    hold = post(Posting(WALLET, BANK, usd(1)), reference="hold", pending=True)
    void = post(reference="void", resolves=hold)
    undone = (Posting(WALLET, BANK, usd(50_00)), Posting(FEES, BANK, usd(1_50)))
    reversal = post(*undone, reference="undo", reverses=paid.pk)

    for transaction_id, badge in ((hold, "voided"), (void, "void"), (paid.pk, "reversed")):
        assert f">{badge}<" in text(operator.get(page(transaction_id)))
    assert page(paid.pk) in text(operator.get(page(reversal)))
    assert page(reversal) in text(operator.get(page(paid.pk)))


def test_a_transaction_names_its_cause_and_its_seal(operator, made):
    charged = LedgerTransaction.objects.get(source_id=made.charge)
    shown = text(operator.get(page(charged.pk)))

    facts = words(shown, "fc-facts", "</dl>")
    assert made.charge in facts
    assert f"/admin/payments/charge/{quote(made.charge)}/change/" in shown
    assert "Seal Seal 1" in facts


def test_what_users_write_is_escaped(operator, environment):
    written = post(
        Posting(BANK, WALLET, usd(1)),
        reference="<script>alert(1)</script>",
        metadata={"description": "<b>bold</b>"},
    )
    for path in (page(written), TRANSACTIONS, account_page(WALLET)):
        shown = text(operator.get(path))
        assert "<script>alert" not in shown
        assert "<b>bold" not in shown


def test_a_very_long_journal_is_cut(operator, environment):
    wallets = [Posting(BANK, chart.wallet(f"w{n}"), usd(1)) for n in range(300)]
    shown = text(operator.get(page(post(*wallets, reference="long"))))

    assert "100 more lines" in shown
    assert ("Total USD", "3.00 USD", "3.00 USD", "") in lines(shown)


def test_a_longer_journal_costs_no_more_queries(operator, book):
    (paid,) = LedgerTransaction.objects.all()
    long = post(
        *(Posting(BANK, chart.wallet(f"w{n}"), usd(1)) for n in range(50)), reference="long"
    )
    assert len(statements(operator, page(long))) == len(statements(operator, page(paid.pk)))
    assert len(statements(operator, page(long))) <= PAGE_QUERIES_MAX


def test_the_list_says_what_became_of_transactions(operator, book):
    hold = post(Posting(WALLET, BANK, usd(2_00)), reference="hold", pending=True)
    other = post(Posting(WALLET, BANK, usd(3_00)), reference="other", pending=True)
    void = post(reference="void", resolves=other)
    ids = {one.pk for one in LedgerTransaction.objects.all()}

    def listed(**query):
        shown = text(operator.get(TRANSACTIONS, **query))
        return {one for one in ids if one in shown}

    assert listed() == ids
    assert listed(status="pending") == {hold}
    assert listed(status="resolved") == {other}
    assert listed(status="resolves") == {void}
    assert listed(status="reversed") == listed(status="reverses") == set()
    assert listed(status="nonsense") == ids
    assert "51.50 USD" in text(operator.get(TRANSACTIONS))


# The trial balance -------------------------------------------------------------------------------


def test_the_trial_balance_has_both_sides_equal(operator, book):
    shown = text(operator.get(TRIAL))

    said = words(shown, 'id="trial-balance"')
    assert "USD, all that is recorded balanced" in said
    assert f"Assets 51.50 USD {BANK} 51.50 USD" in said
    assert f"Liabilities 50.00 USD {WALLET} 50.00 USD Revenue 1.50 USD {FEES} 1.50 USD" in said
    assert said.endswith("Total 51.50 USD 51.50 USD")


def test_the_trial_balance_of_a_day_has_what_was_effective_by_its_end(operator, book):
    day = clock.now().date() - timedelta(days=10)
    earlier = clock.now() - timedelta(days=10)
    post(Posting(BANK, WALLET, usd(8_00)), reference="earlier", effective_at=earlier)

    said = words(text(operator.get(TRIAL, at=f"{day}")), 'id="trial-balance"')
    assert f"at the end of {day}" in said
    assert said.endswith("Total 8.00 USD 8.00 USD")
    before = text(operator.get(TRIAL, at=f"{day - timedelta(days=1)}"))
    assert "Nothing was posted by the end of that day" in before


def test_the_trial_balance_is_of_one_currency(operator, book):
    post(Posting(BANK, WALLET, Money(700, "jpy")), reference="yen")

    yen = words(text(operator.get(TRIAL, currency="jpy")), 'id="trial-balance"')
    assert yen.endswith("Total 700 JPY 700 JPY")
    assert "USD" not in yen


@pytest.mark.parametrize("query", [{"at": "yesterday"}, {"currency": "xyz"}, {"at": "2026-02-30"}])
def test_what_is_no_day_and_no_currency_is_said(operator, book, query):
    shown = text(operator.get(TRIAL, **query))

    assert 'id="trial-balance"' not in shown
    assert "Enter a valid date" in shown or "Select a valid choice" in shown


def test_a_long_trial_balance_has_pages_and_whole_totals(operator, book):
    services.post_many(
        [
            Draft((Posting(BANK, chart.wallet(f"w{n:03}"), usd(1)),), reference=f"in:{n}")
            for n in range(250)
        ]
    )
    first = text(operator.get(TRIAL))
    assert "w249" not in first
    more = re.search(r'href="([^"]*after=[^"]*)"', first)
    assert more
    second = text(operator.get(unescape(more[1])))
    assert "w249" in second
    for shown in (first, second):
        assert "Total 54.00 USD 54.00 USD" in words(shown, 'id="trial-balance"')
    assert len(statements(operator, TRIAL)) <= PAGE_QUERIES_MAX


# Who may look ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [TREE, LEVEL, TRIAL])
def test_who_is_no_operator_is_sent_to_sign_in(book, path):
    member = Operator(make_user("member@ledger.test", is_operator=False))
    for visitor in (member, Operator(None)):
        answer = visitor.get(path)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("path", [TREE, LEVEL, TRIAL])
def test_without_an_environment_one_is_asked_for(stranger, book, path):
    assert "Which environment?" in text(stranger.get(path))


def test_the_book_of_another_environment_is_not_shown(operator, book, other_environment):
    with context.enter(other_environment, by="system"):
        theirs = post(Posting(BANK, chart.wallet("theirs"), usd(6_66)), reference="theirs")

    for path in (TREE, TRIAL, TRANSACTIONS, ACCOUNTS):
        shown = text(operator.get(path))
        assert "theirs" not in shown
        assert "6.66" not in shown
    assert operator.get(page(theirs)).status_code == 302  # to the home page: it is not there


def test_looking_changes_nothing(operator, book):
    (paid,) = LedgerTransaction.objects.all()
    before = LedgerPosting.objects.count(), LedgerTransaction.objects.count()
    for path in (TREE, LEVEL, TRIAL, page(paid.pk), account_page(WALLET)):
        with CaptureQueriesContext(connection) as captured:
            operator.get(path)
        written = [one["sql"] for one in captured if one["sql"].startswith(("INSERT", "UPDATE"))]
        assert written == []
    assert (LedgerPosting.objects.count(), LedgerTransaction.objects.count()) == before
