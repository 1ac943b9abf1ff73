"""Whatever is written, dropped in or taken away: the directory keeps to its cap at every instant.

The directory is weighed just before each change that Python makes to a file, as an audit hook
sees it, and again after every step.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec_notify.core.evidence import parse_name
from spec_notify.disk.evidence import EvidenceFolder, verify
from tests.disk.sealed import Sealer, weight

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.sampled_from("ab"), st.integers(350, 1_500)),
        st.tuples(st.just("put"), st.sampled_from("xyz"), st.integers(0, 3_000)),
        st.tuples(st.just("take"), st.sampled_from("xyz"), st.just(0)),
        st.tuples(st.just("restart"), st.sampled_from("ab"), st.just(0)),
    ),
    max_size=40,
)


class Scale:
    """Weighs one directory whenever this process is about to change a file."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.heaviest = 0
        sys.addaudithook(self._look)

    def watch(self, folder: Path | None) -> None:
        """Start again, with this directory or none."""
        self.folder, self.heaviest = folder, 0

    def _look(self, event: str, _: tuple[Any, ...]) -> None:
        folder, self.folder = self.folder, None
        if folder is not None and event in {"open", "os.rename", "os.remove"}:
            self.heaviest = max(self.heaviest, weight(folder))
        self.folder = folder


@pytest.fixture(scope="module")
def scale() -> Scale:
    return Scale()


class Directory:
    """One evidence directory with two writers that take turns and a user who drops files in."""

    def __init__(self, home: Path, cap: int) -> None:
        self.cap = cap
        self.repo = home / "repo"
        self.state = home / "state"
        self.folder = self.repo / "evidence" / "commands" / "SPEC-A" / "webhooks"
        self.folder.mkdir(parents=True)
        self.sealers = {who: Sealer(who) for who in "ab"}
        self.writers = {who: self.open() for who in "ab"}
        self.waiting: dict[str, list[Any]] = {"a": [], "b": []}
        self.foreign: dict[str, int] = {}
        self.written: set[str] = set()
        self.clock = 0

    def open(self) -> EvidenceFolder:
        return EvidenceFolder(
            self.repo, "evidence", cap=self.cap, state=self.state, warn=lambda _: None
        )

    def write(self, who: str, size: int) -> bool:
        """Seal one more record, then write what waits, oldest first, as back-filling does."""
        self.clock += 1
        self.waiting[who].append(self.sealers[who].next(size, at=1_795_168_800_000 + self.clock))
        while self.waiting[who]:
            record = self.waiting[who][0]
            if self.writers[who].write(record) is None:
                return False
            self.written.add(record.name)
            self.waiting[who].pop(0)
        return True

    def put(self, name: str, size: int) -> None:
        (self.folder / name).write_bytes(b"x" * size)
        self.foreign[name] = size
        self._tick()

    def take(self, name: str) -> None:
        (self.folder / name).unlink(missing_ok=True)
        self.foreign.pop(name, None)
        self._tick()

    def _tick(self) -> None:
        # A change within one tick of the file system's clock could not be told from ours.
        import os

        status = self.folder.stat()
        self.clock += 1
        os.utime(self.folder, ns=(status.st_atime_ns, status.st_mtime_ns + self.clock * 10**9))


@settings(max_examples=40, deadline=None)
@given(steps=STEPS, cap=st.integers(3_000, 9_000))
def test_no_step_exceeds_the_cap_or_touches_what_is_not_ours(
    scale: Scale, steps: list[tuple[str, str, int]], cap: int
) -> None:
    with tempfile.TemporaryDirectory() as home:
        directory = Directory(Path(home), cap)
        for what, who, size in steps:
            match what:
                case "write":
                    before = weight(directory.folder)
                    scale.watch(directory.folder)
                    stands = directory.write(who, size)
                    heaviest = scale.heaviest
                    scale.watch(None)
                    after = weight(directory.folder)
                    # Over the cap only as far as somebody else put it there before us.
                    assert heaviest <= max(cap, before)
                    assert after <= cap or not stands
                    assert after <= max(cap, before)
                case "put":
                    directory.put(who, size)
                case "take":
                    directory.take(who)
                case "restart":
                    directory.writers[who] = directory.open()
            found = {
                each.name: each.stat().st_size
                for each in directory.folder.iterdir()
                if each.name in "xyz"
            }
            assert found == directory.foreign
        check_what_is_left(directory)


def check_what_is_left(directory: Directory) -> None:
    standing = sorted(each.name for each in directory.folder.iterdir() if parse_name(each.name))
    gone = sorted(directory.written - set(standing))
    assert set(standing) <= directory.written
    if not any(directory.waiting.values()) and gone and standing:
        assert gone[-1] < standing[0]
    assert not [each for each in directory.folder.iterdir() if each.name.endswith(".tmp")]
    assert [
        breach
        for folder in verify(directory.repo / "evidence").folders
        for breach in folder.breaches
    ] == []
