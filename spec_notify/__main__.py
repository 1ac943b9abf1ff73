"""`spec-notify` and `python -m spec_notify`: sort out the words, then open the right door."""

from __future__ import annotations

import os
import sys


def main(argv: list[str] | None = None) -> int:
    """Run one command and answer its exit code; hooks always answer 0."""
    from .words import arrange

    _fill_closed_streams()
    words = arrange(sys.argv[1:] if argv is None else argv)
    if words.command == "hook":
        from .hook import main as hook

        return hook(words)
    from .cli import main as front_door

    return front_door(words)


def _fill_closed_streams() -> None:
    """Put nothing where a stream is closed: else a file of ours would take its number.

    A command that we run still finds it closed.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            # The lowest number that is free is this one; whoever we start does not inherit it.
            os.open(os.devnull, os.O_RDWR)
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "w" if number else "r", closefd=False))


if __name__ == "__main__":
    sys.exit(main())
