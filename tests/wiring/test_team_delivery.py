"""A team told once to receivers that are real: HTTP, SMTP and Drive peers on the loopback."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from msgspec.structs import replace
from standardwebhooks.webhooks import Webhook

from spec_notify.core.errors import NotEnabledError, SecretError, UndeliverableError
from spec_notify.core.message import DriveMessage, HttpMessage, MailMessage, Secret
from spec_notify.core.signature import encode_secret
from spec_notify.core.team import Artifact, Recipient, Team
from spec_notify.disk.credentials import Credentials
from spec_notify.disk.evidence import verify
from spec_notify.transports.drive import DriveTransport
from spec_notify.transports.http import HttpTransport
from spec_notify.transports.receiver import Answer, Receiver, failing
from spec_notify.transports.smtp import SmtpTransport
from spec_notify.transports.wires import Wires
from spec_notify.wiring import now
from spec_notify.wiring.team_delivery import (
    TeamDelivery,
    TeamWiring,
    check_switch,
    signing_secret,
)
from spec_notify.wiring.team_lines import Manner
from tests.targets.kinds import ACCOUNT
from tests.transports.drive_peer import HOST, Drive
from tests.transports.mailbox import LOGIN, Mailbox, serving
from tests.transports.test_drive import account

if TYPE_CHECKING:
    from pathlib import Path

    from spec_notify.wiring.team_delivery import Told
    from tests.transports.conftest import Authority

DONE = Team(
    name="crew",
    namespace="docs",
    uid="u-1",
    phase="Completed",
    artifacts=(Artifact(name="notes.md", path="out/notes.md", produced_by="writer"),),
    on_complete="deliver",
)
SIGNING = encode_secret(b"only for the tests of team runs!")
CANARY = "/T000/B000/c4n4ry-path-Zq8Lm2Xw"


class Job:
    """A state directory, a credentials directory, and a way to run with them as often as asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {"SPEC_NOTIFY_STATE_DIR": str(folder / "state"), "HOME": str(folder)}
        self.credentials = folder / "credentials"
        self.credentials.mkdir()
        self.wired: type[TeamWiring] = TeamWiring

    def secret(self, name: str, **keys: str) -> None:
        """Mount a secret; in its keys an underscore is a hyphen, two are a dot."""
        (self.credentials / name).mkdir(exist_ok=True)
        for key, value in keys.items():
            file = key.replace("__", ".").replace("_", "-")
            (self.credentials / name / file).write_text(value, encoding="utf-8")

    def run(
        self, *recipients: Recipient, team: Team = DONE, again: bool = False, **manner: Any
    ) -> list[Told]:
        """Tell the team to these recipients, once."""
        known = {"allow_private": True, "attempts": 1, **manner}
        delivery = TeamDelivery(
            replace(team, recipients=recipients),
            credentials=Credentials(self.credentials),
            manner=Manner(**known),
            env=self.env,
            wired=self.wired,
        )
        told = delivery.tell(20_000, by="ada", again=again)
        assert delivery.take_warnings() == []
        return told

    def records(self) -> list[dict[str, Any]]:
        """Answer what the evidence says, oldest first."""
        files = sorted(self.folder.glob("state/teams/*/evidence/commands/*/webhooks/*.json"))
        return [json.loads(each.read_bytes()) for each in files]


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path)


def errors(told: list[Told]) -> list[str | None]:
    return [each.error for each in told]


def webhook(url: str, **facts: Any) -> Recipient:
    return Recipient(type="webhook", url=url, **facts)


def test_each_target_is_told_in_its_own_way(job: Job) -> None:
    with Receiver() as hooks, Receiver() as chat:
        job.secret("chat", slack_webhook_url=f"{chat.url}{CANARY}\n")
        told = job.run(
            webhook(f"{hooks.url}/team", message="Ready."),
            Recipient(type="slack", channel="#docs", credentials_secret="chat"),
        )
        (posted,), (said,) = hooks.requests, chat.requests

    assert errors(told) == [None, None]
    assert json.loads(posted.body) == {
        "event": "team.completed",
        "team": "crew",
        "namespace": "docs",
        "phase": "Completed",
        "message": "Ready.",
        "artifacts": [{"name": "notes.md", "path": "out/notes.md", "producedBy": "writer"}],
    }
    assert posted.header("content-type") == "application/json"
    assert posted.header("webhook-signature") is None
    assert said.path == CANARY
    assert json.loads(said.body) == {
        "text": "Team *crew* finished with phase *Completed*.\n"
        "Artifacts:\n• notes.md (by writer)\n",
        "channel": "#docs",
    }
    assert [each.facts() for each in told] == [
        {"type": "webhook", "target": hooks.url},
        {"type": "slack", "target": "#docs"},
    ]
    assert all(each.delivered_at for each in told)


