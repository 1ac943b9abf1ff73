"""`spec-notify watch`: one watcher per checkout, with the workers inside."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from spec_notify.core.errors import SpecNotifyError, UsageError
from spec_notify.ports import Reason

from .deliver import unready
from .output import say
from .session import Session, session
from .talk import TALK, fail
from .unhurried import unhurried
from .watch_voice import Voice

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from spec_notify.pipeline.intake import Looked, Wish
    from spec_notify.wiring import Wiring

GRACE = 10_000
"""Milliseconds that attempts under way get when the watcher is told to stop."""
LOG_LIMIT = 1024 * 1024
"""Bytes beyond which a background watcher's log is cut when it starts."""
_PATIENCE = 15.0


def register(app: typer.Typer) -> None:
    """Put the commands into the app."""
    group = typer.Typer(help="Watch this checkout, and deliver.", invoke_without_command=True)
    group.callback()(watch)
    group.command("status")(status)
    group.command("stop")(stop)
    app.add_typer(group, name="watch")


def watch(
    context: typer.Context,
    background: Annotated[
        bool, typer.Option("--background", help="Leave a watcher behind and return.")
    ] = False,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="One JSON object a line.")] = False,
) -> None:
    """Watch until stopped: SIGTERM drains, SIGHUP reads the config again."""
    if context.invoked_subcommand is not None:
        return
    here = session(context)
    wiring = here.wiring()
    wiring.require_enabled()
    code = _background(here, wiring) if background else _foreground(here, wiring, jsonl=jsonl)
    raise typer.Exit(code)


def status(context: typer.Context) -> int:
    """Say whether a watcher lives here; exit 0 if one does, 1 if not."""
    here = session(context)
    pid = here.wiring().watching.pid()
    if not here.answer("watch-status", watching=pid is not None, pid=pid):
        say(f"watching, process {pid}" if pid else "no watcher here")
    return 0 if pid else 1


def stop(context: typer.Context) -> int:
    """Tell the watcher to finish what it is sending and end; wait until it has."""
    here = session(context)
    wiring = here.wiring()
    pid = wiring.watching.pid()
    if pid is None:
        here.talk("no watcher here")
        return 0
    os.kill(pid, signal.SIGTERM)
    stopped = _until(lambda: wiring.watching.pid() != pid, _PATIENCE)
    if not here.answer("watch-stop", stopped=stopped, pid=pid):
        say(f"stopped, process {pid}" if stopped else f"process {pid} is still draining")
    return 0 if stopped else 75


def _background(here: Session, wiring: Wiring) -> int:
    from spec_notify.disk.process import detach
    from spec_notify.disk.state import ensure

    if wiring.watching.pid() is not None:
        raise UsageError(f"a watcher lives here already, process {wiring.watching.pid()}")
    log = ensure(wiring.state) / "watch.log"
    _cut(log)
    # A watcher that was killed leaves its word behind: it is not this one's.
    _ready(wiring).unlink(missing_ok=True)
    words = [sys.executable, "-I", "-m", "spec_notify", "--repo", str(wiring.root)]
    words += ["--config", os.path.abspath(here.config_file)] if here.config_file else []  # noqa: PTH100 - the user's own words, made independent of the folder
    words += ["--log-format", "json"] if TALK.json else []
    pid = detach([*words, "watch"], log, dict(os.environ))
    if not _came_up(wiring, pid):
        fail(f"the watcher did not come up; see {log}", code=1)
        return 1
    if not here.answer("watch", pid=pid, log=str(log)):
        say(f"watching, process {pid}; its log: {log}")
    return 0


def _came_up(wiring: Wiring, pid: int) -> bool:
    """Wait until the child watches and is ready, or has ended."""

    def watches() -> bool:
        return _ready(wiring).exists() and wiring.watching.pid() == pid

    def ended() -> bool:
        return os.waitpid(pid, os.WNOHANG)[0] == pid

    _until(lambda: watches() or ended(), _PATIENCE)
    return watches()


