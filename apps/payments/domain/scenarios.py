"""What a scenario of the simulator may say, and how it is kept."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from apps.core.errors import Invalid

# What a step may be about, with the outcomes that it may then have.
OUTCOMES_ON: Final[Mapping[str, tuple[str, ...]]] = {
    "charge": ("approve", "decline", "action", "pending"),
    "setup": ("approve", "decline", "action"),
    "capture": ("approve", "decline"),
    "increment": ("approve", "decline"),
    "cancel": ("approve", "decline"),
    "refund": ("approve", "decline", "action", "pending"),
    "enquire": (),
}
# What may happen after an order, by what it is about.
LATER_ON: Final[Mapping[str, tuple[str, ...]]] = {
    "charge": ("settled", "late_decline", "dispute", "inquiry"),
    "capture": ("dispute", "inquiry"),
    "refund": ("refund_succeeded", "refund_failed"),
}
FAULTS: Final = ("timeout_before", "timeout_after", "unavailable")
HAPPENINGS: Final = (
    *("settled", "late_decline", "refund_succeeded", "refund_failed", "dispute", "inquiry"),
)
# Nothing waits longer than this.
AFTER_S_MAX: Final = 366 * 86_400
_DURATION: Final = re.compile(r"(\d{1,9})([smhd]?)", re.ASCII)
_UNITS_S: Final = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}


class InvalidScenario(Invalid):
    """A scenario says something that cannot happen."""

    code = "scenario_invalid"


def written_steps(steps: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the steps of a scenario as they are kept, with times in seconds.

    :raises InvalidScenario: a step says something that cannot happen.
    """
    return [_written(step, path=f"steps[{place}]") for place, step in enumerate(steps)]


def seconds_of(duration: str, *, param: str) -> int:
    """Return the seconds of `90`, `90s`, `15m`, `2h` or `3d`.

    :raises InvalidScenario: it is none of these, or more than a year.
    """
    found = _DURATION.fullmatch(duration)
    seconds = int(found[1]) * _UNITS_S[found[2]] if found else AFTER_S_MAX + 1
    if seconds > AFTER_S_MAX:
        raise InvalidScenario(
            f"{param} must be a duration of a year at most: 90s, 15m, 2h or 3d.", param=param
        )
    return seconds


def _written(step: Mapping[str, Any], *, path: str) -> dict[str, Any]:
    on = step["on"]
    outcome = step.get("outcome")
    if outcome is not None and outcome not in OUTCOMES_ON[on]:
        raise InvalidScenario(
            f"{path}[outcome] cannot be {outcome} on {on}.", param=f"{path}[outcome]"
        )
    if "decline_code" in step and outcome != "decline":
        raise InvalidScenario(
            f"{path}[decline_code] needs the outcome decline.", param=f"{path}[decline_code]"
        )
    if outcome == "decline" and "later" in step:
        raise InvalidScenario(
            f"{path}[later]: nothing follows what was declined.", param=f"{path}[later]"
        )
    written = {name: value for name, value in step.items() if name != "later"}
    if "later" in step:
        written["later"] = [
            _written_later(later, on=on, path=f"{path}[later][{place}]")
            for place, later in enumerate(step["later"])
        ]
    return written


def _written_later(later: Mapping[str, Any], *, on: str, path: str) -> dict[str, Any]:
    if later["happens"] not in LATER_ON.get(on, ()):
        raise InvalidScenario(
            f"{path}[happens]: {later['happens']} does not follow a {on}.",
            param=f"{path}[happens]",
        )
    return {
        "after_s": seconds_of(later["after"], param=f"{path}[after]"),
        "happens": later["happens"],
        "reason": later.get("reason", ""),
    }
