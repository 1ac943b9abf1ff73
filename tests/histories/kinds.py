"""Which tools' histories are made up, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .backlog import Backlog
from .list_tools import Kiro, OpenSpec, SpecKit
from .tables import Tables
from .task_master import TaskMaster

if TYPE_CHECKING:
    from .project import Project

KINDS: dict[str, type[Project]] = {
    "spec-kit": SpecKit,
    "openspec": OpenSpec,
    "kiro": Kiro,
    "tables": Tables,
    "backlog": Backlog,
    "task-master": TaskMaster,
}
