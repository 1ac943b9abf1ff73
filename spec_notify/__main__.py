"""`spec-notify` and `python -m spec_notify`: sort out the words, then open the right door."""

from __future__ import annotations

import sys


def main(argv: list[str] | None = None) -> int:
    """Run one command and answer its exit code; hooks always answer 0."""
    from .words import arrange

    words = arrange(sys.argv[1:] if argv is None else argv)
    if words.command == "hook":
        from .hook import main as hook

        return hook(words)
    from .cli import main as front_door

    return front_door(words)


if __name__ == "__main__":
    sys.exit(main())
