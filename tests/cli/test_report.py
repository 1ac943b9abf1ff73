"""`report` end to end: what the spool and the evidence hold, judged and shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from spec_notify.transports.receiver import failing
from tests.acceptance.shop import Shop
from tests.cli.test_board import on_a_terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def open_told(folder: Path) -> Shop:
    """Open a shop with a dead letter, a delivery that needed a second try, and one that waits."""
    retry = 'schedule = ["10ms"]'
    shop = Shop(folder, answers=failing(3), retry=retry, more="concurrency = 1")
    shop.board(T1="Backlog", T2="Backlog", T3="Backlog")
    shop.trust()
    shop.board(T1="Done", T2="Backlog", T3="Backlog")
    shop.run("scan", "--deliver", code=0)
    shop.board(T1="Done", T2="Done", T3="Backlog")
    shop.run("scan", "--deliver", code=0)
    shop.board(T1="Done", T2="Done", T3="Done")
    shop.run("scan", code=0)
    return shop


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Answer such a shop for tests that only read it."""
    shop = open_told(tmp_path_factory.mktemp("told"))
    yield shop
    shop.close()


def goals(document: dict[str, Any]) -> dict[str, tuple[float | None, int, str]]:
    return {
        each["goal"]: (each["value"], each["of"], each["judgement"]) for each in document["goals"]
    }


def test_every_figure_is_in_the_document(told: Shop) -> None:
    document = told.json("report", code=0)

    assert document["schema"] == "spec-notify/report/1"
    assert list(document) == [
        "schema",
        "repository",
        "window",
        "ok",
        "goals",
        "totals",
        "attempts",
        "retries",
        "latency",
        "waiting",
        "replays",
        "deadLetters",
        "subscriptions",
        "overTime",
        "evidence",
        "summary",
        "total_duration_ms",
        "steps",
    ]
    assert document["totals"] == {
        "deliveries": 3,
        "delivered": 1,
        "dead": 1,
        "pending": 1,
        "in_flight": 0,
        "parked": 0,
        "cancelled": 0,
        "dryRun": 0,
        "success": 0.5,
        "acknowledged": 0,
    }
    assert (document["attempts"], document["retries"], document["ok"]) == (4, 2, False)
    assert document["latency"]["toFirstAttempt"]["count"] == 2
    assert (
        0
        <= document["latency"]["toDelivery"]["p50Ms"]
        == document["latency"]["toDelivery"]["p99Ms"]
    )
    assert document["waiting"]["count"] == 1
    assert document["replays"] == {
        "replayed": 0,
        "delivered": 0,
        "dead": 0,
        "inTime": 0,
        "failed": 0,
    }
    (dead,) = document["deadLetters"]
    assert dead["count"] == 1
    assert "exhausted after 2 attempts" in dead["reason"]
    (line,) = document["subscriptions"]
    assert (line["subscription"], line["delivered"], line["dead"], line["pending"]) == (
        "shop",
        1,
        1,
        1,
    )
    judged = goals(document)
    assert judged["success"] == (0.5, 2, "fail")
    assert judged["replays_needed"] == (0.5, 2, "fail")
    assert judged["replay_success"] == (None, 0, "no data")
    assert judged["signed"] == (1.0, 4, "pass")
    assert judged["first_attempt_p95"][1:] == (2, "pass")
    (folder,) = document["evidence"]["directories"]
    assert folder["files"] == 4
    assert judged["evidence"] == (folder["bytes"], 1, "pass")
    assert document["window"]["retention"] == "7d"
    assert document["window"]["complete"] is True
    assert sum(each["delivered"] for each in document["overTime"]) == 1


def test_it_ends_with_what_a_pipelines_report_step_says(told: Shop) -> None:
    document = told.json("report", code=0)

    assert document["summary"] == {"total": 3, "passed": 1, "failed": 1, "skipped": 1}
    assert document["total_duration_ms"] == sum(
        each["duration_ms"] or 0 for each in document["steps"]
    )
    assert [
        (each["step_type"], each["service"], each["success"], each["skipped"])
        for each in document["steps"]
    ] == [
        ("spec-kit.task.completed", "shop", False, False),
        ("spec-kit.task.completed", "shop", True, False),
        ("spec-kit.task.completed", "shop", False, True),
    ]
    short = told.json("report", "--limit", "1", code=0)
    assert short["steps"] == document["steps"][-1:]
    assert short["summary"] == document["summary"]


def test_a_missed_goal_is_exit_1_only_when_asked_for(told: Shop) -> None:
    assert told.run("report").returncode == 0
    assert told.run("report", "--strict").returncode == 1
    assert told.run("report", "--strict", "--json").returncode == 1
    assert (
        told.run("report", "--since", "2030-01-01", "--until", "2031-01-01", "--strict").returncode
        == 0
    )


