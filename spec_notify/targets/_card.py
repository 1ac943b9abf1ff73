"""What a chat shows of an event: its lines apart, how it feels, and how a line is spelled there."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec

from spec_notify.core.event import (
    CONSENSUS_CONFLICT,
    DEAD_LETTERED,
    FAILURE_DETECTED,
    PIPELINE_COMPLETED,
    RECOVERED,
    RUN_FINISHED,
    RUN_STOP,
    STAGE_COMPLETED,
    STEP_COMPLETED,
    TASK_COMPLETED,
    TASK_IN_REVIEW,
    TASK_TRANSITIONED,
    TEAM_COMPLETED,
    TEAM_FAILED,
    TEAM_TIMED_OUT,
    TEST,
    WORKFLOW_COMPLETED,
    WORKFLOW_STARTED,
)
from spec_notify.core.status import BLOCKED, DONE, IN_REVIEW
from spec_notify.targets import _sentences as sentences
from spec_notify.targets._run import links_of
from spec_notify.targets._sentences import table
from spec_notify.targets._wording import disarmed, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

_JOINER = "\u2060"
# What makes a list, a heading, a quote or a rule of the line it begins.
_MARKER = re.compile(r"[-+=#>*~|]|[0-9]{1,9}[.)]")
_LAST_OF_BMP = "\uffff"
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z", re.ASCII)


class Tone(StrEnum):
    """How news is to be felt; a target gives it a colour."""

    GOOD = "good"
    WAITING = "waiting"
    BAD = "bad"
    PLAIN = "plain"


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """Lines without control or invisible characters, as far as the body knows; maybe empty."""

    kind: str
    """`Task completed`, or the event's type."""
    headline: str
    """`T49 Write the page → Done`, or the event's type."""
    place: str
    """`SPEC-KIT-075 · SPEC.md:27 · main · 1a2b3c4d`."""
    facts: tuple[tuple[str, str], ...]
    """What else is worth a line: a label of ours, and its value."""
    tone: Tone
    links: tuple[tuple[str, str], ...] = ()
    """Where more of it is: a label of ours, and a URL of ours that nothing can be added to."""
    at: str | None
    """When it happened, RFC 3339; None where the body does not say."""


def card(type_: str, body: bytes) -> Card:
    """Answer what a native body says; one that cannot be read says only the event's type."""
    whole = sentences.read(body)
    told = table(whole, "data")
    at = whole.get("timestamp")
    lines = ((label, one_line(said)) for label, said in sentences.facts(told))
    return Card(
        kind=one_line(_KINDS.get(type_, type_)),
        headline=one_line(sentences.headline(type_, told)),
        place=one_line(sentences.place(told)),
        facts=tuple((label, line) for label, line in lines if line),
        tone=_tone(type_, told),
        links=links_of(type_, told),
        at=at if isinstance(at, str) and _INSTANT.fullmatch(at) else None,
    )


def spelled(text: str, limit: int, escapes: Mapping[str, str]) -> str:
    """Answer one disarmed line with its characters escaped, at most `limit` UTF-16 units long.

    Services that count code points find no more of them. It is cut between characters of the
    text, never inside an escape.
    """
    line = disarmed(one_line(text, limit + 1))
    if _MARKER.match(line):
        line = _JOINER + line
    pieces = [escapes.get(char, char) for char in line]
    if sum(map(_units, pieces)) <= limit:
        return "".join(pieces)
    room, kept = limit - 1, list[str]()
    for piece in pieces:
        room -= _units(piece)
        if room < 0:
            break
        kept.append(piece)
    return "".join(kept) + "…"


def _units(piece: str) -> int:
    return len(piece) + sum(char > _LAST_OF_BMP for char in piece)


def _tone(type_: str, told: dict[str, Any]) -> Tone:
    if type_ in _TONES or told.get("test") is True:
        return _TONES.get(type_, Tone.PLAIN)
    signs = [table(told, "task").get("status"), told.get("status")]
    signs += [table(told, "run").get("status")]
    signs += [table(told, key).get("outcome") for key in ("pipeline", "stage")]
    signs += [sentences.outcome(told)] if "workflow" in told else []
    known = (_SIGNS.get(sign) for sign in signs if isinstance(sign, str))
    return next((tone for tone in known if tone), Tone.PLAIN)


_KINDS: Mapping[str, str] = {
    TASK_COMPLETED: "Task completed",
    TASK_IN_REVIEW: "Task in review",
    TASK_TRANSITIONED: "Task changed",
    STAGE_COMPLETED: "Stage ended",
    PIPELINE_COMPLETED: "Run ended",
    CONSENSUS_CONFLICT: "Agents disagree",
    WORKFLOW_STARTED: "Workflow started",
    STEP_COMPLETED: "Step ended",
    WORKFLOW_COMPLETED: "Workflow ended",
    FAILURE_DETECTED: "Failure",
    RUN_FINISHED: "Run finished",
    RUN_STOP: "Agent's run ended",
    TEAM_COMPLETED: "Team completed",
    TEAM_FAILED: "Team failed",
    TEAM_TIMED_OUT: "Team timed out",
    TEST: "A test",
    DEAD_LETTERED: "Dead letter",
    RECOVERED: "Recovered",
}
_TONES: Mapping[str, Tone] = {
    CONSENSUS_CONFLICT: Tone.BAD,
    DEAD_LETTERED: Tone.BAD,
    RECOVERED: Tone.GOOD,
    FAILURE_DETECTED: Tone.BAD,
    TEAM_COMPLETED: Tone.GOOD,
    TEAM_FAILED: Tone.BAD,
    TEAM_TIMED_OUT: Tone.BAD,
}
"""Types that are good or bad news whatever they hold."""
_SIGNS: Mapping[str, Tone] = {
    DONE: Tone.GOOD,
    IN_REVIEW: Tone.WAITING,
    BLOCKED: Tone.BAD,
    "success": Tone.GOOD,
    "failure": Tone.BAD,
    "halt": Tone.WAITING,
    "attention-required": Tone.BAD,
    "completed": Tone.GOOD,
    "failed": Tone.BAD,
    "crashed": Tone.BAD,
}
