"""The side door: what git hooks and guardrail scripts call. It never fails its caller.

In detached mode the process that was called answers at once and a child looks; in sync mode the
look is finished first. Neither does network before the caller goes on (contract, promise 4).
"""

from __future__ import annotations

import os
import sys
from contextlib import closing, suppress
from stat import S_ISREG
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from .pipeline.intake import Looked
    from .wiring import Wiring
    from .words import Words

DRAIN = 30_000
"""Milliseconds the detached child keeps delivering; later retries leave with the next pass."""
PATIENCE = 10_000
"""Milliseconds it comes back for what a look did not believe: git at work, tasks vanished."""
_MOST_DESCRIPTORS = 1024
_DESPITE = {"post-merge": ("merge",), "post-rewrite": ("rebase",)}
_CONFIGS = (".spec-notify/config.toml", "pyproject.toml")


def main(words: Words) -> int:
    """Look because git or a script says that something happened; always answer 0."""
    if os.environ.get("SPEC_NOTIFY_ENABLED") == "0":
        return 0
    name = words.rest[0] if words.rest else "look"
    try:
        waits = "--sync" in words.rest or (name == "guardrail" and _may_be_sync(words))
        left = _in_front(name, words) if waits else "all"
        if left != "nothing" and _detached():
            _behind(name, words, looked=left == "delivery")
    except Exception as error:  # noqa: BLE001 - a notifier must never break git
        _say(words, (f"{name} hook: {_spell(error)}",))
    return 0


def _may_be_sync(words: Words) -> bool:
    """Say whether some config file so much as mentions sync; only then is it read in front."""
    places = [words.config, os.environ.get("SPEC_NOTIFY_CONFIG"), _user_file()]
    places += [os.path.join(words.repo or ".", each) for each in _CONFIGS]  # noqa: PTH118 - pathlib is slow to import
    return any(place and _mentions_sync(place) for place in places)


def _user_file() -> str:
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")  # noqa: PTH111 - see above
    return os.path.join(home, "spec-notify", "config.toml")  # noqa: PTH118 - see above


