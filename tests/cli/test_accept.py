"""`accept` says what it did, and does not say what it did not do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.shop import Shop


@pytest.fixture
def held(open_shop: Callable[..., Shop]) -> Shop:
    """Answer a shop in which two completions wait for a human."""
    shop = open_shop(top="[sources.spec]\nhold_above = 1")
    shop.board(T1="Backlog", T2="Backlog", T3="Backlog")
    shop.repository.commit()
    shop.trust()
    shop.board(T1="Done", T2="Done", T3="Backlog")
    assert shop.json("scan")["held"] == {"SPEC.md": 2}
    return shop


def waiting(shop: Shop) -> list[tuple[str, int]]:
    return [(each["document"], each["events"]) for each in shop.json("list")["held"]]


def test_what_is_accepted_is_queued(held: Shop) -> None:
    done = held.run("accept", code=0)

    assert done.stdout == "SPEC.md: released\n2 deliveries queued\n"
    assert waiting(held) == []


def test_what_is_discarded_is_never_sent(held: Shop) -> None:
    answer = held.json("accept", "--discard", code=0)

    assert (answer["documents"], answer["deliveries"], answer["held"]) == (["SPEC.md"], 0, {})
    assert waiting(held) == []
    assert held.json("scan")["events"] == []


@pytest.mark.parametrize("discard", [[], ["--discard"]])
def test_a_document_that_cannot_be_read_stays_held_and_it_is_said(
    held: Shop, discard: list[str]
) -> None:
    held.repository.write("SPEC.md", b"| Task ID | Status |\n|-|-|\n| T1 | D\xf6ne |\n")

    done = held.run("accept", *discard, code=1)

    assert "SPEC.md: still held: is not UTF-8" in done.stdout
    assert "released" not in done.stdout
    assert waiting(held) == [("SPEC.md", 2)]


def test_in_the_middle_of_a_merge_nothing_is_accepted(held: Shop) -> None:
    (held.root / ".git/MERGE_HEAD").write_text(held.repository.head + "\n")

    answer = held.json("accept", code=1)

    assert answer["documents"] == []
    assert "merge" in answer["held"]["SPEC.md"]
    assert waiting(held) == [("SPEC.md", 2)]


def test_a_document_that_is_gone_can_only_be_let_go(held: Shop) -> None:
    (held.root / "SPEC.md").unlink()

    assert "put it back" in held.run("accept", code=1).stdout
    assert waiting(held) == [("SPEC.md", 2)]

    assert "nothing of it is held now" in held.run("accept", "--discard", code=0).stdout
    assert waiting(held) == []


def test_with_nothing_held_nothing_is_claimed(shop: Shop) -> None:
    done = shop.run("accept", code=0)

    assert (done.stdout, done.stderr) == ("", "nothing is held\n")
    assert "not held: SPEC.md" in shop.run("accept", "SPEC.md", code=2).stderr
