"""The watched folder (contract, section 4): what is listed, what is read, what is refused."""

from __future__ import annotations

import hashlib
import os
import socket
import threading
import time
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spec_notify.core.config import DEFAULT_PATHS
from spec_notify.core.globs import matches
from spec_notify.disk.workspace import CAP, Folder, read_file
from spec_notify.ports import Text, Unreadable
from tests.privileges import run_as_ordinary_user

if TYPE_CHECKING:
    from collections.abc import Iterable

OPENED = """
import sys
from pathlib import Path
from spec_notify.disk.workspace import Folder
folder = Folder(Path(sys.argv[1]))
"""


def put(root: Path, *paths: str | bytes) -> None:
    for path in paths:
        file = root / os.fsdecode(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")


def wholes(reads: Iterable[object]) -> set[str]:
    return {read.text for read in reads if isinstance(read, Text)}


def why(folder: Folder, path: str) -> str:
    read = folder.read(path)
    assert isinstance(read, Unreadable), read
    assert read.path == path
    return read.why


class TestListing:
    def test_the_default_patterns_find_each_tool_s_documents(self, tmp_path: Path) -> None:
        documents = [
            ".kiro/specs/login/tasks.md",
            ".taskmaster/tasks/tasks.json",
            "SPEC.md",
            "backlog/tasks/back-1 - Ünï ✅.md",
            "docs/SPEC-KIT-1/tasks.md",
            "openspec/changes/add-login/tasks.md",
            "specs/001-login/tasks.md",
        ]
        put(tmp_path, *documents)
        put(
            tmp_path,
            "docs/tasks.md",
            "docs/SPEC-KIT-1/plan.md",
            "openspec/changes/archive/2026-01-01-x/tasks.md",
            "openspec/changes/archive/tasks.md",
            "specs/001-login/checklists/tasks.md",
            "backlog/tasks/deep/x.md",
            "node_modules/specs/x/tasks.md",
        )
        assert Folder(tmp_path).documents(DEFAULT_PATHS) == documents

    def test_nothing_there_is_nothing(self, tmp_path: Path) -> None:
        assert Folder(tmp_path).documents(DEFAULT_PATHS) == []
        assert Folder(tmp_path / "gone").documents(["*.md", "**/x"]) == []

    def test_a_document_under_two_patterns_is_listed_once(self, tmp_path: Path) -> None:
        put(tmp_path, "a/b.md")
        assert Folder(tmp_path).documents(["a/*.md", "**/*.md", "a/b.md"]) == ["a/b.md"]

    def test_a_folder_is_no_document(self, tmp_path: Path) -> None:
        put(tmp_path, "SPEC.md/x", "docs/a.md/x")
        assert Folder(tmp_path).documents(["SPEC.md", "docs/*.md"]) == []

    def test_a_link_or_a_pipe_is_listed_for_reading_to_refuse(self, tmp_path: Path) -> None:
        (tmp_path / "SPEC.md").symlink_to("gone")
        os.mkfifo(tmp_path / "tasks.md")
        folder = Folder(tmp_path)
        assert folder.documents(["SPEC.md", "*.md"]) == ["SPEC.md", "tasks.md"]

    def test_folders_behind_a_link_are_not_entered_and_that_is_said(self, tmp_path: Path) -> None:
        put(tmp_path, "real/x/tasks.md")
        (tmp_path / "root").mkdir()
        (tmp_path / "root" / "specs").symlink_to(tmp_path / "real")
        (tmp_path / "root" / "docs").mkdir()
        (tmp_path / "root" / "docs" / "SPEC-1").symlink_to(tmp_path / "real" / "x")
        listing = Folder(tmp_path / "root").listing(["specs/*/tasks.md", "docs/*/tasks.md"])
        assert listing.documents == ()
        assert [(each.code, each.message.split()[0]) for each in listing.notices] == [
            ("link", "specs"),
            ("link", "docs/SPEC-1"),
        ]

    def test_a_circle_of_links_ends(self, tmp_path: Path) -> None:
        put(tmp_path, "a/tasks.md")
        (tmp_path / "a" / "up").symlink_to(tmp_path)
        assert Folder(tmp_path).documents(["**/tasks.md"]) == ["a/tasks.md"]

    def test_names_that_are_not_utf8_are_left_out_and_that_is_said(self, tmp_path: Path) -> None:
        put(tmp_path, b"specs/caf\xe9/tasks.md", "specs/ok/tasks.md")
        listing = Folder(tmp_path).listing(["specs/*/tasks.md"])
        assert listing.documents == ("specs/ok/tasks.md",)
        assert [each.message for each in listing.notices] == [
            "specs/caf\\xe9 is not named in UTF-8: not watched"
        ]

    def test_too_many_documents_are_cut_and_earlier_patterns_come_first(
        self, tmp_path: Path
    ) -> None:
        put(tmp_path, "zz.md", *(f"specs/{n}/tasks.md" for n in range(9)))
        listing = Folder(tmp_path, most=5).listing(["zz.md", "specs/*/tasks.md"])
        assert listing.documents == (
            *(f"specs/{n}/tasks.md" for n in range(4)),
            "zz.md",
        )
        assert [each.code for each in listing.notices] == ["too_many"]
        assert Folder(tmp_path, most=10).listing(["zz.md", "specs/*/tasks.md"]).notices == ()

    def test_a_pattern_that_can_match_nothing_is_said(self, tmp_path: Path) -> None:
        listing = Folder(tmp_path).listing(["/etc/passwd", "../x", "docs/"])
        assert [each.code for each in listing.notices] == ["bad_glob"] * 3

    def test_a_folder_that_may_not_be_listed_is_said(self, tmp_path: Path) -> None:
        put(tmp_path, "specs/x/tasks.md")
        (tmp_path / "specs").chmod(0)
        code = f"{OPENED}print(*(n.code for n in folder.listing(['specs/*/tasks.md']).notices))"
        said = run_as_ordinary_user(code, str(tmp_path))
        (tmp_path / "specs").chmod(0o700)
        assert said == "unlisted"

    def test_only_folders_a_pattern_can_reach_are_looked_into(self, tmp_path: Path) -> None:
        put(tmp_path, "SPEC.md", *(f"other/{n}/x" for n in range(3)), "specs/a/deep/tasks.md")
        assert Folder(tmp_path).watch_folders(["SPEC.md", "specs/*/tasks.md"]) == [
            ".",
            "specs",
            "specs/a",
        ]

    def test_where_a_document_may_appear_is_watched_as_far_as_it_exists(
        self, tmp_path: Path
    ) -> None:
        put(tmp_path, "docs/SPEC-1/plan.md", "docs/other/x", "openspec/x")
        assert Folder(tmp_path).watch_folders(DEFAULT_PATHS) == [
            ".",
            "docs",
            "docs/SPEC-1",
            "openspec",
        ]
        assert Folder(tmp_path / "gone").watch_folders(DEFAULT_PATHS) == ["."]

    def test_ten_thousand_folders_elsewhere_cost_nothing(self, tmp_path: Path) -> None:
        for n in range(2_000):
            (tmp_path / "elsewhere" / str(n)).mkdir(parents=True)
        put(tmp_path, "SPEC.md")
        start = time.perf_counter()
        assert Folder(tmp_path).documents(DEFAULT_PATHS) == ["SPEC.md"]
        assert time.perf_counter() - start < 0.1


pieces = st.sampled_from(["a", "b", "SPEC-1", "tasks.md", "x.md", ".kiro", "archive", ".git"])
globs = st.lists(
    st.lists(
        st.sampled_from(["a", "*", "**", "SPEC-*", "*.md", "tasks.md", ".kiro", "archive"]),
        min_size=1,
        max_size=3,
    ).map("/".join),
    min_size=1,
    max_size=3,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.lists(pieces, min_size=1, max_size=3).map("/".join), max_size=8), globs)
