"""A wired repository that keeps nothing: its spool is gone when the process is, and no evidence."""

from __future__ import annotations

import secrets
from functools import cached_property
from typing import TYPE_CHECKING

from . import Wiring

if TYPE_CHECKING:
    from spec_notify.ports import EvidenceLog, Record, Spool


class Stateless(Wiring):
    """The live objects of one repository for a process that may not leave a trace."""

    @cached_property
    def spool(self) -> Spool:
        """A spool in memory."""
        from spec_notify.spool.memory import MemorySpool

        return MemorySpool(writer=secrets.token_hex(8))

    @property
    def has_spool(self) -> bool:
        """Say that there is a spool to read."""
        return True

    @cached_property
    def evidence(self) -> EvidenceLog:
        """No evidence is written."""
        return _Nowhere()


class _Nowhere:
    def write(self, record: Record) -> str | None:
        del record
        return None

    def sync(self) -> bool:
        return True
