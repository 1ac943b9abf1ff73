"""What is remembered of rows that are gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_notify.pipeline.trail import MOST_VANISHED, Trail
from spec_notify.sources.document import read_document

if TYPE_CHECKING:
    from spec_notify.core.snapshot import Snapshot


def boxes(*lines: str) -> Snapshot:
    return read_document("TODO.md", "# Now\n\n" + "".join(f"- [ ] {line}\n" for line in lines))


def test_a_reworded_row_is_not_gone() -> None:
    trail = Trail(boxes("Draw the route", "Fold it"), {})

    trail.compare(boxes("Draw the whole route", "Fold it"), None, None)

    assert trail.vanished == {}


def test_what_a_silent_move_took_away_is_not_gone() -> None:
    trail = Trail(boxes("Draw the route", "Fold it"), {})

    trail.rest(boxes("Fold it"))

    assert trail.vanished == {}


def test_what_stands_again_is_gone_no_more() -> None:
    trail = Trail(boxes("Draw the route", "Fold it"), {})
    trail.compare(boxes("Fold it"), None, None)
    assert len(trail.vanished) == 1

    trail.rest(boxes("Draw the route", "Fold it"))

    assert trail.vanished == {}


def test_only_the_rows_last_gone_are_remembered() -> None:
    ids = [f"T{n}" for n in range(MOST_VANISHED + 5)]
    trail = Trail(boxes("T9999 stay", *(f"{each} a task" for each in ids[:5])), {})
    trail.compare(boxes("T9999 stay", *(f"{each} a task" for each in ids[5:])), None, None)

    trail.compare(boxes("T9999 stay"), None, None)

    assert sorted(trail.vanished) == sorted(ids[5:])
