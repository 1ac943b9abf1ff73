"""`spec-notify init`: a first config, trusted, with a baseline taken."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from spec_notify.core.addresses import check_url
from spec_notify.core.errors import UsageError

from .output import say
from .session import session
from .talk import ask
from .trust import baseline, trust_repository_config

if TYPE_CHECKING:
    from pathlib import Path

    from spec_notify.wiring import Wiring

_TEMPLATE = """\
# What spec-notify tells, and to whom. Inert until `spec-notify trust` (init has done that once);
# after any edit, look it over and run `spec-notify trust` again.
# In a team, let one machine or CI tell: every enabled checkout tells what it sees.
enabled = true

[[subscriptions]]
name = "{name}"
type = "webhook"
{where}
secret_env = "{secret}"
events = ["spec-kit.task.completed"]   # also spec-kit.task.in_review, spec-kit.task.transitioned
{extra}"""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def register(app: typer.Typer) -> None:
    """Put the command into the app."""
    app.command("init")(init)


def init(
    context: typer.Context,
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="Where to send; only if it is no secret.")
    ] = None,
    name: Annotated[str, typer.Option(metavar="NAME", help="The subscription's name.")] = "chatops",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Subscribe without sending: payloads go to evidence.")
    ] = False,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="The target is on this machine or network.")
    ] = False,
) -> int:
    """Write .spec-notify/config.toml, trust it, and take the documents as they stand."""
    here = session(context)
    wiring = here.wiring(notices=False)
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name: letters, digits, - and _")
    file = wiring.root / ".spec-notify" / "config.toml"
    _refuse_second(wiring, file)
    private = allow_private if url is None else _private(url, allowed=allow_private)
    _write(file, _text(url, name, dry_run=dry_run, private=private))
    trust_repository_config(wiring, allow_private=private)
    taken = baseline(wiring)
    if not here.answer("init", config=".spec-notify/config.toml", baselines=taken):
        _print(wiring, name, url, taken)
    return 0


def _refuse_second(wiring: Wiring, file: Path) -> None:
    if file.exists():
        raise UsageError(f"{file} exists already: edit it, then run `spec-notify trust`")
    if "[tool.spec-notify" in _pyproject(wiring):
        raise UsageError("pyproject.toml has a [tool.spec-notify] table: run `spec-notify trust`")


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from error


def _pyproject(wiring: Wiring) -> str:
    try:
        return (wiring.root / "pyproject.toml").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _private(url: str, *, allowed: bool) -> bool:
    """Say whether the config must allow private targets; refuse a URL that can never be used."""
    fault = check_url(url, allow_private=True)
    if fault is not None:
        raise UsageError(f"--url: {fault}")
    why = check_url(url, allow_private=False)
    if why is None or allowed:
        return allowed
    if ask(f"{why}. Allow that?"):
        return True
    raise UsageError(f"--url: {why}; say --allow-private if you mean that")


def _text(url: str | None, name: str, *, dry_run: bool, private: bool) -> str:
    variable = f"SPEC_NOTIFY_{name.upper().replace('-', '_')}"
    extra = ("dry_run = true\n" if dry_run else "") + ("allow_private = true\n" if private else "")
    return _TEMPLATE.format(
        name=name,
        where=f'url = "{_plain(url)}"' if url else f'url_env = "{variable}_URL"',
        secret=f"{variable}_SECRET",
        extra=extra,
    )


def _plain(url: str) -> str:
    if '"' in url:
        raise UsageError('--url: the URL holds a ": percent-encode it')
    return url


def _print(wiring: Wiring, name: str, url: str | None, taken: list[str]) -> None:
    variable = f"SPEC_NOTIFY_{name.upper().replace('-', '_')}"
    say("wrote and trusted .spec-notify/config.toml")
    for path in taken:
        say(f"{path}: taken as the baseline; changes from here on are announced")
    if not taken:
        say("no document found yet: see `[sources.spec] paths` in the config")
    say("next:")
    if url is None:
        say(f"  export {variable}_URL=https://…")
    say(f"  export {variable}_SECRET=$(spec-notify secret)   # give the same to the receiver")
    say(f"  spec-notify --test --subscription {name}")
    if wiring.git is not None:
        say(
            "  spec-notify hooks install    # look at every commit and merge; or: spec-notify watch"
        )
