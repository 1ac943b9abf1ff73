"""What a file that came with a repository may not say by itself, wherever in it it says so.

Contract, section 3, promise 10: only the user says where, and with which secret.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spec_notify.core.config import Kind
    from spec_notify.core.config.findings import Findings
    from spec_notify.core.config.toml_lines import KeyPath

_OURS = re.compile(r"SPEC_NOTIFY_[A-Z0-9_]+")


def check_variable(name: str | None, findings: Findings, path: KeyPath, *, kind: Kind) -> None:
    """Report the name of a variable that is none of ours, in a file that needs trust."""
    if kind.needs_trust and name is not None and not _OURS.fullmatch(name):
        findings.report(
            path,
            "names a variable that a repository may not ask for",
            "Use a name of SPEC_NOTIFY_, capitals, digits and _, or move it to your user-level "
            "config",
        )


def check_private(
    asked: bool,  # noqa: FBT001 - what the file says
    findings: Findings,
    table: KeyPath,
    *,
    kind: Kind,
    allowed: bool,
) -> None:
    """Report `allow_private` in a table of a file that needs trust, unless the user allowed it."""
    if asked and kind.needs_trust and not allowed:
        findings.report(
            (*table, "allow_private"),
            "needs your own word, since it came with the repository",
            "Run `spec-notify trust --allow-private`",
        )
