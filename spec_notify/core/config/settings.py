"""How each kind of setting is read: its value, or what is wrong with it.

What is wrong never repeats the value: any of them may be a secret in the wrong place.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from spec_notify.core.addresses import is_mailbox
from spec_notify.core.errors import SpellingError
from spec_notify.core.instant import parse_duration, parse_rfc3339, spell_duration
from spec_notify.core.lane import Rate, parse_rate
from spec_notify.core.run import read_base, read_run_id
from spec_notify.core.spec_id import is_spec_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Wrong(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a value, and how to mend it."""

    message: str
    fix: str


Read: TypeAlias = "Callable[[object], object]"
"""Raw TOML value → checked value, or `Wrong`."""

DAY = 86_400_000
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_FORGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,38}/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}", re.ASCII)
_MOST_TEXT = 4_096
_MOST_LABEL = 64


def suggest(word: str, known: Iterable[str]) -> str | None:
    """Answer the known word a misspelled one is nearest to, or None."""
    # Loaded where there is a mistake to explain, which is hardly ever.
    from difflib import get_close_matches

    near = get_close_matches(word[:64], list(known), n=1)
    return near[0] if near else None


def flag(value: object) -> bool | Wrong:
    """Read true or false."""
    if isinstance(value, bool):
        return value
    return Wrong(message="is neither true nor false", fix="Write true or false, without quotes")


def text(value: object) -> str | Wrong:
    """Read a text that is not empty and holds no control or invisible character."""
    if not isinstance(value, str):
        return Wrong(message="is no text", fix="Put it into double quotes")
    if not value.strip():
        return Wrong(message="is empty", fix="Write a value, or remove the key")
    if len(value) > _MOST_TEXT or not value.isprintable():
        return Wrong(
            message="is too long or holds an invisible character",
            fix=f"Use up to {_MOST_TEXT} visible characters",
        )
    return value.strip()


def label(value: object) -> str | Wrong:
    """Read a text of at most 64 characters."""
    read = text(value)
    if isinstance(read, str) and len(read) > _MOST_LABEL:
        return Wrong(message="is too long for a name", fix=f"Use up to {_MOST_LABEL} characters")
    return read


def link(value: object) -> str | Wrong:
    """Read a URL as any text: whether it can be dialled is judged where it is used."""
    if not isinstance(value, str):
        return Wrong(message="is no text", fix="Put the URL into double quotes")
    return value


def choice(*known: str) -> Read:
    """Read one of these words."""

    def read(value: object) -> str | Wrong:
        if isinstance(value, str) and value in known:
            return value
        near = suggest(value, known) if isinstance(value, str) else None
        fix = f'Did you mean "{near}"?' if near else "Write one of them, in double quotes"
        return Wrong(message=f"is none of {', '.join(known)}", fix=fix)

    return read


def duration(least: int, most: int) -> Read:
    """Read a duration between two bounds, in milliseconds."""
    bounds = f"{spell_duration(least)} to {spell_duration(most)}"

    def read(value: object) -> int | Wrong:
        try:
            millis = parse_duration(value) if isinstance(value, str) else None
        except ValueError:
            millis = None
        if millis is None:
            return Wrong(
                message="is no duration",
                fix='Write a number and ms, s, m, h or d in double quotes, as "10s"',
            )
        if not least <= millis <= most:
            return Wrong(message="is out of range", fix=f"Choose {bounds}")
        return millis

    return read


def rate(value: object) -> Rate | Wrong:
    """Read how many attempts may begin in a second, minute or hour."""
    if isinstance(value, str):
        with suppress(ValueError):
            return parse_rate(value)
    return Wrong(message="is no rate", fix='Write a number, / and s, m or h, as "10/s"')


def moment(value: object) -> int | Wrong:
    """Read an instant or a date, whose first moment it is; without an offset it is in UTC.

    It may be written as a string or as TOML writes dates.
    """
    with suppress(ValueError, OverflowError):
        if isinstance(value, (str, date)):
            return parse_rfc3339(value if isinstance(value, str) else value.isoformat())
    return Wrong(message="is no date", fix='Write it as "2026-12-31" or "2026-12-31T12:00:00Z"')


