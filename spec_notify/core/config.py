"""Configuration: TOML tables in, a frozen `Config` out, and every mistake reported at once.

Contract, section 6.
"""

from __future__ import annotations

import msgspec

from .subscription import Subscription


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One mistake: where it stands, what is wrong, and how to mend it."""

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


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """All settings, checked. Durations are milliseconds."""

    enabled: bool = False
    repository: str | None = None
    subscriptions: tuple[Subscription, ...] = ()
    paths: tuple[str, ...] = DEFAULT_PATHS
    format: str | None = None
    statuses: dict[str, str] = {}
    hold_above: int = 500
    concurrency: int = 16
    max_pending: int = 100_000
    dead_letter_retention: int = 7 * 86_400_000
    hook_mode: str = "detached"
    evidence_root: str | None = None
    cap_bytes: int = 5_000_000
    problems: tuple[Problem, ...] = ()
    """Warnings only: a config with mistakes never becomes a `Config`."""
