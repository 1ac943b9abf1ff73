"""No byte that steers a terminal comes out of any command, whoever wrote the text."""

from __future__ import annotations

import socket
import subprocess
import sys
import unicodedata
from typing import TYPE_CHECKING

import pytest

from spec_notify.transports.receiver import Answer
from tests.acceptance.shop import HEAD, PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.shop import Shop

HOSTILE = "\x1b[31mred\x1b]0;title\x07 \u202eesrever\u2066 \u200bzero \x9bmore \x08\x7f"
TITLE = HOSTILE.replace("\n", " ")
COMMANDS = [
    "diff old.md SPEC.md --all",
    "diff SPEC.md old.md --all",
    "explain --file SPEC.md",
    "scan --baseline",
    "scan --deliver",
    "--list",
    "--list --failed",
    "doctor",
    "--test",
    "--replay --failed --dry-run",
    "--replay --failed",
    "config show",
    "config check",
    "evidence verify",
    "evidence audit",
    "report",
    "accept",
]


def assert_harmless(*outputs: bytes) -> None:
    for output in outputs:
        text = output.decode("utf-8")
        steering = {c for c in text if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Cs"}}
        assert steering == set(), text


def document(status: str) -> str:
    rows = [
        f"| T1 | {TITLE} | {status} | {TITLE} |",
        f"| T2{TITLE} | other | {status}{TITLE} | Code |",
        f"|  | {TITLE} {status} | {status} - {TITLE} | Code |",
        f"| T1 | {TITLE} again | {status} | Code |",
    ]
    return HEAD.replace("# Shop", f"# Shop {TITLE}") + "\n".join(rows) + "\n"


@pytest.fixture
def hostile(open_shop: Callable[..., Shop]) -> Shop:
    """Answer a shop where titles, statuses, ids, names and answers are all hostile."""
    answer = (
        f"HTTP/1.1 500 No {HOSTILE}\r\nContent-Length: {len(HOSTILE.encode())}\r\n"
        f"X-Why: {HOSTILE}\r\n\r\n{HOSTILE}"
    ).encode()
    shop = open_shop(answers=lambda _: Answer(raw=answer), retry='schedule = ["10ms"]')
    shop.repository.write("SPEC.md", document("Backlog"))
    shop.repository.write(f"specs/{HOSTILE.replace('/', '')}/tasks.md", "- [ ] one\n")
    shop.repository.write("specs/\u202eevil/tasks.md", document("Backlog"))
    shop.repository.write("specs/none\u200b/tasks.md", "no task\n")
    shop.trust()
    shop.repository.write("old.md", document("Backlog"))
    for path in ("SPEC.md", "specs/\u202eevil/tasks.md"):
        shop.repository.write(path, document("Done"))
    return shop


def raw(shop: Shop, *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "spec_notify", *words],
        cwd=shop.root,
        env=shop.env | {"PYTHONIOENCODING": "utf-8:surrogateescape"},
        capture_output=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("json", [[], ["--json"]], ids=["", "json"])
def test_what_a_document_or_a_receiver_says_steers_nothing(hostile: Shop, json: list[str]) -> None:
    hostile.run("scan", "--deliver", code=0)
    said = b""
    for command in COMMANDS:
        done = raw(hostile, *command.split(), *json)
        assert done.returncode in {0, 1, 75, 78}, (command, done.stderr)
        assert_harmless(done.stdout, done.stderr)
        said += done.stdout + done.stderr
    for trace in (b"red", b"evil", b"esrever", b"500"):
        assert trace in said


def test_a_held_document_s_name_steers_nothing(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(top='[sources.spec]\nhold_above = 1\npaths = ["specs/*/tasks.md"]')
    path = "specs/\u202eevil\u200b/tasks.md"
    shop.repository.write(path, HEAD + "| T1 | a | Backlog | |\n| T2 | b | Backlog | |\n")
    shop.trust()
    shop.repository.write(path, HEAD + "| T1 | a | Done | |\n| T2 | b | Done | |\n")

    for command in ("scan", "--list", "doctor", "accept"):
        done = raw(shop, command)
        assert_harmless(done.stdout, done.stderr)


@pytest.mark.parametrize(
    "word", [TITLE, "--" + TITLE, "\u202e"], ids=["a word", "an option", "bidi"]
)
@pytest.mark.parametrize(
    "command", ["", "--list --limit", "--test", "schema", "evidence verify", "--repo"]
)
def test_the_user_s_own_words_steer_nothing(shop: Shop, command: str, word: str) -> None:
    done = raw(shop, *command.split(), word)

    assert done.returncode == 2
    assert_harmless(done.stdout, done.stderr)


@pytest.mark.parametrize("json", [[], ["--json"]], ids=["", "json"])
def test_what_listen_hears_steers_nothing(shop: Shop, json: list[str]) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "spec_notify", "listen", "--port", "0", "--count", "1", *json],
        cwd=shop.root,
        env=shop.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stderr is not None
    port = int(child.stderr.readline().split(b":")[-1].split()[0])
    body = (HOSTILE + "\udcff").encode("utf-8", "surrogateescape")
    head = f"POST /\x1b[2J HTTP/1.1\r\nHost: x\r\nX-A: \x1b]0;a\x07{HOSTILE}\r\n".encode()
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as line:
        line.sendall(head + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        line.recv(1024)
        stdout, stderr = child.communicate(timeout=PATIENCE)

    assert b"red" in stdout
    assert_harmless(stdout, stderr)
