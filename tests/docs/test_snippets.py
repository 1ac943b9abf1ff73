"""What a receiver may copy from docs/snippets takes our requests and refuses all others."""

from __future__ import annotations

import base64
import http.client
import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from spec_notify.core.ed25519 import spell_pair
from spec_notify.core.message import Endpoint, Order, Secret
from spec_notify.core.signature import encode_secret
from spec_notify.targets import webhook

from .pages import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Headers = dict[str, str]
    Change = Callable[[Headers, bytes], tuple[Headers, bytes]]

KEY, OTHER_KEY = b"a key for the snippets of the docs", b"the key that was used before that"
SECRET, OTHER = encode_secret(KEY), encode_secret(OTHER_KEY)
PRIVATE, PUBLIC = spell_pair(KEY[:32])
OTHER_PRIVATE, _ = spell_pair(OTHER_KEY[:32])
EVENT = "evt_en2btazdvss56yp3237ide5q6j"
BODY = '{"type":"spec-kit.task.completed","data":{"title":"Prüfung ✓"}}'.encode()
PACKAGES = ROOT / "tests" / "node" / "node_modules" / "standardwebhooks"


def signed(*secrets: str, ago: int = 0, event: str = EVENT, body: bytes = BODY) -> Headers:
    """Answer the headers of a request as the webhook target rendered it, seconds ago."""
    order = Order(
        event=event,
        type="spec-kit.task.completed",
        delivery="dlv_en2btazdvss56yp3237ide5q6j",
        attempt=1,
        at=time.time_ns() // 1_000_000 - ago * 1000,
        body=body,
        signature="standard",
        endpoint=Endpoint(url=Secret("https://example.org"), secrets=tuple(map(Secret, secrets))),
        user_agent="spec-notify/test",
    )
    return dict(webhook.render(order).headers)


def with_header(name: str, value: str | None) -> Change:
    def change(headers: Headers, body: bytes) -> tuple[Headers, bytes]:
        kept = {known: text for known, text in headers.items() if known != name}
        return (kept if value is None else {**kept, name: value}), body

    return change


def node() -> str:
    found = shutil.which("node")
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("node is not installed, and CI must run the Node receiver")
        pytest.skip("NODE IS NOT INSTALLED: the Node receiver was not tried")
    return found


