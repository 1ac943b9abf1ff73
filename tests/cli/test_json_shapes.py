"""The `--json` documents other programs rely on, key by key (contract, section 8)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from spec_notify.transports.receiver import failing
from tests.acceptance.shop import board

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.acceptance.shop import Shop

STATES = ["pending", "in_flight", "delivered", "dead", "parked", "cancelled"]
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z")
NONE = type(None)
Shape = dict[str, tuple[type, ...]]
DELIVERY: Shape = {
    "delivery": (str,),
    "event": (str,),
    "type": (str,),
    "subscription": (str,),
    "state": (str,),
    "task": (str, NONE),
    "spec": (str, NONE),
    "document": (str, NONE),
    "attempts": (int,),
    "nextAttemptAt": (str, NONE),
    "lastStatus": (int, NONE),
    "reason": (str, NONE),
    "guidance": (str, NONE),
    "createdAt": (str,),
}
RESULT: Shape = {
    "delivery": (str, NONE),
    "event": (str, NONE),
    "subscription": (str,),
    "state": (str, NONE),
    "status": (int, NONE),
    "attempts": (int,),
    "evidence": (str, NONE),
}
TRANSITION: Shape = {
    "task": (str, NONE),
    "key": (str,),
    "title": (str,),
    "from": (str, NONE),
    "to": (str, NONE),
    "fromText": (str, NONE),
    "toText": (str, NONE),
    "kind": (str,),
    "appeared": (bool,),
    "line": (int,),
    "document": (str,),
}
WARNING: Shape = {"code": (str,), "line": (int, NONE), "message": (str,)}


def assert_shaped(found: Mapping[str, Any], shape: Shape) -> None:
    """The keys are these, no more and no fewer, and each value is of its kind."""
    assert list(found) == list(shape)
    for key, kinds in shape.items():
        assert type(found[key]) in kinds, f"{key}: {found[key]!r}"


@pytest.fixture
def failed(open_shop: Callable[..., Shop]) -> Shop:
    """Answer a shop with a delivered test, a dead letter and a document that warns."""
    shop = open_shop(
        answers=failing(2), retry='schedule = ["10ms"]', top="[sources.spec]\nhold_above = 3"
    )
    shop.board(T1="Backlog", T2="Backlog")
    shop.trust()
    shop.board(T1="Done", T2="Done: 1/2")
    shop.run("scan", "--deliver", code=0)
    shop.run("--test", code=0)
    return shop


def test_list(failed: Shop) -> None:
    answer = failed.json("--list", code=0)

    assert list(answer) == [
        "schema",
        "counts",
        "held",
        "documents",
        "truncated",
        "deliveries",
        "acknowledged",
        "oldestPendingAt",
        "nextAttemptAt",
        "latency",
        "breakers",
    ]
    assert answer["schema"] == "spec-notify/list/1"
    assert list(answer["counts"]) == STATES
    assert (answer["truncated"], answer["held"]) == (False, [])
    (document,) = answer["documents"]
    assert list(document) == ["path", "format", "tasks", "warnings"]
    assert (document["path"], document["tasks"]) == ("SPEC.md", 2)
    (warning,) = document["warnings"]
    assert_shaped(warning, WARNING)
    newest, oldest = answer["deliveries"]
    for each in (newest, oldest):
        assert_shaped(each, DELIVERY)
        assert INSTANT.fullmatch(each["createdAt"])
    assert newest["createdAt"] >= oldest["createdAt"]
    assert newest["type"] == "spec-notify.test"


def test_list_of_what_failed_and_of_less_than_there_is(failed: Shop) -> None:
    (dead,) = failed.json("--list", "--failed")["deliveries"]
    cut = failed.json("--list", "--limit", "1")

    assert (dead["state"], dead["lastStatus"], dead["nextAttemptAt"]) == ("dead", 503, None)
    assert (len(cut["deliveries"]), cut["truncated"]) == (1, True)


def test_list_of_what_waits(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(top="[sources.spec]\nhold_above = 1")
    shop.board(T1="Backlog", T2="Backlog", T3="Backlog")
    shop.trust()
    shop.board(T1="Done", T2="Backlog", T3="Backlog")
    shop.run("scan", code=0)
    shop.board(T1="Done", T2="Done", T3="Done")
    shop.run("scan", code=0)

    answer = shop.json("--list")

    (held,) = answer["held"]
    shape = {"document": (str,), "events": (int,), "since": (str,), "reason": (str,)}
    assert_shaped(held, shape)
    assert INSTANT.fullmatch(held["since"])
    (waiting,) = answer["deliveries"]
    assert waiting["state"] == "pending"
    assert INSTANT.fullmatch(waiting["nextAttemptAt"])


def test_test_and_replay(failed: Shop) -> None:
    for words, schema in (("--test", "test/1"), ("--replay --failed", "replay/1")):
        answer = failed.json(*words.split(), code=0)

        assert list(answer) == ["schema", "results"]
        assert answer["schema"] == f"spec-notify/{schema}"
        (result,) = answer["results"]
        assert_shaped(result, RESULT)
        assert (result["state"], result["status"]) == ("delivered", 200)
        assert (failed.root / result["evidence"]).is_file()


def test_a_test_that_cannot_be_sent_has_the_same_shape(shop: Shop) -> None:
    shop.env.pop("SPEC_NOTIFY_SHOP_SECRET")

    (result,) = shop.json("--test", code=78)["results"]

    assert_shaped(result, RESULT)
    assert (result["subscription"], result["delivery"], result["attempts"]) == ("shop", None, 0)


def test_diff(shop: Shop) -> None:
    shop.repository.write("old.md", board(T1="Backlog", T2="Done", T3="Backlog"))
    shop.repository.write("new.md", board(T1="**Done** - shipped", T2="WIP", T4="Done", T5="x: 1"))

    answer = shop.json("diff", "old.md", "new.md", "--all", code=0)

    assert list(answer) == ["schema", "transitions", "warnings"]
    assert answer["schema"] == "spec-notify/diff/1"
    found = {each["key"]: each for each in answer["transitions"]}
    for each in found.values():
        assert_shaped(each, TRANSITION)
        assert each["document"] == "new.md"
    assert {key: each["kind"] for key, each in found.items()} == {
        "T1": "completed",
        "T2": "reopened",
        "T3": "vanished",
        "T4": "completed",
        "T5": "appeared",
    }
    done = found["T1"]
    assert (done["from"], done["to"]) == ("Backlog", "Done")
    assert (done["fromText"], done["toText"]) == ("backlog", "done")
    assert (found["T3"]["to"], found["T3"]["toText"]) == (None, None)
    assert (found["T4"]["from"], found["T4"]["appeared"]) == (None, True)
    for warning in answer["warnings"]:
        assert_shaped(warning, WARNING)


def test_diff_speaks_of_boxes_by_their_marker(shop: Shop) -> None:
    shop.repository.write("tasks-old.md", "- [ ] Wrap the gift\n- [x] Sell the gift\n")
    shop.repository.write("tasks-new.md", "- [X] Wrap the gift\n- [x] Sell the gift\n")

    (done,) = shop.json("diff", "tasks-old.md", "tasks-new.md")["transitions"]

    assert_shaped(done, TRANSITION)
    assert (done["task"], done["fromText"], done["toText"]) == (None, "[ ]", "[x]")
    assert re.fullmatch(r"[0-9a-f]{12}", done["key"])


@pytest.mark.parametrize(
    "words", ["list", "doctor", "config check", "config show", "scan", "accept"]
)
def test_one_document_in_pure_ascii(shop: Shop, words: str) -> None:
    shop.repository.write("SPEC.md", board(T1="Done \u202e\x1b[31m", T2="\u00fcber"))

    done = shop.run(*words.split(), "--json")

    assert done.stdout.count("\n") == 1
    assert done.stdout.isascii()
    assert done.stdout.startswith(f'{{"schema":"spec-notify/{words.replace(" ", "-")}/1"')
