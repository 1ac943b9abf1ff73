"""Config into live objects: the one place that knows the clock, chance, and who implements what.

Kinds are dotted names, imported on first use: a new target is one file and one line here.
"""

from __future__ import annotations

import hashlib
import random  # noqa: TID251 - the one door of randomness
import secrets
import time
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

from . import __version__
from .core.errors import NotEnabledError
from .core.message import Endpoint, Secret
from .disk.config import load, user_config_file
from .disk.environment import Environment
from .disk.git import find
from .disk.state import ensure, repository_state, state_root
from .disk.trust import TrustStore
from .disk.workspace import Folder
from .ports import Route

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .core.config import Config, Problem
    from .core.snapshot import Snapshot
    from .core.subscription import Subscription
    from .disk.evidence import EvidenceFolder
    from .disk.git import Git
    from .pipeline.attempt import Attempted
    from .pipeline.context import Context
    from .pipeline.dispatch import Dispatch
    from .pipeline.intake import Intake
    from .ports import Spool, Target
    from .watchers.files import FileWatcher
    from .watchers.polling import Stamps

TARGETS = {
    "webhook": "spec_notify.targets.webhook",
    "slack": "spec_notify.targets.slack",
}
"""Kind of subscription → the module that speaks its dialect."""

UNSIGNED = frozenset({"slack"})
"""Kinds whose receivers know no signature: their URL is the secret."""


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
        self.warnings: list[str] = []
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
        from .spool.sqlite import SqliteSpool

        ensure(self.state)
        spool = SqliteSpool.open(
            self.state / "spool.db", now=now(), fresh_id=lambda: secrets.token_hex(8)
        )
        if spool.recovered_from:
            self.warnings.append(
                f"the spool was damaged and is kept as {spool.recovered_from}; "
                "a fresh one takes every document as it stands"
            )
        return spool

    @cached_property
    def _stamps(self) -> Stamps:
        from .watchers.polling import Stamps

        return Stamps(self.root)

    @cached_property
    def workspace(self) -> Folder:
        """The watched folder."""
        return Folder(self.root)

    @cached_property
    def evidence(self) -> EvidenceFolder:
        """Where evidence files go."""
        from .disk.evidence import EvidenceFolder, default_root

        return EvidenceFolder(
            self.root,
            self.config.evidence_root or default_root(self.root),
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
        if text not in self.warnings:
            self.warnings.append(text)

    def context(self) -> Context:
        """Answer what turns changes into events here."""
        from .disk.evidence import default_root
        from .pipeline.context import Context

        return Context(
            workspace=self.workspace,
            history=self.git,
            config=self.config,
            repository=self.identity,
            generation=self.spool.generation,
            evidence_root=self.config.evidence_root or default_root(self.root),
        )

    def intake(self) -> Intake:
        """Answer a looker for the config in force."""
        from .pipeline.intake import Intake
        from .pipeline.reading import Reader

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
        from .disk.process import alive, owner
        from .pipeline.attempt import Attempt, Facts
        from .pipeline.dispatch import Dispatch
        from .transports.http import HttpTransport

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
        from .ports import Text
        from .sources.document import read_document, too_large

        found = []
        for path in self.workspace.documents(self.config.paths):
            text = self.workspace.read(path)
            if isinstance(text, Text) and too_large(text.text) is None:
                config = self.config
                snapshot = read_document(
                    path, text.text, aliases=config.statuses, format=config.format
                )
                found.append((path, snapshot))
        return found

    def watcher_pid(self) -> int | None:
        """Answer the process that watches this checkout, if one does."""
        from .disk.locks import holder

        held = holder(self.state / "watch.lock") if self.state.exists() else None
        return held.pid if held else None

    def watcher_lives(self) -> bool:
        """Say whether a watcher of this checkout will deliver what is queued."""
        return self.watcher_pid() is not None

    def poke(self) -> None:
        """Ask the watcher to look and deliver now."""
        from .watchers.poke import poke

        poke(self.state)

    def watcher(self, hint: Callable[[str], None], warn: Callable[[str], None]) -> FileWatcher:
        """Answer a watcher of file events, not yet watching anything."""
        from .watchers.files import FileWatcher

        return FileWatcher(hint=hint, warn=warn)

    def watch_folders(self) -> list[Path]:
        """Answer the folders whose events matter: of documents, of git's state, of pokes."""
        from .watchers.poke import FOLDER

        folders = [self.root / each for each in self.workspace.watch_folders(self.config.paths)]
        folders += [self.root / ".spec-notify"] if (self.root / ".spec-notify").is_dir() else []
        folders += [self.git.git_dir] if self.git is not None else []
        return [*folders, ensure(ensure(self.state) / FOLDER)]

    def stat_pass(self) -> bool:
        """Say whether a known document or HEAD may have changed since the last pass."""
        known = list(self.spool.documents())
        return bool(self._stamps.changed(known, now()))

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
        from .disk.config import check

        user = user_config_file(self.env)
        return check(self.root, env=self.env, config_file=self.config_file, user_config=user)

    def trust_files(self, *, allow_private: bool, at: int) -> list[str]:
        """Trust the repository's config files as they stand, and read the config again."""
        from .disk.config import trust_repository

        files = trust_repository(self.root, self.trust, allow_private=allow_private, at=at)
        self.reload()
        return files

    def routes(self) -> dict[str, Route]:
        """Answer every subscription as this process can serve it at this moment."""
        folder = self.env.get("SPEC_NOTIFY_SECRETS_DIR")
        environment = Environment(self.env, Path(folder) if folder else None)
        return {each.name: self._route(each, environment) for each in self.config.subscriptions}

    def _route(self, subscription: Subscription, environment: Environment) -> Route:
        from .core.addresses import check_url
        from .core.errors import SecretError

        target = cast("Target", import_module(TARGETS[subscription.type]))
        unready = _Unready(subscription, target)
        if not subscription.enabled:
            return unready.because("disabled", "enabled = false")
        url = subscription.url or environment.get(subscription.url_env or "")
        if url is None:
            return unready.because("secret_missing", f"{subscription.url_env} is not set")
        fault = check_url(url, allow_private=subscription.allow_private)
        if fault is not None:
            return unready.because("invalid_url", fault)
        try:
            keys = _signing_secrets(subscription, environment)
        except SecretError as error:
            return unready.because("secret_missing", str(error))
        return Route(
            subscription=subscription,
            target=target,
            endpoint=Endpoint(url=Secret(url), secrets=keys),
            mark=hashlib.sha256(f"{self.spool.writer}\x00{url}".encode()).hexdigest(),
        )

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


class _Unready:
    """A route that cannot be served, and why."""

    def __init__(self, subscription: Subscription, target: Target) -> None:
        self._subscription = subscription
        self._target = target

    def because(self, unready: str, why: str) -> Route:
        return Route(subscription=self._subscription, target=self._target, unready=unready, why=why)


def _signing_secrets(subscription: Subscription, environment: Environment) -> tuple[Secret, ...]:
    """Answer the secrets that sign, current first. Raises SecretError naming the variable."""
    from .core.errors import SecretError
    from .core.signature import decode_secret

    if subscription.signature == "none" or subscription.type in UNSIGNED:
        return ()
    found = []
    for name in (subscription.secret_env, subscription.previous_secret_env):
        value = environment.get(name) if name else None
        if value is None and name == subscription.secret_env:
            raise SecretError(f"{name or 'secret_env'} is not set")
        if value is not None:
            if subscription.signature == "standard":
                try:
                    decode_secret(value)
                except SecretError as error:
                    raise SecretError(f"{name}: {error}") from None
            found.append(Secret(value))
    return tuple(found)
