"""What a subscription's `type` may be, and all the rest of the product needs to know of each.

Contract, section 6. A new target is one file in `targets` and its module's name in one line here.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping


class Place(StrEnum):
    """What says where a kind's messages go."""

    URL = "url"
    SECRET_URL = "secret_url"  # noqa: S105 - the name of a rule, not a secret
    """Whoever knows the URL may post."""
    KNOWN = "known"
    """The kind knows where to go and needs a credential to be let in; a URL overrides it."""
    ELSEWHERE = "elsewhere"
    """Nothing we dial."""


class TargetKind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of target: who speaks its dialect, and what its subscriptions must say."""

    name: str
    place: Place = Place.URL
    signed: bool = False
    """Whether its receivers check a signature over the body."""
    module: str | None = None
    """Imported on first use; None while the kind is not built into this version."""

    @property
    def dialled(self) -> bool:
        """Whether its URL, if it has one, is a socket to open."""
        return self.place is not Place.ELSEWHERE


_EACH = (
    TargetKind(name="webhook", signed=True, module="spec_notify.targets.webhook"),
    TargetKind(name="slack", place=Place.SECRET_URL, module="spec_notify.targets.slack"),
    TargetKind(name="discord", place=Place.SECRET_URL),
    TargetKind(name="email", place=Place.ELSEWHERE),
    TargetKind(name="github", place=Place.KNOWN),
    TargetKind(name="file", place=Place.ELSEWHERE),
    TargetKind(name="teams", place=Place.SECRET_URL),
    TargetKind(name="pagerduty", place=Place.KNOWN),
    TargetKind(name="google-drive", place=Place.KNOWN),
    TargetKind(name="apprise", place=Place.ELSEWHERE),
)
TARGET_KINDS: Mapping[str, TargetKind] = {each.name: each for each in _EACH}
