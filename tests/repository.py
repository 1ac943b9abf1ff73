"""Real git repositories for tests, cut off from the git settings of whoever runs them."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FIRST = 1_700_000_000
"""The second of a repository's first commit; each further one is a minute later."""


def environment(home: Path, **more: str) -> dict[str, str]:
    """Answer an environment in which git knows no settings but the repository's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    person = {
        f"GIT_{role}_{fact}": value
        for role in ("AUTHOR", "COMMITTER")
        for fact, value in (("NAME", "Ada Example"), ("EMAIL", "ada@example.org"))
    }
    return {
        **kept,
        **person,
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_EDITOR": "true",
        "LC_ALL": "C",
        **more,
    }


class Repository:
    """A git repository in `root`: `main` is its branch, its commits are the same every time."""

    def __init__(self, root: Path, *init: str, env: Mapping[str, str] | None = None) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self.env = dict(env or environment(root.parent))
        self._second = FIRST
        if not ((root / ".git").exists() or (root / "HEAD").exists()):
            self.git("init", "-q", "-b", "main", *init)

    def run(
        self, *words: str, input: str | None = None, **env: str
    ) -> subprocess.CompletedProcess[str]:
        """Run git here, whatever comes of it."""
        return subprocess.run(
            ["git", *words],
            cwd=self.root,
            env=self.env | env,
            input=input,
            text=True,
            encoding="utf-8",
            errors="surrogateescape",
            capture_output=True,
            timeout=60,
            check=False,
        )

    def git(self, *words: str, input: str | None = None, **env: str) -> str:
        """Run git here and answer what it prints; the test fails when git does."""
        done = self.run(*words, input=input, **env)
        assert done.returncode == 0, f"git {' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def write(self, path: str, text: str | bytes) -> Path:
        """Write a file, with its folders."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return file

    def commit(
        self, files: Mapping[str, str | bytes] | None = None, message: str = "a commit"
    ) -> str:
        """Write these files, commit everything that stands here, and answer the commit."""
        for path, text in (files or {}).items():
            self.write(path, text)
        self.git("add", "-A")
        self._second += 60
        when = f"{self._second} +0000"
        words = ("commit", "-q", "--allow-empty", "-m", message)
        self.git(*words, GIT_AUTHOR_DATE=when, GIT_COMMITTER_DATE=when)
        return self.head

    def branch(self, name: str) -> None:
        """Make a branch here and switch to it."""
        self.git("switch", "-q", "-c", name)

    def switch(self, name: str) -> None:
        """Switch to a branch."""
        self.git("switch", "-q", name)

    @property
    def head(self) -> str:
        """The commit HEAD is at."""
        return self.git("rev-parse", "HEAD")

    def clone(self, root: Path, *words: str) -> Repository:
        """Clone this repository."""
        self.git(
            "-c", "protocol.file.allow=always", "clone", "-q", *words, str(self.root), str(root)
        )
        return Repository(root, env=self.env)
