"""A user's mistake is exit code 2 with a line that helps; never a bug, never a crash file."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.shop import Shop

MISTAKES = [
    (["deliver", "--drain", "soon"], "'soon' is no duration"),
    (["scan", "--deliver", "--drain", "5 parsecs"], "is no duration"),
    (["--replay", "--failed", "--drain", "soon"], "is no duration"),
    (["--replay", "--since", "yesterday"], "is no instant"),
    (["listen", "--port", "99999"], "99999"),
    (["listen", "--port", "-1"], "-1"),
    (["listen", "--fail", "-1"], "-1"),
    (["demo", "--svg", "no/such/folder/x.svg"], "no/such/folder/x.svg"),
    (["demo", "--svg", "."], "cannot be written"),
    (["demo", "--keep", "SPEC.md/x"], "SPEC.md/x"),
    (["--repo", "no/such/folder", "--list"], "no/such/folder"),
    (["--list", "--repo", "SPEC.md"], "SPEC.md"),
    (["--list", "--repo="], "--repo needs a value"),
    (["diff", "a", "b", "--repo", "no/such"], "no/such"),
    (["--list", "--config"], "--config needs a value"),
    (["--list", "--limit", "-1"], "-1"),
    (["--list", "--limit", "0"], "0"),
    (["--list", "--limit", "many"], "many"),
    (["--test", "bad/../id"], "bad/../id"),
    (["--test", ".."], "no SPEC id"),
    (["--test", "S" * 129], "no SPEC id"),
    (["evidence", "verify", "no/such/folder"], "no/such/folder"),
    (["evidence", "verify", "SPEC.md"], "SPEC.md"),
    (["evidence", "audit", "no/such/folder"], "no/such/folder"),
    (["nonsense"], "nonsense"),
]


@pytest.mark.parametrize(
    ("words", "said"), MISTAKES, ids=[" ".join(each[0])[:40] for each in MISTAKES]
)
def test_a_mistake_is_named_and_nothing_happens(
    shop: Shop, tmp_path: Path, words: list[str], said: str
) -> None:
    crashes = tmp_path / "temporary"
    crashes.mkdir()

    done = shop.run(*words, code=2, TMPDIR=str(crashes))

    assert said in done.stderr
    assert done.stdout == ""
    assert list(crashes.iterdir()) == []
    assert shop.receiver.connections == 0


def test_a_wrong_drain_is_refused_before_the_look(shop: Shop) -> None:
    shop.board(T1="Done", T2="Backlog")

    shop.run("scan", "--deliver", "--drain", "soon", code=2)

    assert shop.json("list")["counts"]["pending"] == 0
    assert len(shop.json("scan")["events"]) == 1


def test_a_port_that_is_taken_is_named(shop: Shop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        assert f"port {port}" in shop.run("listen", "--port", port, code=2).stderr


def test_a_folder_inside_the_repository_stands_for_it(shop: Shop) -> None:
    (shop.root / "docs").mkdir()

    assert shop.json("--repo", "docs", "list") == shop.json("list")


def test_init_says_that_a_file_is_in_its_way(shop: Shop) -> None:
    (shop.root / ".spec-notify/config.toml").unlink()
    (shop.root / ".spec-notify").rmdir()
    (shop.root / ".spec-notify").write_text("not a folder")

    assert "cannot be written" in shop.run("init", code=2).stderr


URLS = [
    ("ftp://example.org/x", "https://"),
    ("example.org/hook", "https://"),
    ("https://:443/hook", "host"),
    ("https://ada:secret@example.org/", "user name or password"),
    ("https://169.254.169.254/latest", "no setting allows it"),
    ('https://example.org/"x', "percent-encode"),
    ("http://example.org/hook", "--allow-private"),
    ("http://127.0.0.1:8787/hook", "--allow-private"),
    ("https://localhost/hook", "--allow-private"),
    ("https://10.1.2.3/hook", "--allow-private"),
    ("https://[fc00::1]/hook", "--allow-private"),
]


@pytest.mark.parametrize(("url", "said"), URLS)
def test_init_writes_no_url_that_could_not_be_called(shop: Shop, url: str, said: str) -> None:
    file = shop.root / ".spec-notify/config.toml"
    file.unlink()

    done = shop.run("init", "--url", url, code=2)

    assert said in done.stderr
    assert url not in done.stderr
    assert not file.exists()


@pytest.mark.parametrize("url", ["http://127.0.0.1:8787/hook", "https://10.1.2.3/hook"])
def test_init_takes_a_private_url_from_who_says_so(shop: Shop, url: str) -> None:
    file = shop.root / ".spec-notify/config.toml"
    file.unlink()

    shop.run("init", "--url", url, "--allow-private", code=0)

    assert "allow_private = true" in file.read_text("utf-8")


def test_init_allows_nothing_that_a_public_url_does_not_need(shop: Shop) -> None:
    file = shop.root / ".spec-notify/config.toml"
    file.unlink()

    shop.run("init", "--url", "https://example.org/hook", code=0)

    assert "allow_private" not in file.read_text("utf-8")