def test_the_listing_is_what_the_matcher_says(
    tmp_path_factory: pytest.TempPathFactory, paths: set[str], globs: list[str]
) -> None:
    root = tmp_path_factory.mktemp("root")
    files = {path for path in paths if not any(each.startswith(f"{path}/") for each in paths)}
    put(root, *files)
    here = [path for path in files if not within_a_checkout(root, path)]
    expected = sorted(path for path in here if any(matches(path, glob) for glob in globs))
    folder = Folder(root)
    assert folder.documents(globs) == expected
    watched = folder.watch_folders(globs)
    assert {path.rpartition("/")[0] or "." for path in expected} <= {*watched}
    assert all((root / each).is_dir() for each in watched)


def within_a_checkout(root: Path, path: str) -> bool:
    return any((root / above / ".git").exists() for above in PurePath(path).parents[:-1])


def test_a_checkout_inside_this_one_is_left_to_itself_and_that_is_said(tmp_path: Path) -> None:
    put(tmp_path, ".git/HEAD", "SPEC.md", "library/.git", "library/SPEC.md", "trees/x/.git/HEAD")
    put(tmp_path, "trees/x/SPEC.md", "trees/SPEC.md")

    listing = Folder(tmp_path).listing(["**/SPEC.md"])

    assert listing.documents == ("SPEC.md", "trees/SPEC.md")
    assert [(each.code, each.message.split()[0]) for each in listing.notices] == [
        ("checkout", "library"),
        ("checkout", "trees/x"),
    ]


