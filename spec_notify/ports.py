"""The seams: what the story needs from the rooms around it, in the story's own verbs.

All instants are integers of milliseconds since the epoch, UTC.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

import msgspec

from .core.delivery import Claim, Delivery, Outcome, State, Step, Verdict
from .core.message import Endpoint
from .core.reflog import Checkout as Checkout  # noqa: PLC0414, TC001 - part of this page
from .core.reflog import Move as Move  # noqa: PLC0414, TC001 - part of this page
from .core.snapshot import Snapshot
from .core.status import Status
from .core.subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from .core.alarm import Alarm
    from .core.event import Event
    from .core.lane import Breaker, Lane
    from .core.message import Failure, Message, Order, Reply


class StoredDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What the spool remembers of a document after a look."""

    path: str
    snapshot: Snapshot
    digest: str
    """SHA-256 of the bytes read, hex: an unchanged document is not parsed again."""
    revision: int
    """Raised by one with every save; a look that read an older one must look again."""
    seen_at: int
    branch: str | None = None
    head: str | None = None
    mark: str | None = None
    """`Checkout.mark` of that look."""
    rules: str = ""
    """Stands for how it was read; what was read in another way is not compared."""
    vanished: dict[str, Status] = msgspec.field(default_factory=dict)
    """Last status of tasks that are gone, the latest last: one that returns is compared with it."""
    carried: dict[str, Status | None] = msgspec.field(default_factory=dict)
    """What HEAD says of rows that a silent move carried along: news once a commit has them."""
    held: int = 0
    """Transitions waiting for `accept`; 0 when nothing is held."""
    held_since: int | None = None


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """The status last announced for a task on a branch; branch `*` is "on any branch"."""

    branch: str
    key: str
    status: str


