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
    from collections.abc import Callable
    from pathlib import Path

    from .wiring import Wiring
    from .words import Words

DRAIN = 30_000
"""Milliseconds the detached child keeps delivering; later retries leave with the next pass."""
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
    except Exception as error:  # noqa: BLE001 - a bug: one line for people, the rest in a file
        _say((f"{name} hook: {_spell(error)}",))
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
            _say(wiring.notices)
            return "nothing"
        if wiring.config.hook_mode != "sync" and "--sync" not in words.rest:
            return "all"
        _look_alone(wiring, name)
        return "delivery"


def _behind(name: str, words: Words, *, looked: bool) -> None:
    """Look unless that is done, then see to it that what is queued leaves."""
    from .disk.locks import single_flight

    with closing(_open(words)) as wiring:
        if not wiring.config.enabled:
            return
        if not looked:
            _look_alone(wiring, name)
        if wiring.watching.lives():
            wiring.watching.poke()
        else:
            single_flight(_lock(wiring, "drain"), _noted(wiring, lambda: _drain(wiring)))


def _open(words: Words) -> Wiring:
    from pathlib import Path

    from .wiring import Wiring

    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    start = Path(words.repo) if words.repo else Path.cwd()
    return Wiring.open(start, config_file=words.config, env=env)


def _look_alone(wiring: Wiring, name: str) -> None:
    from .disk.locks import single_flight

    single_flight(_lock(wiring, "look"), _noted(wiring, lambda: _look(wiring, name)))


def _lock(wiring: Wiring, name: str) -> Path:
    from .disk.state import ensure

    return ensure(wiring.state) / f"{name}.lock"


def _look(wiring: Wiring, name: str) -> None:
    from .core.errors import SpoolError
    from .disk.hooks import write_gate
    from .disk.state import ensure
    from .pipeline.intake import Wish

    wish = Wish(
        from_parent=name in {"post-commit", "post-merge", "guardrail"},
        despite=_DESPITE.get(name, ()),
    )
    looked = wiring.intake().look(wish)
    if wiring.git is not None and looked.head and not (looked.deferred or looked.unreadable):
        # A gate only spares the next hook work: without one it looks again.
        with suppress(OSError, SpoolError):
            state = ensure(wiring.shared_state)
            write_gate(state, wiring.git.gate_name, looked.head, wiring.gate_paths())


def _drain(wiring: Wiring) -> None:
    if wiring.spool.next_due(list(wiring.routes())) is None:
        return
    import asyncio

    async def run() -> None:
        dispatch = wiring.dispatch()
        try:
            await dispatch.drain(DRAIN)
        finally:
            await dispatch.aclose()

    asyncio.run(run())


def _say(notices: tuple[str, ...]) -> None:
    try:
        for notice in notices:
            sys.stderr.write(f"spec-notify: {notice}\n")
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
