"""Documents read in another way than before: old work is not announced for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spec_notify.core.config import Config
from spec_notify.pipeline.intake import Wish
from spec_notify.pipeline.rules import Rules
from spec_notify.ports import Text
from tests.pipeline.desk import ANY, Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SHIPPED = '[statuses]\n"shipped" = "Done"\n'
BOXES = "- [x] T1 Task T1\n- [x] T7 Task T7\n"
HEAD = "| Task ID | {} |\n| --- | --- |\n"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.wiring.close()


def reconfigured(desk: Desk, more: str) -> None:
    desk.configure(ANY + more)
    desk.wiring.reload()


def test_a_new_word_for_done_announces_no_old_work(desk: Desk) -> None:
    desk.commit(T1="shipped", T2="Backlog")
    desk.look()

    reconfigured(desk, SHIPPED)

    assert desk.told() == []
    desk.save(T1="shipped", T2="shipped")
    assert desk.told() == [("T2", "Done")]


def test_a_change_that_came_with_the_new_word_is_told(desk: Desk) -> None:
    desk.commit(T1="shipped", T2="Backlog")
    desk.look()

    reconfigured(desk, SHIPPED)
    desk.save(T1="shipped", T2="Done")

    assert desk.told() == [("T2", "Done")]


def test_what_was_seen_dirty_cannot_be_read_anew_and_is_taken_as_it_stands(desk: Desk) -> None:
    desk.save(T1="shipped", T2="Backlog")
    desk.look()

    reconfigured(desk, SHIPPED)
    desk.save(T1="shipped", T2="Done")
    looked = desk.look()

    assert looked.events == ()
    assert "rules" in {notice.code for _, notice in looked.notices}
    desk.save(T1="Backlog", T2="Done")
    desk.look()
    desk.save(T1="Done", T2="Done")
    assert desk.told() == [("T1", "Done")]


def test_another_format_announces_no_row(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.repository.write("SPEC.md", f"{BOXES}\n{HEAD.format('Status')}| T2 | Backlog |\n")
    desk.look(Wish(settled=("SPEC.md",)))

    desk.configure(ANY, top='[sources.spec]\nformat = "checkbox"\n')
    desk.wiring.reload()

    assert desk.told(Wish(settled=("SPEC.md",))) == []
    desk.wiring.close()


def test_a_header_that_is_mended_announces_no_row(desk: Desk) -> None:
    rows = "| T1 | Done |\n| T2 | Done |\n"
    path = "docs/SPEC-A-1/tasks.md"
    desk.repository.commit({path: HEAD.format("Staus") + rows})
    desk.look()

    desk.repository.commit({path: HEAD.format("Status") + rows})

    assert desk.told() == []
    desk.repository.commit({path: HEAD.format("Status") + rows + "| T3 | Done |\n"})
    assert desk.told() == [("T3", "Done")]


def test_a_row_known_before_the_header_broke_is_still_compared(desk: Desk) -> None:
    path = "docs/SPEC-A-1/tasks.md"
    for header, one in (("Status", "todo"), ("Staus", "todo")):
        rows = f"| T1 | {one} |\n| T2 | Done |\n"
        desk.repository.commit({path: HEAD.format(header) + rows})
        assert desk.told() == []

    desk.repository.commit({path: HEAD.format("Status") + "| T1 | Done |\n| T2 | Done |\n"})

    assert desk.told() == [("T1", "Done")]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Config(), Config(format="auto"), True),
        (Config(), Config(format="table"), False),
        (
            Config(statuses={"a": "Done", "b": "Done"}),
            Config(statuses={"b": "Done", "a": "Done"}),
            True,
        ),
        (Config(), Config(statuses={"a": "Done"}), False),
        (Config(), Config(paths=("TODO.md",), hold_above=1, spec_id="SPEC-A"), True),
        (Config(), Config(status_by_section=("SPEC.md",)), False),
        (Config(), Config(status_by_section=("docs/SPEC.md",)), True),
    ],
)
def test_only_what_reads_otherwise_has_another_stamp(
    one: Config, other: Config, *, same: bool
) -> None:
    text = Text(text="", digest="")
    assert (Rules(one).stamp("SPEC.md", text) == Rules(other).stamp("SPEC.md", text)) is same
