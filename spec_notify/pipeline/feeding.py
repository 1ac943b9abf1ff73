"""A look at feeds: each is read, compared with what is remembered, and its news is admitted.

As with documents, everything is read before the write transaction opens, and inside it the
remembered revision is checked (contract, promises 1 and 2). A feed has no branches: what was
told is what is remembered.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.errors import SpecNotifyError, StaleBaselineError
from spec_notify.core.repeats import noted
from spec_notify.core.schema import validate
from spec_notify.core.snapshot import Notice, Transition, remembered
from spec_notify.core.subscription import Subscription, wants
from spec_notify.pipeline.admission import admit
from spec_notify.pipeline.intake import Looked, Wish
from spec_notify.pipeline.seen import Seen
from spec_notify.pipeline.tally import Tally, hold, overflow
from spec_notify.pipeline.trail import Trail
from spec_notify.pipeline.unread import is_first, named, whole
from spec_notify.ports import Fed, Feed, StoredDocument, Telling, Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from spec_notify.core.config import Config
    from spec_notify.core.event import Event
    from spec_notify.ports import Ledger, Spool

MOST_VANISHED = 20_000
"""Tasks of a feed remembered after they are gone: a folder that was away comes back whole."""

_ATTEMPTS = 20
_UNTELLABLE = (SpecNotifyError, ValueError, TypeError, RecursionError)


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """What all events of a checkout share, whatever feed they come from."""

    repository: str
    generation: str
    evidence_root: str


class _News(msgspec.Struct, frozen=True, kw_only=True):
    """A feed that is to be remembered anew, and its changes that somebody subscribes to."""

    feed: Feed
    seen: Seen
    wanted: tuple[tuple[Transition, tuple[Subscription, ...]], ...] = ()


class _Round:
    """What one reading of all feeds has found."""

    def __init__(self) -> None:
        self.news: list[_News] = []
        self.unreadable: dict[str, str] = {}
        self.notices: list[tuple[str, Notice]] = []


class Feeding:
    """Looks at feeds on behalf of a config.

    `mark` is called at each named step of a look, as in `Intake`.
    """

    def __init__(
        self,
        *,
        spool: Spool,
        feeds: Sequence[Feed],
        origin: Origin,
        config: Config,
        clock: Callable[[], int],
        mark: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._spool = spool
        self._feeds = feeds
        self._origin = origin
        self._config = config
        self._clock = clock
        self._mark = mark

    def look(self, wish: Wish | None = None) -> Looked:
        """Look once. Raises SpoolError; a look that raises has changed nothing."""
        wish = wish or Wish()
        for _ in range(_ATTEMPTS):
            found = self._read(self._spool.documents(), wish)
            if not found.news:
                return _looked(found, Tally())
            self._mark("look.read")
            try:
                return self._admit(found, wish)
            except StaleBaselineError:
                continue
        raise StaleBaselineError(found.news[0].feed.name)

    def _read(self, known: Mapping[str, StoredDocument], wish: Wish) -> _Round:
        found = _Round()
        for feed in self._feeds:
            before = known.get(feed.name)
            if (wish.unseen_only and before) or (wish.local and feed.remote):
                continue
            fed = read_feed(feed, before)
            if isinstance(fed, Unreadable):
                found.unreadable[feed.name] = fed.why
                continue
            found.unreadable |= named(feed.name, fed)
            found.notices += [(feed.name, each) for each in fed.snapshot.notices]
            if seen := _seen(feed, fed, before, self._clock()):
                wanted = () if seen.baseline else tuple(self._wanted(feed, seen, found))
                found.news.append(_News(feed=feed, seen=seen, wanted=wanted))
        return found

    def _wanted(
        self, feed: Feed, seen: Seen, found: _Round
    ) -> list[tuple[Transition, tuple[Subscription, ...]]]:
        """Answer what somebody subscribes to; one poison entry keeps no other back."""
        wanted = []
        for transition in (each.transition for each in seen.changes):
            try:
                event = self._event(feed, transition, occurrence=1, now=0)
            except _UNTELLABLE as error:
                words = f"{transition.task.title} cannot be told: {error}"
                found.notices.append((feed.name, Notice(code="untellable", message=words)))
                continue
            takers = [each for each in self._config.subscriptions if event and wants(each, event)]
            if takers:
                wanted.append((transition, tuple(takers)))
        return wanted

    def _admit(self, found: _Round, wish: Wish) -> Looked:
        tally, now = Tally(), self._clock()
        with self._spool.ledger() as ledger:
            self._mark("look.begun")
            for news in found.news:
                self._admit_feed(ledger, news, wish, now, tally)
            self._mark("look.admitted")
        self._mark("look.committed")
        return _looked(found, tally)

    def _admit_feed(self, ledger: Ledger, news: _News, wish: Wish, now: int, tally: Tally) -> None:
        name, seen = news.feed.name, news.seen
        if seen.baseline or wish.baseline or name in wish.discard:
            ledger.save(seen.stored)
            tally.baselines.append(name)
            return
        keys = [transition.task.key for transition, _ in news.wanted]
        accepted, known = name in wish.accept, ledger.document(name)
        # Somebody has looked at it: what was told before their word counts no more.
        lately = {} if known is None or accepted else known.lately
        why = overflow(seen, keys, lately, self._config, now)
        if why is not None and not accepted:
            hold(ledger, seen, len(keys), now, tally, why=why)
            return
        ledger.save(msgspec.structs.replace(seen.stored, lately=noted(lately, keys, now)))
        self._mark("look.saved")
        for transition, takers in news.wanted:
            count = ledger.occurrence(name, transition.task.key, _stand(transition))
            event = self._event(news.feed, transition, occurrence=count, now=now)
            if event is not None:
                most = self._config.max_pending
                tally.admitted(event, admit(ledger, event, takers, max_pending=most, now=now))

    def _event(
        self, feed: Feed, transition: Transition, *, occurrence: int, now: int
    ) -> Event | None:
        """Make a transition's event; its body is checked before it may be spooled."""
        telling = Telling(
            transition=transition,
            document=feed.name,
            occurrence=occurrence,
            now=now,
            **msgspec.structs.asdict(self._origin),
        )
        event = feed.tell(telling)
        if event is not None:
            validate(event.body)
        return event


