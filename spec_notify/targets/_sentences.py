"""The sentences of each type of event, and the few facts that belong under them.

A body is read as far as it can be: what it does not hold is left out. Nothing of it is trusted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

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
    TASK_TRANSITIONED,
    TEAM_COMPLETED,
    TEAM_FAILED,
    TEAM_TIMED_OUT,
    WORKFLOW_COMPLETED,
    WORKFLOW_STARTED,
)
from spec_notify.core.instant import rounded_duration, spell_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_SHORT_HASH = 8
_MOST_ARTIFACTS = 10


def read(body: bytes) -> dict[str, Any]:
    """Answer a body's members; none where it is no JSON object."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def table(found: dict[str, Any], key: str) -> dict[str, Any]:
    """Answer the members of an object in an object; none where there is no such object."""
    inner = found.get(key)
    return inner if isinstance(inner, dict) else {}


def headline(type_: str, told: dict[str, Any]) -> str:
    """Answer what happened, in one sentence; the type where the body says nothing of it."""
    said = (_HEADLINES.get(type_) or _task)(told) or type_
    return f"Test: {said}" if told.get("test") is True else said


def _words(values: object) -> list[str]:
    """Answer the texts and numbers among some values that are not blank."""
    several = values if isinstance(values, list | tuple) else [values]
    return [str(value) for value in several if isinstance(value, str | int) and str(value).strip()]


def arrow(before: object, after: object) -> str:
    """Answer `In Progress → Done`, or the one there is."""
    return " → ".join(_words([before, after]))


def _of_spec(said: str, told: dict[str, Any]) -> str:
    return ": ".join(_words([table(told, "spec").get("id"), said])) if said else ""


def _task(told: dict[str, Any]) -> str:
    task = table(told, "task")
    name = " ".join(_words([task.get("id"), task.get("title")]))
    return arrow(name, task.get("status"))


def _turned(told: dict[str, Any]) -> str:
    task, turn = table(told, "task"), table(told, "transition")
    name = " ".join(_words([task.get("id"), task.get("title")]))
    return ": ".join(_words([name, arrow(turn.get("from"), turn.get("to"))])) or _task(told)


def _stage(told: dict[str, Any]) -> str:
    stage = table(told, "stage")
    return _of_spec(arrow(stage.get("name"), stage.get("outcome")), told)


def _run(told: dict[str, Any]) -> str:
    run = table(told, "pipeline")
    ended = " at ".join(_words([run.get("outcome"), run.get("endedBy")]))
    return _of_spec(arrow("run", ended) if ended else "", told)


def _finish(told: dict[str, Any]) -> str:
    said = arrow(told.get("runId"), told.get("status"))
    return f"Run finished: {said}" if said else ""


def _conflict(told: dict[str, Any]) -> str:
    stage = table(told, "conflict").get("stage")
    return _of_spec(" at ".join(_words(["agents disagree", stage])), told)


def outcome(told: dict[str, Any]) -> str | None:
    """Answer what a workflow or a step of it came to; None where nothing came to an end."""
    success = told.get("success")
    return _OUTCOMES[success] if isinstance(success, bool) else None


def _began(told: dict[str, Any]) -> str:
    return arrow(table(told, "workflow").get("name"), "started")


def _ended(told: dict[str, Any]) -> str:
    return arrow(table(told, "workflow").get("name"), outcome(told))


def _step(told: dict[str, Any]) -> str:
    name = " ".join(_words([told.get("step_type"), told.get("service")]))
    said = arrow(name, outcome(told) or "failure")
    return ": ".join(_words([table(told, "workflow").get("name"), said]))


def _agent_run(told: dict[str, Any]) -> str:
    run = table(told, "run")
    return ": ".join(_words([run.get("project"), arrow(run.get("task"), run.get("status"))]))


def _of_agent_run(told: dict[str, Any]) -> Iterable[tuple[str, str]]:
    run, before = table(told, "run"), table(told, "previous")
    yield "Run", " ".join(_words(run.get("run")))
    yield "Agent", " ".join(_words(run.get("agent")))
    yield "Exit code", " ".join(_words(run.get("exitCode")))
    seconds = run.get("durationSeconds")
    yield "Took", _lasted(seconds * 1_000) if isinstance(seconds, int | float) else ""
    yield "Error", " ".join(_words(run.get("errorSummary")))
    if told.get("correction") is True:
        yield "Told before", " ".join(_words([before.get("status"), before.get("exitCode")]))


def _team(told: dict[str, Any]) -> str:
    team = table(told, "team")
    said = arrow(team.get("name"), team.get("phase"))
    return f"Team {said}" if said else ""


def _failed(told: dict[str, Any]) -> str:
    about = _words(told.get("task")) or _words(told.get("type")) or ["an event"]
    return " for ".join([f"Given up: {about[0]}", *_words(told.get("subscription"))])


def _works(told: dict[str, Any]) -> str:
    return " to ".join(["Delivered again", *_words(told.get("subscription"))])


