"""An outside process that weighs a folder again and again while others write there.

usage: python tests/load/weighing.py FOLDER   until its standard input ends; then one line of JSON.
It knows nothing of spec-notify: names, inodes and sizes are all it looks at.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from select import select

PAUSE = 0.002
"""Seconds between two looks: the machine has other things to do."""

# Inode and name: an inode alone may be given away again.
Seen = dict[tuple[int, str], int]


def seen(folder: str) -> Seen:
    """Answer the size of every file; one that is being written counts under the name it will have.

    A folder that is not there yet holds nothing.
    """
    found: Seen = {}
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                status = entry.stat(follow_symlinks=False)
                name = entry.name.removeprefix(".").removesuffix(".tmp")
                found[status.st_ino, name] = status.st_size
    return found


def weight(folder: str) -> tuple[int, int]:
    """Answer bytes and number of files that stood there at one and the same instant.

    What was seen both before and after an instant stood there at that instant, and was then at
    least as large as before: so this is never too much, however fast files come and go meanwhile.
    """
    before, after = seen(folder), seen(folder)
    stood = [size for file, size in before.items() if file in after]
    return sum(stood), len(stood)


def main(folder: str) -> None:
    """Weigh until told to stop, and say the most that was seen."""
    looks = most = files = 0
    while not select([sys.stdin], [], [], PAUSE)[0]:
        bytes_, count = weight(folder)
        looks, most, files = looks + 1, max(most, bytes_), max(files, count)
    print(json.dumps({"looks": looks, "bytes": most, "files": files}))


if __name__ == "__main__":
    main(sys.argv[1])