def read_feed(feed: Feed, before: StoredDocument | None) -> Fed | Unreadable:
    """Read a feed, whatever goes wrong in it: one that fails hurts no other."""
    try:
        return feed.read(before.snapshot if before else None)
    except (*_UNTELLABLE, OSError) as error:
        return Unreadable(path=feed.name, why=str(error))


def _seen(feed: Feed, fed: Fed, before: StoredDocument | None, now: int) -> Seen | None:
    """Answer what is to be remembered of a feed, and what changed; None when nothing did."""
    name, snapshot = feed.name, whole(fed, before)
    kept = remembered(msgspec.structs.replace(snapshot, document=name, notices=()))
    digest = hashlib.sha256(msgspec.json.encode(kept)).hexdigest()
    if before and before.digest == digest and not before.held:
        return None
    trail = Trail(
        before.snapshot if before else kept, before.vanished if before else {}, most=MOST_VANISHED
    )
    trail.compare(snapshot, None, None)
    stored = StoredDocument(
        path=name,
        snapshot=kept,
        digest=digest,
        revision=before.revision + 1 if before else 1,
        seen_at=now,
        vanished=trail.vanished,
    )
    unread = frozenset(before.snapshot.unread) if before else frozenset()
    changes = tuple(each for each in trail.changes if not is_first(feed, each, unread))
    return Seen(before=before, stored=stored, changes=changes, baseline=before is None)


def _stand(transition: Transition) -> str:
    return transition.after.text if transition.after else ""


def _looked(found: _Round, tally: Tally) -> Looked:
    return Looked(
        events=tuple(tally.events),
        deliveries=tally.deliveries,
        baselines=tuple(tally.baselines),
        held=tally.held,
        unreadable=found.unreadable,
        notices=tuple(found.notices),
    )
