"""What keeps a book honest, in the admin: periods, seals, the verification, the audit trail."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Permission
from django.db import connection, transaction

from apps.core import clock, context
from apps.core.money import Money
from apps.identity import services as identity
from apps.identity.models import AuditEntry, User
from apps.ledger import services
from apps.ledger.admin.findings import explain
from apps.ledger.domain import Posting, chart
from apps.ledger.domain.findings import Check, Finding
from apps.ledger.domain.refusals import Frozen, PeriodClosed
from apps.ledger.models import (
    LedgerPeriod,
    LedgerSeal,
    LedgerState,
    LedgerVerification,
)
from tests.backoffice.operators import Operator, make_user, text

PERIODS, SEALS = "/admin/ledger/ledgerperiod/", "/admin/ledger/ledgerseal/"
BOOKS, AUDIT = "/admin/ledger/ledgerverification/", "/admin/identity/auditentry/"
BANK, WALLET = chart.bank_settlement(), chart.wallet("wal_1")


def pay_in(reference="top-up", **details):
    with transaction.atomic():
        posting = Posting(BANK, WALLET, Money(50_00, "usd"))
        return services.post([posting], reference=reference, **details).transaction_id


def split(instant):
    """Return an instant as the two fields of a form have it."""
    return {"ends_at_0": f"{instant:%Y-%m-%d}", "ends_at_1": f"{instant:%H:%M:%S}"}


def clerk(environment, *permissions):
    """Make an operator who is no superuser, with these permissions alone."""
    user = User.objects.create_user("clerk@backoffice.test", None, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    visitor = Operator(user)
    visitor.choose(environment)
    return visitor


def followed(operator, answer):
    """Return the page that an answer leads to."""
    assert answer.status_code == 302, text(answer)
    return text(operator.get(answer["Location"]))


# Periods -----------------------------------------------------------------------------------------


@pytest.fixture
def month(operator, environment):
    """A period that `operator` has closed: up to a week ago."""
    operator.post(f"{PERIODS}close/", **split(clock.now() - timedelta(days=7)))
    return LedgerPeriod.objects.get()


def test_a_period_is_closed(operator, month):
    shown = text(operator.get(PERIODS))
    assert month.pk in shown
    assert "operator@backoffice.test" in shown
    with pytest.raises(PeriodClosed):
        pay_in(effective_at=clock.now() - timedelta(days=8))
    entry = AuditEntry.objects.get(object_id=month.pk)
    assert (entry.action, entry.by) == ("ledger.period.closed", month.closed_by)


def test_a_refusal_to_close_is_told(operator, month):
    later = text(operator.post(f"{PERIODS}close/", **split(clock.now() + timedelta(days=1))))
    assert "a minute after it is over" in later
    before = text(operator.post(f"{PERIODS}close/", **split(clock.now() - timedelta(days=30))))
    assert "the next one ends later" in before
    assert "Enter a valid date" in text(
        operator.post(f"{PERIODS}close/", ends_at_0="x", ends_at_1="y")
    )
    assert LedgerPeriod.objects.count() == 1


def test_the_last_period_is_opened_again_with_a_reason(operator, month):
    path = f"{PERIODS}{quote(month.pk)}/reopen/"
    assert "This field is required" in text(operator.post(path, reason=" "))
    shown = followed(operator, operator.post(path, reason="An invoice came late"))

    assert "Opened again" in shown
    pay_in(effective_at=clock.now() - timedelta(days=8))
    page = text(operator.get(f"{PERIODS}{quote(month.pk)}/change/"))
    assert "An invoice came late" in page
    assert path not in page
    entry = AuditEntry.objects.get(action="ledger.period.reopened")
    assert (entry.object_id, entry.reason) == (month.pk, "An invoice came late")
    again = text(operator.post(path, reason="Once more"))
    assert "Only the last of the closed periods" in again


def test_only_the_last_period_is_opened_again(operator, month):
    operator.post(f"{PERIODS}close/", **split(clock.now() - timedelta(days=2)))

    answer = text(operator.post(f"{PERIODS}{quote(month.pk)}/reopen/", reason="Late"))
    assert "Only the last of the closed periods" in answer
    assert LedgerPeriod.objects.filter(reopened_at=None).count() == 2


def test_asking_changes_no_period(operator, month):
    assert '<form method="post"' in text(operator.get(f"{PERIODS}close/"))
    assert '<form method="post"' in text(operator.get(f"{PERIODS}{quote(month.pk)}/reopen/"))
    assert LedgerPeriod.objects.get().reopened_at is None


def test_periods_need_their_permissions(environment, month):
    guest = clerk(environment, "add_ledgerperiod")

    assert guest.post(f"{PERIODS}{quote(month.pk)}/reopen/", reason="Me").status_code == 403
    assert guest.get(f"{PERIODS}close/").status_code == 200
    User.objects.get(email="clerk@backoffice.test").user_permissions.clear()
    assert guest.post(f"{PERIODS}close/", **split(clock.now())).status_code == 403
    assert LedgerPeriod.objects.get().reopened_at is None


# Seals -------------------------------------------------------------------------------------------


def test_a_seal_shows_its_place_in_the_chain(operator, made):
    seal = LedgerSeal.objects.get()
    shown = text(operator.get(f"{SEALS}{quote(seal.pk)}/change/"))

    for part in (seal.hash, seal.root, seal.previous_hash, f"up to {seal.last_posting}"):
        assert part in shown
    assert seal.hash[:16] in text(operator.get(SEALS, q=seal.hash[:12]))


# The verification --------------------------------------------------------------------------------


@pytest.fixture
def own_page(environment):
    """The page of the environment's book."""
    services.verify_round(now=clock.now())
    return f"{BOOKS}{quote(environment.id)}/change/"


