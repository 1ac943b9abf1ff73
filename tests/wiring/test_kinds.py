"""Kinds that are not one HTTP request, from the config to the evidence."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from spec_notify.core.delivery import State
from spec_notify.core.kinds import TARGET_KINDS
from spec_notify.core.message import Secret
from spec_notify.wiring.delivering import drained
from tests.transports.mailbox import Mailbox, serving

from .test_wiring import Desk, desk

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["desk"]


def record(desk: Desk, path: str | None) -> dict[str, Any]:
    assert path is not None
    text = (desk.wiring.root / path).read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def configure(desk: Desk, **keys: object) -> None:
    lines = "\n".join(f"{key} = {json.dumps(value)}" for key, value in keys.items())
    desk.config.write_text(f'enabled = true\n[[subscriptions]]\nname = "shop"\n{lines}\n')
    desk.wiring.reload()


def test_a_file_leaves_by_the_outbox_and_its_evidence_names_it(desk: Desk) -> None:
    configure(desk, type="file", path="out/box", secret_env="SPEC_NOTIFY_SECRET")
    delivery = desk.queue(1)
    (made,) = drained(desk.wiring, 0)

    assert made.delivery.state is State.DELIVERED
    name = f"out/box/{delivery.id}.json"
    envelope = json.loads((desk.wiring.root / name).read_bytes())
    assert envelope["headers"]["webhook-signature"].startswith("v1,")
    told = record(desk, made.evidence)
    assert (told["request"]["method"], told["request"]["file"]) == ("WRITE", name)
    assert told["request"]["host"] is None
    assert told["reason"] == "the file stands"


def test_an_absolute_folder_stays_out_of_the_evidence(desk: Desk, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    configure(desk, type="file", path=str(stick))
    delivery = desk.queue(1)
    (made,) = drained(desk.wiring, 0)

    assert [each.name for each in stick.iterdir()] == [f"{delivery.id}.json"]
    told = record(desk, made.evidence)
    assert told["request"]["file"] == f"{delivery.id}.json"
    assert "stick" not in json.dumps(told)


def test_the_evidence_folder_is_nobodys_outbox(desk: Desk) -> None:
    configure(desk, type="file", path="evidence/commands")
    desk.queue(1)
    (made,) = drained(desk.wiring, 0)

    assert made.delivery.state is State.DEAD
    assert made.delivery.reason == "the folder holds evidence or state of ours: choose another"


def test_a_mail_and_its_conversation_are_one_record(desk: Desk) -> None:
    mailbox = Mailbox()
    with serving(mailbox) as port:
        configure(
            desk,
            type="email",
            url=f"smtp://localhost:{port}",
            to=["team@example.org"],
            **{"from": "notify@example.org"},
            allow_private=True,
        )
        delivery = desk.queue(1)
        (made,) = drained(desk.wiring, 0)

    assert (made.delivery.state, made.delivery.last_status) == (State.DELIVERED, 250)
    assert len(mailbox.mails) == 1
    told = record(desk, made.evidence)
    assert told["request"]["host"] == f"smtp://localhost:{port}"
    assert told["request"]["headers"]["x-spec-notify-delivery"] == delivery.id
    assert told["request"]["recipients"] == 1
    assert [leg["asked"] for leg in told["legs"]] == ["CONNECT", "EHLO", "MAIL", "RCPT 1", "DATA"]
    assert "example.org" not in json.dumps(told["response"])


def test_a_mail_for_nobody_known_is_a_dead_letter_at_once(desk: Desk) -> None:
    with serving(Mailbox({"team@example.org": "550 5.1.1 no such user"})) as port:
        configure(
            desk,
            type="email",
            url=f"smtp://localhost:{port}",
            to=["team@example.org"],
            **{"from": "notify@example.org"},
            allow_private=True,
        )
        desk.queue(1)
        (made,) = drained(desk.wiring, 0)

    assert made.delivery.state is State.DEAD
    assert made.delivery.reason == "SMTP 550 to RCPT 1"


@pytest.mark.parametrize("kind", [each for each in TARGET_KINDS.values() if each.library])
def test_a_kind_whose_extra_is_missing_says_how_to_get_it(
    desk: Desk, kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write(kind=kind.name)
    desk.wiring.reload()
    monkeypatch.setitem(sys.modules, kind.library, None)
    route = desk.wiring.routes()["shop"]

    assert route.unready == "unsupported"
    assert route.why.endswith(f"pip install 'spec-notify[{kind.name}]'")


def test_an_accounts_key_is_a_secret_of_its_own(desk: Desk) -> None:
    desk.write(kind="google-drive")
    desk.wiring.reload()
    endpoint = desk.wiring.routes()["shop"].endpoint

    assert endpoint is not None
    key = json.loads(endpoint.secrets[0].reveal())["private_key"]
    assert endpoint.secrets[1] == Secret(key)


def test_an_account_of_no_use_parks_and_names_the_variable(desk: Desk) -> None:
    desk.write(kind="google-drive")
    desk.wiring.reload()
    desk.env["SPEC_NOTIFY_SECRET"] = '{"type": "c4n4ry"}'
    route = desk.wiring.routes()["shop"]

    assert route.unready == "secret_missing"
    assert route.why == "SPEC_NOTIFY_SECRET: it is not the JSON of a service account's key"
