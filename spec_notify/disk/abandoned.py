"""Whose a state folder is, so that what a moved or deleted checkout left behind can be told."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from .atomic import replace_atomically

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME = "checkout"
_LONGEST = 4_096


def note_checkout(state: Path, root: Path) -> None:
    """Write the path of a checkout into its state folder, unless it stands there."""
    if _noted(state) == root:
        return
    folder = os.open(state, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        # It helps people only: without it everything else goes on.
        with suppress(OSError):
            replace_atomically(folder, _NAME, os.fsencode(root), mode=0o600)
    finally:
        os.close(folder)


def abandoned(states: Path) -> Iterator[tuple[Path, Path]]:
    """Answer (checkout, state folder) where the checkout is not there any more."""
    with suppress(OSError):
        for state in sorted(states.iterdir()):
            root = _noted(state)
            if root is not None and not root.exists():
                yield root, state


def _noted(state: Path) -> Path | None:
    try:
        with (state / _NAME).open("rb") as file:
            return Path(os.fsdecode(file.read(_LONGEST)))
    except (OSError, ValueError):
        return None