def test_one_failure_hurts_no_neighbour(job: Job) -> None:
    with Receiver(lambda _: Answer(status=404)) as broken, Receiver() as sound:
        told = job.run(
            webhook(broken.url),
            webhook(""),
            Recipient(type="slack", credentials_secret="nowhere"),
            webhook(sound.url),
            Recipient(type="pigeon"),
        )
        assert len(broken.requests) == len(sound.requests) == 1

    assert [each.success for each in told] == [False, False, False, True, False]
    assert errors(told) == [
        "HTTP 404 Not Found",
        "url is missing",
        "secret nowhere (key slack-webhook-url) is not mounted in the credentials folder",
        None,
        'delivery type not yet implemented: "pigeon"',
    ]
    assert all(each.delivered_at for each in told)
    assert {each["verdict"] for each in job.records()} == {"rejected", "delivered"}
    assert len(job.records()) == 5


@pytest.mark.parametrize("status", [302, 400, 403, 500])
def test_what_is_no_2xx_is_a_failure(job: Job, status: int) -> None:
    with Receiver(lambda _: Answer(status=status)) as peer:
        job.secret("chat", slack_webhook_url=peer.url)
        told = job.run(webhook(peer.url), Recipient(type="slack", credentials_secret="chat"))

    assert [each.success for each in told] == [False, False]
    assert all(f"HTTP {status}" in (each.error or "") for each in told)


def test_a_target_that_recovers_within_the_attempts_is_delivered(job: Job) -> None:
    with Receiver(failing(1)) as peer:
        (told,) = job.run(webhook(peer.url), attempts=2)
        first, second = peer.requests

    assert told.success
    assert told.delivery.attempts == 2
    assert first.header("webhook-id") == second.header("webhook-id")


def test_a_team_without_recipients_is_an_event_and_no_delivery(job: Job) -> None:
    assert job.run() == []
    assert job.records() == []
    assert job.run(Recipient(type="webhook"), team=Team(name="crew", phase="Completed")) == []


def test_a_second_run_sends_nothing_again_and_an_edited_entry_alone(job: Job) -> None:
    with Receiver() as peer, Receiver(failing(1)) as shaky:
        first = job.run(webhook(peer.url), webhook(shaky.url, message="a"))
        second = job.run(webhook(peer.url), webhook(shaky.url, message="a"))
        third = job.run(webhook(peer.url), webhook(shaky.url, message="b"))
        ids = [each.header("webhook-id") for each in shaky.requests]

        assert len(peer.requests) == 1
    assert [each.success for each in first] == [True, False]
    assert [each.before for each in second] == [True, False]
    assert [each.before for each in third] == [True, False]
    assert all(each.success for each in (*second, *third))
    assert ids[0] == ids[1] != ids[2]
    assert second[0].delivered_at == first[0].delivered_at


def test_a_team_that_ends_otherwise_or_anew_is_told_anew(job: Job) -> None:
    with Receiver() as peer:
        teams = [
            DONE,
            replace(DONE, uid="u-2", artifacts=()),
            replace(DONE, uid="u-2", artifacts=(), phase="TimedOut"),
        ]
        for team in (*teams, *teams):
            job.run(webhook(peer.url), team=team)
        sent = [json.loads(each.body)["event"] for each in peer.requests]

    assert sent == ["team.completed", "team.completed", "team.timedout"]


def test_again_sends_what_was_delivered_under_the_same_id(job: Job) -> None:
    with Receiver() as peer:
        job.run(webhook(peer.url))
        (told,) = job.run(webhook(peer.url), again=True)
        first, second = peer.requests

    assert not told.before
    assert first.header("webhook-id") == second.header("webhook-id")
    assert job.records()[-1]["replay"]["by"] == "ada"


