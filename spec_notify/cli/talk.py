"""What is said on stderr: lines for people, or one JSON object for each (`--log-format json`)."""

from __future__ import annotations

import os
import sys

from spec_notify.core.errors import UsageError
from spec_notify.core.log_line import FORMATS, VARIABLE, Level, log_line
from spec_notify.core.redaction import safe_text


class Talk:
    """How this process talks; each command line says so anew."""

    json: bool = False

    def choose(self, asked: str | None) -> None:
        """Talk as `--log-format` or else the environment says. Raises UsageError."""
        self.json = False
        said = os.environ.get(VARIABLE) if asked is None else asked
        if said and said not in FORMATS:
            source = VARIABLE if asked is None else "--log-format"
            raise UsageError(f"{source} is {' or '.join(FORMATS)}, not {said}")
        self.json = said == "json"


TALK = Talk()


def tell(
    text: str, *, level: Level = Level.INFO, event: str | None = None, **facts: object
) -> None:
    """Say something on stderr. People hear the text; programs its level, event and facts too."""
    if TALK.json:
        from spec_notify.wiring import now

        said = text.removeprefix(_PREFIX)
        line = log_line(said, at=now(), level=level, event=event or _NAMES[level], **facts)
    else:
        line = safe_text(text, keep="\n")
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def fail(text: str, *, code: int) -> None:
    """Say why a command ends with this exit code."""
    tell(f"{_PREFIX}{text}", level=Level.ERROR, exitCode=code)


def lively() -> bool:
    """Say whether stderr is a terminal somebody looks at, where a line may renew itself."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and not TALK.json


def ask(question: str) -> bool:
    """Ask a person; where nobody is there to answer, or a program reads, the answer is no."""
    import typer

    return sys.stdin.isatty() and not TALK.json and typer.confirm(question, err=True)


_PREFIX = "spec-notify: "
_NAMES = {Level.INFO: "talk", Level.WARNING: "warning", Level.ERROR: "error"}
