"""The trust store: what was said yes to stays, and what is damaged is trusted by nobody."""

from __future__ import annotations

import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from spec_notify.core.errors import SpecNotifyError
from spec_notify.disk.trust import Trust, TrustStore, fingerprint

NOON = 1_795_168_800_000
CONFIG = Path("/home/somebody/product/.spec-notify/config.toml")


@pytest.fixture
def store(tmp_path: Path) -> TrustStore:
    return TrustStore(tmp_path / "state" / "trust.json")


def digest(content: str, path: Path = CONFIG) -> str:
    return fingerprint(path, content.encode())


def test_nothing_is_trusted_before_anything_was_said(store: TrustStore, tmp_path: Path) -> None:
    assert store.is_trusted(CONFIG, digest("a")) is None
    assert store.notice is None
    assert list(tmp_path.iterdir()) == []


def test_a_yes_is_remembered_for_exactly_that_content(store: TrustStore) -> None:
    said = store.trust(CONFIG, digest("a"), allow_private=False, at=NOON)
    assert said == Trust(
        sha256=digest("a"), path=str(CONFIG), allow_private=False, when="2026-11-20T10:00:00.000Z"
    )
    assert store.is_trusted(CONFIG, digest("a")) == said
    assert store.is_trusted(CONFIG, digest("b")) is None
    assert store.is_trusted(CONFIG.with_name("other.toml"), digest("a")) is None


def test_every_yes_is_kept(store: TrustStore) -> None:
    for content in "abca":
        store.trust(CONFIG, digest(content), allow_private=False, at=NOON)
    assert all(store.is_trusted(CONFIG, digest(content)) for content in "abc")
    assert len(store.entries()) == 3


def test_the_last_word_about_private_addresses_counts(store: TrustStore) -> None:
    for allowed in (False, True, False):
        store.trust(CONFIG, digest("a"), allow_private=allowed, at=NOON)
        found = store.is_trusted(CONFIG, digest("a"))
        assert found is not None
        assert found.allow_private is allowed


def test_a_path_whose_content_changed_is_known(store: TrustStore) -> None:
    store.trust(CONFIG, digest("a"), allow_private=False, at=NOON)
    assert store.knows(CONFIG)
    assert not store.knows(CONFIG.with_name("other.toml"))


def test_the_same_content_elsewhere_has_another_fingerprint() -> None:
    cases = [("/a", b"bc"), ("/ab", b"c"), ("/a", b"bcd"), ("/b", b"bc")]
    assert len({fingerprint(Path(path), content) for path, content in cases}) == len(cases)


def test_a_path_that_is_no_text_can_be_trusted(store: TrustStore) -> None:
    odd = Path(os.fsdecode(b"/home/\xff\xfe/config.toml"))
    store.trust(odd, digest("a", odd), allow_private=False, at=NOON)
    assert store.is_trusted(odd, digest("a", odd)) is not None


def test_the_file_is_the_users_alone(store: TrustStore, tmp_path: Path) -> None:
    store.trust(CONFIG, digest("a"), allow_private=False, at=NOON)
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.rglob("*")}
    assert modes == {"state": 0o700, "trust.json": 0o600, "trust.json.lock": 0o600}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"schema": "spec-notify/trust/2", "entries": []}',
        b'{"schema": "spec-notify/trust/1", "entries": [{"sha256": 1}]}',
        b'{"schema": "spec-notify/trust/1"}',
        b'{"entries": []}',
    ],
)
def test_a_damaged_file_trusts_nothing_and_is_replaced_by_the_next_yes(
    store: TrustStore, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "state" / "trust.json"
    file.parent.mkdir(mode=0o700)
    file.write_bytes(content)
    assert store.entries() == ()
    assert store.notice is not None
    assert "spec-notify trust" in store.notice
    store.trust(CONFIG, digest("a"), allow_private=False, at=NOON)
    assert store.notice is None
    assert len(store.entries()) == 1


def test_a_pipe_in_its_place_is_not_waited_for(store: TrustStore, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o700)
    os.mkfifo(tmp_path / "state" / "trust.json")
    assert store.entries() == ()
    assert store.notice is not None
    assert "no regular file" in store.notice


def test_what_cannot_be_written_is_said_and_leaves_nothing_behind(
    store: TrustStore, tmp_path: Path
) -> None:
    (tmp_path / "state" / "trust.json").mkdir(parents=True, mode=0o700)
    (tmp_path / "state").chmod(0o700)
    with pytest.raises(SpecNotifyError, match=r"trust\.json"):
        store.trust(CONFIG, digest("a"), allow_private=False, at=NOON)
    names = {each.name for each in (tmp_path / "state").iterdir()}
    assert names == {"trust.json", "trust.json.lock"}


def _say_yes(path: Path, first: int) -> None:
    store = TrustStore(path)
    for number in range(first, first + 10):
        store.trust(CONFIG, digest(str(number)), allow_private=False, at=NOON)


def test_no_yes_is_lost_when_several_processes_say_one(store: TrustStore, tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    path = tmp_path / "state" / "trust.json"
    workers = [spawn.Process(target=_say_yes, args=(path, 10 * each)) for each in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert len(store.entries()) == 30
