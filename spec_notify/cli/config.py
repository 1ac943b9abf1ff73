"""`spec-notify config check|show`: every mistake with its fix, and the settings in force."""

from __future__ import annotations

import orjson
import typer

from spec_notify.core.config import spell
from spec_notify.core.errors import ConfigError

from .output import plural, say
from .session import session


def register(app: typer.Typer) -> None:
    """Put the commands into the app."""
    group = typer.Typer(help="Check or show the configuration.", no_args_is_help=True)
    group.command("check")(check)
    group.command("show")(show)
    app.add_typer(group, name="config")


def check(context: typer.Context) -> int:
    """Report every mistake at once, with line, key and fix; exit 78 if there is one."""
    here = session(context)
    try:
        wiring = here.wiring()
    except ConfigError as error:
        problems = [str(each) for each in error.problems]
        if not here.answer("config-check", ok=False, problems=problems, warnings=[]):
            for problem in problems:
                say(problem)
        return 78
    warnings = [str(each) for each in wiring.config.problems]
    unready = [each for each in wiring.routes().values() if each.unready not in {None, "disabled"}]
    problems = [
        f"{each.subscription.name}: {(each.unready or '').replace('_', ' ')}: {each.why}"
        for each in unready
    ]
    if not here.answer("config-check", ok=not problems, problems=problems, warnings=warnings):
        for line in (*problems, *warnings):
            say(line)
        found = f"{plural(len(problems), 'problem')}, {plural(len(warnings), 'warning')}"
        say(found if wiring.config.enabled else f"{found}; off: {wiring.loaded.off_because}")
    return 78 if problems else 0


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