class Ledger(Protocol):
    """One write transaction of a look: nothing of it stands unless all of it stands."""

    def document(self, path: str) -> StoredDocument | None:
        """Answer what is remembered of a document, read inside this transaction."""

    def save(self, document: StoredDocument) -> None:
        """Remember a document. Raises StaleBaselineError unless its revision is the next one."""

    def told(self, document: str) -> dict[tuple[str, str], str]:
        """Answer (branch, key) → status for a document; branch `*` included."""

    def tell(self, document: str, told: Sequence[Told]) -> None:
        """Remember statuses as announced."""

    def forget(self, document: str, branch: str, key: str) -> None:
        """Erase what was told of a task on a branch: a visible reopening does."""

    def occurrence(self, document: str, key: str, to: str) -> int:
        """Raise and answer the count of admitted events for (document, key, to), from 1."""

    def rename(self, old: str, new: str) -> None:
        """A document moved: its memory, told statuses and counts go with it."""

    def open_count(self, subscription: str) -> int:
        """Count a subscription's deliveries that are pending, in flight or parked."""

    def admit(self, event: Event, deliveries: Sequence[Delivery]) -> int:
        """Insert an event and its deliveries; one whose id is known is no news. Answer how many."""

    def unheard(self, limit: int) -> list[Delivery]:
        """Answer dead letters that nothing was told of, oldest first; none of our own health."""

    def heard(self, deliveries: Sequence[str]) -> None:
        """These dead letters (`dlv_` ids) were told of, or counted."""

    def alarm(self, endpoint: str) -> Alarm:
        """Answer what was told of a destination's dead letters."""

    def keep(self, alarm: Alarm) -> None:
        """Remember what was told."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A sealed evidence record, waiting to become a file: where it goes and its exact bytes."""

    row: int
    spec: str
    name: str
    body: bytes


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What settling a claim left behind."""

    delivery: Delivery
    record: Record


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """Which deliveries to find; every stated field narrows. Newest first."""

    ids: tuple[str, ...] = ()
    """`dlv_` ids, or `evt_` ids for all deliveries of an event; exact, never a pattern."""
    states: tuple[State, ...] = ()
    subscription: str | None = None
    type: str | None = None
    spec: str | None = None
    since: int | None = None
    until: int | None = None
    limit: int | None = None


class Spool(Protocol):
    """The durable middle. Every verb is one transaction, synced before it returns.

    Raises SpoolError when the database cannot be used.
    """

    @property
    def writer(self) -> str:
        """The random id of this spool, in every evidence record."""

    @property
    def generation(self) -> str:
        """Empty for a spool that was never lost; a rebuilt one starts a new generation."""

    def documents(self) -> Mapping[str, StoredDocument]:
        """Answer all remembered documents by path."""

    def ledger(self) -> AbstractContextManager[Ledger]:
        """Open the one write transaction of a look; it commits when the block ends well."""

    def claim(
        self,
        limit: int,
        *,
        subscriptions: Collection[str],
        owner: str,
        token: Callable[[], str],
        now: int,
        leases: Mapping[str, int],
        only: str | None = None,
        lanes: Mapping[str, Lane] | None = None,
    ) -> list[Claim]:
        """Lease due deliveries of these subscriptions, oldest due first.

        `leases` gives each subscription's lease in milliseconds. The attempt is numbered and its
        row written here, before any byte is sent. `only` claims that one delivery, probe or not.
        `lanes` says what holds a subscription back: its rate, the order of its tasks, and the
        breaker of its endpoint, which lets a replay's first try through always.
        """

    def settle(
        self,
        claim: Claim,
        step: Step,
        record: Mapping[str, object],
        *,
        status: int | None,
        now: int,
        endpoint: str = "",
        verdict: Verdict = Verdict.UNKNOWN,
    ) -> Settled | None:
        """Finish an attempt and seal its record into the chain; None if the lease was lost.

        The record gets `sequence`, `writer` and `previous` here (contract, section 9). In the same
        transaction the `verdict` moves the breaker of the `endpoint`, unless it is empty.
        """

    def lapsed(
        self, *, now: int, alive: Callable[[str], bool], mine: Collection[str] = ()
    ) -> list[Claim]:
        """Answer in-flight claims whose lease is over or whose owner is dead, but none of `mine`.

        `mine` are the tokens of attempts under way in this process. A lease that starts in the
        future, because the clock has moved back since, is given its whole length from now.
        """

    def subscriptions(self) -> frozenset[str]:
        """Answer the names of subscriptions that have a pending delivery."""

    def park(
        self, subscription: str, reason: str, *, now: int, spare: Collection[str] = ()
    ) -> list[str]:
        """Park a subscription's pending deliveries, save those in `spare`; answer their ids.

        No probe is parked, and for the reason `gone` none that a replay waits to try.
        """

    def resume(self, subscription: str, reasons: Collection[str], *, now: int) -> int:
        """Free parked deliveries that were parked for one of these reasons; answer how many.

        Each is due when it was due before, or now when that has passed.
        """

    def expire(self, *, now: int) -> int:
        """Make dead letters of pending deliveries past their expiry; answer how many.

        A probe nobody claimed within PROBE_PATIENCE was abandoned and is cancelled, uncounted.
        """

    def purge(self, *, now: int, retention: int) -> int:
        """Delete what was finished longer than `retention` ago; answer how many dead letters."""

    def replay(self, ids: Sequence[str], *, by: str, now: int) -> list[Delivery]:
        """Queue these deliveries (`dlv_` ids) again. Raises IllegalMoveError for one in flight."""

    def cancel(self, ids: Sequence[str], *, now: int) -> list[Delivery]:
        """Cancel pending or parked deliveries. Raises IllegalMoveError for any other."""

    def find(self, query: Query) -> list[Delivery]:
        """Answer the deliveries a query describes."""

    def event(self, id: str) -> Event | None:
        """Answer a stored event."""

    def counts(self) -> dict[State, int]:
        """Count deliveries by state, probes left out; every state is present."""

    def next_due(
        self,
        subscriptions: Collection[str],
        *,
        lanes: Mapping[str, Lane] | None = None,
        now: int = 0,
    ) -> int | None:
        """Answer when the next pending delivery of these subscriptions may leave.

        With `lanes`, as they stand `now`; what may leave at once is due when it was due.
        """

    def breakers(self) -> Mapping[str, Breaker]:
        """Answer the breakers that are not at rest, by endpoint (`core.lane.position` says more).

        The endpoint of a route is `core.lane.Lane.endpoint`.
        """

    def alarms(self) -> Mapping[str, Alarm]:
        """Answer what was told, and is to tell, of destinations that had dead letters."""

    def has_unheard(self) -> bool:
        """Say whether there is a dead letter that nothing was told of."""

    def postpone(self, subscription: str, *, until: int, now: int) -> int:
        """Let nothing of a subscription be due before `until`; answer how many had to wait.

        Tests and untried replays are spared.
        """

    def reconnect(self, endpoint: str, *, subscriptions: Collection[str], now: int) -> int:
        """Close a breaker that was open for want of a route; answer how many are due at once."""

    def gone(self) -> frozenset[str]:
        """Answer the endpoint marks that answered 410 and were not freed since."""

    def mark_gone(self, endpoint: str, *, gone: bool, now: int) -> None:
        """Remember, or forget, that an endpoint answered 410."""

    def unprojected(self, limit: int = 100, *, skip: int = 0) -> list[Record]:
        """Answer sealed records whose file does not stand yet, oldest first, past `skip`."""

    def projected(self, rows: Sequence[int]) -> None:
        """The files of these records stand: their bytes leave the database."""

    def evidence_names(self, delivery: str) -> list[tuple[str, str]]:
        """Answer (spec, file name) of a delivery's sealed records, oldest first."""

    def close(self) -> None:
        """Let go of the database."""

    def discard(self, ids: Sequence[str]) -> list[Delivery]:
        """Delete finished deliveries (`dlv_` ids) now, their attempts and idle events with them.

        Answers those deleted; an open one, and one whose evidence is not all in files yet, stays.
        """

    def acknowledge(
        self, ids: Sequence[str], record: Callable[[Delivery], Mapping[str, object]], *, now: int
    ) -> list[Settled]:
        """Note that a human has seen these dead letters, and seal a record of each.

        Any other delivery, and one acknowledged since it died, is passed over. The delivery
        stays as it is.
        """

    def acknowledged(self) -> Mapping[str, int]:
        """Answer delivery id → when for the dead letters acknowledged since they were replayed."""

    def oldest_pending(self) -> int | None:
        """Answer when the oldest pending delivery was queued, probes left out."""

    def waits(self, recent: int) -> list[int]:
        """Answer the milliseconds from queued to delivered of the latest deliveries, newest first.

        A replayed one counts from its replay; probes are left out.
        """


