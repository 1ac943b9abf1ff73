"""What is found in a repository's hooks, or was done to them."""

from __future__ import annotations

import msgspec

INSTALLED, ABSENT, FOREIGN, OUTDATED = "installed", "absent", "foreign", "outdated"
NESTED, BLOCKED = "nested", "blocked"


class Hook(msgspec.Struct, frozen=True, kw_only=True):
    """One of git's hooks, and how ours stands in it."""

    name: str
    state: str
    """`installed`, `absent`, `foreign` (only another's is there), `outdated` (it does not run),
    `nested` (ours runs through pre-commit), `blocked` (not touched: `note` says what to do).
    """
    chained: bool = False
    """Another hook runs before ours."""
    note: str | None = None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was found or done. `ok` says whether it is what was asked for."""

    ok: bool
    folder: str | None = None
    hooks: tuple[Hook, ...] = ()
    problem: str | None = None
    fix: str | None = None
    note: str | None = None

    def facts(self) -> dict[str, object]:
        """Answer the report as plain values."""
        facts = msgspec.structs.asdict(self)
        return facts | {"hooks": [msgspec.structs.asdict(hook) for hook in self.hooks]}

    def lines(self) -> list[str]:
        """Answer the report for people."""
        lines = [
            f"{each.name}: {each.state}"
            + (", after the hook that was there before" if each.chained else "")
            + (f" ({each.note})" if each.note else "")
            for each in self.hooks
        ]
        return [*lines, *(text for text in (self.problem, self.fix, self.note) if text)]
