"""The command line before any parser sees it: aliases and options that may stand anywhere.

Contract, section 8: `--test`, `--list`, `--replay` are root options and subcommands alike; every
command takes `--repo`, `--config`, `--log-format`, `--json` and `-q` before or after its name,
never after `--`.
Standard library only: the git hook comes through here.
"""

from __future__ import annotations

from typing import NamedTuple

ALIASES = {"--test": "test", "--list": "list", "--replay": "replay"}
_VALUED = ("--repo", "--config", "--log-format")
_SWITCHES = {"--json": "--json", "-q": "--quiet", "--quiet": "--quiet"}


class Words(NamedTuple):
    """An arranged command line."""

    command: str | None
    rest: list[str]
    repo: str | None = None
    config: str | None = None
    json: bool = False
    quiet: bool = False
    log_format: str | None = None
    root: list[str] = []  # noqa: RUF012 - read only; NamedTuple fields cannot be factories


def arrange(argv: list[str]) -> Words:
    """Pull the options that may stand anywhere out of a command line and name its command."""
    kept, after = _until_dashes(argv)
    found: dict[str, str] = {}
    words: list[str] = []
    waiting = iter(kept)
    for word in waiting:
        name, equals, value = word.partition("=")
        if name in _VALUED:
            found[name] = value if equals else next(waiting, "")
        elif word in _SWITCHES:
            found[_SWITCHES[word]] = "1"
        else:
            words.append(word)
    root, command, rest = _command(words)
    return Words(
        command=command,
        rest=rest + after,
        repo=found.get("--repo"),
        config=found.get("--config"),
        json="--json" in found,
        quiet="--quiet" in found,
        log_format=found.get("--log-format"),
        root=root,
    )


def _until_dashes(argv: list[str]) -> tuple[list[str], list[str]]:
    at = argv.index("--") if "--" in argv else len(argv)
    return argv[:at], argv[at:]


def _command(words: list[str]) -> tuple[list[str], str | None, list[str]]:
    """Split into root options, the command, and what is the command's own."""
    for at, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in ALIASES:
            own = [*words[:at], *([value] if equals else []), *words[at + 1 :]]
            return [], ALIASES[name], own
    for at, word in enumerate(words):
        if not word.startswith("-"):
            return words[:at], word, words[at + 1 :]
    return words, None, []
