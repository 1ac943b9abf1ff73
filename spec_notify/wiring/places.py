"""Where the things of one repository are: its state, and the evidence of its deliveries."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import TYPE_CHECKING

from spec_notify.disk.state import repository_state

from .settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from spec_notify.disk.git import Git
    from spec_notify.pipeline.trees import Trees


class Places(Settings):
    """The folders of one repository; asking for one makes none."""

    git: Git | None

    @cached_property
    def state(self) -> Path:
        """Answer this checkout's folder in the user's state directory; it may not exist yet."""
        key = self.git.state_key() if self.git else hashlib.sha256(bytes(self.root)).hexdigest()
        return repository_state(self.state_home, key)

    @property
    def shared_state(self) -> Path:
        """Answer the state folder that all worktrees share: git's hooks are theirs together."""
        key = self.git.shared_key() if self.git else None
        return repository_state(self.state_home, key) if key else self.state

    @property
    def has_spool(self) -> bool:
        """Say whether there is a spool to read; asking makes none."""
        return "spool" in self.__dict__ or (self.state / "spool.db").exists()

    @property
    def evidence_root(self) -> str:
        """Answer the evidence root, relative to `evidence_home`."""
        from spec_notify.disk.evidence import DEFAULT_ROOT, TREE_ROOT, default_root

        if self.config.evidence_root:
            return self.config.evidence_root
        if self.git is None or not self.git.is_bare:
            return default_root(self.root)
        return TREE_ROOT if self._head_holds(TREE_ROOT) else DEFAULT_ROOT

    @property
    def evidence_home(self) -> Path:
        """Answer the folder the evidence root lies in: the repository, which has a working tree.

        A bare one has none, and nothing of ours belongs among git's own files.
        """
        return self.state / "repository" if self.git and self.git.is_bare else self.root

    @property
    def evidence_folder(self) -> Path:
        """Answer the evidence root as a folder."""
        return self.evidence_home / self.evidence_root

    @cached_property
    def trees(self) -> Trees:
        """The evidence trees that are asked for."""
        from spec_notify.pipeline.trees import Trees

        return Trees(self.config, self.evidence_root)

    def gate_paths(self) -> tuple[str, ...]:
        """Answer what a hook's gate compares: the watched paths and the config files."""
        own = (".spec-notify/config.toml", "pyproject.toml")
        return (*self.config.paths, *self.trees.globs, *own)

    def _head_holds(self, folder: str) -> bool:
        from spec_notify.disk.git_tree import Tree

        head = self.git.resolve("HEAD") if self.git else None
        if self.git is None or head is None:
            return False
        above, _, name = folder.rpartition("/")
        return name in Tree(self.git, head).folders(above)
