"""Sealed records to write, as a spool would hand them out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_notify.core.evidence import SCHEMA, digest, record_name, seal
from spec_notify.ports import Record

if TYPE_CHECKING:
    from pathlib import Path

START = 1_795_168_800_000


class Sealer:
    """One writer's chain in one directory; every call seals the next record."""

    def __init__(self, writer: str = "w1", spec: str = "SPEC-A", *, step: int = 1) -> None:
        self.writer = writer
        self.spec = spec
        self._step = step
        self._sequence = 0
        self._previous: str | None = None

    def next(self, size: int = 600, *, at: int | None = None) -> Record:
        """Seal a record of about `size` bytes, dated one step after the one before."""
        self._sequence += 1
        delivery = f"dlv_{self.writer}x{self._sequence}"
        said = {"schema": SCHEMA, "delivery": delivery, "attempt": 1, "body": "x" * (size - 300)}
        body = seal(said, sequence=self._sequence, previous=self._previous, writer=self.writer)
        self._previous = digest(body)
        name = record_name(
            at=START + self._sequence * self._step if at is None else at,
            sequence=self._sequence,
            delivery=delivery,
            attempt=1,
        )
        return Record(row=self._sequence, spec=self.spec, name=name, body=body)


def weight(folder: Path) -> int:
    """Add up every file of a directory, temporary ones and links included."""
    return sum(each.lstat().st_size for each in folder.iterdir())
