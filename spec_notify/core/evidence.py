"""Evidence as values: what a record of an attempt says, its sealed bytes, and where it goes.

Contract, section 9. Rotation is decided in `rotation`, the chain proven in `chain`.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import msgspec
import orjson

from .delivery import Verdict
from .exchange import (
    describe_failure,
    describe_legs,
    describe_reply,
    describe_request,
    describe_timing,
    inert,
)
from .instant import file_stamp, parse_rfc3339, rfc3339
from .message import Failure, Reply

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .delivery import Claim, Delivery, Outcome, Step
    from .message import Message, Secret

SCHEMA = "spec-notify/evidence/1"
UNASSIGNED = "_unassigned"
"""The folder of tasks without a SPEC id."""

# Only the one spelling we write is ours: `a01` is somebody else's file.
_NAME = re.compile(
    r"(\d{8}T\d{6}\.\d{3}Z)_(\d{8}|[1-9]\d{8,18})_([A-Za-z0-9_-]{1,64})_a(0|[1-9]\d{0,8})\.json",
    re.ASCII,
)
_PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", re.ASCII)
# Names a Windows checkout cannot hold, whatever follows the dot.
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)


class NameFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a record's file name says; `at` is milliseconds UTC."""

    at: int
    sequence: int
    delivery: str
    attempt: int


def attempt_record(
    claim: Claim,
    *,
    message: Message | None,
    answer: Reply | Failure | None,
    outcome: Outcome,
    step: Step,
    secrets: Sequence[Secret],
    at: int,
    dry_run: bool,
) -> dict[str, object]:
    """Say what an attempt did, ready to be sealed; no secret, URL path or steering character.

    `answer` is None for a dry run and for a crash, whose verdict is unknown and whose end nobody
    saw. `at` is when the attempt ended, milliseconds UTC. Only a dry run shows its payload.
    """
    known = (*secrets, message.url) if message else tuple(secrets)
    crashed = outcome.verdict is Verdict.UNKNOWN
    peer, tls = (answer.address, getattr(answer, "tls", None)) if answer else (None, None)
    return {
        "schema": SCHEMA,
        **_identity(claim.delivery),
        "dryRun": dry_run,
        "startedAt": rfc3339(claim.started_at),
        "finishedAt": None if crashed else rfc3339(at),
        "replay": _replay(claim.delivery, known),
        "request": describe_request(message, known, payload=dry_run) if message else None,
        "peer": _maybe(peer, known),
        "tls": _maybe(tls, known),
        "response": describe_reply(answer, known) if isinstance(answer, Reply) else None,
        "failure": describe_failure(answer, known) if isinstance(answer, Failure) else None,
        **describe_legs(answer, known),
        "timing": describe_timing(answer.timing) if answer else None,
        "verdict": outcome.verdict.value,
        "reason": _reason(outcome, known),
        "step": _step(step, known),
    }


def acknowledgement_record(delivery: Delivery, *, by: str, at: int) -> dict[str, object]:
    """Say that a human has seen a dead letter, ready to be sealed: nothing was sent.

    Its attempt is 0, in the record as in its name: no attempt is. `at` is milliseconds UTC.
    """
    return {
        "schema": SCHEMA,
        **_identity(msgspec.structs.replace(delivery, attempts=0)),
        "startedAt": rfc3339(at),
        "finishedAt": rfc3339(at),
        "replay": _replay(delivery, ()),
        "acknowledged": {"by": inert(by, ()), "at": rfc3339(at)},
        "lastStatus": delivery.last_status,
        "reason": _maybe(delivery.reason, ()),
    }


def seal(
    record: Mapping[str, object], *, sequence: int, previous: str | None, writer: str
) -> bytes:
    """Answer a record's exact bytes: its own keys in order, then its place in the chain.

    `previous` is the `digest` of the same writer's record before it in that directory, None for
    the first. The same facts always give the same bytes.
    """
    place = {"sequence": sequence, "writer": writer, "previous": previous}
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps({**record, **place}, option=options)


def digest(body: bytes) -> str:
    """Answer the SHA-256 of a record's bytes, 64 lower-case hex characters."""
    return hashlib.sha256(body).hexdigest()


def record_name(*, at: int, sequence: int, delivery: str, attempt: int) -> str:
    """Name a record's file so that names sort by time, then sequence (contract, section 9)."""
    return f"{file_stamp(at)}_{sequence:08d}_{delivery}_a{attempt}.json"


def parse_name(name: str) -> NameFacts | None:
    """Read a file name back into its facts; None for a file we did not name."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    stamp, sequence, delivery, attempt = found.groups()
    try:
        at = parse_rfc3339(stamp)
    except ValueError:
        return None
    return NameFacts(at=at, sequence=int(sequence), delivery=delivery, attempt=int(attempt))


def folder_name(spec: str | None) -> str:
    """Answer the one folder name a SPEC id's evidence goes to; never a path.

    A plain id is its own name. Any other becomes a slug with eight hex characters of its SHA-256;
    none at all is `_unassigned`.
    """
    if not spec or spec == UNASSIGNED:
        return UNASSIGNED
    odd = ".." in spec or spec.endswith(".") or _DEVICE.fullmatch(spec)
    if _PLAIN_ID.fullmatch(spec) and not odd:
        return spec
    slug = re.sub(r"[^A-Za-z0-9_]+", "-", spec).strip("-_")[:80] or "spec"
    mark = hashlib.sha256(spec.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{slug}-{mark}"


def directory(root: str, spec: str | None) -> str:
    """Answer where a SPEC's records stand, relative to the repository, with a final slash."""
    above = "" if root in {"", "."} else f"{root.rstrip('/')}/"
    return f"{above}commands/{folder_name(spec)}/webhooks/"


def _maybe(text: str | None, secrets: Sequence[Secret]) -> str | None:
    return None if text is None else inert(text, secrets)


def _identity(delivery: Delivery) -> dict[str, object]:
    words = ("event", "type", "delivery", "subscription", "spec", "task", "document")
    facts = {**msgspec.structs.asdict(delivery), "delivery": delivery.id}
    return {
        # Ids, names and paths stand in the repository and its config: they are no secrets.
        **{word: _maybe(facts[word], ()) for word in words},
        "attempt": delivery.attempts,
        "tries": delivery.tries,
    }


def _replay(delivery: Delivery, secrets: Sequence[Secret]) -> dict[str, object] | None:
    if delivery.replayed_by is None or delivery.replayed_at is None:
        return None
    return {"by": inert(delivery.replayed_by, secrets), "at": rfc3339(delivery.replayed_at)}


def _reason(outcome: Outcome, secrets: Sequence[Secret]) -> str:
    said, unknown = inert(outcome.detail, secrets), "outcome unknown"
    if outcome.verdict is not Verdict.UNKNOWN or said.startswith(unknown):
        return said
    return f"{unknown}: {said}"


def _step(step: Step, secrets: Sequence[Secret]) -> dict[str, object]:
    return {
        "signal": step.signal.value,
        "state": step.state.value,
        "reason": inert(step.reason, secrets),
        "nextAttemptAt": None if step.next_at is None else rfc3339(step.next_at),
    }