def _cut(log: Path) -> None:
    """Keep the end of a log that has grown too long."""
    if log.is_symlink() or not log.exists() or log.stat().st_size <= LOG_LIMIT:
        return
    kept = log.read_bytes()[-LOG_LIMIT // 2 :]
    log.write_bytes(kept.partition(b"\n")[2])


def _foreground(here: Session, wiring: Wiring, *, jsonl: bool) -> int:
    lock = wiring.watching.lock()
    if not lock.acquire():
        raise UsageError(f"a watcher lives here already, process {wiring.watching.pid()}")
    try:
        with unhurried():
            return asyncio.run(_Watch(here, wiring, jsonl=jsonl).run())
    finally:
        _ready(wiring).unlink(missing_ok=True)
        lock.release()


class _Watch:
    """The watcher of this process: what the daemon needs done."""

    def __init__(self, here: Session, wiring: Wiring, *, jsonl: bool) -> None:
        from spec_notify.pipeline.daemon import Daemon, Hands

        self._wiring = wiring
        self._voice = Voice(here, jsonl=jsonl)
        self._reload = False
        self._stopped_by = signal.SIGTERM
        hands = Hands(
            look=self._look,
            rewatch=self._rewatch,
            changed=self._changed,
            clock=lambda: time.monotonic_ns() // 1_000_000,
            ready=self._ready,
            told=self._told,
            warn=lambda text: self._voice.troubled("watch", [text]),
        )
        dispatch = wiring.dispatch(self._voice.attempted)
        self._dispatch = dispatch
        self._daemon = Daemon(hands=hands, dispatch=dispatch, grace=GRACE)
        self._watcher = wiring.watching.watcher(self._daemon.hint, self._voice.warn)

    async def run(self) -> int:
        self._wiring.watching.rehearse()
        self._wiring.watching.open_gates()
        self._voice.troubled("routes", unready(self._wiring))
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(each, self._stop, stop, each)
        loop.add_signal_handler(signal.SIGHUP, self._hangup)
        try:
            await self._daemon.run(stop)
        finally:
            self._watcher.stop()
            await self._dispatch.aclose()
        return 130 if self._stopped_by == signal.SIGINT else 0

    def _stop(self, stop: asyncio.Event, by: signal.Signals) -> None:
        self._stopped_by = by
        if stop.is_set():
            # The second signal means now; leases free what was under way.
            os._exit(130)
        stop.set()

    def _hangup(self) -> None:
        self._reload = True
        self._daemon.hint("hangup")

    def _look(self, wish: Wish) -> Looked | None:
        self._refresh()
        return self._wiring.looks().look(wish) if self._wiring.config.enabled else None

    def _refresh(self) -> None:
        """Read the config again if it was touched; a broken one leaves the last good in force."""
        if not self._wiring.config_changed() and not self._reload:
            return
        self._reload = False
        troubles = []
        try:
            self._wiring.reload()
            self._wiring.watching.open_gates()
        except SpecNotifyError as error:
            troubles.append(f"the config has mistakes, the last good one stays in force: {error}")
        self._voice.troubled("config", [*troubles, *self._wiring.notices])

    def _rewatch(self) -> None:
        self._watcher.rewatch(self._wiring.watching.folders())

    def _changed(self) -> str | None:
        from spec_notify.wiring import now

        self._pass_on()
        # Both are asked: the stamps are taken anew whether or not the config changed.
        touched = self._wiring.watching.touched(now())
        return touched or (Reason.CHANGED if self._wiring.config_changed() else None)

    def _ready(self) -> None:
        _ready(self._wiring).touch()
        self._voice.ready()

    def _told(self, looked: Looked) -> None:
        self._voice.told(looked)
        self._voice.troubled("watch", ())

    def _pass_on(self) -> None:
        self._voice.troubled("wiring", self._wiring.take_warnings())


def _ready(wiring: Wiring) -> Path:
    return wiring.state / "watch.ready"


def _until(holds: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.05)
    return holds()
