"""The seams a delivery goes out through: route, target, format, transport, evidence.

All instants are integers of milliseconds since the epoch, UTC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

from spec_notify.core.message import Endpoint
from spec_notify.core.subscription import Subscription

if TYPE_CHECKING:
    from spec_notify.core.delivery import Outcome
    from spec_notify.core.message import Failure, Message, Order, Reply

    from .spooling import Record


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

    @property
    def content_type(self) -> str:
        """What a spelled body is, as a header names it."""

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