class TestReading:
    def test_a_document_is_its_text_and_the_digest_of_its_bytes(self, tmp_path: Path) -> None:
        raw = "# Täsks\r\n- [x] one ✅\r\n".encode()
        (tmp_path / "SPEC.md").write_bytes(b"\xef\xbb\xbf" + raw)
        assert Folder(tmp_path).read("SPEC.md") == Text(
            text=raw.decode(),
            digest=hashlib.sha256(b"\xef\xbb\xbf" + raw).hexdigest(),
            modified=(tmp_path / "SPEC.md").stat().st_mtime_ns // 1_000_000,
        )

    @pytest.mark.parametrize("path", ["gone.md", "gone/x.md", "file/x.md", "x" * 300])
    def test_what_is_not_there_is_none(self, tmp_path: Path, path: str) -> None:
        put(tmp_path, "file")
        assert Folder(tmp_path).read(path) is None

    @pytest.mark.parametrize("path", ["new\nline/a b.md", "✅/📋.md", "-rf.md", "c:\\x.md"])
    def test_any_name_will_do(self, tmp_path: Path, path: str) -> None:
        put(tmp_path, path)
        assert isinstance(Folder(tmp_path).read(path), Text)

    @pytest.mark.parametrize(
        "path", ["/etc/passwd", "../out.md", "a/../../out.md", "", ".", "a//b", "nul\0"]
    )
    def test_a_path_that_leads_out_is_refused(self, tmp_path: Path, path: str) -> None:
        put(tmp_path, "out.md", "root/a/b")
        assert why(Folder(tmp_path / "root"), path)

    @pytest.mark.parametrize("target", ["real.md", "/etc/passwd", "gone", "SPEC.md", "/dev/zero"])
    def test_a_link_is_refused_wherever_it_leads(self, tmp_path: Path, target: str) -> None:
        put(tmp_path, "real.md")
        (tmp_path / "SPEC.md").symlink_to(target)
        assert why(Folder(tmp_path), "SPEC.md").startswith("is a symbolic link")

    def test_a_link_on_the_way_is_refused_and_named(self, tmp_path: Path) -> None:
        put(tmp_path, "out/x/tasks.md", "root/y")
        (tmp_path / "root" / "specs").symlink_to("../out")
        assert why(Folder(tmp_path / "root"), "specs/x/tasks.md").startswith("specs is a symbolic")

    def test_a_root_that_is_a_link_is_followed(self, tmp_path: Path) -> None:
        put(tmp_path, "root/SPEC.md")
        (tmp_path / "link").symlink_to("root")
        assert isinstance(Folder(tmp_path / "link").read("SPEC.md"), Text)

    def test_a_pipe_is_refused_without_waiting_for_a_writer(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "SPEC.md")
        start = time.perf_counter()
        assert why(Folder(tmp_path), "SPEC.md").startswith("is a named pipe")
        assert time.perf_counter() - start < 1

    def test_a_socket_or_folder_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "folder.md").mkdir()
        monkeypatch.chdir(tmp_path)  # the path of a socket must be short
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind("socket.md")
            assert why(Folder(tmp_path), "socket.md").startswith("is a socket")
        assert why(Folder(tmp_path), "folder.md").startswith("is a folder")

    def test_a_document_that_may_not_be_read_says_so(self, tmp_path: Path) -> None:
        put(tmp_path, "SPEC.md")
        (tmp_path / "SPEC.md").chmod(0)
        code = f"{OPENED}print(folder.read('SPEC.md').why)"
        assert "ermission" in run_as_ordinary_user(code, str(tmp_path))

    def test_the_cap_is_named_and_nothing_is_read_beyond_it(self, tmp_path: Path) -> None:
        (tmp_path / "fits.md").write_bytes(b"x" * CAP)
        with (tmp_path / "SPEC.md").open("wb") as file:
            file.truncate(1 << 40)
        folder = Folder(tmp_path)
        start = time.perf_counter()
        assert "5,242,880 bytes" in why(folder, "SPEC.md")
        assert time.perf_counter() - start < 1
        assert isinstance(folder.read("fits.md"), Text)

    @pytest.mark.parametrize(
        ("raw", "at"), [(b"\xff\xfeS\0", 0), (b"ok \xe9", 3), (b"\xed\xa0\x80", 0)]
    )
    def test_what_is_not_utf8_names_the_byte(self, tmp_path: Path, raw: bytes, at: int) -> None:
        (tmp_path / "SPEC.md").write_bytes(raw)
        assert f"byte {at}" in why(Folder(tmp_path), "SPEC.md")

    def test_an_empty_document_is_a_document(self, tmp_path: Path) -> None:
        (tmp_path / "SPEC.md").touch()
        read = Folder(tmp_path).read("SPEC.md")
        assert isinstance(read, Text)
        assert read.text == ""

    def test_a_document_replaced_over_and_over_is_read_whole_or_not_at_all(
        self, tmp_path: Path
    ) -> None:
        versions = {"a" * 300_000, "b" * 200_000}
        stop = threading.Event()

        def write() -> None:
            while not stop.is_set():
                for version in versions:
                    (tmp_path / "new").write_text(version)
                    (tmp_path / "new").replace(tmp_path / "SPEC.md")

        put(tmp_path, "SPEC.md")
        writer = threading.Thread(target=write)
        writer.start()
        try:
            folder = Folder(tmp_path)
            reads: list[object] = []
            end = time.monotonic() + 20
            # A busy machine may give the writer no turn for the first few hundred reads.
            while len(reads) < 300 or (not wholes(reads) & versions and time.monotonic() < end):
                reads.append(folder.read("SPEC.md"))
        finally:
            stop.set()
            writer.join()
        assert wholes(reads) <= versions | {"x"}
        assert wholes(reads) & versions
        assert all(isinstance(read, Text | Unreadable) for read in reads)

    def test_descriptors_are_given_back(self, tmp_path: Path) -> None:
        put(tmp_path, "a/b/SPEC.md")
        (tmp_path / "a" / "link").symlink_to("b")
        folder = Folder(tmp_path)
        before = open_descriptors()
        for path in ("a/b/SPEC.md", "a/link/SPEC.md", "a/gone/x", "a/b", "a/b/gone"):
            folder.read(path)
            folder.names(path)
        assert open_descriptors() == before


