"""One run of the command line: the options that may stand anywhere, and lazily what they mean."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, cast

from spec_notify.core.log_line import Level

from .output import document, print_json
from .talk import tell

if TYPE_CHECKING:
    import typer

    from spec_notify.disk.git import Git
    from spec_notify.wiring import Wiring


class Session:
    """What every command is handed."""

    def __init__(
        self, *, repo: str | None, config_file: str | None, json: bool, quiet: bool
    ) -> None:
        self.repo = repo
        self.config_file = config_file
        self.json = json
        self.quiet = quiet
        self._wiring: Wiring | None = None
        self._notices: tuple[str, ...] = ()

    def wiring(
        self, *, notices: bool = True, git: Git | None = None, stateless: bool = False
    ) -> Wiring:
        """Open the repository once. Raises ConfigError, NotARepositoryError or SpoolError.

        `notices` says how its config was found; a command that mends that keeps quiet. `git` is
        the repository where it is not the one around us; `stateless` keeps and leaves nothing.
        """
        if self._wiring is None:
            start = Path.cwd() if self.repo is None else Path(self.repo)
            kind = _kind(stateless=stateless)
            self._wiring = kind.open(start, config_file=self.config_file, env=os.environ, git=git)
            self._notices = self._wiring.notices if notices else ()
            if self._wiring.config.enabled:
                self._say_notices()
        return self._wiring

    def _say_notices(self) -> None:
        for notice in self._notices:
            self.talk(notice, level=Level.WARNING)
        self._notices = ()

    def talk(self, text: str, *, level: Level = Level.INFO) -> None:
        """Say something on stderr unless told to be quiet."""
        if not self.quiet:
            tell(text, level=level)

    def answer(self, command: str, **facts: object) -> bool:
        """Print a `--json` document if one was asked for, and say whether it was."""
        if self.json:
            print_json(document(command, **facts))
        return self.json

    def close(self, *, refused: bool = False) -> None:
        """Say what there is to warn of, and let go of whatever was opened."""
        if not refused:
            self._say_notices()
        if self._wiring is not None:
            for warning in self._wiring.take_warnings():
                self.talk(warning, level=Level.WARNING)
            self._wiring.close()


def session(context: typer.Context) -> Session:
    """Answer the session of a running command."""
    return cast("Session", context.obj)


def _kind(*, stateless: bool) -> type[Wiring]:
    if stateless:
        from spec_notify.wiring.stateless import Stateless

        return Stateless
    from spec_notify.wiring import Wiring

    return Wiring
