"""What `poll-run` is asked to do, read from options and environment variables by their names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

import msgspec

from .errors import SpellingError, UsageError
from .run import RunPlace, read_base, read_run_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DEFAULTS = {
    "BASE_URL": "http://127.0.0.1:5080",
    "POLL_SECONDS": "15",
    "MAX_WAIT_SECONDS": "0",
    "FAIL_ON_ATTENTION": "0",
}
OPTIONS = {
    "BASE_URL": "--base-url",
    "RUN_ID": "--run-id",
    "POLL_SECONDS": "--poll-seconds",
    "MAX_WAIT_SECONDS": "--max-wait-seconds",
    "FAIL_ON_ATTENTION": "--fail-on-attention",
}
"""Variable → the option that outweighs it; what is secret has none."""
_SECONDS = re.compile(r"[0-9]{1,7}(?:\.[0-9]{1,3})?", re.ASCII)
_LEAST, _MOST = 50, 86_400_000
_FIRST_PAUSE = 1_000
_SHORTEST_REST = 250

T = TypeVar("T")


class RunPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Which run, asked how often and for how long. Milliseconds."""

    place: RunPlace
    interval: int
    limit: int | None
    """None waits for ever."""
    attentive: bool
    """Whether a run that needs attention makes the exit code say so."""

    @property
    def deadline(self) -> int:
        """Answer how long one request may take."""
        return min(max(self.interval, 1_000), 10_000)


def next_check(
    interval: int, *, started: int, now: int, troubles: int, wish: int | None = None
) -> int:
    """Answer when to ask again after a check that `started` then and ended `now`.

    Checks start an interval apart. After so many troubles in a row it is sooner, the pause
    doubling, unless the server asked for more; but never later than an interval.
    """
    latest = max(started + interval, now + min(interval, _SHORTEST_REST))
    if not troubles:
        return latest
    pause = max(_FIRST_PAUSE * (1 << min(troubles - 1, 20)), wish or 0)
    return min(now + pause, latest)


def read_plan(stated: Mapping[str, str | None], env: Callable[[str], str | None]) -> RunPlan:
    """Read each variable: as an option `stated` it, else from the environment, else its default.

    Raises UsageError with every mistake, each under the variable's name.
    """
    mistakes: list[str] = []

    def read(name: str, by: Callable[[str], T]) -> T | None:
        text = stated.get(name) or env(name) or DEFAULTS.get(name)
        try:
            if text is None:
                raise SpellingError(f"is missing: set it, or say {OPTIONS[name]}")  # noqa: TRY301 - told with the others
            return by(text)
        except SpellingError as error:
            mistakes.append(f"{name}: {error}")
            return None

    base, run = read("BASE_URL", read_base), read("RUN_ID", read_run_id)
    interval = read("POLL_SECONDS", _interval)
    limit = read("MAX_WAIT_SECONDS", _seconds)
    attentive = read("FAIL_ON_ATTENTION", _switch)
    if base is None or run is None or interval is None or limit is None or attentive is None:
        raise UsageError("\n".join(mistakes))
    return RunPlan(
        place=RunPlace(base=base, run=run),
        interval=interval,
        limit=limit or None,
        attentive=attentive,
    )


def _seconds(text: str) -> int:
    if not _SECONDS.fullmatch(text.strip()):
        raise SpellingError("is no number of seconds: write digits, as 15")
    return round(float(text) * 1_000)


def _interval(text: str) -> int:
    millis = _seconds(text)
    if not _LEAST <= millis <= _MOST:
        raise SpellingError("is out of range: 0.05 seconds to a day")
    return millis


def _switch(text: str) -> bool:
    if text.strip() not in {"0", "1"}:
        raise SpellingError("is neither 0 nor 1")
    return text.strip() == "1"
