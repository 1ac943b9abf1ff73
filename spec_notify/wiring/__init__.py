"""Config into live objects: the one place that knows the clock, chance, and who implements what.

Each object is made when first needed, so that a command pays only for what it uses.
"""

from __future__ import annotations

import hashlib
import random  # noqa: TID251 - the one door of randomness
import secrets
import time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from spec_notify import __version__
from spec_notify.core.errors import NotEnabledError
from spec_notify.disk.config import load, user_config_file
from spec_notify.disk.environment import Environment
from spec_notify.disk.git import find
from spec_notify.disk.state import ensure, repository_state, state_root
from spec_notify.disk.trust import TrustStore
from spec_notify.disk.workspace import Folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from spec_notify.core.config import Config, Problem
    from spec_notify.core.snapshot import Snapshot
    from spec_notify.disk.evidence import EvidenceFolder
    from spec_notify.disk.git import Git
    from spec_notify.pipeline.attempt import Attempted
    from spec_notify.pipeline.context import Context
    from spec_notify.pipeline.dispatch import Dispatch
    from spec_notify.pipeline.intake import Intake
    from spec_notify.ports import Route, Spool

    from .watching import Watching


def now() -> int:
    """Answer the instant, in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


class Wiring:
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
        self.root = root
        self.git = git
        self.env = env
        self.config_file = config_file
        self.mark = mark
        self.state_home = state_root(env)
        self.trust = TrustStore(self.state_home / "trust.json")
        self._warnings: list[str] = []
        self.reload()

    @classmethod
    def open(
        cls,
        start: Path,
        *,
        config_file: str | None,
        env: Mapping[str, str],
        mark: Callable[[str], None] = lambda _: None,
    ) -> Wiring:
        """Find the repository around `start` and read its config; nothing is written.

        Raises ConfigError with every mistake.
        """
        git = find(start)
        root = git.root if git is not None else start.resolve()
        return cls(root, git, env=env, config_file=config_file, mark=mark)

    def reload(self) -> None:
        """Read the config again. Raises ConfigError, and then keeps the last good one."""
        self.__dict__.pop("identity", None)
        self.loaded = load(
            self.root,
            env=self.env,
            config_file=self.config_file,
            trust=self.trust,
            user_config=user_config_file(self.env),
        )
        self._config_read = self._config_stamp()

    @property
    def config(self) -> Config:
        """Answer the settings in force."""
        return self.loaded.config

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should hear about how the config was found."""
        return self.loaded.notices

    def require_enabled(self) -> None:
        """Raise NotEnabledError, naming what to do, unless something trusted enables us."""
        if not self.config.enabled:
            raise NotEnabledError(self.loaded.off_because)

    @cached_property
    def state(self) -> Path:
        """Answer this checkout's folder in the user's state directory; it may not exist yet."""
        key = self.git.state_key() if self.git else hashlib.sha256(bytes(self.root)).hexdigest()
        return repository_state(self.state_home, key)

    @property
    def shared_state(self) -> Path:
        """Answer the state folder that all worktrees share: git's hooks are theirs together."""
        key = self.git.shared_key() if self.git else None
        return repository_state(self.state_home, key) if key else self.state

    @cached_property
    def spool(self) -> Spool:
        """The durable spool, made on first use. Raises SpoolError."""
        from spec_notify.spool.sqlite import SqliteSpool

        ensure(self.state)
        spool = SqliteSpool.open(
            self.state / "spool.db", now=now(), fresh_id=lambda: secrets.token_hex(8)
        )
        if spool.recovered_from:
            self.warn(
                f"the spool was damaged and is kept as {spool.recovered_from}; "
                "a fresh one takes every document as it stands"
            )
        return spool

    @cached_property
    def workspace(self) -> Folder:
        """The watched folder."""
        return Folder(self.root)

    @property
    def evidence_root(self) -> str:
        """Answer the evidence root, relative to the repository."""
        from spec_notify.disk.evidence import default_root

        return self.config.evidence_root or default_root(self.root)

    @property
    def evidence_folder(self) -> Path:
        """Answer the evidence root as a folder."""
        return self.root / self.evidence_root

    @cached_property
    def evidence(self) -> EvidenceFolder:
        """Where evidence files go."""
        from spec_notify.disk.evidence import EvidenceFolder

        return EvidenceFolder(
            self.root,
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
        )

    def intake(self) -> Intake:
        """Answer a looker for the config in force."""
        from spec_notify.pipeline.intake import Intake
        from spec_notify.pipeline.reading import Reader

        reader = Reader(workspace=self.workspace, history=self.git, config=self.config, clock=now)
        return Intake(
            spool=self.spool,
            reader=reader,
            context=self.context(),
            config=self.config,
            clock=now,
            mark=self.mark,
        )

    def dispatch(self, on_attempt: Callable[[Attempted], None] = lambda _: None) -> Dispatch:
        """Answer a dispatcher over the spool; it asks for routes again at every pass."""
        from spec_notify.disk.process import alive, owner
        from spec_notify.pipeline.attempt import Attempt, Facts
        from spec_notify.pipeline.dispatch import Dispatch
        from spec_notify.transports.http import HttpTransport

        facts = Facts(
            clock=now,
            jitter=random.random,
            token=lambda: secrets.token_hex(16),
            owner=owner(),
            alive=alive,
            user_agent=f"spec-notify/{__version__}",
            mark=self.mark,
        )
        return Dispatch(
            spool=self.spool,
            routes=lambda: self.routes() if self.config.enabled else {},
            transport=HttpTransport,
            attempt=Attempt(
                spool=self.spool, evidence=self.evidence, facts=facts, on_attempt=on_attempt
            ),
            facts=facts,
            concurrency=self.config.concurrency,
            retention=self.config.dead_letter_retention,
            warn=self.warn,
        )

    @property
    def has_spool(self) -> bool:
        """Say whether there is a spool to read; asking makes none."""
        return "spool" in self.__dict__ or (self.state / "spool.db").exists()

    def snapshots(self) -> list[tuple[str, Snapshot]]:
        """Answer the watched documents as they stand, read now; unreadable ones are left out."""
        from spec_notify.ports import Text
        from spec_notify.sources.document import read_document, unreadable

        found = []
        aliases, format_ = self.config.statuses, self.config.format
        for path in self.workspace.documents(self.config.paths):
            text = self.workspace.read(path)
            if isinstance(text, Text) and not unreadable(path, text.text, format=format_):
                snapshot = read_document(path, text.text, aliases=aliases, format=format_)
                found.append((path, snapshot))
        return found

    def config_changed(self) -> bool:
        """Say whether a config file, or what is trusted, was touched since it was read."""
        return self._config_stamp() != self._config_read

    def _config_stamp(self) -> tuple[object, ...]:
        places = [Path(file.path) for file in self.loaded.files]
        places += [self.root / ".spec-notify" / "config.toml", self.root / "pyproject.toml"]
        return tuple(_stamp(each) for each in (*places, self.state_home / "trust.json"))

    def gate_paths(self) -> tuple[str, ...]:
        """Answer what a hook's gate compares: the watched paths and the config files."""
        return (*self.config.paths, ".spec-notify/config.toml", "pyproject.toml")

    def check_config(self) -> tuple[Problem, ...]:
        """Answer every mistake and warning of every config file, trusted or not."""
        from spec_notify.disk.config import check

        user = user_config_file(self.env)
        return check(self.root, env=self.env, config_file=self.config_file, user_config=user)

    def trust_files(self, *, allow_private: bool, at: int) -> list[str]:
        """Trust the repository's config files as they stand, and read the config again."""
        from spec_notify.disk.config import trust_repository

        files = trust_repository(self.root, self.trust, allow_private=allow_private, at=at)
        self.reload()
        return files

    def routes(self) -> dict[str, Route]:
        """Answer every subscription as this process can serve it at this moment."""
        from .routes import routes

        folder = self.env.get("SPEC_NOTIFY_SECRETS_DIR")
        return routes(self.config, Environment(self.env, Path(folder) if folder else None))

    @cached_property
    def watching(self) -> Watching:
        """Answer the watching side."""
        from .watching import Watching

        return Watching(self)

    def close(self) -> None:
        """Let go of files and processes."""
        if "spool" in self.__dict__:
            self.spool.close()
        if self.git is not None:
            self.git.close()


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_size, found.st_mtime_ns, found.st_ino)
