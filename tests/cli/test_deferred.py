"""What a look does not believe yet is said where users look for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.acceptance.shop import board

if TYPE_CHECKING:
    from tests.acceptance.shop import Shop

MARKERS = "<<<<<<< HEAD\n" + board(T1="Done") + "=======\n" + board(T1="Blocked") + ">>>>>>> b\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (MARKERS, "it holds merge conflict markers"),
        (board(T9="Done"), "more than half of its tasks vanished"),
        (b"| Task ID | Status |\n|-|-|\n| T1 | D\xf6ne |\n", "is not UTF-8"),
    ],
    ids=["a conflict", "vanished", "unreadable"],
)
def test_a_document_that_is_waited_for_is_listed_with_the_reason(
    shop: Shop, text: str | bytes, why: str
) -> None:
    shop.repository.write("SPEC.md", text)

    (document,) = shop.json("list")["documents"]

    assert why in document["warnings"][0]["message"]
    assert why in shop.run("list", code=0).stdout
    assert why in shop.run("doctor").stdout


def test_while_git_is_in_the_middle_of_a_merge_the_list_says_so(shop: Shop) -> None:
    shop.repository.write(".git/MERGE_HEAD", shop.repository.head + "\n")

    (document,) = shop.json("list")["documents"]

    assert (document["tasks"], document["warnings"][0]["code"]) == (2, "deferred")
    assert "in the middle of a merge" in shop.run("doctor").stdout


def test_looking_at_the_list_changes_nothing(shop: Shop) -> None:
    shop.board(T1="Done", T2="Backlog")
    shop.run("list", code=0)
    shop.run("doctor")

    assert [each["task"] for each in shop.json("scan")["events"]] == ["T1"]