def test_equal_entries_are_each_told(job: Job) -> None:
    with Receiver() as peer:
        told = job.run(webhook(peer.url), webhook(peer.url))
        assert len(peer.requests) == 2

    assert len({each.delivery.id for each in told}) == 2


def test_runs_at_the_same_time_send_each_message_once(job: Job) -> None:
    with Receiver(lambda _: Answer(delay=100)) as peer:
        entries = [webhook(peer.url, message=str(n)) for n in range(5)]
        with ThreadPoolExecutor(3) as pool:
            runs = [pool.submit(job.run, *entries) for _ in range(3)]
            told = [each for run in runs for each in run.result()]
        assert len(peer.requests) == 5

    assert all(each.success or each.queued for each in told)
    assert all(each.success for each in job.run(*entries))


def test_it_is_signed_where_a_secret_is_given_and_the_evidence_says_which(job: Job) -> None:
    with Receiver() as peer:
        (plain,) = job.run(webhook(peer.url))
        (signed,) = job.run(webhook(peer.url), secret=Secret(SIGNING), again=True)
        Webhook(SIGNING).verify(peer.requests[1].body, dict(peer.requests[1].headers))

    assert (plain.signed, signed.signed) == (False, True)
    assert [each["request"]["signed"] for each in job.records()] == [False, True]


def test_no_secret_is_kept_or_said(job: Job) -> None:
    with Receiver(lambda _: Answer(status=500, body=CANARY.encode())) as peer:
        job.secret("chat", slack_webhook_url=f"{peer.url}{CANARY}")
        told = job.run(
            Recipient(type="slack", credentials_secret="chat"), webhook(f"{peer.url}{CANARY}")
        )

    assert CANARY[6:] not in repr(told)
    kept = b"".join(each.read_bytes() for each in job.folder.rglob("state/**/*") if each.is_file())
    assert CANARY.encode() not in kept
    assert SIGNING.encode() not in kept


def test_the_evidence_stands_and_proves_itself(job: Job) -> None:
    with Receiver() as peer:
        (told,) = job.run(webhook(peer.url))

    assert told.evidence is not None
    assert json.loads(told.evidence.read_bytes())["verdict"] == "delivered"
    report = verify(told.evidence.parents[3])
    assert report.ok


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://169.254.169.254/latest", "link-local"),
        ("https://[fd00:ec2::254]/", "a cloud metadata service"),
        ("ftp://example.org", "url: the URL does not start with https://"),
        ("https://user:pw@example.org", "the URL holds a user name or password"),
    ],
)
def test_some_addresses_are_refused_whatever_is_said(job: Job, url: str, why: str) -> None:
    (told,) = job.run(webhook(url))

    assert why in (told.error or "")
    assert not told.success


def test_private_addresses_need_the_user_s_word(job: Job) -> None:
    with Receiver() as peer:
        job.secret("chat", slack_webhook_url=peer.url)
        told = job.run(
            webhook(peer.url),
            Recipient(type="slack", credentials_secret="chat"),
            webhook("https://10.0.0.7/x"),
            allow_private=False,
        )
        assert peer.requests == []

    assert all("--allow-private" in (each.error or "") for each in told)


@pytest.mark.parametrize(
    ("entry", "keys", "why"),
    [
        (Recipient(type="slack"), {}, "credentialsSecret is missing: its key slack-webhook-url"),
        (Recipient(type="slack", credentials_secret="../x"), {}, "is no name of a secret"),
        (Recipient(type="slack", credentials_secret="own"), {}, "secret own has no key slack-"),
        (
            Recipient(type="slack", credentials_secret="own"),
            {"slack_webhook_url": "\n"},
            "secret own has nothing under its key slack-webhook-url",
        ),
        (
            Recipient(type="slack", credentials_secret="own"),
            {"slack_webhook_url": "x"},
            "slack-webhook-url: the URL does not start with https://",
        ),
        (
            Recipient(type="webhook", fault="url is no text"),
            {},
            "url is no text",
        ),
        (
            Recipient(type="", fault="type is missing"),
            {},
            'delivery type not yet implemented: "": type is missing',
        ),
    ],
)
def test_what_an_entry_lacks_is_named(
    job: Job, entry: Recipient, keys: dict[str, str], why: str
) -> None:
    job.secret("own", **keys)

    assert why in (errors(job.run(entry))[0] or "")


