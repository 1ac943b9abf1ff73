"""Bad input: a message that names place and fix, a documented exit code, and nothing lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .shop import board, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from .shop import Shop

MISTAKES = [
    pytest.param("evnts = []", ["evnts", "events"], id="misspelt key"),
    pytest.param('timeout = "soon"', ["timeout", "ms, s, m, h or d"], id="no duration"),
    pytest.param('type = "pigeon"', ["type"], id="unknown kind"),
    pytest.param('signature = "wax"', ["signature", "standard"], id="unknown signature"),
]


@pytest.mark.parametrize(("more", "named"), MISTAKES)
def test_a_config_mistake_is_named_with_line_key_and_fix(
    open_shop: Callable[..., Shop], more: str, named: list[str]
) -> None:
    shop = open_shop(more=more)

    checked = shop.run("config", "check", code=78)

    assert ".spec-notify/config.toml:" in checked.stdout
    for each in named:
        assert each in checked.stdout


def test_a_missing_secret_is_named_and_parks_without_an_attempt(shop: Shop) -> None:
    shop.env.pop("SPEC_NOTIFY_SHOP_SECRET")
    assert "SPEC_NOTIFY_SHOP_SECRET" in shop.run("--test", code=78).stderr
    assert "SPEC_NOTIFY_SHOP_SECRET" in shop.run("config", "check", code=78).stdout
    assert "SPEC_NOTIFY_SHOP_SECRET" in shop.run("doctor", code=78).stdout
    shop.board(T1="Done", T2="Backlog")

    shop.run("scan", "--deliver", code=0)

    (parked,) = shop.json("list", "--failed")["deliveries"]
    assert (parked["state"], parked["attempts"]) == ("parked", 0)
    assert parked["reason"] == "secret_missing"


def test_a_parked_delivery_resumes_once_the_secret_is_there(shop: Shop) -> None:
    secret = shop.env.pop("SPEC_NOTIFY_SHOP_SECRET")
    shop.board(T1="Done", T2="Backlog")
    shop.run("scan", "--deliver", code=0)
    shop.env["SPEC_NOTIFY_SHOP_SECRET"] = secret

    shop.run("deliver", code=0)

    assert [told(each) for each in shop.arrivals(1)] == [("T1", "Done")]


def test_an_invalid_url_disables_its_subscription_with_a_warning(shop: Shop) -> None:
    shop.env["SPEC_NOTIFY_SHOP_URL"] = "ftp://example.invalid/x"

    assert "invalid url" in shop.run("--test", code=78).stderr
    shop.board(T1="Done", T2="Backlog")
    shop.run("scan", "--deliver", code=0)
    (parked,) = shop.json("list", "--failed")["deliveries"]
    assert (parked["state"], parked["reason"]) == ("parked", "invalid_url")


BROKEN = [
    pytest.param(b"| ID | Status |\n|-|-|\n| T1 | D\xf6ne |\n", "UTF-8", id="not UTF-8"),
    pytest.param(b"x" * (5 * 1024 * 1024 + 1), "5", id="over 5 MiB"),
    pytest.param(
        b"<<<<<<< ours\n| a |\n=======\n| b |\n>>>>>>> theirs\n", "conflict", id="conflict"
    ),
]


@pytest.mark.parametrize(("content", "why"), BROKEN)
def test_a_document_that_cannot_be_read_keeps_its_snapshot(
    shop: Shop, content: bytes, why: str
) -> None:
    shop.repository.write("SPEC.md", content)
    assert why in shop.run("scan", "--deliver", code=0).stderr

    shop.board(T1="Done", T2="Backlog")
    shop.run("scan", "--deliver", code=0)

    assert [told(each) for each in shop.arrivals(1)] == [("T1", "Done")]


def test_a_document_without_tasks_says_so_loudly(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop()
    shop.repository.write("SPEC.md", "# Only words\n")
    shop.trust()

    assert "NO TASK" in shop.run("list", code=0).stdout
    assert "NO TASK" in shop.run("doctor").stdout
    assert "no task" in shop.run("--test").stderr
    shop.arrivals(1)


def test_an_id_that_is_a_path_never_becomes_one(shop: Shop) -> None:
    text = board(T1="Done", T2="Backlog") + "| ../../../../tmp/evil | x | Done | Code |\n"
    shop.repository.write("SPEC.md", text)

    done = shop.run("scan", "--deliver", code=0)

    assert "SPEC.md:7" in done.stderr
    arrived = shop.arrivals(2)
    assert {told(each) for each in arrived} == {("T1", "Done"), (None, "Done")}
    evidence = [p for p in shop.root.rglob("*.json") if "webhooks" in p.parts]
    assert {p.parent for p in evidence} == {shop.root / "evidence/commands/_unassigned/webhooks"}


def test_a_corrupt_spool_is_kept_aside_and_begins_anew_without_false_events(shop: Shop) -> None:
    shop.board(T1="Done", T2="Backlog")
    shop.run("scan", "--deliver", code=0)
    (spool,) = shop.state.rglob("spool.db")
    spool.write_bytes(b"not a database at all" * 400)

    done = shop.run("scan", "--deliver", code=0)

    assert "damaged" in done.stderr
    assert list(shop.state.rglob("spool.db.corrupt-*"))
    shop.board(T1="Done", T2="Done")
    shop.run("scan", "--deliver", code=0)
    assert [told(each) for each in shop.arrivals(2)] == [("T1", "Done"), ("T2", "Done")]


USAGE = [
    (["--replay"], "replay what?"),
    (["--replay", "nonsense"], "starts with evt_ or dlv_"),
    (["--replay", "dlv_aaaaaaaaaaaaaaaaaaaaaaaaaa"], "no such delivery"),
    (["--test", "--subscription", "nobody"], "no subscription"),
    (["diff", "absent.md", "SPEC.md"], "absent.md"),
    (["schema", "no.such.type"], "no event type"),
]


@pytest.mark.parametrize(("words", "said"), USAGE)
def test_wrong_words_are_exit_code_two(shop: Shop, words: list[str], said: str) -> None:
    assert said in shop.run(*words, code=2).stderr


@pytest.mark.parametrize("words", [["scan", "--deliver"], ["deliver"]])
def test_a_subscription_that_cannot_be_served_is_said_where_users_look(
    shop: Shop, words: list[str]
) -> None:
    shop.env.pop("SPEC_NOTIFY_SHOP_SECRET")
    shop.board(T1="Done", T2="Backlog")
    shop.run("scan", code=0)

    done = shop.run(*words, code=0)

    assert "shop: secret missing: SPEC_NOTIFY_SHOP_SECRET is not set" in done.stderr


def test_a_document_that_cannot_be_read_is_said_by_list(shop: Shop) -> None:
    shop.repository.write("SPEC.md", b"\xff")

    (document,) = shop.json("list")["documents"]

    assert [each["code"] for each in document["warnings"]] == ["unreadable"]


def test_doctor_remembers_a_damaged_spool(shop: Shop) -> None:
    shop.run("scan", code=0)
    (spool,) = shop.state.rglob("spool.db")
    spool.write_bytes(b"not a database at all" * 400)
    shop.run("scan", code=0)

    assert "a damaged spool was kept" in shop.run("doctor").stdout


def test_doctor_finds_an_evidence_root_that_is_no_folder(shop: Shop) -> None:
    shop.repository.write("evidence", "a file")

    assert "evidence is no folder of its own" in shop.run("doctor", code=1).stdout
