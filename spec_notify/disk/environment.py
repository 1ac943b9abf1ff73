"""Where secrets and URLs come from: a folder with one file per variable, or the environment.

Contract, section 6: SPEC_NOTIFY_SECRETS_DIR, re-read on every pass.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .regular import read_regular

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_MOST = 65_536


class Environment:
    """Variables by name; what it holds never shows in its `repr`."""

    def __init__(self, env: Mapping[str, str], secrets_dir: Path | None = None) -> None:
        self._env = env
        self._folder = secrets_dir

    def get(self, name: str) -> str | None:
        """Answer a variable's value; None when it is missing, empty or no text.

        A file of that name in the folder outweighs the environment even when it is of no use: a
        secret that was taken away must not be replaced by an older one. Its last line break is
        not part of it. The file is read anew each time.
        """
        if not _NAME.fullmatch(name):
            return None
        raw = read_regular(self._folder / name, most=_MOST) if self._folder else None
        if raw is None:
            return self._env.get(name) or None
        if not isinstance(raw, bytes):
            return None
        try:
            return raw.decode("utf-8").rstrip("\r\n") or None
        except UnicodeDecodeError:
            return None

    def __repr__(self) -> str:
        return f"Environment(secrets_dir={str(self._folder) if self._folder else None!r})"