def test_a_person_reads_a_table(told: Shop) -> None:
    said = told.run("report", code=0).stdout

    assert "3 deliveries: 1 delivered, 1 dead, 1 pending, 0 parked, 0 cancelled, 0 dry" in said
    assert "4 attempts, 2 after a first one" in said
    assert "NFR: Non-Functional Requirements" in said
    assert "1 dead letter: HTTP 503" in said
    assert "note: 1 delivery not tried yet, the oldest detected 2" in said
    shown = on_a_terminal(told, "report")
    assert "section" in shown
    assert "\x1b[31mfail" in shown
    assert "\x1b[32mpass" in shown


def test_the_time_may_be_narrowed(told: Shop) -> None:
    for words in (
        ["--since", "1h"],
        ["--since", "2020-01-01"],
        ["--since", "99999999d"],
        ["--until", "2031-01-01T00:00:00Z"],
    ):
        assert told.json("report", *words, code=0)["totals"]["deliveries"] == 3
    later = told.json("report", "--until", "1h", code=0)
    assert later["totals"]["deliveries"] == 0
    assert later["totals"]["success"] is None
    assert goals(later)["success"] == (None, 0, "no data")
    assert goals(later)["signed"] == (None, 0, "no data")
    old = told.json("report", "--since", "30d", code=0)
    assert old["window"]["complete"] is False
    assert "the spool keeps what is finished for 7d" in told.run("report", "--since", "30d").stdout


def test_a_dry_run_is_no_delivery(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(more="dry_run = true")
    shop.board(T1="Backlog")
    shop.trust()
    shop.board(T1="Done")
    shop.run("scan", "--deliver", code=0)

    document = shop.json("report", code=0)

    assert (document["totals"]["dryRun"], document["totals"]["delivered"]) == (1, 0)
    assert document["summary"] == {"total": 1, "passed": 0, "failed": 0, "skipped": 1}
    assert {goals(document)[key] for key in ("success", "signed")} == {(None, 0, "no data")}


def test_where_nothing_ever_happened_there_is_no_data(shop: Shop) -> None:
    document = shop.json("report", code=0)

    judged = {each["judgement"] for each in document["goals"]}
    assert judged == {"no data"}
    assert (document["ok"], document["summary"]["total"]) == (True, 0)
    assert shop.run("report", "--strict", code=0).stdout.count("no data") >= 10


def test_a_page_is_written_whole_beside_the_document(told: Shop, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text("old")

    done = told.run("report", "--html", str(file), code=0)

    assert done.stdout == ""
    assert f"wrote {file}" in done.stderr
    assert file.read_text("utf-8").startswith("<!doctype html>")
    assert sorted(each.name for each in tmp_path.glob("report.html*")) == ["report.html"]
    both = told.run("report", "--html", str(file), "--json", "--quiet", code=0)
    assert json.loads(both.stdout)["schema"] == "spec-notify/report/1"
    assert both.stderr == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--since", "yesterday"], "yesterday is no instant"),
        (["--since", ""], "an empty text is no instant"),
        (["--since", "1h", "--until", "2h"], "--since is not before --until"),
        (["--html", "no/such/folder/x.html"], "x.html: No such file"),
        (["--html", "."], ".: "),
        (["--limit", "-1"], "-1"),
    ],
)
def test_wrong_words_are_refused(told: Shop, words: list[str], said: str) -> None:
    before = sorted(told.root.iterdir())

    done = told.run("report", *words, code=2)

    assert said in done.stderr
    assert done.stdout == ""
    assert sorted(told.root.iterdir()) == before


def test_what_is_replayed_or_purged_later_is_told_apart(told: Shop) -> None:
    """The last to read this shop, for it changes it."""
    told.run("--replay", "--failed", "--yes", code=0)

    replayed = told.json("report", code=0)

    assert replayed["replays"] == {
        "replayed": 1,
        "delivered": 1,
        "dead": 0,
        "inTime": 1,
        "failed": 0,
    }
    assert goals(replayed)["replay_success"] == (1.0, 1, "pass")
    counted = replayed["latency"]["toDelivery"]["count"]
    assert counted == replayed["totals"]["delivered"] - 1

    told.run("purge", "--state", "delivered", "--yes", code=0)

    purged = told.json("report", code=0)
    assert purged["totals"]["delivered"] == 0
    records = purged["window"]["forgottenRecords"]
    assert records >= 4
    said = told.run("report", code=0).stdout
    assert f"{records} evidence records of deliveries that have left the spool" in said