def open_descriptors() -> int:
    return len(list(Path("/dev/fd").iterdir()))


class TestNames:
    def test_the_files_directly_in_a_folder_sorted(self, tmp_path: Path) -> None:
        put(tmp_path, "e/b.json", "e/a.json", "e/deep/c.json", "e/.hidden", b"e/\xff", "top")
        (tmp_path / "e" / "link").symlink_to("a.json")
        folder = Folder(tmp_path)
        assert folder.names("e") == [".hidden", "a.json", "b.json"]
        assert folder.names(".") == ["top"]

    @pytest.mark.parametrize("folder", ["gone", "link", "file", "../x", "/etc"])
    def test_a_folder_that_is_not_there_holds_none(self, tmp_path: Path, folder: str) -> None:
        put(tmp_path, "file", "real/x")
        (tmp_path / "link").symlink_to("real")
        assert Folder(tmp_path).names(folder) == []


class TestAFileTheUserNames:
    def test_a_link_and_a_pipe_are_read(self, tmp_path: Path) -> None:
        put(tmp_path, "real.md")
        (tmp_path / "link.md").symlink_to("real.md")
        assert isinstance(read_file(str(tmp_path / "link.md")), Text)
        out, into = os.pipe()
        os.write(into, b"piped")
        os.close(into)
        read = read_file(f"/dev/fd/{out}")
        os.close(out)
        assert isinstance(read, Text)
        assert read.text == "piped"

    def test_what_cannot_be_read_says_why(self, tmp_path: Path) -> None:
        (tmp_path / "big").write_bytes(b"x" * 11)
        for path, words in (("gone", "No such file"), (".", "directory"), ("big", "10 bytes")):
            read = read_file(str(tmp_path / path), cap=10)
            assert isinstance(read, Unreadable)
            assert words in read.why
        assert isinstance(read_file("nul\0"), Unreadable)
