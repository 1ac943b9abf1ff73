"""Credentials as a cluster mounts them: a folder of secrets, each a folder with a file per key."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from spec_notify.core.errors import UndeliverableError

from .regular import read_regular

if TYPE_CHECKING:
    from pathlib import Path

VARIABLE = "SPEC_NOTIFY_CREDENTIALS_DIR"
_MOST = 65_536
_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?")


class Credentials:
    """The secrets under one folder; `<folder>/<secret>/<key>`, read anew each time."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def get(self, secret: str | None, key: str) -> str:
        """Answer the value of a key, without its last line break. Raises UndeliverableError.

        It says which secret and key is meant, and nothing of what stands there.
        """
        found = self.find(secret, key)
        if found is None:
            raise UndeliverableError(f"secret {secret} has no key {key}")
        if not found:
            raise UndeliverableError(f"secret {secret} has nothing under its key {key}")
        return found

    def find(self, secret: str | None, key: str) -> str | None:
        """Answer as `get` does, but an empty value as it is, and None for a key that is missing."""
        if secret is None:
            raise UndeliverableError(f"credentialsSecret is missing: its key {key} is needed")
        if not _NAME.fullmatch(secret):
            raise UndeliverableError(f"credentialsSecret is no name of a secret (key {key})")
        if self._folder is None:
            raise UndeliverableError(
                f"secret {secret} (key {key}) is nowhere to be read: name the folder it is "
                f"mounted in with --credentials or {VARIABLE}"
            )
        if not (self._folder / secret).is_dir():
            raise UndeliverableError(
                f"secret {secret} (key {key}) is not mounted in the credentials folder"
            )
        raw = read_regular(self._folder / secret / key, most=_MOST)
        if raw is None:
            return None
        try:
            # A file that cannot be read has no text either.
            return raw.decode("utf-8").removesuffix("\n").removesuffix("\r")  # type: ignore[union-attr]
        except (AttributeError, UnicodeDecodeError):
            raise UndeliverableError(f"the key {key} of secret {secret} cannot be read") from None

    def __repr__(self) -> str:
        return f"Credentials(folder={str(self._folder) if self._folder else None!r})"
