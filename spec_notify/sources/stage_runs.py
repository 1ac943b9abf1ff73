"""The stages of an evidence tree as tasks: each that ended is one, and so is each run that did.

A run is the stages of one SPEC in the order of time since the run before it. It ends with the last
stage, unlock, or with the first that failed or was halted.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from spec_notify.core.artifact import RunEnd, RunStage, StageEnd
from spec_notify.core.artifact_payload import outcome
from spec_notify.core.snapshot import Snapshot, Task

from .leaves import in_order, leaves, name_of, spec_of, title_of
from .stage_shapes import STAGES
from .stage_telemetry import Artifact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .reading import Manner

FORMAT = "stage-telemetry"


def claims(path: str) -> bool:
    """Say whether a path is the tree stages are told in."""
    return path.endswith("/commands/")


def read(path: str, text: str, _manner: Manner) -> Snapshot:
    """Read the text of a tree (see `leaves`)."""
    found, notices = leaves(text, Artifact)
    ends = in_order((each.at, each.telemetry.path, each) for each in found)
    tasks = tuple(
        Task(
            key=key,
            id=key,
            title=title,
            status=outcome(artifact.last.telemetry.status, said)
            if isinstance(artifact, RunEnd)
            else outcome(artifact.telemetry.status, said),
            line=line,
            artifact=artifact,
        )
        for line, (key, title, said, artifact) in enumerate(_told(ends), 1)
    )
    return Snapshot(document=path, format=FORMAT, tasks=tasks, notices=tuple(notices))


_Told = tuple[str, str, str, StageEnd | RunEnd]


def _told(ends: Iterable[Artifact]) -> Iterator[_Told]:
    """Answer key, title, words and artefact of each stage, and of each run after its last stage."""
    running: dict[str, list[StageEnd]] = defaultdict(list)
    for each in ends:
        stage, path = _stage(each), each.telemetry.path
        yield name_of(path), title_of(each.telemetry.stage, stage.spec), each.said, stage
        run = running[stage.spec]
        run.append(stage)
        if _ends(stage):
            file = path.rpartition("/")[2]
            key = f"{stage.spec}/pipeline/{file}"
            yield key, title_of("pipeline", stage.spec), each.said, _run(run)
            run.clear()


def _stage(read: Artifact) -> StageEnd:
    return StageEnd(
        spec=spec_of(read.telemetry.path),
        telemetry=read.telemetry,
        started=read.started,
        ended=read.at,
    )


def _ends(stage: StageEnd) -> bool:
    return stage.telemetry.status != "success" or stage.telemetry.stage == STAGES[-1]


def _run(stages: Sequence[StageEnd]) -> RunEnd:
    # Of a stage that was tried again the newest counts: they are in the order of time.
    newest = {each.telemetry.stage: each for each in stages}
    return RunEnd(
        last=stages[-1],
        started=stages[0].started,
        stages=tuple(_step(stage, newest.get(stage)) for stage in STAGES),
    )


def _step(stage: str, end: StageEnd | None) -> RunStage:
    if end is None:
        return RunStage(stage=stage)
    told = end.telemetry
    return RunStage(
        stage=stage, outcome=told.status, ended=end.ended, session=told.session_id, path=told.path
    )
