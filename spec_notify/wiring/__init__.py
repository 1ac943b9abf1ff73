"""Config into live objects: the one place that knows the clock, chance, and who implements what.

Each object is made when first needed, so that a command pays only for what it uses.
"""

from __future__ import annotations

import random  # noqa: TID251 - the one door of randomness
import secrets
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from spec_notify import __version__
from spec_notify.disk.git import find

from .clock import nanoseconds, now
from .rooms import Rooms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from spec_notify.core.snapshot import Snapshot
    from spec_notify.disk.git import Git
    from spec_notify.pipeline.attempt import Attempted
    from spec_notify.pipeline.context import Context
    from spec_notify.pipeline.dispatch import Dispatch
    from spec_notify.pipeline.intake import Intake
    from spec_notify.pipeline.looks import Looks
    from spec_notify.pipeline.reading import Reader, Reading
    from spec_notify.ports import Feed, Route
    from spec_notify.sources.memory import Memory

    from .watching import Watching

__all__ = ["BARE", "Wiring", "nanoseconds", "now"]

BARE = "this is a bare repository, without a working tree to look at"


class Wiring(Rooms):
    """The live objects of one repository, each made when first needed."""

    def __init__(
        self,
        root: Path,
        git: Git | None,
        *,
        env: Mapping[str, str],
        config_file: str | None,
        mark: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.git = git
        self.mark = mark
        super().__init__(root, env=env, config_file=config_file)

    @classmethod
    def open(
        cls,
        start: Path,
        *,
        config_file: str | None,
        env: Mapping[str, str],
        mark: Callable[[str], None] = lambda _: None,
        git: Git | None = None,
    ) -> Wiring:
        """Find the repository around `start`, or take `git`, and read its config; write nothing.

        Raises ConfigError with every mistake.
        """
        git = git or find(start)
        root = git.root if git is not None else start.resolve()
        return cls(root, git, env=env, config_file=config_file, mark=mark)

    def reload(self) -> None:
        """Read the config again. Raises ConfigError, and then keeps the last good one."""
        super().reload()
        for decided in ("identity", "evidence", "trees", "feeds"):
            self.__dict__.pop(decided, None)

    def context(self) -> Context:
        """Answer what turns changes into events here."""
        from spec_notify.pipeline.context import Context

        return Context(
            workspace=self.workspace,
            history=self.git,
            config=self.config,
            repository=self.identity,
            generation=self.spool.generation,
            evidence_root=self.evidence_root,
            memory=self._memories[1],
        )

    def intake(self) -> Intake:
        """Answer a looker for the config in force."""
        from spec_notify.pipeline.intake import Intake

        if self.git is not None and self.git.is_bare:
            self.warn(f"{BARE}: a look finds nothing in it")
        return Intake(
            spool=self.spool,
            reader=self._reader(),
            context=self.context(),
            config=self.config,
            clock=now,
            mark=self.mark,
        )

    @cached_property
    def feeds(self) -> tuple[Feed, ...]:
        """Answer the feeds the config in force names."""
        from .feeds import feeds

        return feeds(self)

    def looks(self) -> Looks:
        """Answer a looker at documents and feeds, for the config in force."""
        from spec_notify.pipeline.feeding import Feeding, Origin
        from spec_notify.pipeline.looks import Looks

        from .user_word import with_user_word

        told = with_user_word(self.config.subscriptions, self.environment)
        origin = Origin(
            repository=self.identity,
            generation=self.spool.generation,
            evidence_root=self.evidence_root,
        )
        feeding = Feeding(
            spool=self.spool,
            feeds=self.feeds,
            origin=origin,
            config=msgspec.structs.replace(self.config, subscriptions=told),
            clock=now,
            mark=self.mark,
        )
        return Looks(self.intake(), feeding)

    def reading(self) -> Reading:
        """Answer what a look would read now, and what it would not believe; nothing is kept."""
        from spec_notify.pipeline.intake import Wish

        return self._reader().read(self.remembered(), Wish())

    def _reader(self) -> Reader:
        from spec_notify.pipeline.reading import Reader

        return Reader(
            workspace=self.workspace,
            history=self.git,
            config=self.config,
            clock=now,
            trees=self.trees,
            memory=self._memories[0],
        )

    @cached_property
    def _memories(self) -> tuple[Memory, Memory]:
        # One for documents as they stand, one as of HEAD: each is compared with its own last text.
        from spec_notify.sources.memory import Memory

        return Memory(), Memory()

    def dispatch(
        self,
        on_attempt: Callable[[Attempted], None] = lambda _: None,
        *,
        only: Callable[[], Mapping[str, Route]] | None = None,
    ) -> Dispatch:
        """Answer a dispatcher over the spool; it asks for the config in force at every pass.

        With `only` it serves those routes, whatever the config says, and leaves others alone.
        """
        from spec_notify.disk.network import has_route
        from spec_notify.disk.process import alive, owner
        from spec_notify.pipeline.attempt import Attempt, Facts
        from spec_notify.pipeline.dispatch import Dispatch, Limits

        from .owing import owing

        facts = Facts(
            clock=now,
            jitter=random.random,
            token=lambda: secrets.token_hex(16),
            owner=owner(),
            alive=alive,
            user_agent=f"spec-notify/{__version__}",
            routed=has_route,
            mark=self.mark,
        )
        return Dispatch(
            spool=self.spool,
            routes=only or self.served,
            alone=only is not None,
            debts=None if only else owing(self),
            transport=self.transport,
            attempt=Attempt(
                spool=self.spool,
                evidence=lambda: self.evidence,
                facts=facts,
                on_attempt=on_attempt,
            ),
            facts=facts,
            limits=lambda: Limits(
                concurrency=self.config.concurrency,
                retention=self.config.dead_letter_retention,
                max_pending=self.config.max_pending,
            ),
            warn=self.warn,
        )

    def snapshots(self) -> list[tuple[str, Snapshot]]:
        """Answer the watched documents as they stand, read now; unreadable ones are left out.

        So is an evidence tree where no run left anything.
        """
        from spec_notify.pipeline.documents import Documents
        from spec_notify.pipeline.rules import Rules
        from spec_notify.ports import Text

        found, rules = [], Rules(self.config)
        documents = Documents(self.workspace, None, rules, trees=self.trees)
        for path in (*documents.list(self.config.paths), *self.trees.paths):
            text = documents.here(path)
            if isinstance(text, Text) and not rules.refusal(path, text):
                found.append((path, rules.read(path, text)))
        return [
            (path, each)
            for path, each in found
            if each.tasks or each.notices or path not in self.trees.paths
        ]

    @cached_property
    def watching(self) -> Watching:
        """Answer the watching side."""
        from .watching import Watching

        return Watching(self)
