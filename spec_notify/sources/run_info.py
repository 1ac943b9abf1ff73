"""conductor-loop's run-info.yaml: a flat map of scalars, one file for each run of an agent.

https://github.com/jonnyzzz/conductor-loop. Read strictly: what is half written, written twice or
no scalar is no run yet, and the look that finds it whole tells it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.errors import SpellingError
from spec_notify.core.run_stop import Moment, RunStop, read_moment
from spec_notify.core.run_stop_payload import stand
from spec_notify.core.snapshot import Task
from spec_notify.sources.flat_yaml import Field, fields, lines

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = "run-info.yaml"
LARGEST = 256 * 1024
"""Bytes of the largest file that is read: a command line stands in it."""

_STATUS = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}", re.ASCII)
_CODE = re.compile(r"[+-]?\d{1,10}", re.ASCII)
_NO_SCALAR = ("[", "{", "&", "*", "!", "- ")
_BLOCK = re.compile(r"[|>][+-]?\d?[+-]?")
_AGENT = ("agent", "agent_type")


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a run's file stands, below the root of all runs."""

    project: str
    task: str
    run: str

    @property
    def key(self) -> str:
        """Answer the run's identity in its root."""
        return f"{self.project}:{self.task}:{self.run}"

    @property
    def path(self) -> str:
        """Answer the file's path below the root."""
        return f"{self.project}/{self.task}/runs/{self.run}/{FILE}"


def read_run_info(text: str, place: Place) -> RunStop:
    """Read a run. Raises SpellingError, naming the key, where the text is not a whole one.

    Unknown keys are ignored; a missing exit code is 0, as conductor-loop itself reads it.
    """
    found = fields(lines(text))
    status = _scalar(found, "status")
    if _STATUS.fullmatch(status) is None:
        raise SpellingError("has no status yet" if not status else "status is no word")
    code = _scalar(found, "exit_code") or "0"
    if _CODE.fullmatch(code) is None:
        raise SpellingError("exit_code is no whole number")
    return RunStop(
        path=place.path,
        project=_scalar(found, "project_id") or place.project,
        task=_scalar(found, "task_id") or place.task,
        run=_scalar(found, "run_id") or place.run,
        agent=next(filter(None, (_scalar(found, key) for key in _AGENT)), ""),
        status=status.lower(),
        exit_code=int(code),
        started=_moment(found, "start_time"),
        stopped=_moment(found, "end_time"),
        error=_scalar(found, "error_summary"),
        parent=_scalar(found, "parent_run_id") or None,
        previous=_scalar(found, "previous_run_id") or None,
    )


def task_of(run: RunStop, place: Place) -> Task:
    """Answer a run as an entry of its root's snapshot."""
    return Task(
        key=place.key,
        id=place.run,
        title=f"{place.task} {place.run}",
        status=stand(run),
        line=1,
        section=place.project,
        fed=run,
    )


def _scalar(found: Mapping[str, list[Field]], key: str) -> str:
    """Answer a key's text, empty where it has none."""
    several = found.get(key, [])
    if len(several) > 1:
        raise SpellingError(f"{key} stands in it twice")
    if not several:
        return ""
    first, *below = several[0].parts
    if first.startswith(_NO_SCALAR) or (not first and below):
        raise SpellingError(f"{key} is no scalar")
    if _BLOCK.fullmatch(first):
        return ("\n" if first[0] == "|" else " ").join(below)
    return several[0].text()


def _moment(found: Mapping[str, list[Field]], key: str) -> Moment | None:
    text = _scalar(found, key)
    try:
        return read_moment(text) if text else None
    except SpellingError as error:
        raise SpellingError(f"{key} {error}") from None