def spoil():
    """Write to a balance past the guards, as an owner of the tables can."""
    schema = connection.schema_name  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {schema}.ledger_balance DISABLE TRIGGER USER")
        cursor.execute(f"UPDATE {schema}.ledger_balance SET credits_minor = credits_minor + 1")
        cursor.execute(f"ALTER TABLE {schema}.ledger_balance ENABLE TRIGGER USER")


def test_a_book_that_adds_up_says_so(operator, environment, own_page):
    shown = text(operator.get(own_page))

    assert "Everything adds up." in shown
    assert 'id="frozen"' not in shown
    assert f"{own_page.removesuffix('change/')}unfreeze/" not in shown
    assert str(environment) in text(operator.get(BOOKS))


def test_a_new_round_is_begun_at_once(operator, environment, own_page):
    pay_in()
    verify = own_page.replace("/change/", "/verify/")
    assert '<form method="post"' in text(operator.get(verify))
    assert LedgerVerification.objects.get(pk=environment.id).rounds == 1

    shown = followed(operator, operator.post(verify))

    assert "The whole book was verified." in shown
    assert LedgerVerification.objects.get(pk=environment.id).rounds == 2
    assert "50.00 USD" in shown[shown.index('id="coverage"') :]


@pytest.fixture
def drifted(environment, own_page):
    """A book in which somebody has changed a balance; its page."""
    pay_in()
    spoil()
    services.verify_round(now=clock.now())
    return own_page


def test_a_book_that_does_not_add_up_says_where(operator, environment, drifted):
    shown = text(operator.get(drifted))

    assert "The book takes no postings since" in shown[shown.index('id="frozen"') :]
    findings = " ".join(re.sub(r"<[^>]+>", " ", shown[shown.index('id="findings"') :]).split())
    assert "Account wallet:wal_1, USD : the balance is not the sum of the entries." in findings
    assert "It should be It is credits 50.00 USD 50.01 USD Look at account wallet:wal_1" in findings
    assert "The whole book, USD : not so: all debits are all credits." in findings
    assert f"/admin/ledger/ledgeraccount/?q={WALLET.replace(':', '%3A')}" in shown
    books = text(operator.get(BOOKS))
    assert ">drift<" in books
    assert ">frozen<" in books
    home = text(operator.get("/admin/"))
    assert "frozen" in home
    with pytest.raises(Frozen):
        pay_in("later")


@pytest.mark.parametrize(
    ("finding", "place", "differences"),
    [
        (
            Finding(Check.SEAL, {"seal": 4}, "it is missing"),
            "Seal 4",
            [],
        ),
        (
            Finding(Check.SEAL, {"seal": 4}, "it has another number of postings", 12, 11),
            "Seal 4",
            [("", "12", "11")],
        ),
        (
            Finding(
                Check.SNAPSHOT,
                {"account": "till", "currency": "jpy", "before": "2026-01-01"},
                "the snapshot does not add what lies before it",
                {"debits": 100, "entries": 3},
                {"debits": 200, "entries": 4},
            ),
            "Account till, JPY, before 2026-01-01",
            [("debits", "100 JPY", "200 JPY"), ("entries", "3", "4")],
        ),
        (
            Finding(Check.POSTING, {"transaction": "ltx_1", "position": 0}, "it is odd"),
            "Transaction ltx_1, posting 0",
            [],
        ),
    ],
)
def test_findings_are_told_in_words(finding, place, differences):
    told = explain(finding)

    assert (told.place, told.message, told.differences) == (place, finding.message, differences)
    assert all(url.startswith("/admin/ledger/") for url, _ in told.pages)
    assert told.pages


def test_a_frozen_book_is_unfrozen_with_a_reason(operator, environment, drifted):
    unfreeze = drifted.replace("/change/", "/unfreeze/")
    assert unfreeze in text(operator.get(drifted))
    assert "This field is required" in text(operator.post(unfreeze, reason=""))
    assert LedgerState.objects.get().frozen_at is not None

    shown = followed(operator, operator.post(unfreeze, reason="Understood: a test"))

    assert "The book takes postings again." in shown
    assert 'id="frozen"' not in shown
    pay_in("later")
    entry = AuditEntry.objects.get(action="ledger.unfrozen")
    assert entry.reason == "Understood: a test"
    assert entry.by.startswith("operator:")


