"""Which folders are worth a watch: a handful, whatever the size of the tree."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def folders_that_matter(
    root: Path, documents: Iterable[str], globs: Iterable[str] = ()
) -> list[Path]:
    """Answer the folders in which a change may concern a document, the most telling first.

    Those that hold documents, those that lead there from `root`, and those of the globs, where
    a document may appear; below a `**` nothing is watched. Links to folders are not followed.
    """
    parents = [Path(document).parent for document in documents]
    folders = [root, *(root / parent for parent in parents)]
    folders += (root / each for parent in parents for each in parent.parents)
    for glob in globs:
        level = [root]
        for part in Path(glob).parent.parts:
            if part == "**":
                break
            level = [found for folder in level for found in sorted(folder.glob(part))]
            level = [folder for folder in level if folder.is_dir() and not folder.is_symlink()]
            folders += level
    return list(dict.fromkeys(folders))