def place(told: dict[str, Any]) -> str:
    """Answer where it happened: `SPEC-KIT-075 · SPEC.md:27 · main · 1a2b3c4d`."""
    if "workflow" in told:
        return ""
    spec, task, git = told.get("spec"), table(told, "task"), table(told, "git")
    document = ":".join(_words([task.get("document"), task.get("line")]))
    commit = git.get("commit")
    short = commit[:_SHORT_HASH] if isinstance(commit, str) else None
    about = spec.get("id") if isinstance(spec, dict) else spec
    team = table(told, "team")
    document = document or " ".join(_words([team.get("document")]))
    return " · ".join(
        _words(
            [team.get("namespace"), about, document, git.get("branch"), short, told.get("delivery")]
        )
    )


def facts(told: dict[str, Any]) -> Iterable[tuple[str, str]]:
    """Answer labels of ours with what the body says under each, maybe nothing."""
    if "workflow" in told:
        yield from _of_workflow(told)
        return
    if "run" in told:
        yield from _of_agent_run(told)
        return
    task, review = table(told, "task"), table(told, "review")
    run, stage = table(told, "pipeline"), table(told, "stage")
    telemetry, consensus = table(told, "telemetry"), table(told, "consensus")
    yield "Change", _change(told)
    yield "Owners", ", ".join(_words(task.get("owners")))
    yield "Waiting for", ", ".join(_words(review.get("pending")))
    yield "Checklist", " ".join(_words(review.get("checklist")))
    yield "Took", _took(run or stage)
    yield "Stages", _stages(run)
    if not stage:
        yield "Telemetry", ": ".join(_words([telemetry.get("stage"), telemetry.get("status")]))
    yield "Consensus", ": ".join(_words([consensus.get("stage"), consensus.get("status")]))
    yield "Conflicts", " ".join(_words(table(told, "conflict").get("conflicts")))
    yield "Counts", _counts(table(told, "counts"))
    yield "Created", " ".join(_words(told.get("createdAt")))
    yield "Completed", " ".join(_words(told.get("completedAt")))
    yield "Artifacts", _artifacts(told.get("artifacts"))
    yield "Event", " ".join(_words(told.get("type")))
    yield "Attempts", " ".join(_words(told.get("attempts")))
    yield "Last status", " ".join(_words(told.get("lastStatus")))
    yield "Reason", " ".join(_words(told.get("reason")))
    yield "What to do", " ".join(_words(told.get("guidance")))


def _change(told: dict[str, Any]) -> str:
    """Answer a change whose start is known; where it led alone, the headline tells."""
    turn = table(told, "transition")
    return arrow(turn.get("from"), turn.get("to")) if turn.get("from") else ""


def _of_workflow(told: dict[str, Any]) -> Iterable[tuple[str, str]]:
    """Answer what a workflow says; keys that its producer added may mean anything."""
    yield "Steps", _steps(told)
    yield "Took", _lasted(told.get("duration_ms", told.get("total_duration_ms")))
    yield "Exit code", " ".join(_words(told.get("exit_code")))
    yield "Error", " ".join(_words(told.get("error")))


def _steps(told: dict[str, Any]) -> str:
    report = table(told, "report")
    skipped = table(report, "summary").get("skipped")
    counted = [(told.get(f"steps_{each}"), each) for each in ("passed", "failed")]
    counted += [(skipped, "skipped")] if skipped else []
    said = ", ".join(f"{count} {each}" for count, each in counted if isinstance(count, int))
    return said or " ".join(_words(told.get("step_count")))


def _lasted(millis: object) -> str:
    if isinstance(millis, bool) or not isinstance(millis, int | float) or millis <= 0:
        return ""
    return rounded_duration(millis)


def _took(timed: dict[str, Any]) -> str:
    millis = timed.get("durationMs")
    return spell_duration(millis) if isinstance(millis, int) and millis > 0 else ""


def _stages(run: dict[str, Any]) -> str:
    counted = ((each, run.get(each)) for each in ("passed", "failed", "skipped"))
    return ", ".join(f"{count} {each}" for each, count in counted if isinstance(count, int))


_OUTCOMES = {True: "success", False: "failure"}


def _counts(known: dict[str, Any]) -> str:
    counted = ((each, known.get(each)) for each in ("done", "failed", "blocked", "total"))
    return " ".join(f"{each}={count}" for each, count in counted if isinstance(count, int))


def _artifacts(found: object) -> str:
    named = [
        " by ".join(_words([each.get("name"), each.get("producedBy")]))
        for each in (found if isinstance(found, list) else [])
        if isinstance(each, dict)
    ]
    more = [f"and {len(named) - _MOST_ARTIFACTS} more"] if len(named) > _MOST_ARTIFACTS else []
    return ", ".join([*named[:_MOST_ARTIFACTS], *more])


_HEADLINES: Mapping[str, Callable[[dict[str, Any]], str]] = {
    TASK_TRANSITIONED: _turned,
    STAGE_COMPLETED: _stage,
    PIPELINE_COMPLETED: _run,
    CONSENSUS_CONFLICT: _conflict,
    WORKFLOW_STARTED: _began,
    STEP_COMPLETED: _step,
    WORKFLOW_COMPLETED: _ended,
    FAILURE_DETECTED: _step,
    RUN_FINISHED: _finish,
    RUN_STOP: _agent_run,
    TEAM_COMPLETED: _team,
    TEAM_FAILED: _team,
    TEAM_TIMED_OUT: _team,
    DEAD_LETTERED: _failed,
    RECOVERED: _works,
}