@contextmanager
def running(*command: str) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """Start a receiver and answer its port and process."""
    child = subprocess.Popen(
        [*command, "0"],
        cwd=ROOT,
        env=os.environ | {"WEBHOOK_SECRET": SECRET, "WEBHOOK_KEY": PUBLIC},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    try:
        yield int(child.stdout.readline().rpartition(" ")[2]), child
    finally:
        child.kill()
        child.communicate()


@pytest.fixture(scope="module", params=["python", "node"])
def receiver(request: pytest.FixtureRequest) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    python = (sys.executable, "docs/snippets/verify.py")
    command = python if request.param == "python" else (node(), "docs/snippets/verify.mjs")
    with running(*command) as started:
        yield started


def post(
    receiver: tuple[int, subprocess.Popen[str]], headers: Headers, body: bytes
) -> tuple[int, str]:
    """Send a request; answer the status and what the receiver said of it."""
    port, child = receiver
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("POST", "/", body, headers)
        status = connection.getresponse().status
    finally:
        connection.close()
    assert child.stdout is not None
    return status, child.stdout.readline().strip()


def test_a_request_of_ours_is_taken_once_and_known_when_it_comes_again(
    receiver: tuple[int, subprocess.Popen[str]],
) -> None:
    first = signed(SECRET, event="evt_first")
    again = signed(SECRET, ago=-2, event="evt_first")

    assert post(receiver, first, BODY) == (204, "new: evt_first spec-kit.task.completed")
    assert post(receiver, again, BODY) == (204, "again: evt_first")


@pytest.mark.parametrize("secrets", [(SECRET, OTHER), (OTHER, SECRET)])
def test_while_secrets_rotate_either_signature_will_do(
    receiver: tuple[int, subprocess.Popen[str]], secrets: tuple[str, ...]
) -> None:
    event = f"evt_rotated{secrets.index(SECRET)}"

    status, said = post(receiver, signed(*secrets, event=event), BODY)

    assert (status, said.split(":")[0]) == (204, "new")


@pytest.mark.parametrize("age", [-290, 290])
def test_a_clock_may_be_almost_five_minutes_off(
    receiver: tuple[int, subprocess.Popen[str]], age: int
) -> None:
    headers = signed(SECRET, ago=age, event=f"evt_off{age}")

    assert post(receiver, headers, BODY)[0] == 204


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda h, b: (h, b[:-1] + b" "), id="a changed byte"),
        pytest.param(lambda h, b: (h, b + b"\n"), id="an added byte"),
        pytest.param(lambda h, _: (h, b""), id="no body"),
        pytest.param(with_header("webhook-id", "evt_other"), id="another id"),
        pytest.param(with_header("webhook-id", None), id="no id"),
        pytest.param(with_header("webhook-timestamp", None), id="no timestamp"),
        pytest.param(with_header("webhook-timestamp", "soon"), id="a timestamp of letters"),
        pytest.param(with_header("webhook-timestamp", "1e9"), id="a timestamp in float"),
        pytest.param(with_header("webhook-timestamp", "9" * 40), id="an endless timestamp"),
        pytest.param(with_header("webhook-signature", None), id="no signature"),
        pytest.param(with_header("webhook-signature", ""), id="an empty list"),
        pytest.param(with_header("webhook-signature", "v1"), id="a list without a comma"),
        pytest.param(with_header("webhook-signature", ", , v1,"), id="a list of commas"),
        pytest.param(with_header("webhook-signature", "v1,é"), id="beyond ASCII"),
        pytest.param(with_header("webhook-signature", "v1," + "A" * 43 + "="), id="a wrong one"),
        pytest.param(
            lambda h, b: (h | {"webhook-signature": h["webhook-signature"].replace("v1", "v2")}, b),
            id="another version",
        ),
        pytest.param(
            lambda h, b: (h | {"webhook-signature": h["webhook-signature"][:-2]}, b),
            id="a part of it",
        ),
        pytest.param(lambda _, b: (signed(OTHER), b), id="another secret"),
        pytest.param(lambda _, b: (signed(SECRET, ago=310), b), id="too old"),
        pytest.param(lambda _, b: (signed(SECRET, ago=-310), b), id="from the future"),
    ],
)
def test_whatever_is_not_ours_is_refused(
    receiver: tuple[int, subprocess.Popen[str]], change: Change
) -> None:
    headers, body = change(signed(SECRET), BODY)

    status, said = post(receiver, headers, body)

    assert (status, said.split(":")[0]) == (401, "refused")


@pytest.fixture(scope="module", params=["python", "node"])
def key_receiver(request: pytest.FixtureRequest) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    python = (sys.executable, "docs/snippets/verify_ed25519.py")
    command = python if request.param == "python" else (node(), "docs/snippets/verify_ed25519.mjs")
    with running(*command) as started:
        yield started


