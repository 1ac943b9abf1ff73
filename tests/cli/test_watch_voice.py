"""A watcher says a trouble once while it lasts, and again when it comes back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from spec_notify.cli.session import Session
from spec_notify.cli.watch_voice import Voice
from spec_notify.pipeline.intake import Looked

if TYPE_CHECKING:
    import pytest


def voice(*, quiet: bool = False, jsonl: bool = True) -> Voice:
    return Voice(Session(repo=None, config_file=None, json=False, quiet=quiet), jsonl=jsonl)


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [json.loads(line)["message"] for line in capsys.readouterr().err.splitlines()]


def test_a_trouble_is_said_once_while_it_lasts_and_again_when_it_recurs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    speaker = voice()
    for troubles in (["full"], ["full"], [], ["full", "full", "slow"], ["slow"]):
        speaker.troubled("spool", troubles)

    assert said(capsys) == ["full", "full", "slow"]


def test_troubles_of_one_thing_do_not_end_those_of_another(
    capsys: pytest.CaptureFixture[str],
) -> None:
    speaker = voice()
    speaker.troubled("spool", ["full"])
    speaker.troubled("config", [])
    speaker.troubled("spool", ["full"])

    assert said(capsys) == ["full"]


def test_a_document_that_is_not_looked_at_is_said_once_until_it_was(
    capsys: pytest.CaptureFixture[str],
) -> None:
    speaker = voice()
    busy = Looked(deferred={"SPEC.md": "git is in the middle of a merge"})
    for looked in (busy, busy, Looked(), busy):
        speaker.told(looked)

    assert said(capsys) == ["SPEC.md: not looked at: git is in the middle of a merge"] * 2


def test_a_quiet_watcher_still_says_that_it_is_ready(capsys: pytest.CaptureFixture[str]) -> None:
    speaker = voice(quiet=True, jsonl=False)
    speaker.warn("full")
    speaker.ready()

    assert capsys.readouterr().err == "ready\n"
