"""The newest stage telemetry and consensus of a SPEC, out of its evidence tree.

Contract, section 4, "Telemetry and consensus".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_notify.core.body_parts import Absent
from spec_notify.ports import Text
from spec_notify.sources import consensus, stage_telemetry

if TYPE_CHECKING:
    from spec_notify.core.body_parts import Consensus, Telemetry
    from spec_notify.ports import Workspace

_FEW = 12
"""How many of the newest artefacts are read before giving up on finding a valid one."""


class Artefacts:
    """Reads each SPEC's artefacts below `root` once."""

    def __init__(self, workspace: Workspace, root: str) -> None:
        self._workspace = workspace
        self._root = root
        self._specs: dict[str, tuple[Telemetry | Absent, Consensus | Absent]] = {}

    def newest(self, spec: str | None) -> tuple[Telemetry | Absent, Consensus | Absent]:
        """Answer the newest valid artefact of each kind, or why there is none."""
        if spec is None:
            none = Absent(reason="the task has no SPEC id to look under")
            return none, none
        if spec not in self._specs:
            self._specs[spec] = (self._telemetry(spec), self._consensus(spec))
        return self._specs[spec]

    def _telemetry(self, spec: str) -> Telemetry | Absent:
        folder = f"{self._root}/commands/{spec}"
        read = []
        for name in stage_telemetry.candidates(self._workspace.names(folder))[:_FEW]:
            path = f"{folder}/{name}"
            text = self._workspace.read(path)
            if isinstance(text, Text):
                found = stage_telemetry.read_artifact(path, text.text, digest=text.digest)
                read.append(found)
        best = stage_telemetry.newest(read)
        return best if isinstance(best, Absent) else best.telemetry

    def _consensus(self, spec: str) -> Consensus | Absent:
        folder = f"{self._root}/consensus/{spec}"
        names = self._workspace.names(folder)
        read = []
        for name in consensus.candidates(names)[:_FEW]:
            path = f"{folder}/{name}"
            text = self._workspace.read(path)
            if isinstance(text, Text):
                agents = self._texts(folder, consensus.agent_files(name, names))
                read.append(consensus.read_synthesis(path, text.text, agents, digest=text.digest))
        best = consensus.newest(read)
        return best if isinstance(best, Absent) else best.consensus

    def _texts(self, folder: str, names: list[str]) -> dict[str, str]:
        texts = {name: self._workspace.read(f"{folder}/{name}") for name in names}
        return {name: text.text for name, text in texts.items() if isinstance(text, Text)}