@pytest.mark.parametrize(
    "secrets", [(PRIVATE,), (PRIVATE, SECRET), (SECRET, PRIVATE), (OTHER_PRIVATE, PRIVATE)]
)
def test_whoever_has_the_public_key_takes_what_the_private_one_signed(
    key_receiver: tuple[int, subprocess.Popen[str]], secrets: tuple[str, ...]
) -> None:
    status, said = post(key_receiver, signed(*secrets), BODY)

    assert (status, said) == (204, f"new: {EVENT} spec-kit.task.completed")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda h, b: (h, b[:-1] + b" "), id="a changed byte"),
        pytest.param(with_header("webhook-id", "evt_other"), id="another id"),
        pytest.param(with_header("webhook-timestamp", "soon"), id="a timestamp of letters"),
        pytest.param(with_header("webhook-signature", None), id="no signature"),
        pytest.param(with_header("webhook-signature", "v1a"), id="a list without a comma"),
        pytest.param(with_header("webhook-signature", ", , v1a,"), id="a list of commas"),
        pytest.param(with_header("webhook-signature", "v1a,é"), id="beyond ASCII"),
        pytest.param(
            lambda h, b: (
                h | {"webhook-signature": h["webhook-signature"].replace("v1a", "v1")},
                b,
            ),
            id="another version",
        ),
        pytest.param(
            lambda h, b: (h | {"webhook-signature": h["webhook-signature"][:-4]}, b),
            id="a part of it",
        ),
        pytest.param(lambda _, b: (signed(OTHER_PRIVATE), b), id="another key"),
        pytest.param(lambda _, b: (signed(SECRET), b), id="v1 alone"),
        pytest.param(lambda _, b: (signed(PRIVATE, ago=310), b), id="too old"),
        pytest.param(lambda _, b: (signed(PRIVATE, ago=-310), b), id="from the future"),
    ],
)
def test_whatever_the_private_key_did_not_sign_is_refused(
    key_receiver: tuple[int, subprocess.Popen[str]], change: Change
) -> None:
    headers, body = change(signed(PRIVATE), BODY)

    status, said = post(key_receiver, headers, body)

    assert (status, said.split(":")[0]) == (401, "refused")


VERIFY_THE_VECTORS = """
import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { readFileSync } from "node:fs";
const url = (text) => Buffer.from(text, "base64").toString("base64url");
for (const each of JSON.parse(readFileSync("fixtures/vectors/standard-v1a.json", "utf8"))) {
  const signed = Buffer.from(`${each.id}.${each.timestamp}.${each.body}`, "utf8");
  const mark = Buffer.from(each.signature.slice("v1a,".length), "base64");
  const x = url(each.public.slice("whpk_".length));
  const seed = Buffer.from(each.private.slice("whsk_".length), "base64").subarray(0, 32);
  const pair = { kty: "OKP", crv: "Ed25519", x };
  const open = createPublicKey({ key: pair, format: "jwk" });
  const secret = createPrivateKey({ key: { ...pair, d: url(seed) }, format: "jwk" });
  console.log(verify(null, signed, open, mark) && sign(null, signed, secret).equals(mark));
}
"""


def test_nodes_own_crypto_makes_and_verifies_each_published_vector() -> None:
    vectors = json.loads((ROOT / "fixtures" / "vectors" / "standard-v1a.json").read_bytes())
    done = subprocess.run(
        [node(), "--input-type=module", "-e", VERIFY_THE_VECTORS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split() == ["true"] * len(vectors)


VERIFY_WITH_THE_NPM_PACKAGE = """
import { Webhook } from "standardwebhooks";
const [secret, headers, body] = process.argv.slice(1);
const event = new Webhook(secret).verify(
  Buffer.from(body, "base64").toString("utf8"), JSON.parse(headers));
console.log(event.type);
"""


def npm(headers: Headers, body: bytes) -> subprocess.CompletedProcess[str]:
    """Ask the npm package `standardwebhooks`, which shares no code with ours."""
    command = node()
    if not PACKAGES.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail("run `npm ci --prefix tests/node`: CI must ask the npm package")
        pytest.skip("THE NPM PACKAGE IS NOT INSTALLED: run `npm ci --prefix tests/node`")
    words = [SECRET, json.dumps(headers), base64.b64encode(body).decode()]
    return subprocess.run(
        [command, "--input-type=module", "-e", VERIFY_WITH_THE_NPM_PACKAGE, *words],
        cwd=PACKAGES.parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_npm_package_takes_what_we_sign() -> None:
    done = npm(signed(SECRET), BODY)

    assert done.stdout.strip() == "spec-kit.task.completed", done.stderr


def test_the_npm_package_passes_over_v1a() -> None:
    done = npm(signed(PRIVATE, SECRET), BODY)

    assert done.stdout.strip() == "spec-kit.task.completed", done.stderr


def test_the_npm_package_refuses_a_changed_byte() -> None:
    done = npm(signed(SECRET), BODY[:-1] + b" ")

    assert done.returncode == 1
    assert "No matching signature found" in done.stderr