def whole(least: int, most: int) -> Read:
    """Read a whole number between two bounds."""

    def read(value: object) -> int | Wrong:
        if not isinstance(value, int) or isinstance(value, bool):
            return Wrong(message="is no whole number", fix="Write digits, without quotes")
        if not least <= value <= most:
            return Wrong(message="is out of range", fix=f"Choose {least} to {most}")
        return value

    return read


def share(value: object) -> float | Wrong:
    """Read a number from 0 to 1."""
    # Written so that NaN, which compares false with everything, is refused.
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
        return float(value)
    return Wrong(message="is no number from 0 to 1", fix="Write it as 0.2, without quotes")


def each(read_one: Read, *, most: int = 1_000) -> Read:
    """Read a list of which every entry reads well."""

    def read(value: object) -> tuple[object, ...] | Wrong:
        if not isinstance(value, list):
            return Wrong(message="is no list", fix='Write it in brackets, as ["…"]')
        if len(value) > most:
            return Wrong(message="is too long a list", fix=f"Keep up to {most} entries")
        entries = [read_one(entry) for entry in value]
        wrong = next((entry for entry in entries if isinstance(entry, Wrong)), None)
        if wrong is not None:
            return Wrong(message=f"has an entry that {wrong.message}", fix=wrong.fix)
        return tuple(entries)

    return read


def variable(value: object) -> str | Wrong:
    """Read the name of an environment variable."""
    if not isinstance(value, str) or not _VARIABLE.fullmatch(value):
        return Wrong(
            message="is no name of an environment variable",
            fix="Use letters, digits and _, and keep the value itself in the environment",
        )
    if value.lower().startswith(("whsec_", "whsk_")):
        return Wrong(
            message="holds a secret instead of the name of a variable",
            fix="Put the secret into the environment, make a new one, and write the name here",
        )
    return value


def spec_id(value: object) -> str | Wrong:
    """Read a SPEC id, which also names a folder."""
    if isinstance(value, str) and is_spec_id(value):
        return value
    return Wrong(
        message="is no SPEC id",
        fix="Use up to 128 letters, digits, dots, hyphens and underscores, without .. in it",
    )


def address(value: object) -> str | Wrong:
    """Read one plain e-mail address: ASCII, without a display name (RFC 5321's dot-string)."""
    if isinstance(value, str) and is_mailbox(value):
        return value
    return Wrong(message="is no e-mail address", fix='Write it alone, as "team@example.org"')


def forge(value: object) -> str | Wrong:
    """Read a repository as GitHub names it: owner/name."""
    if isinstance(value, str) and _FORGE.fullmatch(value):
        return value
    return Wrong(
        message="is no owner/name", fix='Write the repository as GitHub does, as "acme/rockets"'
    )


def place(value: object) -> str | Wrong:
    """Read a path, which may lead anywhere: absolute, below home (`~/`), or relative."""
    read = text(value)
    if isinstance(read, str) and ".." in read.split("/"):
        return Wrong(message="holds ..", fix="Write the plain path, from / or from ~/")
    if isinstance(read, str) and read.startswith("~") and read != "~" and read[1] != "/":
        return Wrong(message="names another user's home", fix="Write the path from /")
    return read


_NO_RUN = Wrong(message="is no run's id", fix="Write one word without /, \\, ? and #")
_NO_BASE = Wrong(
    message="is no base URL",
    fix='Write scheme, host and path alone, as "http://swarm.example:5080"',
)


def run_id(value: object) -> str | Wrong:
    """Read a run's id: one word that can be a segment of a URL's path."""
    try:
        return read_run_id(value) if isinstance(value, str) else _NO_RUN
    except SpellingError:
        return _NO_RUN


def base_url(value: object) -> str | Wrong:
    """Read a server's base URL, without a slash at its end."""
    try:
        return read_base(value) if isinstance(value, str) else _NO_BASE
    except SpellingError:
        return _NO_BASE


def inside(value: object) -> str | Wrong:
    """Read a path or glob that stays inside the repository: relative, without `..`."""
    read = text(value)
    if isinstance(read, Wrong):
        return read
    parts = read.replace("\\", "/").split("/")
    if parts[0] in {"", "~"} or ".." in parts or parts[0].casefold() == ".git" or ":" in parts[0]:
        return Wrong(
            message="leads out of the repository",
            fix="Write a path relative to the repository, without .. and outside .git",
        )
    return read
