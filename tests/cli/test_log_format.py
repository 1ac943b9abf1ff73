"""`--log-format json`: everything said on stderr is one object a line, and says the same."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from spec_notify.transports.receiver import failing
from tests.acceptance.shop import SECRET, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.acceptance.shop import Shop

INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z")
LEVELS = {"info", "warning", "error"}


def logged(text: str) -> list[dict[str, Any]]:
    """Read a log; every line of it must be an object that says when, how much and what."""
    lines = [json.loads(line) for line in text.splitlines()]
    for line in lines:
        assert list(line)[:4] == ["at", "level", "event", "message"]
        assert INSTANT.fullmatch(line["at"])
        assert line["level"] in LEVELS
    return lines


@pytest.mark.parametrize(
    ("words", "code", "event"),
    [
        ("nonsense", 2, "error"),
        ("--replay", 2, "error"),
        ("--replay evt_aaaaaaaaaaaaaaaaaaaaaaaaaa", 2, "error"),
        ("--list --limit many", 2, "error"),
        ("--repo no/such/folder --list", 2, "error"),
        ("--config no/such/file --list", 78, "error"),
        ("watch stop", 0, "talk"),
        ("report --html report.html", 0, "talk"),
    ],
)
def test_what_is_said_is_the_same_in_objects(shop: Shop, words: str, code: int, event: str) -> None:
    plain = shop.run(*words.split(), code=code)
    lines = logged(shop.run(*words.split(), "--log-format", "json", code=code).stderr)

    said = "\n".join(f"{line['message']}" for line in lines)
    assert said == plain.stderr.rstrip("\n").removeprefix("spec-notify: ")
    assert {line["event"] for line in lines} == {event}
    assert {line.get("exitCode", 0) for line in lines} == {code}


def test_the_environment_says_it_too_and_the_option_outweighs_it(shop: Shop) -> None:
    asked = shop.run("nonsense", code=2, SPEC_NOTIFY_LOG_FORMAT="json")
    assert logged(asked.stderr)[0]["level"] == "error"

    plain = shop.run("--log-format", "text", "nonsense", code=2, SPEC_NOTIFY_LOG_FORMAT="json")
    assert "{" not in plain.stderr

    for words, env in (
        (["--log-format", "xml"], {}),
        (["--log-format"], {}),
        ([], {"SPEC_NOTIFY_LOG_FORMAT": "xml"}),
    ):
        refused = shop.run("--list", *words, code=2, **env)
        assert refused.stdout == ""
        assert refused.stderr.startswith("spec-notify: ")
        assert "xml" in refused.stderr or "--log-format needs a value" in refused.stderr


def test_data_on_stdout_stays_as_it_is(shop: Shop) -> None:
    assert shop.run("--list", "--log-format", "json").stdout == shop.run("--list").stdout


def test_a_config_nobody_trusts_is_a_warning(shop: Shop) -> None:
    shop.configure(more="# edited since")

    (line,) = logged(shop.run("--list", "--log-format", "json", code=0).stderr)
    assert (line["level"], line["event"]) == ("warning", "warning")
    assert "trust" in line["message"]

    hook = shop.run("hook", "post-commit", "--sync", code=0, SPEC_NOTIFY_LOG_FORMAT="json")
    (said,) = logged(hook.stderr)
    assert (said["level"], said["event"], said["message"]) == ("warning", "hook", line["message"])


def test_quiet_is_quiet_and_failures_are_not(shop: Shop) -> None:
    assert shop.run("watch", "stop", "-q", "--log-format", "json", code=0).stderr == ""
    assert len(logged(shop.run("--replay", "-q", "--log-format", "json", code=2).stderr)) == 1


def test_a_program_that_reads_is_not_asked(shop: Shop) -> None:
    shop.board(T1="Done", T2="Done")
    shop.run("scan", "--deliver", code=0)

    done = shop.run("purge", "--state", "delivered", "--log-format", "json", code=2)

    assert "say --yes" in logged(done.stderr)[0]["message"]


def test_a_watcher_and_its_background_log_say_what_happens(
    open_shop: Callable[..., Shop],
) -> None:
    shop = open_shop(answers=failing(1), retry="max_attempts = 1", more="concurrency = 1")
    shop.board(T1="Backlog", T2="Backlog")
    shop.trust()
    started = json.loads(
        shop.run("watch", "--background", "--log-format", "json", "--json", code=0).stdout
    )
    log: Path = type(shop.root)(started["log"])
    shop.board(T1="Done", T2="Backlog")
    wait_until(lambda: '"dead"' in log.read_text("utf-8"), "a dead letter in the log")
    shop.board(T1="Done", T2="Done")
    wait_until(lambda: '"delivered"' in log.read_text("utf-8"), "a delivery in the log")
    shop.run("watch", "stop", code=0)

    text = log.read_text("utf-8")
    lines = logged(text)

    assert lines[0]["event"] == "ready"
    ended = [line for line in lines if line["event"] == "attempted"]
    assert [(line["state"], line["level"]) for line in ended[:2]] == [
        ("dead", "error"),
        ("delivered", "info"),
    ]
    assert ended[0]["subscription"] == "shop"
    assert ended[0]["delivery"].startswith("dlv_")
    assert [line["task"] for line in lines if line["event"] == "queued"] == ["T1", "T2"]
    assert SECRET not in text
    assert "url-canary" not in text
