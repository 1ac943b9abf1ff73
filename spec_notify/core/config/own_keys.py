"""Rules between the keys that only one kind of target takes.

Contract, section 6; section 3 of the threats: addresses and folders come from the config alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from spec_notify.core.config.settings import Wrong, inside
from spec_notify.core.kinds import TARGET_KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spec_notify.core.config import Kind
    from spec_notify.core.config.findings import Findings
    from spec_notify.core.config.toml_lines import KeyPath
    from spec_notify.core.subscription import Subscription

FOLDER = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)


def check_own(
    found: Subscription,
    raw: Mapping[str, object],
    findings: Findings,
    path: KeyPath,
    *,
    kind: Kind,
) -> None:
    """Report what is wrong between a subscription's own keys, whoever wrote the file."""
    if raw.get("to") == [] and found.type == "email":
        findings.report((*path, "to"), "names nobody", "Write at least one address")
    if "username" in raw and found.type == "email" and "secret_env" not in raw:
        findings.report(
            (*path, "username"), "stands without secret_env", "Name the password's variable in it"
        )
    if found.type == "file" and found.terms.path is not None:
        _check_folder(found.terms.path, findings, (*path, "path"), kind=kind)
    if found.type == "google-drive" and not FOLDER.fullmatch(found.terms.folder or "x"):
        findings.report(
            (*path, "folder"), "is no folder's id", "Copy what follows folders/ in its address"
        )
    if TARGET_KINDS[found.type].unguarded and not found.allow_private:
        findings.report(
            (*path, "allow_private"),
            f"is needed: {found.type} dials by itself, and no address is judged",
            "Write allow_private = true if it may reach any address",
        )


def _check_folder(folder: str, findings: Findings, path: KeyPath, *, kind: Kind) -> None:
    if folder.startswith("/"):
        parts = [part.casefold() for part in folder.split("/")]
        if kind.needs_trust:
            findings.report(
                path,
                "leads out of the repository",
                "Write a relative path, or move the subscription to your user-level config",
            )
        elif {"..", ".git"} & {*parts}:
            findings.report(path, "holds .. or .git", "Write the folder's plain path")
        return
    read = inside(folder)
    if not isinstance(read, Wrong) and any(
        part.casefold() == ".git" for part in folder.replace("\\", "/").split("/")
    ):
        read = Wrong(message="leads into .git", fix="Choose another folder")
    if isinstance(read, Wrong):
        findings.report(path, read.message, read.fix)
