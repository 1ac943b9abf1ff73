"""The syntheses of an evidence tree as tasks, each in agreement or in conflict.

One synthesis stands for one run of agents: the files of single agents are read beside it, and
what they contest among themselves is for the synthesis to tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_notify.core.artifact import Accord
from spec_notify.core.artifact_payload import AGREED, BROKEN, outcome
from spec_notify.core.snapshot import Snapshot, Task

from .consensus import Synthesis
from .leaves import in_order, leaves, name_of, spec_of, title_of

if TYPE_CHECKING:
    from .reading import Manner

FORMAT = "consensus"


def claims(path: str) -> bool:
    """Say whether a path is the tree consensus is told in."""
    return path.endswith("/consensus/")


def read(path: str, text: str, _manner: Manner) -> Snapshot:
    """Read the text of a tree (see `leaves`)."""
    found, notices = leaves(text, Synthesis)
    ordered = in_order((each.at or 0, each.consensus.path, each) for each in found)
    tasks = tuple(_task(each, line) for line, each in enumerate(ordered, 1))
    return Snapshot(document=path, format=FORMAT, tasks=tasks, notices=tuple(notices))


def _task(read: Synthesis, line: int) -> Task:
    consensus = read.consensus
    spec, key = spec_of(consensus.path), name_of(consensus.path)
    return Task(
        key=key,
        id=key,
        title=title_of(consensus.stage, spec),
        status=outcome(BROKEN if read.disagrees else AGREED, consensus.status),
        line=line,
        artifact=Accord(
            spec=spec, consensus=consensus, broken=read.disagrees, conflicts=read.conflicts
        ),
    )
