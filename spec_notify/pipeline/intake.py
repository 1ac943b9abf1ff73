"""A look: documents are read, compared with what is remembered, and what is news is admitted.

Everything is read before the write transaction opens; inside it the remembered revision is
checked, so two lookers never tell one change twice (contract, promises 1 and 2).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from spec_notify.core.errors import StaleBaselineError
from spec_notify.core.event import Event
from spec_notify.core.repeats import noted
from spec_notify.core.snapshot import Notice
from spec_notify.pipeline.admission import admit
from spec_notify.pipeline.news import News
from spec_notify.pipeline.tally import Tally, hold, overflow
from spec_notify.pipeline.trees import is_tree

if TYPE_CHECKING:
    from collections.abc import Callable

    from spec_notify.core.config import Config
    from spec_notify.pipeline.trail import Change
    from spec_notify.ports import Ledger, Spool

    from .context import Context
    from .reading import Reader, Reading
    from .seen import Seen

_ATTEMPTS = 20


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What a look found and did."""

    head: str | None = None
    """The commit the checkout stood at."""
    events: tuple[Event, ...] = ()
    deliveries: int = 0
    baselines: tuple[str, ...] = ()
    held: dict[str, int] = {}
    deferred: dict[str, str] = {}
    """Documents whose change is not believed yet, and why; a later look finds it again."""
    unreadable: dict[str, str] = {}
    notices: tuple[tuple[str, Notice], ...] = ()


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """How a look is meant: what to believe at once, what to send in spite of a hold."""

    baseline: bool = False
    """Remember everything as it stands and announce nothing."""
    unseen_only: bool = False
    """Take a baseline of documents never seen and leave the others alone."""
    from_parent: bool = False
    """A document never seen is compared with HEAD's first parent (a hook's first look)."""
    despite: Collection[str] = ()
    """States of git to look in spite of: `merge` after a merge, `rebase` after a rewrite."""
    settled: Collection[str] = ()
    """Documents whose mass disappearance has lasted long enough to be believed."""
    accept: Collection[str] = ()
    """Held documents whose events the user wants sent."""
    discard: Collection[str] = ()
    """Held documents the user wants remembered as they stand."""
    local: bool = False
    """Leave feeds alone that are read over the network."""


class Intake:
    """Looks at a checkout on behalf of a config.

    `mark` is called at each named step of a look; a test may die there.
    """

    def __init__(
        self,
        *,
        spool: Spool,
        reader: Reader,
        context: Context,
        config: Config,
        clock: Callable[[], int],
        mark: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._mark = mark
        self._spool = spool
        self._reader = reader
        self._context = context
        self._config = config
        self._clock = clock

    def look(self, wish: Wish | None = None) -> Looked:
        """Look once. Raises SpoolError; a look that raises has changed nothing."""
        wish = wish or Wish()
        for _ in range(_ATTEMPTS):
            reading = self._reader.read(self._spool.documents(), wish)
            if not reading.seen:
                return _looked(reading, Tally())
            reading = self._context.prepare(reading)
            self._mark("look.read")
            try:
                return self._admit(reading, wish)
            except StaleBaselineError:
                continue
        raise StaleBaselineError(reading.seen[0].stored.path)

    def _admit(self, reading: Reading, wish: Wish) -> Looked:
        tally = Tally()
        now = self._clock()
        with self._spool.ledger() as ledger:
            self._mark("look.begun")
            for seen in reading.seen:
                self._admit_document(ledger, seen, wish, now, tally)
            self._mark("look.admitted")
        self._mark("look.committed")
        return _looked(reading, tally)

    def _admit_document(
        self, ledger: Ledger, seen: Seen, wish: Wish, now: int, tally: Tally
    ) -> None:
        path = seen.stored.path
        places = {path, seen.moved_from}
        if seen.moved_from is not None:
            ledger.rename(seen.moved_from, path)
        news = News(
            ledger,
            self._config,
            self._context.facts,
            path=path,
            changes=seen.changes,
        )
        wanted = news.wanted()
        keys = [_name(seen.changes[index]) for index, _ in wanted]
        accepted, discarded = places & {*wish.accept}, places & {*wish.discard}
        known = ledger.document(path)
        # Somebody has looked at it: what was told before their word counts no more.
        lately = {} if known is None or accepted or discarded else known.lately
        why = overflow(seen, keys, lately, self._config, now)
        if why is not None and not accepted and not discarded:
            hold(ledger, seen, len(wanted), now, tally, why=why)
            return
        told = noted(lately, () if discarded else keys, now)
        ledger.save(replace(seen.stored, lately=told))
        self._mark("look.saved")
        if seen.baseline or discarded:
            # An evidence tree where no run left anything is nothing to speak of.
            if seen.stored.snapshot.tasks or not is_tree(path):
                tally.baselines.append(path)
            return
        news.tell()
        for index, takers in wanted:
            event = self._event(ledger, path, seen.changes[index], now)
            admitted = admit(ledger, event, takers, max_pending=self._config.max_pending, now=now)
            tally.admitted(event, admitted)

    def _event(self, ledger: Ledger, path: str, change: Change, now: int) -> Event:
        transition = change.transition
        to = transition.after.canonical if transition.after else ""
        count = ledger.occurrence(path, transition.task.key, to)
        return self._context.event(path, change, occurrence=count, now=now)


def _name(change: Change) -> str:
    return change.name or change.transition.task.key


def _looked(reading: Reading, tally: Tally) -> Looked:
    return Looked(
        head=reading.checkout.head if reading.checkout else None,
        events=tuple(tally.events),
        deliveries=tally.deliveries,
        baselines=tuple(tally.baselines),
        held=tally.held,
        deferred=reading.deferred,
        unreadable=reading.unreadable,
        notices=reading.notices,
    )
