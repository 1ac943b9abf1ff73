"""A bug of ours is told by files and lines; what was in its hands is not."""

from __future__ import annotations

from pathlib import Path

from spec_notify.cli.crash import report
from spec_notify.core.message import Secret

from .canaries import Canary, found, token


def test_a_crash_report_holds_no_value() -> None:
    secret = token("crash")
    try:
        raise KeyError(secret, Secret(secret))  # noqa: TRY301 - the bug itself
    except KeyError as error:
        said = report(error)
    file = Path(said.rpartition(" ")[2])
    text = file.read_bytes()
    file.unlink()

    assert b"test_a_crash_report_holds_no_value" in text
    assert (
        found([Canary("crash", secret.encode())], [("said", said.encode()), ("kept", text)]) == []
    )


def test_a_secret_shows_itself_to_nobody() -> None:
    secret = token("shown")
    held = Secret(secret)
    shown = [repr(held), str(held), f"{held}", f"{held!r:>200}", repr([held]), repr({"a": held})]

    assert (
        found([Canary("shown", secret.encode())], [(each, each.encode()) for each in shown]) == []
    )
