"""Secrets everywhere, receivers that echo them, DEBUG logging on: not one byte is left."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from spec_notify.transports.receiver import Answer, Receiver

from .canaries import Canary, account, files, found, pair, signing, spellings, token

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from spec_notify.transports.receiver import Request
    from tests.acceptance.shop import Shop

RETRY = '[subscriptions.retry]\nschedule = ["10ms"]\nmax_attempts = 2\n'
KINDS = {
    "webhook": 'type = "webhook"\nsecret_env = "SPEC_NOTIFY_WEBHOOK_SECRET"\n'
    'previous_secret_env = "SPEC_NOTIFY_WEBHOOK_SECRET_OLD"\n',
    "slack": 'type = "slack"\n',
    "github": 'type = "github"\nrepository = "team/product"\n'
    'secret_env = "SPEC_NOTIFY_GITHUB_SECRET"\n',
    "email": 'type = "email"\nto = ["team@example.org"]\nfrom = "notify@example.org"\n'
    'secret_env = "SPEC_NOTIFY_EMAIL_SECRET"\n',
    "google-drive": 'type = "google-drive"\nfolder = "folder"\n'
    'secret_env = "SPEC_NOTIFY_DRIVE_SECRET"\n',
}
COMMANDS = [
    "init",
    "config check",
    "config show",
    "test",
    "test --json",
    "scan --deliver --drain 2s",
    "deliver --drain 1s",
    "list",
    "list --failed --json",
    "explain --file SPEC.md",
    "doctor --json",
    "metrics",
    "replay --failed --yes --drain 3s",
    "evidence verify",
    "history",
]
LOUD = (
    "import logging, os\n"
    "logging.basicConfig(level=1, filename=os.environ['LOUD_LOG'])\n"
    "logging.captureWarnings(True)\n"
)


class Nest:
    """Where the canaries sit: one receiver that answers each with all it knows of it."""

    def __init__(self) -> None:
        self.status = 500
        self.receiver = Receiver(self._echo)
        current, known = signing("current secret")
        previous, old = pair("previous secret")
        key, of_account = account()
        tokens = {each: token(each) for each in ("url token", "slack", "github", "password")}
        self.of = {
            "webhook": [*known, *old, Canary("url token", tokens["url token"].encode())],
            "slack": [Canary("slack", tokens["slack"].encode())],
            "github": [Canary("github", tokens["github"].encode())],
            "email": [Canary("password", tokens["password"].encode())],
            "google-drive": of_account,
        }
        self.receiver.start()
        host, port = self.receiver.url, self.receiver.port
        self.env = {
            "SPEC_NOTIFY_WEBHOOK_URL": f"{host}/webhook/{tokens['url token']}",
            "SPEC_NOTIFY_WEBHOOK_SECRET": current,
            "SPEC_NOTIFY_WEBHOOK_SECRET_OLD": previous,
            "SPEC_NOTIFY_SLACK_URL": f"{host}/slack/{tokens['slack']}",
            "SPEC_NOTIFY_GITHUB_URL": f"{host}/github",
            "SPEC_NOTIFY_GITHUB_SECRET": tokens["github"],
            "SPEC_NOTIFY_EMAIL_URL": f"smtps://127.0.0.1:{port}",
            "SPEC_NOTIFY_EMAIL_SECRET": tokens["password"],
            "SPEC_NOTIFY_DRIVE_SECRET": key,
        }

    @property
    def canaries(self) -> list[Canary]:
        return [each for some in self.of.values() for each in some]

    def _echo(self, request: Request) -> Answer:
        kind = request.path.split("/")[1]
        known = [spellings(each.secret) for each in self.of.get(kind, [])]
        encodings = [*known[0]] if known else []
        first = request.number % 6
        turned = encodings[first:] + encodings[:first]
        spelled = [each[encoding] for encoding in turned for each in known]
        came = repr((request.path, request.headers)).encode() + request.body
        aloud = spellings(self.of[kind][0].secret)["base64"].decode() if known else ""
        names = ("Content-Type", "Server", "X-Request-Id", "Location", "Retry-After")
        return Answer(
            status=self.status,
            headers=tuple((name, aloud) for name in names),
            body=b"\n".join([*spelled, came]),
        )


@pytest.fixture
def nest(open_shop: Callable[..., Shop], tmp_path: Path) -> tuple[Shop, Nest]:
    nest, shop = Nest(), open_shop()
    loud, temporary = tmp_path / "loud", tmp_path / "temporary"
    for folder in (loud, temporary):
        folder.mkdir()
    (loud / "sitecustomize.py").write_text(LOUD)
    known = os.environ.get("PYTHONPATH")
    shop.env |= nest.env | {
        "PYTHONPATH": os.pathsep.join([str(loud), *([known] if known else [])]),
        "PYTHONASYNCIODEBUG": "1",
        "PYTHONDEVMODE": "1",
        "LOUD_LOG": str(tmp_path / "loud.log"),
        "TMPDIR": str(temporary),
    }
    text = "enabled = true\n"
    for name, keys in KINDS.items():
        url = "" if name == "google-drive" else f'url_env = "SPEC_NOTIFY_{name.upper()}_URL"\n'
        text += f'[[subscriptions]]\nname = "{name}"\nevents = ["*"]\nallow_private = true\n'
        text += f'timeout = "2s"\n{url}{keys}{RETRY}'
    text = text.replace('name = "google-drive"\n', 'name = "drive"\nurl = "https://127.0.0.1:1"\n')
    shop.repository.write(".spec-notify/config.toml", text)
    return shop, nest


def test_no_secret_is_left_on_disk_or_said_in_any_encoding(
    nest: tuple[Shop, Nest], tmp_path: Path
) -> None:
    shop, birds = nest
    shop.board(T1="Backlog", T2="Backlog", T3="Backlog")
    said: list[tuple[str, bytes]] = []

    def run(command: str) -> None:
        done = shop.run(*command.split())
        assert "Traceback" not in done.stderr, done.stderr
        assert done.returncode in {0, 1, 2, 69, 75, 78}, (command, done.stderr)
        said.append((f"what {command} says", (done.stdout + done.stderr).encode()))

    run("trust --allow-private")
    shop.board(T1="Done", T2="Done", T3="Done")
    for command in COMMANDS:
        run(command)
    reached = {each.path.split("/")[1] for each in birds.receiver.requests}
    assert reached == {"webhook", "slack", "github"}, "each that echoes must have been reached"
    kinds = {each["subscription"]: each["delivery"] for each in shop.json("list")["deliveries"]}
    for each in kinds.values():
        run(f"explain {each}")
        run(f"export {each}")
    birds.status = 200
    run("replay --failed --yes --drain 3s")
    run("list")
    birds.receiver.stop()

    log = (tmp_path / "loud.log").read_bytes()
    assert b"DEBUG" in log, "logging was not on: this test would prove less than it says"
    arrived = [repr(each).encode() for each in birds.receiver.requests]
    assert len(found(birds.of["github"], [("there", each) for each in arrived])) >= 2
    kept = [*files(tmp_path), *said]
    records = [content for place, content in kept if "/webhooks/" in place]
    assert len([each for each in records if b"[redacted]" in each]) >= 6
    assert found(birds.canaries, kept) == []
