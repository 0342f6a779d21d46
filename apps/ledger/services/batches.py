"""Batches of transactions: posted as a whole, or each line as if it came by itself."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from apps.api.params import merge_metadata
from apps.core.errors import DomainError, Invalid
from apps.core.ids import new_id
from apps.core.use_cases import use_case
from apps.ledger import queries
from apps.ledger.domain import batches, drafting, fingerprint
from apps.ledger.domain.batches import Account, Batch, Forecast, LineStatus, Mode, Outcome, Room
from apps.ledger.domain.drafting import Given, Plan
from apps.ledger.domain.refusals import InsufficientBalance, PeriodClosed, ReferenceReused
from apps.ledger.services.posting import Posted, hold_posting, post_many

Line = Given | DomainError


@use_case
def post_batch(*, lines: Sequence[Line], mode: Mode, now: datetime) -> Batch:
    """Post many transactions of the current account, in the order given.

    :param lines: as `api.transaction_shapes.TRANSACTION` parses each, or why it could not.
    :raises DomainError: of an atomic one: a refusal, with the line in its `param`.
    :raises Invalid: there is no line, or there are too many postings in all.
    """
    if not lines:
        raise Invalid(
            "Give at least one transaction.", code="parameter_invalid_empty", param="transactions"
        )
    plans = _plan(lines, now=now)
    if sum(len(plan.draft.postings) for plan in plans if isinstance(plan, Plan)) > (
        batches.POSTINGS_MAX
    ):
        raise Invalid(
            f"A batch has at most {batches.POSTINGS_MAX:,} postings in all.",
            code="batch_too_large",
            param="transactions",
        )
    if mode is Mode.ATOMIC:
        return Batch(mode, _post_all(plans))
    return Batch(mode, _Each(plans).post())


def _plan(lines: Sequence[Line], *, now: datetime) -> list[Plan | DomainError]:
    """Return the plan of each line, or why there is none; one query for all accounts."""
    names = {
        name for line in lines if not isinstance(line, DomainError) for name in drafting.named(line)
    }
    directory = queries.find_directory(names)
    plans: list[Plan | DomainError] = []
    for index, line in enumerate(lines):
        if isinstance(line, DomainError):
            plans.append(line)
            continue
        try:
            plans.append(
                drafting.plan(
                    line,
                    reference=line.get("reference") or new_id("ref"),
                    metadata=merge_metadata({}, line.get("metadata")),
                    directory=directory,
                    now=now,
                )
            )
        except DomainError as refusal:
            plans.append(_at(index, refusal))
    return plans


def _at(index: int, refusal: DomainError) -> DomainError:
    """Return the refusal, with its parameter as the whole batch has it."""
    refusal.param = drafting.under(f"transactions[{index}]", refusal.param)
    return refusal


def _post_all(plans: Sequence[Plan | DomainError]) -> list[Outcome]:
    """Post all lines in one statement, or none."""
    whole = []
    for plan in plans:
        if isinstance(plan, DomainError):
            raise plan
        whole.append(plan)
    objected = {plan.draft.reference for plan in whole if plan.objection}
    known = queries.find_fingerprints(objected)
    for index, plan in enumerate(whole):
        if plan.objection and plan.draft.reference not in known:
            raise _at(index, plan.objection)
    drafts = [plan.draft for plan in whole]
    try:
        # In a savepoint, so that one can look for the line at fault.
        with transaction.atomic():
            posted = post_many(drafts)
    except DomainError as refusal:
        _blame(refusal, whole)
        raise
    return [_outcome(one) for one in posted]


def _blame(refusal: DomainError, plans: Sequence[Plan]) -> None:
    """Name the line for which PostgreSQL has refused all of them, where one can be told."""
    drafts = [plan.draft for plan in plans]
    place: int | None = None
    match refusal:
        case ReferenceReused():
            known = queries.find_fingerprints({draft.reference for draft in drafts})
            place = batches.first_reused(drafts, [fingerprint(one) for one in drafts], known)
        case PeriodClosed():
            closed_before = queries.get_state().closed_before
            place = next(
                (
                    index
                    for index, draft in enumerate(drafts)
                    if closed_before and draft.effective_at and draft.effective_at < closed_before
                ),
                None,
            )
        case InsufficientBalance(account_id=str(account_id)):
            for account, room in queries.find_rooms({account_id}).items():
                place = batches.falls_below(drafts, account, room)
            if place is not None:
                refusal.param = plans[place].param_of(account_id)
    if place is None:
        refusal.param = "transactions"
    else:
        _at(place, refusal)


class _Each:
    """The lines of a batch, each posted as if it came by itself, in one database transaction.

    What will be refused is foreseen. What will not is posted together: while PostgreSQL agrees, and
    what it started from would have been foreseen alike, that is the same as one after the other.
    Where not (somebody spent the money, closed an account, or took a reference just before),
    everybody else is kept from posting until we commit. Then it is exact, but for accounts that are
    closed: fewer lines are posted together, down to one, whose refusal is its own.

    Nobody else posts, because we may post more than once. Posting claims references first, and
    locks balances then. Whoever does so twice claims references while holding balances, for which
    somebody may wait who has claimed one of them.
    """

    def __init__(self, plans: Sequence[Plan | DomainError]) -> None:
        self.outcomes: dict[int, Outcome] = {}
        self.plans: dict[int, Plan] = {}
        for index, plan in enumerate(plans):
            if isinstance(plan, DomainError):
                self._refuse(index, plan)
            else:
                self.plans[index] = plan
        self.fingerprints = {i: fingerprint(plan.draft) for i, plan in self.plans.items()}

    def post(self) -> list[Outcome]:
        """Post the lines; return what became of each."""
        forecast = self._look()
        left = deque(self.plans)
        size = len(left)
        is_alone = False
        while left:
            trial = forecast.copied()
            run = self._choose(left, trial, size=size)
            posted = self._post_together(run, forecast, trial)
            if isinstance(posted, DomainError) and len(run.lines) > 1:
                if is_alone:
                    size = len(run.lines) // 2
                else:
                    hold_posting()
                    is_alone = True
                forecast = self._look()
                continue
            self._note(run, posted)
            for _ in run.all:
                left.popleft()
            size *= 2
            is_foreseen = not isinstance(posted, DomainError) and run.is_foreseen(posted)
            forecast = trial if is_foreseen else self._look()
        return [self.outcomes[index] for index in sorted(self.outcomes)]

    def _look(self) -> Forecast:
        """Return what the book says now."""
        plans = self.plans.values()
        state = queries.get_state()
        return Forecast(
            fingerprints=queries.find_fingerprints({plan.draft.reference for plan in plans}),
            rooms=self._find_rooms(),
            closed_before=state.closed_before,
            frozen_reason=state.frozen_reason if state.frozen_at else None,
        )

    def _find_rooms(self) -> dict[Account, Room]:
        plans = self.plans.values()
        return queries.find_rooms({place.account.id for plan in plans for place in plan.places})

    def _choose(self, left: Iterable[int], trial: Forecast, *, size: int) -> "_Run":
        """Return the next lines, of which at most `size` are to be posted, and take them."""
        run = _Run(size=size)
        for index in left:
            if len(run.lines) == size:
                break
            run.all.append(index)
            is_new = self.plans[index].draft.reference not in trial.fingerprints
            refusal = trial.take(self.plans[index], self.fingerprints[index])
            if refusal is None:
                run.lines.append(index)
                run.is_new.append(is_new)
            else:
                run.refused[index] = refusal
        return run

    def _post_together(
        self, run: "_Run", before: Forecast, after: Forecast
    ) -> list[Posted] | DomainError:
        """Post the lines of a run in a savepoint; return what became of them, or why none was."""
        try:
            with transaction.atomic():
                posted = post_many([self.plans[index].draft for index in run.lines])
                if len(run.lines) > 1 and not (
                    run.is_foreseen(posted) and self._holds(run, before, after)
                ):
                    raise _Overtaken("Somebody posted just before.")
                return posted
        except DomainError as refusal:
            return refusal

    def _holds(self, run: "_Run", before: Forecast, after: Forecast) -> bool:
        """Return whether the lines fare the same with the balances that they met when posted.

        The rows are locked by now. Together the lines may have passed where one of them, by itself,
        would not: what goes out first is covered by what comes in later.
        """
        met = self._find_rooms()
        if met == after.rooms:
            return True
        again = self._choose(run.all, before.corrected(after, met), size=run.size)
        return (again.lines, again.all) == (run.lines, run.all)

    def _note(self, run: "_Run", posted: list[Posted] | DomainError) -> None:
        if isinstance(posted, DomainError):
            (index,) = run.lines
            if isinstance(posted, InsufficientBalance):
                posted.param = self.plans[index].param_of(posted.account_id)
            run.refused[index] = posted
        else:
            for index, one in zip(run.lines, posted, strict=True):
                self.outcomes[index] = _outcome(one)
        for index, refusal in run.refused.items():
            self._refuse(index, _at(index, refusal))

    def _refuse(self, index: int, refusal: DomainError) -> None:
        self.outcomes[index] = Outcome(LineStatus.REFUSED, refusal=refusal)


@dataclass(slots=True)
class _Run:
    """Some of the lines of a batch, from the first that is left on.

    :ivar size: how many are posted at most.
    :ivar all: with those that are refused.
    :ivar lines: those to be posted; `is_new`, for each, whether its reference was free.
    """

    size: int
    all: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    is_new: list[bool] = field(default_factory=list)
    refused: dict[int, DomainError] = field(default_factory=dict)

    def is_foreseen(self, posted: Sequence[Posted]) -> bool:
        """Return whether those are new that were to be new."""
        return [one.is_new for one in posted] == self.is_new


class _Overtaken(DomainError):
    """What was to be new was there: lines after it may have counted on what it did not move."""


def _outcome(posted: Posted) -> Outcome:
    status = LineStatus.POSTED if posted.is_new else LineStatus.REPLAYED
    return Outcome(status, transaction_id=posted.transaction_id)
