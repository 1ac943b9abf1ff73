"""What run artefacts say, as values: a stage that ended, a run that did, what agents agreed on.

Contract, section 4, "Telemetry and consensus". Instants are milliseconds UTC. They point at files
and repeat nothing of what is in them.
"""

from __future__ import annotations

import msgspec

from .body_parts import Consensus, Outcome, Telemetry

__all__ = ["Accord", "Artifact", "Outcome", "RunEnd", "RunStage", "StageEnd"]


class StageEnd(msgspec.Struct, frozen=True, kw_only=True, tag="stage"):
    """A stage of a SPEC ended; `started` is None where its session id holds no time."""

    spec: str
    telemetry: Telemetry
    started: int | None
    ended: int

    @property
    def path(self) -> str:
        """The file that says so."""
        return self.telemetry.path

    @property
    def sha256(self) -> str:
        """The SHA-256 of its bytes, hex."""
        return self.telemetry.sha256


class RunStage(msgspec.Struct, frozen=True, kw_only=True):
    """One of the six stages in a run; all but its name is None for one that did not run."""

    stage: str
    outcome: Outcome | None = None
    ended: int | None = None
    session: str | None = None
    path: str | None = None


class RunEnd(msgspec.Struct, frozen=True, kw_only=True, tag="run"):
    """A run of a SPEC ended with a stage: the last one, or one that failed or halted."""

    last: StageEnd
    started: int | None
    stages: tuple[RunStage, ...]

    @property
    def spec(self) -> str:
        """The SPEC it ran for."""
        return self.last.spec

    @property
    def path(self) -> str:
        """The file that ended it."""
        return self.last.path

    @property
    def sha256(self) -> str:
        """The SHA-256 of that file's bytes, hex."""
        return self.last.sha256


class Accord(msgspec.Struct, frozen=True, kw_only=True, tag="accord"):
    """What agents agreed on, or did not; `conflicts` is None where nobody counted them."""

    spec: str
    consensus: Consensus
    broken: bool
    conflicts: int | None

    @property
    def path(self) -> str:
        """The synthesis that says so."""
        return self.consensus.path

    @property
    def sha256(self) -> str:
        """The SHA-256 of its bytes, hex."""
        return self.consensus.sha256


Artifact = StageEnd | RunEnd | Accord


def lasted(started: int | None, ended: int) -> int | None:
    """Answer milliseconds from start to end; None where a clock says it ended before it began."""
    return ended - started if started is not None and ended >= started else None
