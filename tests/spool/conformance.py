"""The definition of a spool: a backend that passes with its `spool` fixture is one."""

from __future__ import annotations

from tests.spool.conform.attempts import AttemptConformance
from tests.spool.conform.by_hand import ByHandConformance
from tests.spool.conform.lanes import LaneConformance
from tests.spool.conform.ledger import LedgerConformance
from tests.spool.conform.listing import ListingConformance
from tests.spool.conform.moves import MoveConformance
from tests.spool.conform.passages import PassageConformance
from tests.spool.conform.showing import ShowingConformance


class SpoolConformance(
    LedgerConformance,
    AttemptConformance,
    MoveConformance,
    ListingConformance,
    ByHandConformance,
    LaneConformance,
    PassageConformance,
    ShowingConformance,
):
    """Subclass it and supply `spool`: an empty one for each test."""
