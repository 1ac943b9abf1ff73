"""The pages are true: generated parts are fresh, links lead somewhere, the example is valid."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING

import pytest

from spec_notify.core import errors
from spec_notify.core.config import Kind
from spec_notify.core.config.reading import parse
from spec_notify.core.config.tables import RETRY, ROOT, SECTIONS, SUBSCRIPTION

from .pages import ROOT as TOP
from .pages import blocks, tracked

if TYPE_CHECKING:
    from pathlib import Path

OURS = ("README.md", "CHANGELOG.md", "docs", "evidence", ".ci", "Makefile")
OURS += ("Taskfile.yml", "scripts")
FILES = [path.relative_to(TOP).as_posix() for path in tracked(*OURS)]
PAGES = [file for file in FILES if file.endswith(".md")]
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
_FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
_MACHINE = re.compile(r"(?<![\w.~$}])/(?:work|root|home|Users|tmp|opt|var|mnt|srv)/[\w.-]+")
_REGISTRY = re.compile(
    r"pypi\.org|pythonhosted|registry\.npmjs|artifactory|nexus|devpi|[/@.]proxy\b"
)
LONGEST = 150


def test_the_generated_parts_are_what_the_code_says() -> None:
    done = subprocess.run(
        [sys.executable, "docs/generate.py", "--check"],
        cwd=TOP,
        env=os.environ | {"PYTHONPATH": str(TOP)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, ""), f"run `make docs`: {done.stdout}{done.stderr}"


def test_the_python_reference_shows_calls_as_they_are_written() -> None:
    page = (TOP / "docs/reference/python.md").read_text()
    calls = re.findall(r"`([^`\n]*\([^`\n]*)`", page)

    assert len(calls) > 20
    assert [each for each in calls if re.search(r"\bself\b|_empty|<", each)] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_relative_link_leads_to_a_file_and_heading(page: str) -> None:
    here = TOP / page
    for found in _LINK.finditer(_FENCE.sub("", here.read_text("utf-8"))):
        link = found[1] or found[2]
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (here.parent / path).resolve() if path else here
        assert target.exists(), f"{page}: {link} leads nowhere"
        assert not anchor or anchor in _anchors(target), f"{page}: {link} names no heading"


@cache
def _anchors(page: Path) -> frozenset[str]:
    """Answer a page's anchors, as a repository browser makes them of headings."""
    text = _FENCE.sub("", page.read_text("utf-8"))
    bare = (re.sub(r"[^\w\- ]", "", each).strip().lower() for each in _HEADING.findall(text))
    return frozenset(each.replace(" ", "-") for each in bare)


def test_every_page_of_docs_is_reached_from_the_index() -> None:
    seen, waiting = set[str](), ["docs/README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen:
            continue
        seen.add(page)
        links = (found[1] for found in _LINK.finditer((TOP / page).read_text("utf-8")) if found[1])
        paths = (link.partition("#")[0] for link in links if ":" not in link)
        near = ((TOP / page).parent / path for path in paths if path.endswith(".md"))
        waiting += [each.resolve().relative_to(TOP).as_posix() for each in near if each.exists()]

    assert {page for page in PAGES if page.startswith("docs/")} <= seen


@pytest.mark.parametrize("file", [file for file in FILES if not file.endswith(".png")])
def test_no_page_names_a_machine_or_a_package_registry(file: str) -> None:
    text = (TOP / file).read_text("utf-8")

    assert [found[0] for found in _MACHINE.finditer(text)] == []
    assert [found[0] for found in _REGISTRY.finditer(text)] == []


@pytest.mark.parametrize("page", [page for page in PAGES if page.startswith(("docs/", "README"))])
def test_a_page_written_by_hand_is_short(page: str) -> None:
    text = (TOP / page).read_text("utf-8")
    by_hand = re.sub(r"<!-- generated: .*?<!-- end -->", "", text, flags=re.DOTALL)

    assert len(_FENCE.sub("", by_hand).splitlines()) <= LONGEST


def test_the_example_config_is_valid_without_a_warning() -> None:
    text = (TOP / "docs/example-config.toml").read_text("utf-8")

    reading = parse(text, origin="example", kind=Kind.REPOSITORY, allow_private=True)

    assert reading.problems == ()
    assert reading.config is not None
    assert reading.config.enabled


def test_the_example_config_shows_every_key() -> None:
    text = (TOP / "docs/example-config.toml").read_text("utf-8")
    known = {*ROOT, *SUBSCRIPTION, *RETRY, *(key for each in SECTIONS.values() for key in each)}

    assert {key for key in known if not re.search(rf"\b{key} = ", text)} == set()


@pytest.mark.parametrize(
    ("page", "text"), [(page, text) for page in PAGES for text in blocks(page, "toml")]
)
def test_every_config_in_a_page_is_valid(page: str, text: str) -> None:
    reading = parse(text, origin=page, kind=Kind.REPOSITORY, allow_private=True)

    assert [str(each) for each in reading.problems] == []


def test_every_promise_names_a_test_that_is_there() -> None:
    text = (TOP / "docs/explanation/promises.md").read_text("utf-8")
    promises = re.split(r"^\*\*\d+\.", text, flags=re.MULTILINE)[1:]

    assert len(promises) == 11
    for promise in promises:
        found = re.findall(r"\]\(\.\./\.\./(tests/[\w/.]+)\): ((?:`\w+`(?:, )?)+)", promise)
        assert found, promise
        for file, names in found:
            known = (TOP / file).read_text("utf-8")
            for name in re.findall(r"\w+", names):
                assert f"def {name}(" in known, f"{file} holds no {name}"


def test_every_exit_code_of_an_error_is_in_the_table() -> None:
    text = (TOP / "docs/reference/exit-codes.md").read_text("utf-8")
    shown = {int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)}
    kinds = [each for each in vars(errors).values() if isinstance(each, type)]
    known = {each.exit_code for each in kinds if issubclass(each, errors.SpecNotifyError)}

    assert known <= shown


def test_every_variable_we_read_is_in_the_table() -> None:
    text = (TOP / "docs/reference/config.md").read_text("utf-8")
    sources = "".join(path.read_text("utf-8") for path in (TOP / "spec_notify").rglob("*.py"))
    read = set(re.findall(r"\"(SPEC_NOTIFY_[A-Z_]*[A-Z])\"", sources))
    of_the_demo = {name for name in read if name.startswith("SPEC_NOTIFY_DEMO_")}

    assert set(re.findall(r"`(SPEC_NOTIFY_[A-Z_]+)`", text)) == read - of_the_demo
