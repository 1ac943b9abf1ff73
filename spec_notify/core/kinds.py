"""What a subscription's `type` may be, and all the rest of the product needs to know of each.

Contract, section 6. A new target is one file in `targets` and its module's name in one line here;
a new format one file in `formats` and its line.
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


class Credential(StrEnum):
    """Whether a kind lets in only who has a credential."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


class TargetKind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of target: who speaks its dialect, and what its subscriptions must say."""

    name: str
    place: Place = Place.URL
    signed: bool = False
    """Whether its receivers check a signature over the body."""
    can_sign: bool = False
    """Whether it signs when it is given a secret, and only then."""
    base: str | None = None
    """Where a kind that knows its receiver goes, unless the subscription gives a URL."""
    schemes: tuple[str, ...] = ("https", "http")
    """How its URL begins; none: it is not a URL we could judge."""
    credential: Credential = Credential.NONE
    """Whether `secret_env` names what lets us in, where it is no signing secret."""
    needs: tuple[str, ...] = ()
    """Keys of its own that a subscription must state (fields of `Terms`)."""
    takes: tuple[str, ...] = ()
    """Keys of its own that a subscription may state."""
    library: str | None = None
    """What must be installed besides, by the extra of the kind's own name."""
    module: str | None = None
    """Imported on first use; None while the kind is not built into this version."""

    @property
    def own(self) -> tuple[str, ...]:
        """Fields of `Terms` that mean something here."""
        return (*self.needs, *self.takes)

    @property
    def dialled(self) -> bool:
        """Whether its URL is a socket that we open."""
        return self.place is not Place.ELSEWHERE and bool(self.schemes)

    @property
    def unguarded(self) -> bool:
        """Whether somebody else's code dials for it, past our judgement of addresses."""
        return self.place is not Place.ELSEWHERE and not self.schemes


_EACH = (
    TargetKind(name="webhook", signed=True, module="spec_notify.targets.webhook"),
    TargetKind(name="slack", place=Place.SECRET_URL, module="spec_notify.targets.slack"),
    TargetKind(name="discord", place=Place.SECRET_URL, module="spec_notify.targets.discord"),
    TargetKind(
        name="email",
        schemes=("smtps", "smtp"),
        credential=Credential.OPTIONAL,
        needs=("to", "sender"),
        takes=("username",),
        module="spec_notify.targets.email",
    ),
    TargetKind(
        name="github",
        place=Place.KNOWN,
        base="https://api.github.com",
        credential=Credential.REQUIRED,
        needs=("repository",),
        module="spec_notify.targets.github",
    ),
    TargetKind(
        name="file",
        place=Place.ELSEWHERE,
        can_sign=True,
        needs=("path",),
        module="spec_notify.targets.file",
    ),
    TargetKind(name="teams", place=Place.SECRET_URL, module="spec_notify.targets.teams"),
    TargetKind(
        name="pagerduty",
        place=Place.KNOWN,
        base="https://events.pagerduty.com",
        credential=Credential.REQUIRED,
        module="spec_notify.targets.pagerduty",
    ),
    TargetKind(
        name="google-drive",
        place=Place.KNOWN,
        base="https://www.googleapis.com",
        schemes=("https",),
        credential=Credential.REQUIRED,
        needs=("folder",),
        library="cryptography",
        module="spec_notify.targets.google_drive",
    ),
    TargetKind(
        name="apprise",
        place=Place.SECRET_URL,
        schemes=(),
        library="apprise",
        module="spec_notify.targets.apprise",
    ),
)
TARGET_KINDS: Mapping[str, TargetKind] = {each.name: each for each in _EACH}

FORMATS: Mapping[str, str | None] = {
    "native": "spec_notify.formats.native",
    "cloudevents": "spec_notify.formats.cloudevents",
    "conductor": "spec_notify.formats.conductor",
    "aegis": "spec_notify.formats.aegis",
    "team": "spec_notify.formats.team",
    "run": "spec_notify.formats.run",
}
"""What a subscription's `format` may be, and the module that knows it; None: not built yet."""

HEARD: Mapping[str, tuple[str, ...]] = {
    "aegis": ("workflow.completed",),
    "run": ("run.finished",),
    "conductor": ("run_stop",),
    "team": ("team.completed", "team.failed", "team.timedout"),
}
"""What a subscription of a format hears when it names no events; others hear completed tasks."""

SPELLS: Mapping[str, tuple[str, ...]] = {
    "conductor": ("run_stop",),
    "team": HEARD["team"],
    "run": ("run.finished",),
}
"""The types of formats that tell of nothing else; others can spell any event."""
