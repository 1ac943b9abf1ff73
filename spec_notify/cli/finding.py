"""One thing `doctor` looked at."""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    """One thing looked at: `ok`, `warn` or `fault`, what was found, and the fix."""

    level: str
    about: str
    found: str
    fix: str = ""
