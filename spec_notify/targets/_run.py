"""The end of a run in a chat: four lines that scripts look for, and links to its server.

The run's id is the server's word and is spelled as any such text; a link is shown only if it is
what we make of that id, so that no id brings one of its own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from spec_notify.core.event import RUN_FINISHED
from spec_notify.core.run import ATTENTION, SUCCESS, Counts, run_url
from spec_notify.targets._sentences import table

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_LINK = 1_000
_BELOW = {"run": "", "tasks": "/tasks", "events": "/events"}
# Nothing in it ends a link early, or begins anything else.
_LINK = re.compile(
    r"(https?://(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]+)?[A-Za-z0-9._~%/-]*?)"
    r"/runs/[A-Za-z0-9._~%-]+(?:/tasks|/events)?"
)
# Words of letters and digits that nothing formats, however they are joined.
_CALM = re.compile(r"[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+|\.[0-9]+)*", re.ASCII)


def four_lines(told: dict[str, Any], spell: Callable[[str], str]) -> str | None:
    """Answer run, status, counts and where to look, a line each; None where a body lacks one."""
    run, status, counts = told.get("runId"), told.get("status"), counts_of(told)
    where = links(told).get("tasks")
    if not isinstance(run, str) or status not in {SUCCESS, ATTENTION} or None in {counts, where}:
        return None
    return (
        f"Swarm run finished: {named(run, spell)}\n"
        f"Status: {status}\n"
        f"Counts: {counts}\n"
        f"Inspect: {where}"
    )


def named(run: str, spell: Callable[[str], str]) -> str:
    """Answer a run's id as it is where nothing could come of it, else spelled."""
    return run if _CALM.fullmatch(run) else spell(run)


def links(told: dict[str, Any]) -> dict[str, str]:
    """Answer the links to the run, its tasks and its events that are ours."""
    run, known = told.get("runId"), table(told, "links")
    found = {key: known.get(key) for key in _BELOW} if isinstance(run, str) else {}
    return {
        key: link
        for key, link in found.items()
        if isinstance(link, str) and _is_ours(link, str(run), _BELOW[key])
    }


def links_of(type_: str, told: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Answer the labelled links of an event; none unless it is the end of a run."""
    found = links(told) if type_ == RUN_FINISHED else {}
    return tuple((key.capitalize(), link) for key, link in found.items())


def _is_ours(link: str, run: str, below: str) -> bool:
    read = _LINK.fullmatch(link) if len(link) <= LONGEST_LINK else None
    return read is not None and link == run_url(read[1], run, below)


def counts_of(told: dict[str, Any]) -> Counts | None:
    """Answer the counts a body holds; None where it lacks one."""
    known = table(told, "counts")
    found = [known.get(key) for key in ("done", "failed", "blocked", "total")]
    numbers = [each for each in found if isinstance(each, int) and not isinstance(each, bool)]
    if len(numbers) < len(found):
        return None
    done, failed, blocked, total = numbers
    return Counts(done=done, failed=failed, blocked=blocked, total=total)
