"""`spec-notify config check|show`: every mistake with its fix, and the settings in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import typer

from spec_notify.core.config import spell
from spec_notify.core.errors import ConfigError

from .output import plural, say
from .session import Session, session

if TYPE_CHECKING:
    from collections.abc import Sequence


def register(app: typer.Typer) -> None:
    """Put the commands into the app."""
    group = typer.Typer(help="Check or show the configuration.", no_args_is_help=True)
    group.command("check")(check)
    group.command("show")(show)
    app.add_typer(group, name="config")


def check(context: typer.Context) -> int:
    """Report every mistake at once, with line, key and fix; exit 78 if there is one.

    Files that are not trusted yet are read too.
    """
    here = session(context)
    try:
        wiring = here.wiring()
    except ConfigError as error:
        return _verdict(here, error.problems, ())
    found = wiring.check_config()
    mistakes = tuple(each for each in found if not each.warning)
    warnings = [str(each) for each in found if each.warning]
    unready = [each for each in wiring.routes().values() if each.unready not in {None, "disabled"}]
    problems = [
        f"{each.subscription.name}: {(each.unready or '').replace('_', ' ')}: {each.why}"
        for each in unready
    ]
    off = "" if wiring.config.enabled else wiring.loaded.off_because
    return _verdict(here, (*mistakes, *problems), warnings, off)


def _verdict(
    here: Session, problems: Sequence[object], warnings: Sequence[str], off: str = ""
) -> int:
    told = [str(each) for each in problems]
    if not here.answer("config-check", ok=not told, problems=told, warnings=list(warnings)):
        for line in (*told, *warnings):
            say(line)
        found = f"{plural(len(told), 'problem')}, {plural(len(warnings), 'warning')}"
        say(f"{found}; off: {off}" if off else found)
    return 78 if told else 0


def show(context: typer.Context) -> int:
    """Print the settings in force; no secret and no full URL."""
    here = session(context)
    wiring = here.wiring()
    spelled = spell(wiring.config)
    files = [{"path": f.path, "kind": f.kind, "state": f.state} for f in wiring.loaded.files]
    if not here.answer("config-show", config=spelled, files=files):
        for file in wiring.loaded.files:
            say(f"# {file.kind}: {file.path} ({file.state})")
        say(orjson.dumps(spelled, option=orjson.OPT_INDENT_2).decode())
    return 0