def test_credentials_are_asked_for_where_nothing_names_them(job: Job) -> None:
    with pytest.raises(UndeliverableError, match="--credentials or SPEC_NOTIFY_CREDENTIALS_DIR"):
        Credentials(None).get("chat", "slack-webhook-url")
    job.secret("chat")
    (job.credentials / "chat" / "slack-webhook-url").write_bytes(b"\xff")
    (job.credentials / "chat" / "folder").mkdir()
    for key in ("slack-webhook-url", "folder"):
        with pytest.raises(UndeliverableError, match=f"the key {key} of secret chat cannot be"):
            Credentials(job.credentials).get("chat", key)
    assert "credentials" in repr(Credentials(job.credentials))


async def loopback(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


def trusting(authority: Authority) -> type[TeamWiring]:
    """Wires that trust our own authority and find every name on this machine."""

    class Trusting(TeamWiring):
        def transport(self) -> Wires:
            def http() -> HttpTransport:
                return HttpTransport(tls=authority.client, resolver=loopback)

            return Wires(
                {
                    HttpMessage: http,
                    MailMessage: lambda: SmtpTransport(tls=authority.client, resolver=loopback),
                    DriveMessage: lambda: DriveTransport(http()),
                }
            )

    return Trusting


MAIL = Recipient(
    type="email",
    to=("team@example.org", "ada@example.org"),
    subject="The notes are ready",
    message="Read them at https://example.org/notes.\nThen say so.",
    artifact_path="out/notes.md",
    attachment_path="out/notes.pdf",
    credentials_secret="mail",
)


def mailing(job: Job, port: int, **keys: str) -> None:
    known = {"smtp_host": "mail.test", "smtp_port": str(port)}
    known |= {"smtp_username": LOGIN[0], "smtp_password": LOGIN[1]}
    job.secret("mail", **known | keys)


def test_a_mail_arrives_over_tls_after_a_login(job: Job, authority: Authority) -> None:
    job.wired, box = trusting(authority), Mailbox()
    with serving(box, starttls=authority.server("DNS:mail.test"), login=True) as port:
        mailing(job, port)
        (told,) = job.run(MAIL)

    assert told.error is None
    assert told.facts()["target"] == "team@example.org,ada@example.org"
    (mail,) = box.mails
    assert (box.secure, box.authenticated) == ([True], [True])
    assert mail.rcpt_tos == ["team@example.org", "ada@example.org"]
    assert isinstance(mail.content, bytes)
    read = message_from_bytes(mail.content, policy=default)
    assert read["Subject"] == "The notes are ready"
    assert read["From"] == LOGIN[0]
    text = read.get_body(("plain",))
    assert text is not None
    assert text.get_content().replace("\u2060", "").splitlines()[:7] == [
        "Read them at https://example.org/notes.",
        "Then say so.",
        "Artifact (where the team left it): out/notes.md",
        "Attachment (where the team left it): out/notes.pdf",
        "",
        "Team crew → Completed",
        "",
    ]
    page = read.get_body(("html",))
    assert page is not None
    assert "<p>Then say so.</p>" in page.get_content()
    assert LOGIN[1] not in json.dumps(job.records())


def test_a_relay_that_asks_for_no_login_gets_empty_keys(job: Job) -> None:
    box = Mailbox()
    with serving(box) as port:
        mailing(job, port, smtp_username="", smtp_password="", smtp_host="127.0.0.1")
        job.secret("mail", smtp_from="notify@example.org")
        told = job.run(MAIL)

    assert errors(told) == [None]
    assert box.authenticated == [False]


@pytest.mark.parametrize(
    ("changed", "keys", "why"),
    [
        ({}, {"smtp_host": None}, "secret mail has no key smtp-host"),
        ({}, {"smtp_port": None}, "secret mail has no key smtp-port"),
        ({}, {"smtp_username": None}, "secret mail has no key smtp-username"),
        ({}, {"smtp_password": None}, "secret mail has no key smtp-password"),
        ({}, {"smtp_port": "25x"}, "smtp-host and smtp-port: the URL's host or port cannot"),
        ({}, {"smtp_host": "::1", "smtp_port": "1"}, "::1 port 1: "),
        ({}, {"smtp_username": "apikey"}, "add a key smtp-from with the sender's"),
        ({"to": ()}, {}, "to is missing"),
        ({"to": ("x",)}, {}, "to holds what is no mail address"),
        ({"credentials_secret": None}, {}, "credentialsSecret is missing: its key smtp-host"),
    ],
)
def test_what_a_mail_lacks_is_named(
    job: Job, changed: dict[str, Any], keys: dict[str, str | None], why: str
) -> None:
    mailing(job, 1)
    for key, value in keys.items():
        if value is None:
            (job.credentials / "mail" / key.replace("_", "-")).unlink()
        else:
            job.secret("mail", **{key: value})

    (told,) = job.run(replace(MAIL, **changed))

    assert why in (told.error or "")
    assert not told.success


def test_a_file_stands_in_the_drive(job: Job, authority: Authority) -> None:
    job.wired = trusting(authority)
    key = generate_private_key(public_exponent=65_537, key_size=2_048)
    drive = Drive(key.public_key(), authority.server(f"DNS:{HOST}"), now=now())
    with drive.receiver:
        job.secret("drive", service_account__json="")
        mounted = job.credentials / "drive" / "service-account.json"
        mounted.write_text(account(drive, key))
        entry = Recipient(
            type="google-drive",
            folder="1AbC",
            url=drive.url,
            message="Ready.",
            credentials_secret="drive",
        )
        first, second = job.run(entry), job.run(entry)

    assert errors(first) == errors(second) == [None]
    assert second[0].before
    (kept,) = drive.contents()
    told = json.loads(json.loads(kept)["body"])
    assert (told["team"], told["message"]) == ("crew", "Ready.")
    assert first[0].facts()["target"] == "1AbC"
    assert "PRIVATE KEY" not in json.dumps(job.records())


@pytest.mark.parametrize(
    ("changed", "text", "why"),
    [
        ({}, None, "secret drive has no key service-account.json"),
        ({}, "{}", "service-account.json: it is"),
        ({"folder": "a/b"}, "good", "folder is no id of a folder"),
        ({"folder": None}, "good", "folder is no id of a folder"),
        ({"url": "http://127.0.0.1/"}, "good", "url: the URL does not start with https://"),
    ],
)
def test_what_a_file_lacks_is_named(
    job: Job, changed: dict[str, Any], text: str | None, why: str
) -> None:
    job.secret("drive")
    if text is not None:
        mounted = job.credentials / "drive" / "service-account.json"
        mounted.write_text(ACCOUNT if text == "good" else text)
    facts = {"type": "google-drive", "folder": "1AbC", "credentials_secret": "drive"}

    assert why in (errors(job.run(Recipient(**facts | changed)))[0] or "")


def test_the_signing_secret_comes_from_the_environment_or_its_folder(tmp_path: Path) -> None:
    (tmp_path / "SPEC_NOTIFY_TEAM_SECRET").write_text(f"{SIGNING}\n")

    assert signing_secret({}) is None
    assert signing_secret({"SPEC_NOTIFY_TEAM_SECRET": SIGNING}) == Secret(SIGNING)
    assert signing_secret({"SPEC_NOTIFY_SECRETS_DIR": str(tmp_path)}) == Secret(SIGNING)
    with pytest.raises(SecretError, match="SPEC_NOTIFY_TEAM_SECRET: a signing secret starts"):
        signing_secret({"SPEC_NOTIFY_TEAM_SECRET": "hunter2"})


def test_the_switch_switches_this_off_too() -> None:
    check_switch({"SPEC_NOTIFY_ENABLED": "1"})
    with pytest.raises(NotEnabledError, match="SPEC_NOTIFY_ENABLED=0"):
        check_switch({"SPEC_NOTIFY_ENABLED": "0"})
