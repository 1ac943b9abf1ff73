"""The mistakes of one file, gathered while its tables are read, so that all are told at once."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from spec_notify.core.config import Problem
from spec_notify.core.config.settings import Wrong, suggest
from spec_notify.core.config.toml_lines import key_lines, line_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from spec_notify.core.config.tables import Setting
    from spec_notify.core.config.toml_lines import KeyPath

# A key that is no plain word may be anything, a secret too, and is shown as an ellipsis.
_PLAIN_KEY = re.compile(r"(?!whsec_|whsk_)[A-Za-z][A-Za-z0-9_-]{0,31}")
_SECRET_KEY = re.compile(r"secret|token|passw|api_?key|routing_?key|credential", re.IGNORECASE)


MOST = 200
"""A file with more mistakes than this is not a config; listing them all would help nobody."""


class Findings:
    """What is wrong with a text; `prefix` is the path of our own table inside it."""

    def __init__(self, origin: str, text: str, prefix: tuple[str, ...] = ()) -> None:
        self._origin = origin
        self._text = text
        self._prefix = prefix
        self._problems: list[Problem] = []
        self.mistakes = 0
        """How many were reported that are more than warnings."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was reported, in line order."""
        return tuple(sorted(self._problems, key=lambda each: each.line or 0))

    def report(self, path: KeyPath, message: str, fix: str, *, warning: bool = False) -> None:
        """Add a mistake, with the line of its key or of the table it is missing from.

        Of more than `MOST` the first ones are kept.
        """
        self.mistakes += not warning
        if len(self._problems) >= MOST:
            return
        self._problems.append(
            Problem(
                key=_spelled(path),
                message=message,
                fix=fix,
                origin=self._origin,
                line=line_of(self._lines, (*self._prefix, *path)),
                warning=warning,
            )
        )

    def table(
        self,
        raw: object,
        settings: Mapping[str, Setting],
        path: KeyPath,
        *,
        tables: Iterable[str] = (),
    ) -> dict[str, object]:
        """Answer the fields that a table's keys fill, leaving out those that are wrong.

        `tables` are keys that are known here and read by somebody else.
        """
        fields: dict[str, object] = {}
        for key, value in self.entries(raw, path).items():
            if key in settings:
                read = settings[key].read(value)
                if isinstance(read, Wrong):
                    self.report((*path, key), read.message, read.fix)
                else:
                    fields[settings[key].field] = read
            elif key not in tables:
                self._unknown((*path, key), key, [*settings, *tables])
        return fields

    def entries(self, raw: object, path: KeyPath) -> dict[str, object]:
        """Answer a table's entries; none, and a report, when it is no table."""
        if isinstance(raw, dict):
            return raw
        header = _spelled(tuple(part for part in path if isinstance(part, str)))
        self.report(path, "is no table", f"Write [{header}] above its keys")
        return {}

    def _unknown(self, path: KeyPath, key: str, known: list[str]) -> None:
        near = suggest(key, known) if len(self._problems) < MOST else None
        if _SECRET_KEY.search(key) and not key.lower().endswith("env"):
            self.report(
                path,
                "is a secret in a file",
                "Put it into an environment variable, and name that in secret_env or url_env",
            )
            return
        fix = f"Did you mean {near}?" if near else f"Use one of {', '.join(known)}"
        self.report(path, "is no key of this table", fix)

    @cached_property
    def _lines(self) -> dict[KeyPath, int]:
        return key_lines(self._text)


def _spelled(path: KeyPath) -> str:
    spelled = ""
    for part in path:
        if isinstance(part, int):
            spelled += f"[{part}]"
        else:
            shown = part if _PLAIN_KEY.fullmatch(part) else "…"
            spelled += f".{shown}" if spelled else shown
    return spelled