class Transport(Protocol):
    """A guarded wire to receivers. Expected failure is a value; only bugs raise."""

    async def send(
        self, message: Message, *, deadline: int, allow_private: bool
    ) -> Reply | Failure:
        """Send one message and read at most 16 KiB of the answer, all within `deadline` ms."""

    async def aclose(self) -> None:
        """Let go of idle connections."""


class EvidenceLog(Protocol):
    """Where sealed records become files."""

    def write(self, record: Record) -> str | None:
        """Write a record under the cap; answer its repository-relative path.

        None when it cannot be written now (the reason is logged once); it stays unprojected.
        """

    def sync(self) -> bool:
        """Make the names of the files written so far durable; False when that failed."""


class Target(Protocol):
    """A receiver's dialect: two pure functions around a dumb wire. A module is one."""

    def render(self, order: Order) -> Message:
        """Say an order in the receiver's words."""

    def judge(self, answer: Reply | Failure, *, strict: bool, now: int) -> Outcome:
        """Say what an answer, or the lack of one, means."""


class Format(Protocol):
    """How a body is spelled for receivers of one format: a pure function. A module is one."""

    content_type: str

    def spell(self, body: bytes) -> bytes:
        """Spell a native body; the same bytes for the same body, whenever and wherever."""


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription as this process can serve it now: where to, how, or why not."""

    subscription: Subscription
    target: Target
    format: Format
    endpoint: Endpoint | None = None
    """None when the subscription is not ready."""
    mark: str = ""
    """Stands for the destination in `Spool.gone`; it does not reveal the URL."""
    unready: str | None = None
    """One of `core.delivery.UNREADY`, but never `no_subscription`."""
    why: str = ""


class Reason(StrEnum):
    """Why somebody hints that something may have changed. Any other word is a change too."""

    CHANGED = "changed"
    WRITTEN = "written"
    """In place, and not closed yet."""
    CLOSED = "closed"
    """The last file that was being written."""
    OVERFLOW = "overflow"
    """Events were lost."""
    REARMED = "rearmed"
    """A folder is watched anew; what happened there before was not seen."""


UNFINISHED = "its last line may still be being written"
VANISHING = "more than half of its tasks vanished; waiting for them"
"""Why a look deferred a document: it passes when they return, or have been gone for long enough."""
BUSY = ("git is in the middle of a ", "another git is at work")
"""How the reason begins when git is busy: that passes by itself, as no other reason does."""


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """A document as read: its text and the SHA-256 of its bytes, hex."""

    text: str
    digest: str
    modified: int | None = None
    """When the file was last written, milliseconds UTC; None for what is no file."""
    beside: dict[str, str] = {}
    """Path → text of the files that say how this one is read, as far as they exist."""


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """A document that could not be read, and why, naming the fix."""

    path: str
    why: str


class Workspace(Protocol):
    """The watched folder: listing and reading documents, safely and without following links."""

    def documents(self, globs: Sequence[str]) -> list[str]:
        """Answer the existing documents that match, repository-relative, sorted."""

    def read(self, path: str) -> Text | Unreadable | None:
        """Read a document; None when there is none."""

    def names(self, folder: str) -> list[str]:
        """Answer the file names directly in a folder, sorted; none when it does not exist."""

    def folders(self, folder: str) -> list[str]:
        """Answer the names of the folders directly in a folder, sorted; links left out."""

    def stamps(self, folder: str) -> dict[str, str]:
        """Answer `names`, each with a stamp: a file that keeps its stamp keeps its bytes.

        Save one that was written so lately that the clock does not tell two writes apart.
        """


class History(Protocol):
    """What git knows. Every answer is None outside a repository.

    Raises UnansweredError when git could not be asked; None is git's own word.
    """

    def checkout(self, *, stale_before: int | None = None) -> Checkout | None:
        """Answer branch, commit and whether git is busy.

        An index.lock made before the instant `stale_before` counts for nothing.
        """

    def locked_since(self) -> int | None:
        """Answer when index.lock was made; None without one."""

    def moves(
        self, since: str | None, *, after: str | None = None, until: str | None = None
    ) -> tuple[Move, ...] | None:
        """Answer HEAD's reflog, oldest first, after the newest entry that landed on `since`.

        Where the mark `after` of an earlier checkout still fits the reflog, what follows it is the
        answer; nothing past the mark `until` is. None when no entry landed there.
        """

    def read(self, commit: str, path: str) -> Text | Unreadable | None:
        """Read a document as of a commit; None when it was not there."""

    def as_of(self, commit: str) -> Workspace:
        """Answer the files of a commit; it raises UnansweredError when git cannot be asked."""

    def first_parent(self, commit: str) -> str | None:
        """Answer a commit's first parent."""

    def author(self, commit: str) -> str | None:
        """Answer a commit's author name, never the e-mail; None, too, when git fails."""

    def identity(self) -> str | None:
        """Answer the origin URL as host/path, else the root commit (contract, section 5, "Ids")."""


