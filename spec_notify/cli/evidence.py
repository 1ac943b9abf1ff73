"""`spec-notify evidence verify|audit`: whether the evidence is whole, and how large it is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spec_notify.core.errors import UsageError

from .output import columns, plural, say
from .session import session

_Root = Annotated[
    str | None, typer.Argument(metavar="[ROOT]", help="The evidence root; default: the config's.")
]


def register(app: typer.Typer) -> None:
    """Put the commands into the app."""
    group = typer.Typer(help="Verify or measure evidence.", no_args_is_help=True)
    group.command("verify")(verify)
    group.command("audit")(audit)
    app.add_typer(group, name="evidence")


def verify(context: typer.Context, root: _Root = None) -> int:
    """Check every chain of records; exit 1 when one was edited, reordered or cut."""
    from spec_notify.disk import evidence

    here = session(context)
    report = evidence.verify(_root(context, root))
    if not here.answer("evidence-verify", **report.facts()):
        for line in report.lines():
            say(line)
    return 0 if report.ok else 1


def audit(context: typer.Context, root: _Root = None) -> int:
    """Measure every SPEC's evidence against the cap; exit 1 when one is over it."""
    from spec_notify.disk import evidence

    here = session(context)
    cap = here.wiring().config.cap_bytes
    found = evidence.audit(_root(context, root))
    over = [each for each in found if each.bytes > cap]
    rows = [{"directory": e.directory, "bytes": e.bytes, "files": e.files} for e in found]
    if not here.answer("evidence-audit", cap=cap, ok=not over, directories=rows):
        columns(
            (
                each.directory,
                f"{each.bytes} bytes",
                plural(each.files, "file"),
                "OVER THE CAP" if each.bytes > cap else "ok",
            )
            for each in found
        )
        say(f"cap: {cap} bytes per directory")
    return 1 if over else 0


def _root(context: typer.Context, root: str | None) -> Path:
    if root is None:
        return session(context).wiring().evidence_folder
    if not Path(root).is_dir():
        raise UsageError(f"{root}: there is no such folder")
    return Path(root)
