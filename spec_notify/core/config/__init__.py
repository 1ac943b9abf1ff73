"""Configuration as a value: the settings, the mistakes, and what several files say together.

Contract, section 6.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from spec_notify.core.config.tables import COVERS, RETRY, ROOT, SECTIONS, SUBSCRIPTION, TERMS
from spec_notify.core.kinds import TARGET_KINDS
from spec_notify.core.subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spec_notify.core.config.tables import Setting


_DIALLED = frozenset(scheme for kind in TARGET_KINDS.values() for scheme in kind.schemes)
_HOST = re.compile(r"[A-Za-z0-9._:-]{1,253}")


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One mistake: where it stands, what is wrong, and how to mend it; never the value itself."""

    key: str
    message: str
    fix: str
    origin: str
    line: int | None = None
    warning: bool = False

    def __str__(self) -> str:
        where = f"{self.origin}:{self.line}" if self.line else self.origin
        return f"{where}: {self.key}: {self.message}. {self.fix}"


DEFAULT_PATHS = (
    "SPEC.md",
    "docs/SPEC-*/tasks.md",
    "specs/*/tasks.md",
    ".kiro/specs/*/tasks.md",
    "openspec/changes/*/tasks.md",
    "backlog/tasks/*.md",
    ".taskmaster/tasks/tasks.json",
)


class Kind(StrEnum):
    """Where a config file was found, which says whose word it is."""

    NAMED = "named"
    REPOSITORY = "repository"
    PYPROJECT = "pyproject"
    USER = "user"

    @property
    def needs_trust(self) -> bool:
        """Whether it came with the repository, and so is inert until the user trusts it."""
        return self in {Kind.REPOSITORY, Kind.PYPROJECT}


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """All settings, checked. Durations are milliseconds."""

    enabled: bool = False
    repository: str | None = None
    event_log_size: int = 100
    subscriptions: tuple[Subscription, ...] = ()
    paths: tuple[str, ...] = DEFAULT_PATHS
    format: str | None = None
    statuses: dict[str, str] = {}
    hold_above: int = 500
    hold_repeats_above: int = 1_000
    status_by_section: tuple[str, ...] = ()
    spec_id: str | None = None
    conductor_roots: tuple[str, ...] = ()
    conductor_enabled: bool = True
    warn_on_failure: bool = True
    runs_url: str | None = None
    runs_url_env: str | None = None
    run_ids: tuple[str, ...] = ()
    runs_key_env: str | None = None
    runs_poll: int = 15_000
    runs_private: bool = False
    runs_enabled: bool = True
    team_paths: tuple[str, ...] = ()
    teams_enabled: bool = True
    concurrency: int = 16
    max_pending: int = 100_000
    dead_letter_retention: int = 7 * 86_400_000
    hook_mode: str = "detached"
    evidence_root: str | None = None
    cap_bytes: int = 5_000_000
    origin: str | None = None
    """The file that gave the subscriptions; None when no file did."""
    kind: Kind | None = None
    problems: tuple[Problem, ...] = ()
    """Warnings only: a config with mistakes never becomes a `Config`."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What one file says. `config` is None when it holds a mistake; `problems` are in line order.

    `stated` names the keys and tables it holds, as `config_tables.COVERS` does: what is not
    stated is left to the next file.
    """

    config: Config | None
    problems: tuple[Problem, ...] = ()
    stated: frozenset[str] = frozenset()


def combine(readings: Sequence[Reading], *, enabled: bool | None = None) -> Config:
    """Answer what readings say together: each key or table from the first that states it, whole.

    `enabled`, when given, outweighs all of them. A reading with mistakes says nothing; without
    any reading the answer is the defaults, which are off.
    """
    fields: dict[str, object] = {}
    for reading in reversed(readings):
        for name in reading.stated:
            fields.update((field, getattr(reading.config, field)) for field in COVERS[name])
    if enabled is not None:
        fields["enabled"] = enabled
    warnings = (each for reading in readings for each in reading.problems if each.warning)
    return msgspec.structs.replace(Config(), **fields, problems=tuple(warnings))


def spell(config: Config) -> dict[str, object]:
    """Answer the settings as the file would spell them, for people and `config show --json`.

    Durations are spelled in units; of a URL only scheme and host are shown.
    """
    return {
        **_spelled(config, ROOT),
        "sources": _spelled_sections(config, "sources."),
        "statuses": dict(config.statuses),
        "subscriptions": [_spelled_subscription(each) for each in config.subscriptions],
        **{name: each for name, each in _spelled_sections(config).items() if "." not in name},
    }


def shown_url(url: str) -> str:
    """Answer what of a URL may be shown: scheme and host, where we dial it; else an ellipsis."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "…"
    host = parts.hostname or ""
    if parts.scheme.isalnum() and parts.scheme not in _DIALLED:
        # Where Apprise reads a URL, its host may be the token.
        return f"{parts.scheme}://…"
    if not parts.scheme or not _HOST.fullmatch(host):
        return "…"
    return f"{parts.scheme}://[{host}]{port}" if ":" in host else f"{parts.scheme}://{host}{port}"


def _spelled(value: object, settings: Mapping[str, Setting]) -> dict[str, object]:
    return {key: each.spell(getattr(value, each.field)) for key, each in settings.items()}


def _spelled_sections(config: Config, prefix: str = "") -> dict[str, object]:
    """Answer the sections whose names begin so, each by what follows."""
    return {
        name.removeprefix(prefix): _spelled(config, keys)
        for name, keys in SECTIONS.items()
        if name.startswith(prefix)
    }


def _spelled_subscription(subscription: Subscription) -> dict[str, object]:
    spelled = _spelled(subscription, SUBSCRIPTION)
    if subscription.url is not None:
        spelled["url"] = shown_url(subscription.url)
    own = TARGET_KINDS[subscription.type].own
    terms = {key: each for key, each in TERMS.items() if each.field in own}
    spelled |= _spelled(subscription.terms, terms)
    spelled["retry"] = _spelled(subscription.retry, RETRY)
    return spelled
