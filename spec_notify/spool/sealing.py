"""Sealing a record into its SPEC's chain: the next sequence, and what came before it.

Contract, section 9: one chain per SPEC directory and writer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.evidence import digest, folder_name, record_name, seal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spec_notify.core.delivery import Claim


class Tip(msgspec.Struct, frozen=True, kw_only=True):
    """Where a chain ends: sequence, digest and instant of its last record; at first, nowhere."""

    sequence: int = 0
    digest: str | None = None
    at: int = 0


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """A record's file name and bytes, and where its chain ends with it."""

    name: str
    body: bytes
    tip: Tip


def chain_of(spec: str | None) -> str:
    """Answer the folder whose chain a SPEC's records belong to."""
    return folder_name(spec)


def seal_after(
    tip: Tip, record: Mapping[str, object], claim: Claim, *, writer: str, now: int
) -> Sealed:
    """Seal an attempt's record as the next one of its chain.

    A clock that moved back does not show in the names: they sort as the chain runs.
    """
    at, sequence = max(now, tip.at), tip.sequence + 1
    body = seal(record, sequence=sequence, previous=tip.digest, writer=writer)
    delivery = claim.delivery
    return Sealed(
        name=record_name(at=at, sequence=sequence, delivery=delivery.id, attempt=delivery.attempts),
        body=body,
        tip=Tip(sequence=sequence, digest=digest(body), at=at),
    )
