"""Debts as files in the state directory: written before the dead letter counts as heard of."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.delivery import Delivery
from spec_notify.core.errors import SpecNotifyError

from .atomic import open_folder, replace_atomically
from .locks import Lock
from .state import ensure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

FIRST, LAST = 60_000, 3_600_000
"""Milliseconds until what could not be paid is tried again: at first, doubled up to the last."""
_SUFFIX = ".json"
_READ = msgspec.json.Decoder(list[Delivery])


class DebtFolder:
    """`ports.Debts` in a folder; one process at a time pays.

    `owed` says whether a dead letter's source is to hear of it. `pay` tells it, and raises
    SpecNotifyError where it cannot be told now. `warn` hears of each such trouble once.
    """

    def __init__(
        self,
        folder: Path,
        *,
        owed: Callable[[Delivery], bool],
        pay: Callable[[Delivery, Callable[[], bool]], None],
        warn: Callable[[str], None],
    ) -> None:
        self._folder = folder
        self._owed = owed
        self._pay = pay
        self._warn = warn
        self._told: set[str] = set()
        self._pause = 0
        self._next = 0

    def owe(self, dead: Sequence[Delivery]) -> None:
        """Remember those whose source is to hear of them, in one file that survives a power loss.

        Raises OSError: then nothing may count as heard of.
        """
        owed = [each for each in dead if self._owed(each)]
        if owed:
            body = msgspec.json.encode(owed)
            self._put(f"{hashlib.sha256(body).hexdigest()[:32]}{_SUFFIX}", body)
            self._next = 0

    def due(self, now: int) -> bool:
        """Say whether there is something to pay now."""
        return not self._rests(now) and bool(self._names())

    def pay(self, now: int, stopped: Callable[[], bool]) -> None:
        """Pay what can be paid; what cannot stays owed, and is tried again after a pause."""
        lock = Lock(self._folder / "lock")
        try:
            if not lock.acquire():
                return
        except SpecNotifyError as error:
            self._trouble(str(error), now)
            return
        try:
            left = [self._settle(name, now, stopped) for name in self._names()]
        except OSError as error:
            self._trouble(f"{self._folder} cannot be written ({error.strerror})", now)
            return
        finally:
            lock.release()
        if not any(left):
            self._told.clear()
            self._pause = 0

    def _settle(self, name: str, now: int, stopped: Callable[[], bool]) -> int:
        """Pay the debts of one file; answer how many are left in it, at least one if unread."""
        try:
            debts = self._read(name)
        except OSError as error:
            # What cannot be read now is still owed, and keeps no other file's back.
            self._trouble(f"{self._folder / name} cannot be read ({error.strerror})", now)
            return 1
        left = [each for each in debts if stopped() or not self._paid(each, now, stopped)]
        if not left:
            (self._folder / name).unlink(missing_ok=True)
        elif len(left) < len(debts):
            self._put(name, msgspec.json.encode(left))
        return len(left)

    def _paid(self, debt: Delivery, now: int, stopped: Callable[[], bool]) -> bool:
        try:
            self._pay(debt, stopped)
        except SpecNotifyError as error:
            self._trouble(str(error), now)
        except Exception as error:  # noqa: BLE001 - one poison debt must not keep the others
            self._trouble(f"a bug, {type(error).__name__}, in what is owed for {debt.id}", now)
        else:
            return True
        return False

    def _read(self, name: str) -> list[Delivery]:
        try:
            body = (self._folder / name).read_bytes()
        except (FileNotFoundError, IsADirectoryError):
            return []
        # A file that is none of ours owes nothing, and goes.
        with suppress(msgspec.MsgspecError, UnicodeDecodeError):
            return _READ.decode(body)
        return []

    def _trouble(self, text: str, now: int) -> None:
        if not self._rests(now):
            self._pause = min(2 * self._pause, LAST) or FIRST
            self._next = now + self._pause
        if text not in self._told:
            self._told.add(text)
            self._warn(text)

    def _rests(self, now: int) -> bool:
        # A pause that ends later than any can was begun by a clock that has gone back since.
        return now < self._next <= now + LAST

    def _names(self) -> list[str]:
        with suppress(OSError):
            return sorted(each.name for each in self._folder.iterdir() if each.suffix == _SUFFIX)
        return []

    def _put(self, name: str, body: bytes) -> None:
        folder = open_folder(ensure(self._folder), [], create=False)
        try:
            replace_atomically(folder, name, body, mode=0o600)
            os.fsync(folder)
        finally:
            os.close(folder)
