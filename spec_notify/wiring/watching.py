"""What a watcher of a checkout needs: who watches now, which folders matter, what was touched."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from spec_notify.core.feed import is_feed
from spec_notify.disk.hook_shim import drop_gates, leave_notice
from spec_notify.disk.locks import Lock, holder
from spec_notify.disk.state import ensure
from spec_notify.pipeline.settle import UNCLOSED
from spec_notify.pipeline.trees import OWN, YOUNG
from spec_notify.ports import Reason
from spec_notify.watchers.poke import FOLDER, NAME, poke

if TYPE_CHECKING:
    from collections.abc import Callable

    from spec_notify.watchers.files import FileWatcher
    from spec_notify.watchers.polling import Stamps
    from spec_notify.wiring import Wiring

_HEAD = ("HEAD", "logs/HEAD")


class Watching:
    """The watching side of a wired repository."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._stands: tuple[dict[str, dict[str, str]], ...] | None = None
        self._stirred: int | None = None

    def pid(self) -> int | None:
        """Answer the process that watches this checkout, if one does."""
        held = holder(self._lock) if self._wiring.state.exists() else None
        return held.pid if held else None

    def lives(self) -> bool:
        """Say whether a watcher of this checkout will deliver what is queued."""
        return self._wiring.state.exists() and holder(self._lock) is not None

    def poke(self) -> None:
        """Ask the watcher to look and deliver now."""
        poke(self._wiring.state)

    def lock(self) -> Lock:
        """Answer the lock that makes a watcher the only one here."""
        ensure(self._wiring.state)
        return Lock(self._lock)

    def watcher(self, hint: Callable[[str], None], warn: Callable[[str], None]) -> FileWatcher:
        """Answer a watcher of file events, not yet watching anything."""
        from spec_notify.watchers.files import FileWatcher

        return FileWatcher(hint=hint, warn=warn, exclude=self._is_no_news)

    def rehearse(self) -> None:
        """Do once, before it counts, what the first change would otherwise wait for."""
        from spec_notify.core.payload import build_test_event
        from spec_notify.core.schema import validate
        from spec_notify.sources.document import read_document
        from spec_notify.transports.pool import ssl_context

        wiring = self._wiring
        read_document("SPEC.md", "| ID | Status |\n|-|-|\n| T1 | *Done* |\n")
        event = build_test_event(repository=wiring.identity, nonce="rehearsal", now=0)
        validate(event.body)
        ssl_context()
        if wiring.git is not None and (stand := wiring.git.checkout()).head:
            wiring.git.author(stand.head)

    def folders(self) -> list[Path]:
        """Answer the folders whose events matter: of documents, of git's state, of pokes."""
        wiring = self._wiring
        watched = wiring.workspace.watch_folders(wiring.config.paths)
        own = wiring.root / ".spec-notify"
        # The few that every look needs come first: a watch limit cuts the rest.
        folders = [ensure(ensure(wiring.state) / FOLDER)]
        folders += [wiring.git.git_dir] if wiring.git is not None else []
        folders += [own] if own.is_dir() else []
        # Of the trees one needs only so many, and they are many.
        trees = wiring.workspace.watch_folders(wiring.trees.globs) if wiring.trees.globs else []
        fed = [folder for feed in wiring.feeds for folder in feed.folders()]
        return folders + [wiring.root / each for each in (*watched, *trees)] + fed

    def touched(self, now: int) -> Reason | None:
        """Say whether a document, HEAD or a poke may be new since this was last asked.

        WRITTEN when a document was touched so lately that it may still be being written.
        """
        wiring = self._wiring
        documents = [path for path in wiring.spool.documents() if not is_feed(path)]
        known = [*documents, str(wiring.state / FOLDER / NAME)]
        known += [str(wiring.git.git_dir / each) for each in _HEAD] if wiring.git else []
        # Each is asked, whatever another says: they take their stamps anew.
        fed = [feed.name for feed in wiring.feeds if feed.stirred(now)]
        changed, stirred = self._stamps.changed(known, now), self._trees_touched(now)
        if stirred or self._stamps.touched(documents, now, within=UNCLOSED):
            return Reason.WRITTEN
        return Reason.CHANGED if changed or fed else None

    def open_gates(self) -> None:
        """Take away the gates that hide what the config watches, and a word it has outdated."""
        state = self._wiring.shared_state
        drop_gates(state, missing=self._wiring.gate_paths())
        self.leave_word()

    def leave_word(self) -> None:
        """Have the next hook say that the config was edited since it was trusted, if it was.

        Contract, section 6: hooks print one line. Where there was no trust, and no state, there
        is nothing to say.
        """
        git, state = self._wiring.git, self._wiring.shared_state
        if git is not None and state.exists():
            with suppress(OSError):
                leave_notice(state, git.gate_name, self._edited())

    def _trees_touched(self, now: int) -> bool:
        stands = self._wiring.trees.stands(self._wiring.workspace)
        if stands != self._stands:
            self._stands, self._stirred = stands, now
        return self._stirred is not None and now - self._stirred < YOUNG

    def _is_no_news(self, path: str) -> bool:
        return self._ours(path) or not all(feed.minds(path) for feed in self._wiring.feeds)

    def _ours(self, path: str) -> bool:
        """Say whether a path is where we write evidence: that must not wake us."""
        root = self._wiring.evidence_folder
        if not Path(path).is_relative_to(root):
            return False
        return not self._wiring.trees.paths or OWN in Path(path).relative_to(root).parts

    def _edited(self) -> str | None:
        wiring = self._wiring
        for file in wiring.loaded.files:
            real = Path(os.path.realpath(wiring.root / file.path))
            if file.state == "untrusted" and wiring.trust.knows(real):
                why = "changed since you trusted it, so it counts as absent"
                return f"{file.path} {why}: read it, then run `spec-notify trust`"
        return None

    @property
    def _lock(self) -> Path:
        return self._wiring.state / "watch.lock"

    @cached_property
    def _stamps(self) -> Stamps:
        from spec_notify.watchers.polling import Stamps

        return Stamps(self._wiring.root)