class Blob(msgspec.Struct, frozen=True, kw_only=True):
    """What stood at a path in a commit: a file's or link's object and mode, as git spells them."""

    name: str
    mode: str


class Touch(msgspec.Struct, frozen=True, kw_only=True):
    """A path a commit changed; None where no file stood. A submodule is no file."""

    path: str
    before: Blob | None
    after: Blob | None


class Commit(msgspec.Struct, frozen=True, kw_only=True):
    """A commit, and what it changed since its first parent; since nothing where it has none."""

    name: str
    parent: str | None
    author: str | None
    """The name alone, never the e-mail."""
    at: int | None
    """When it was committed; None when the commit does not say."""
    touches: tuple[Touch, ...] = ()
    cut: bool = False
    """It has parents, and this clone does not have them."""


class Log(Protocol):
    """git's history along first parents. Raises UnansweredError when git could not be asked."""

    def commits(self, tip: str, *, since: str | None, globs: Sequence[str]) -> Iterator[Commit]:
        """Answer the commits from `tip` on that changed what the globs match, oldest first.

        Those that `since` reaches are left out. A commit may say more than was asked for.
        """

    def earlier(self, commit: str, path: str) -> Iterator[Touch]:
        """Answer what was done to one path in a commit and before, newest first."""

    def content(self, blob: Blob, path: str) -> Text | Unreadable:
        """Read what stood at a path."""

    def read(self, commit: str, path: str) -> Text | Unreadable | None:
        """Read a document as of a commit; None when it was not there."""

    def leads(self, since: str, tip: str) -> bool:
        """Say whether first parents lead from `tip` back to `since`."""