def test_the_verification_needs_its_permissions(environment, drifted):
    guest = clerk(environment)
    verify, unfreeze = (drifted.replace("/change/", f"/{one}/") for one in ("verify", "unfreeze"))

    assert "The book takes no postings" in text(guest.get(drifted))
    assert guest.post(verify).status_code == 403
    assert guest.post(unfreeze, reason="Me").status_code == 403
    user = User.objects.get(email="clerk@backoffice.test")
    user.user_permissions.set(Permission.objects.filter(codename="change_ledgerverification"))
    assert guest.post(verify).status_code == 302
    assert guest.post(unfreeze, reason="Me").status_code == 403
    assert LedgerState.objects.get().frozen_at is not None


def test_a_form_of_another_site_unfreezes_nothing(environment, drifted):
    victim = Operator(make_user("victim@backoffice.test"), checks_csrf=True)
    victim.choose(environment)

    assert victim.post(drifted.replace("/change/", "/unfreeze/"), reason="x").status_code == 403
    assert LedgerState.objects.get().frozen_at is not None


def test_the_page_of_another_book_leads_into_its_environment(
    operator, environment, other_environment, own_page
):
    with context.enter(other_environment, by="system"):
        services.verify_round(now=clock.now())
    path = f"{BOOKS}{quote(other_environment.id)}/change/"

    # Nothing is done to a book by an operator who works in another one.
    for action in ("verify", "unfreeze"):
        answer = operator.post(path.replace("/change/", f"/{action}/"), reason="Mine")
        assert "choose it first" in followed(operator, answer)
    assert LedgerVerification.objects.get(pk=other_environment.id).rounds == 1
    link = operator.get(path)["Location"]
    shown = followed(operator, operator.get(link))
    assert str(other_environment) in shown[shown.index('id="state"') :]


def test_the_book_of_an_environment_that_is_gone(operator, environment):
    LedgerVerification.objects.create(environment_id="env_gone")

    assert "env_gone" in text(operator.get(BOOKS))
    assert "is not there any more" in text(operator.get(f"{BOOKS}{quote('env_gone')}/change/"))


# The audit trail ---------------------------------------------------------------------------------


@pytest.fixture
def audited(operator, month, other_environment):
    """A closed period of this environment, and something of another one and of the system."""
    with transaction.atomic(), context.enter(other_environment, by="key:key_1"):
        identity.record_audit(
            "ledger.period.closed",
            object_id="lper_elsewhere",
            before={"closed_before": None},
            after={"closed_before": "2026-01-01", "note": "<b>sk_test_0123456789abcdef</b>"},
            now=clock.now(),
        )
    return month


def test_the_audit_trail_is_filtered(operator, audited):
    def listed(**query):
        shown = text(operator.get(AUDIT, **query))
        return {one for one in (audited.pk, "lper_elsewhere") if one in shown}

    both = {audited.pk, "lper_elsewhere"}
    assert listed() == both
    assert listed(where="here") == {audited.pk}
    assert listed(where="installation") == set()
    assert listed(action="ledger.period.closed") == both
    assert listed(action="ledger.frozen") == set()
    assert listed(who="operator@backoffice") == {audited.pk}
    assert listed(who="key:key_1") == {"lper_elsewhere"}
    assert listed(q=audited.pk) == {audited.pk}
    today = f"{clock.now():%Y-%m-%d}"
    assert listed(at_from=today, at_to=today) == both
    assert listed(at_to="2020-01-01") == set()


def test_an_entry_shows_what_was_and_what_is(operator, audited):
    entry = AuditEntry.objects.get(object_id=audited.pk)
    shown = text(operator.get(f"{AUDIT}{quote(entry.pk)}/change/"))

    assert "closed_before" in shown
    assert "operator@backoffice.test" in shown
    assert f"{PERIODS}{quote(audited.pk)}/change/" in shown


def test_an_entry_leads_into_its_environment_and_keeps_secrets(
    operator, audited, other_environment
):
    entry = AuditEntry.objects.get(object_id="lper_elsewhere")
    shown = text(operator.get(f"{AUDIT}{quote(entry.pk)}/change/"))

    assert f"change/?environment={other_environment.id}" in shown
    assert "sk_test_0123456789abcdef" not in shown
    assert "&lt;b&gt;" in shown
    assert str(other_environment) in shown


def test_nobody_changes_the_audit_trail(operator, audited):
    entry = AuditEntry.objects.get(object_id=audited.pk)
    for path in (f"{AUDIT}add/", f"{AUDIT}{quote(entry.pk)}/delete/"):
        assert operator.post(path, post="yes").status_code == 403
    with pytest.raises(Exception, match="append-only"), transaction.atomic():
        AuditEntry.objects.filter(pk=entry.pk).update(by="nobody")


def test_the_actions_of_operators_tell_the_request(operator, month):
    assert AuditEntry.objects.get(object_id=month.pk).request_id.startswith("req_")
