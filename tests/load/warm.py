"""Start the program again and again without waiting for its imports, and kill all that was started.

usage: python -m tests.load.warm   one JSON document per line in, one per line out:
  {"fork": [words], "cwd": …, "env": {…}, "log": …, "limit": …}  runs the program in a process → pid
  {"exec": [argv], …}                                 starts any program → pid
  {"wait": pid}                                       → its exit code, minus the signal if killed
  {"kill": null}                                      SIGKILL to all descendants → how many programs

A forked process is the real program from `main` on; only what it would have imported is there.
Descendants that leave their parents, as a hook's do, stay ours.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import pkgutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import spec_notify
from spec_notify.__main__ import main as program

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER of prctl(2): orphans below us become our children."""


class Warm:
    """The other end: a process that starts programs for a test."""

    def __init__(self, log: Path) -> None:
        log.touch()
        self._log = log
        self._child = subprocess.Popen(
            [sys.executable, "-m", "tests.load.warm"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )

    def fork(
        self, words: Sequence[str], cwd: Path, env: Mapping[str, str], limit: int = 900
    ) -> int:
        """Run the program, for so many seconds at most; answer its pid."""
        return self._ask(fork=words, cwd=str(cwd), env=env, log=str(self._log), limit=limit)

    def exec(self, argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> int:
        """Start any program, from its file; answer its pid."""
        return self._ask(exec=argv, cwd=str(cwd), env=env, log=str(self._log))

    def wait(self, pid: int) -> int:
        """Wait for one that was started to end; answer its exit code."""
        return self._ask(wait=pid)

    def kill(self) -> int:
        """Kill everything at once; answer how many Python programs that was."""
        return self._ask(kill=None)

    def close(self) -> None:
        """Kill what is left, and end."""
        self._child.communicate()

    def _ask(self, **order: Any) -> int:
        stdin, stdout = self._child.stdin, self._child.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(order) + "\n")
        stdin.flush()
        return int(stdout.readline())


def serve() -> None:
    """Do as told until the input ends; then leave nothing behind."""
    for module in pkgutil.walk_packages(spec_notify.__path__, "spec_notify."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    gc.freeze()
    for line in sys.stdin:
        order = json.loads(line)
        if "fork" in order:
            answer = _fork(order)
        elif "exec" in order:
            answer = _exec(order)
        elif "wait" in order:
            answer = os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1])
        else:
            answer = _kill()
        print(answer, flush=True)
    _kill()


def _fork(order: Mapping[str, Any]) -> int:
    pid = os.fork()
    if pid == 0:
        _become(order)
    return pid


def _become(order: Mapping[str, Any]) -> NoReturn:
    code = 70
    try:
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        null = os.open(os.devnull, os.O_RDONLY)
        for descriptor, source in ((0, null), (1, log), (2, log)):
            os.dup2(source, descriptor)
        os.chdir(order["cwd"])
        os.environ.clear()
        os.environ.update(order["env"])
        # What hangs ends by a signal, which no test takes for an answer.
        signal.alarm(order["limit"])
        code = program(order["fork"])
        sys.stdout.flush()
    finally:
        # A fork of a fork, as a hook's child is, ends here too.
        os._exit(code)


def _exec(order: Mapping[str, Any]) -> int:
    with Path(order["log"]).open("ab") as log:
        return subprocess.Popen(
            order["exec"],
            cwd=order["cwd"],
            env=order["env"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        ).pid


def _kill() -> int:
    killed = 0
    while children := [*_descendants(os.getpid())]:
        programs = {pid for pid in children if _name(pid).startswith(("python", "spec-notify"))}
        for pid in children:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for pid, status in _reaped():
            killed += pid in programs and os.waitstatus_to_exitcode(status) == -signal.SIGKILL
    return killed


def _reaped() -> Iterator[tuple[int, int]]:
    with suppress(ChildProcessError):
        while True:
            yield os.waitpid(-1, 0)


def _descendants(pid: int) -> Iterator[int]:
    with suppress(OSError):
        for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            yield int(each)
            yield from _descendants(int(each))


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text()
    except OSError:
        return ""


if __name__ == "__main__":
    serve()