def _mentions_sync(place: str) -> bool:
    try:
        # Without O_NONBLOCK a FIFO in a hostile repository would hold git for ever.
        descriptor = os.open(place, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return S_ISREG(os.fstat(descriptor).st_mode) and b"sync" in os.read(descriptor, 1 << 20)
    except OSError:
        return False
    finally:
        os.close(descriptor)


def _detached() -> bool:
    """Leave a child behind and answer True in it; the caller's process answers False."""
    if os.fork():
        return False
    os.setsid()
    # A pipe of the caller's that we kept open would keep its reader waiting.
    os.closerange(3, _MOST_DESCRIPTORS)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    return True


def _in_front(name: str, words: Words) -> str:
    """Look while the caller waits, if the config says so; answer what is left to do behind."""
    with closing(_open(words)) as wiring:
        if not wiring.config.enabled:
            _say(words, wiring.notices)
            return "nothing"
        if wiring.config.hook_mode != "sync" and "--sync" not in words.rest:
            return "all"
        looked = _look_alone(wiring, name)
        return "all" if looked is not None and looked.deferred else "delivery"


def _behind(name: str, words: Words, *, looked: bool) -> None:
    """Look unless that is done, then see to it that what is queued leaves."""
    with closing(_open(words)) as wiring:
        wiring.watching.leave_word()
        if not wiring.config.enabled:
            return
        if not looked:
            _look_until_believed(wiring, name)
        _pass_on(wiring, DRAIN)


def _open(words: Words) -> Wiring:
    from pathlib import Path

    from .wiring import Wiring

    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    start = Path(words.repo) if words.repo else Path.cwd()
    return Wiring.open(start, config_file=words.config, env=env)


def _look_until_believed(wiring: Wiring, name: str) -> None:
    """Look, and come back for what was not believed: nobody else may until the next commit."""
    looked = _look_alone(wiring, name)
    if looked is None or not looked.deferred:
        return
    from .disk.locks import single_flight

    if looked.deliveries:
        _pass_on(wiring, 0)
    # Of all the hooks of a long rebase one waits; the marks of the others make it go on.
    single_flight(_lock(wiring, "patience"), lambda: _look_patiently(wiring, name, looked))


def _look_patiently(wiring: Wiring, name: str, looked: Looked) -> None:
    from time import monotonic_ns, sleep

    from .pipeline.settle import look_patiently

    def look(settled: Collection[str]) -> Looked:
        nonlocal looked
        # Where another process looks in our stead, what it found shows in our next look.
        looked = _look_alone(wiring, name, settled) or looked
        if looked.deliveries:
            _pass_on(wiring, 0)
        return looked

    look_patiently(
        look,
        clock=lambda: monotonic_ns() // 1_000_000,
        rest=lambda wait: sleep(wait / 1000),
        patience=PATIENCE,
    )


def _look_alone(wiring: Wiring, name: str, settled: Collection[str] = ()) -> Looked | None:
    """Look unless another process does so for us; then the answer is None."""
    from .disk.locks import single_flight

    found: list[Looked] = []
    work = _noted(wiring, lambda: found.append(_look(wiring, name, settled)))
    single_flight(_lock(wiring, "look"), work)
    return found[-1] if found else None


def _pass_on(wiring: Wiring, budget: int) -> None:
    """Deliver what is due within `budget`, or have the watcher do it."""
    from .disk.locks import single_flight

    if wiring.watching.lives():
        wiring.watching.poke()
    else:
        single_flight(_lock(wiring, "drain"), _noted(wiring, lambda: _drain(wiring, budget)))


def _lock(wiring: Wiring, name: str) -> Path:
    from .disk.state import ensure

    return ensure(wiring.state) / f"{name}.lock"


def _look(wiring: Wiring, name: str, settled: Collection[str]) -> Looked:
    from .core.errors import SpoolError
    from .disk.hooks import write_gate
    from .disk.state import ensure
    from .pipeline.intake import Wish

    wish = Wish(
        from_parent=name in {"post-commit", "post-merge", "guardrail"},
        despite=_DESPITE.get(name, ()),
        settled=settled,
    )
    looked = wiring.intake().look(wish)
    if wiring.git is not None and looked.head and not (looked.deferred or looked.unreadable):
        # A gate only spares the next hook work: without one it looks again.
        with suppress(OSError, SpoolError):
            wiring.watching.open_gates()
            state = ensure(wiring.shared_state)
            write_gate(state, wiring.git.gate_name, looked.head, wiring.gate_paths())
    return looked


def _drain(wiring: Wiring, budget: int) -> None:
    """Deliver what is due; also where nothing seems to be, for what is parked or was in flight."""
    from .wiring.delivering import drained

    drained(wiring, budget)


def _say(words: Words, notices: tuple[str, ...]) -> None:
    from .core.log_line import VARIABLE, Level, log_line
    from .core.redaction import safe_text
    from .wiring import now

    as_json = (words.log_format or os.environ.get(VARIABLE)) == "json"
    try:
        for notice in notices:
            line = f"spec-notify: {safe_text(notice)}"
            if as_json:
                line = log_line(notice, at=now(), level=Level.WARNING, event="hook")
            sys.stderr.write(f"{line}\n")
    except OSError:
        return


def _noted(wiring: Wiring, work: Callable[[], None]) -> Callable[[], None]:
    """Answer work that leaves its failure where `doctor` finds it: nobody else is listening."""
    note = wiring.state / "hook.error"

    def run() -> None:
        try:
            work()
        except Exception as error:
            note.write_text(f"{_spell(error)}\n", encoding="utf-8")
            raise
        note.unlink(missing_ok=True)

    return run


def _spell(error: Exception) -> str:
    from .core.errors import SpecNotifyError

    text = str(error) if isinstance(error, SpecNotifyError) else type(error).__name__
    return text.partition("\n")[0]
