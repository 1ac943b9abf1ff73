"""A poke: how a hook tells a running watcher to look, by closing a file in a folder it watches.

Imported by the hook: nothing but os.
"""

from __future__ import annotations

import os

FOLDER = "poke"
NAME = "poke"


def poke(state: str | os.PathLike[str]) -> None:
    """Poke the watcher of a checkout's state directory, if there ever was one.

    Never raises and makes no folder: without a watcher nothing is written. The file is replaced
    in place, so a stat pass over it sees the poke where events do not work.
    """
    try:
        path = os.path.join(state, FOLDER, NAME)  # noqa: PTH118 - pathlib costs the hook 10 ms
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    except OSError:
        return
    try:
        os.write(fd, b"%d\n" % os.getpid())
    except OSError:
        return  # a full disk: closing it is an event all the same
    finally:
        os.close(fd)
