"""Which paths are documents (contract, section 4)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec_notify.core.config import DEFAULT_PATHS
from spec_notify.core.globs import excluded, matches, parts, pathspecs


@pytest.mark.parametrize(
    ("glob", "path"),
    [
        ("SPEC.md", "SPEC.md"),
        ("./docs//SPEC.md", "docs/SPEC.md"),
        ("docs/SPEC-*/tasks.md", "docs/SPEC-KIT-1/tasks.md"),
        ("docs/SPEC-*/tasks.md", "docs/SPEC-/tasks.md"),
        (".kiro/specs/*/tasks.md", ".kiro/specs/a b/tasks.md"),
        ("backlog/tasks/*.md", "backlog/tasks/back-1 - Title [x].md"),
        ("specs/[0-9]?-*/tasks.md", "specs/12-a/tasks.md"),
        ("**/tasks.md", "tasks.md"),
        ("**/tasks.md", "a/b/c/tasks.md"),
        ("a/**/b/*.md", "a/b/x.md"),
        ("a/**/b/*.md", "a/x/b/y/b/z.md"),
        ("docs/**", "docs/a/b.md"),
        ("a.b/(c)+.md", "a.b/(c)+.md"),
        ("docs/*.md", "docs/new\nline ✅.md"),
    ],
)
def test_a_path_under_a_pattern_matches(glob: str, path: str) -> None:
    assert matches(path, glob)


@pytest.mark.parametrize(
    ("glob", "path"),
    [
        ("SPEC.md", "spec.md"),
        ("SPEC.md", "docs/SPEC.md"),
        ("docs/SPEC-*/tasks.md", "docs/SPEC-1/deep/tasks.md"),
        ("docs/*/tasks.md", "docs/tasks.md"),
        ("*.md", ".hidden.md"),
        ("specs/*/tasks.md", "specs/.old/tasks.md"),
        ("**/tasks.md", ".venv/tasks.md"),
        ("**/tasks.md", "a/tasks.md/b"),
        ("a.b/c.md", "axb/c.md"),
        ("docs/**", "docs"),
        ("", ""),
        ("/SPEC.md", "SPEC.md"),
        ("../SPEC.md", "SPEC.md"),
        ("docs/", "docs"),
    ],
)
def test_any_other_path_does_not(glob: str, path: str) -> None:
    assert not matches(path, glob)


@pytest.mark.parametrize(
    "path",
    [
        "tests/fixtures/SPEC-1/tasks.md",
        "node_modules/x/tasks.md",
        "openspec/changes/archive/2026-01-01-x/tasks.md",
        "docs/Archive/tasks.md",
        "specs/001-a/checklists/tasks.md",
        "docs/release-checklist.md",
        ".git/tasks.md",
    ],
)
def test_fixtures_archives_and_checklists_are_no_new_documents(path: str) -> None:
    assert not matches(path, "**/*.md")
    folder, _, _ = path.rpartition("/")
    assert not matches(path, f"{'*/' * len(folder.split('/'))}*.md")


@pytest.mark.parametrize(
    ("glob", "path"),
    [
        ("openspec/changes/archive/*/tasks.md", "openspec/changes/archive/2026-x/tasks.md"),
        ("tests/fixtures/*.md", "tests/fixtures/SPEC.md"),
        ("docs/*checklist*.md", "docs/release-checklist.md"),
        ("docs/checklist.md", "docs/checklist.md"),
    ],
)
def test_a_pattern_that_spells_the_name_means_it(glob: str, path: str) -> None:
    assert matches(path, glob)


def test_the_git_directory_never_holds_documents() -> None:
    assert excluded(".git", ".git/**")
    assert not matches(".git/x.md", ".git/*.md")


def test_every_default_pattern_is_one() -> None:
    assert all(map(parts, DEFAULT_PATHS))


def test_git_is_asked_for_the_same_paths() -> None:
    assert pathspecs(["./docs//SPEC-*/tasks.md", "../out", "SPEC.md"]) == (
        ":(top,glob)docs/SPEC-*/tasks.md",
        ":(top,glob)SPEC.md",
    )


names = st.text("ab.*?[", min_size=1, max_size=4).filter(lambda name: name not in (".", ".."))
paths = st.lists(st.text("ab.", min_size=1, max_size=3), min_size=1, max_size=4)


@settings(max_examples=200)
@given(st.lists(st.one_of(names, st.just("**")), min_size=1, max_size=4), paths)
def test_no_pattern_and_no_path_is_too_odd(globs: list[str], path: list[str]) -> None:
    assert matches("/".join(path), "/".join(globs)) in (True, False)


@settings(max_examples=100)
@given(st.lists(st.text("ab", min_size=1, max_size=3), min_size=1, max_size=5))
def test_a_path_matches_itself_its_stars_and_any_depth(path: list[str]) -> None:
    spelled = "/".join(path)
    assert matches(spelled, spelled)
    assert matches(spelled, "/".join("*" for _ in path))
    assert matches(spelled, f"**/{path[-1]}")
