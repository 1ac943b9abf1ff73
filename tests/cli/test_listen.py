"""`listen` misbehaves on request, and the real transport takes it for what it is."""

from __future__ import annotations

import json
import subprocess
import sys
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.acceptance.shop import Shop


@pytest.fixture
def listening(shop: Shop) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Answer what starts `listen` and points the shop's subscription at it."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: str) -> subprocess.Popen[str]:
        child = subprocess.Popen(
            [sys.executable, "-m", "spec_notify", "listen", "--port", "0", *words],
            cwd=shop.root,
            env=shop.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(child)
        assert child.stderr is not None
        url = child.stderr.readline().split()[2]
        shop.env["SPEC_NOTIFY_SHOP_URL"] = f"{url}/hook"
        return child

    yield start
    for child in started:
        child.kill()
        child.communicate()


def history(shop: Shop) -> list[dict[str, Any]]:
    """Make T1 done, deliver, and answer what came of every attempt."""
    shop.board(T1="Done", T2="Backlog")
    shop.run("scan", "--deliver")
    (delivery,) = shop.json("list")["deliveries"]
    (shown,) = shop.json("explain", delivery["delivery"])["deliveries"]
    return list(shown["history"])


def test_it_fails_as_often_and_with_what_it_is_told(shop: Shop, listening: Any) -> None:
    shop.configure(retry='schedule = ["1ms", "1ms"]')
    shop.trust()
    child = listening(
        "--fail", "2", "--status", "429", "--retry-after", "1", "--count", "3", "--json",
        "--secret-env", "SPEC_NOTIFY_SHOP_SECRET",
    )  # fmt: skip

    found = history(shop)

    assert [each["status"] for each in found] == [429, 429, 204]
    assert [each["waitMs"] for each in found] == [1_000, 1_000, None]
    lines = child.communicate(timeout=60)[0].splitlines()
    assert [json.loads(each)["verdict"] for each in lines] == ["signature verified"] * 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--reset", "--fail", "1"), "closed"),
        (("--slow", "5s"), "not done within 1s: still waiting for an answer"),
        (("--fail", "3", "--retry-after", "20", "--slow"), "not done within 1s: still waiting"),
        (("--drip", "400ms", "--fail", "1"), "HTTP 503"),
    ],
)
def test_it_breaks_off_dawdles_and_drips(
    shop: Shop, listening: Any, words: tuple[str, ...], said: str
) -> None:
    shop.configure(more='timeout = "1s"', retry="max_attempts = 1")
    shop.trust()
    listening(*words)

    (attempt,) = history(shop)

    assert (attempt["verdict"], attempt["state"]) == ("retry", "dead")
    assert said in attempt["reason"]


@pytest.mark.parametrize("words", ["--slow soon", "--drip -1s", "--status 99", "--fail -1"])
def test_wrong_words_are_refused(shop: Shop, words: str) -> None:
    assert shop.run("listen", "--port", "0", *words.split(), code=2).stdout == ""


def test_a_stamp_of_thousands_of_digits_is_no_signature_and_no_end(
    shop: Shop, listening: Any
) -> None:
    child = listening("--count", "1", "--secret-env", "SPEC_NOTIFY_SHOP_SECRET")
    url = urlsplit(shop.env["SPEC_NOTIFY_SHOP_URL"])
    connection = HTTPConnection(str(url.hostname), url.port, timeout=60)
    connection.request("POST", "/", b"{}", {"webhook-timestamp": "9" * 5_000})
    assert connection.getresponse().status == 204
    connection.close()

    said, _ = child.communicate(timeout=60)

    assert (child.returncode, said.splitlines()[0]) == (0, "POST /  SIGNATURE WRONG")
