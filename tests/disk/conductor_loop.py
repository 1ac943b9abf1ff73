"""A writer of run folders that does as conductor-loop does, down to its temporary and lock files.

Each write makes `run-info.*.yaml.tmp` beside the file, syncs it, gives it its mode and renames it;
one that reads before holds `run-info.yaml.lock`, and deletes it afterwards.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

ZERO = "0001-01-01T00:00:00Z"
STARTED, STOPPED = "2026-11-20T09:58:00.123456789Z", "2026-11-20T10:03:00.123456789Z"
STALE = "reconciled stale running status: process is not alive"


class Run:
    """One run of a task."""

    def __init__(
        self,
        root: Path,
        run: str = "20261120-0958000000-4711-1",
        *,
        project: str = "orchard",
        task: str = "task-20261120-095700-prune",
        previous: str | None = None,
        ownership: str = "managed",
    ) -> None:
        self.task_folder = root / project / task
        self.folder = self.task_folder / "runs" / run
        self.file = self.folder / "run-info.yaml"
        self.facts: dict[str, object] = {
            "version": 1,
            "run_id": run,
            **({"previous_run_id": previous} if previous else {}),
            "project_id": project,
            "task_id": task,
            "agent": "claude",
            "process_ownership": ownership,
            "pid": 4711,
            "pgid": 4711,
            "start_time": STARTED,
            "end_time": ZERO,
            "exit_code": -1,
            "status": "running",
            "cwd": "/srv/orchard",
        }

    def start(self) -> Run:
        """Make the folder with what stands beside the file, and write the file."""
        self.folder.mkdir(parents=True)
        (self.folder / "prompt.md").write_text("Prune the trees.\n")
        (self.task_folder / "TASK.md").write_text("Prune the trees.\n")
        self._write()
        (self.folder / "agent-stdout.txt").write_text("pruning\n")
        return self

    def stop(self, status: str = "completed", code: int = 0, error: str = "") -> Run:
        """End as the runner does: everything in one rename, `output.md` after it."""
        self._update(status, code, error, STOPPED)
        (self.folder / "output.md").write_text("Pruned.\n")
        return self

    def reconcile(self) -> Run:
        """Find the process dead, as any reader of the list may."""
        self._update("failed", -1, STALE, STOPPED)
        return self

    def heal(self) -> Run:
        """Find the task's DONE file, and take the failure back."""
        (self.task_folder / "DONE").touch()
        self._update("completed", 0, f"{STALE}; task DONE marker is present", STOPPED)
        return self

    def _update(self, status: str, code: int, error: str, stopped: str) -> None:
        with self._locked():
            self.facts |= {"status": status, "exit_code": code, "end_time": stopped}
            if error:
                self.facts["error_summary"] = error
            self._write()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        lock = self.folder / "run-info.yaml.lock"
        descriptor = os.open(lock, os.O_CREAT | os.O_RDWR, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            lock.unlink()
            os.close(descriptor)

    def _write(self) -> None:
        text = yaml.safe_dump(self.facts, sort_keys=False, width=10**9)
        descriptor, name = tempfile.mkstemp(".yaml.tmp", "run-info.", self.folder)
        with os.fdopen(descriptor, "w") as file:
            file.write(text.replace("'0001", "0001").replace("Z'", "Z").replace("'2026", "2026"))
            file.flush()
            os.fsync(file.fileno())
        temporary = Path(name)
        temporary.chmod(0o644)
        temporary.rename(self.file)
