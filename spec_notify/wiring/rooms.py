"""The rooms of one repository that remember: spool, evidence, workspace; made when first needed."""

from __future__ import annotations

import secrets
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from spec_notify.core.errors import SpoolError
from spec_notify.disk.abandoned import note_checkout
from spec_notify.disk.state import ensure
from spec_notify.disk.workspace import Folder

from .clock import now
from .places import Places

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from spec_notify.disk.outbox import Outbox
    from spec_notify.ports import EvidenceLog, Showing, Spool, StoredDocument, Transport


class Rooms(Places):
    """What stands behind the ports here, and the warnings that come of opening it."""

    def __init__(self, root: Path, *, env: Mapping[str, str], config_file: str | None) -> None:
        self._warnings: list[str] = []
        super().__init__(root, env=env, config_file=config_file)

    @cached_property
    def spool(self) -> Spool:
        """The durable spool, made on first use. Raises SpoolError."""
        from spec_notify.spool.sqlite import SqliteSpool

        note_checkout(ensure(self.state), self.root)
        spool = SqliteSpool.open(
            self.state / "spool.db", now=now(), fresh_id=lambda: secrets.token_hex(8)
        )
        if spool.recovered_from:
            self.warn(
                f"the spool was damaged and is kept as {spool.recovered_from}; "
                "a fresh one takes every document as it stands"
            )
        return spool

    def peek(self) -> Showing | None:
        """Open the spool only to show it; None where there is none. Raises SpoolError."""
        from spec_notify.spool.sqlite import SqliteSpool

        return SqliteSpool.peek(self.state / "spool.db")

    @cached_property
    def workspace(self) -> Folder:
        """The watched folder."""
        return Folder(self.root)

    @cached_property
    def evidence(self) -> EvidenceLog:
        """Where evidence files go."""
        from spec_notify.disk.evidence import EvidenceFolder

        if self.evidence_home != self.root:
            ensure(self.evidence_home)
        return EvidenceFolder(
            self.evidence_home,
            self.evidence_root,
            cap=self.config.cap_bytes,
            state=self.state,
            warn=self.warn,
        )

    @cached_property
    def identity(self) -> str:
        """Answer what this repository is called in ids (contract, section 5, "Ids")."""
        found = self.config.repository or (self.git.identity() if self.git else None)
        return found or self.spool.writer

    def warn(self, text: str) -> None:
        """Keep a warning for whoever runs the command; the same one only once."""
        if text not in self._warnings:
            self._warnings.append(text)

    def take_warnings(self) -> list[str]:
        """Answer the warnings kept so far, and keep them no longer."""
        taken, self._warnings = self._warnings, []
        return taken

    def remembered(self) -> Mapping[str, StoredDocument]:
        """Answer what is remembered of documents and feeds; nothing where no spool can say."""
        if not self.has_spool:
            return {}
        with suppress(SpoolError):
            return self.spool.documents()
        # Whoever asks how documents stand is told of the spool by whoever looks at that.
        return {}

    def outbox(self) -> Outbox:
        """Answer who puts the files of `file` subscriptions in place."""
        from spec_notify.disk.outbox import Outbox

        return Outbox(self.root, keep_out=lambda: (self.evidence_folder, self.state_home))

    def transport(self) -> Transport:
        """Answer a fresh wire to every kind of receiver."""
        from .wires import transport

        return transport(self.outbox)

    def close(self) -> None:
        """Let go of files and processes."""
        if "spool" in self.__dict__:
            self.spool.close()
        if self.git is not None:
            self.git.close()
