"""Telling of a command beside it, on a thread of its own, so that it never waits for us."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
import time
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spec_notify.core.body_parts import whole
from spec_notify.core.event import (
    FAILURE_DETECTED,
    STEP_COMPLETED,
    WORKFLOW_COMPLETED,
    WORKFLOW_STARTED,
)
from spec_notify.disk.child import FORWARDED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from spec_notify.disk.child import Ended
    from spec_notify.workflow import EventEmitter, WorkflowEvent

PATIENCE = 8.0
"""Seconds that writing the end into the spool may take once the command has ended."""
GRACE = 10.0
"""Seconds beyond the drain that attempts under way may take."""


class Telling:
    """Tells of one command, which `began` when the performance counter stood there, in seconds."""

    def __init__(
        self, program: str, began: float, *, workflow: str | None, step_type: str, budget: int
    ) -> None:
        # A file name need not be UTF-8, and no JSON can carry what is not.
        self.name = whole(Path(program).name) or "command"
        self._workflow = workflow or self.name
        self._step_type = whole(step_type)
        self._drain = budget / 1000
        self._began = began
        self._ended: Future[tuple[Ended, float]] = Future()
        self._heard = _Heard()
        self._queued = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, *, repo: str | None, config_file: str | None) -> None:
        """Begin to tell: what can be told is what that repository's config asks for."""
        words = (repo, config_file)
        self._thread = threading.Thread(target=self._run, args=words, name="telling", daemon=True)
        self._thread.start()

    def ended(self, ended: Ended) -> None:
        """The command has ended, now."""
        self._ended.set_result((ended, time.perf_counter()))

    def join(self, release: Callable[[], None] | None) -> bool:
        """Wait until all is told; say whether it is, after the drain or a signal that stops us.

        A spool that others keep locked is waited for less long than a receiver.
        `release` lets signals through that were kept back until somebody is there to hear them.
        """
        if self._thread is None:
            return True
        try:
            with _stoppable():
                if release is not None:
                    release()
                if self._queued.wait(PATIENCE):
                    self._thread.join(self._drain + GRACE)
                else:
                    self._heard.say(f"not all is told of {self.name}: the spool cannot be written")
        except _StoppedError:
            return False
        return not self._thread.is_alive()

    def lines(self) -> Sequence[str]:
        """Answer what the user should know of."""
        return self._heard.lines

    def _run(self, repo: str | None, config_file: str | None) -> None:
        logger = logging.getLogger("spec_notify.workflow")
        logger.addHandler(self._heard)
        logger.propagate = False
        try:
            asyncio.run(self._tell(repo, config_file))
        except Exception as error:  # noqa: BLE001 - whatever is wrong with us, the command goes on
            self._heard.say(f"nothing is told of {self.name}: {_spell(error)}")
        finally:
            self._queued.set()
            logger.removeHandler(self._heard)

    async def _tell(self, repo: str | None, config_file: str | None) -> None:
        emitter = self._emitter(repo, config_file)
        if emitter is None:
            return
        try:
            began = _instant(self._began)
            await emitter.emit(self._event(WORKFLOW_STARTED, began, {"step_count": 1}))
            ended, at = await asyncio.wrap_future(self._ended)
            for event in self._ends(ended, at):
                await emitter.emit(event)
            self._queued.set()
        finally:
            await emitter.aclose(self._drain)

    def _emitter(self, repo: str | None, config_file: str | None) -> EventEmitter | None:
        """Open what the config asks for; where that is nothing, say why."""
        import os

        from spec_notify.wiring import Wiring
        from spec_notify.workflow.emitter import emitter_for

        start = Path.cwd() if repo is None else Path(repo)
        wiring = Wiring.open(start, config_file=config_file, env=os.environ)
        emitter = emitter_for(wiring, sends=self._drain > 0)
        if emitter is None:
            why = wiring.loaded.off_because or "no subscription takes an event of a workflow"
            self._heard.say(f"nothing is told of {self.name}: {why}")
            wiring.close()
        return emitter

    def _ends(self, ended: Ended, counted: float) -> Iterator[WorkflowEvent]:
        at, took = _instant(counted), round((counted - self._began) * 1000, 3)
        about = {"step_type": self._step_type, "service": self.name}
        more = {"exit_code": ended.code} | ({"signal": ended.signal} if ended.signal else {})
        good = ended.code == 0
        yield self._event(STEP_COMPLETED, at, about | {"success": good, "duration_ms": took} | more)
        if not good:
            yield self._event(FAILURE_DETECTED, at, about | {"error": ended.error})
        counts = {"steps_passed": int(good), "steps_failed": int(not good)}
        said = {"success": good, "total_duration_ms": took}
        yield self._event(WORKFLOW_COMPLETED, at, said | counts | more)

    def _event(self, type_: str, at: datetime, data: dict[str, Any]) -> WorkflowEvent:
        from spec_notify.workflow import WorkflowEvent

        return WorkflowEvent(type_, at, self._workflow, data)


class _Heard(logging.Handler):
    """Keeps what is logged until the command has ended: its output is not ours to break."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []
        self._kinds = set[tuple[str, str | None]]()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the first line of the first record of a kind of trouble, for each webhook."""
        kind = (record.msg, getattr(record, "webhook", None))
        if kind not in self._kinds:
            self._kinds.add(kind)
            self.say(record.getMessage())

    def say(self, text: str) -> None:
        """Keep a line."""
        line = text.partition("\n")[0]
        if line not in self.lines:
            self.lines.append(line)


class _StoppedError(Exception):
    """Somebody does not want to wait for deliveries."""


@contextmanager
def _stoppable() -> Iterator[None]:
    """Have a signal that would end us end the waiting instead."""

    def stop(number: int, frame: object) -> None:  # noqa: ARG001 - as the signal module calls it
        raise _StoppedError

    kept = {each: signal.signal(each, stop) for each in FORWARDED if _is_heard(each)}
    try:
        yield
    finally:
        for each, handler in kept.items():
            signal.signal(each, handler)


def _is_heard(number: signal.Signals) -> bool:
    return signal.getsignal(number) != signal.SIG_IGN


def _instant(counted: float) -> datetime:
    """Answer when the counter stood there; the clock is asked late, as its module loads slowly."""
    from spec_notify.wiring import now

    ago = time.perf_counter() - counted
    return datetime.fromtimestamp(now() / 1000, UTC) - timedelta(seconds=ago)


def _spell(error: Exception) -> str:
    from spec_notify.core.errors import SpecNotifyError

    if isinstance(error, SpecNotifyError):
        return str(error)
    return (isinstance(error, OSError) and error.strerror) or type(error).__name__
