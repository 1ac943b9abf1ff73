"""Which SPEC an event names, out of a real repository with real folders."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.pipeline.desk import ANY, Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SLUG = "SPEC-KIT-070-some-slug"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.wiring.close()


def told(desk: Desk, id: str, *folders: str, prd: str = "") -> dict[str, Any]:
    """Finish a task beside these folders, and answer its event's data."""
    files = {f"docs/{name}/PRD.md": "# PRD\n" for name in folders}
    for status in ("Todo", "Done"):
        row = f"| {id} | a | {status} | {prd} |"
        board = f"| ID | Task | Status | PRD |\n|---|---|---|---|\n{row}\n"
        desk.repository.commit({**files, "SPEC.md": board})
        events = desk.look().events
    (event,) = events
    data: dict[str, Any] = json.loads(event.body)["data"]
    return data


@pytest.mark.parametrize(
    ("id", "folders", "spec"),
    [
        ("SPEC-KIT-070", (SLUG,), SLUG),
        ("SPEC-KIT-070", (SLUG, "SPEC-KIT-0701-x", "SPEC-KIT-07"), SLUG),
        ("SPEC-KIT-07", (SLUG,), "SPEC-KIT-07"),
        ("SPEC-KIT-900", ("SPEC-KIT-900", "SPEC-KIT-900-generic-smoke"), "SPEC-KIT-900"),
        (SLUG, (SLUG, "SPEC-KIT-070-some-slu"), SLUG),
        ("SPEC-947-IMPL", ("SPEC-947-master",), "SPEC-947-IMPL"),
    ],
)
def test_an_id_is_its_folder_or_the_only_one_that_continues_it(
    desk: Desk, id: str, folders: tuple[str, ...], spec: str
) -> None:
    data = told(desk, id, *folders)

    assert data["spec"] == {"id": spec, "matchedBy": "id"}
    assert spec in data["evidence"]["directory"]


@pytest.mark.parametrize(
    "folders",
    [
        (SLUG, "SPEC-KIT-070-another"),
        ("SPEC-KIT-070-resolution-with", "SPEC-KIT-070-resolution-wit"),
    ],
)
def test_of_two_folders_none_is_guessed_and_both_are_named(
    desk: Desk, folders: tuple[str, str]
) -> None:
    data = told(desk, "SPEC-KIT-070", *folders)

    assert data["spec"] is None
    assert all(folder in data["specReason"] for folder in folders)
    assert "_unassigned" in data["evidence"]["directory"]


def test_a_link_in_the_row_goes_before_its_id(desk: Desk) -> None:
    data = told(desk, "SPEC-947-IMPL", "SPEC-947-master", prd="docs/SPEC-947-master/PRD.md")

    assert data["spec"] == {"id": "SPEC-947-master", "matchedBy": "prd"}


def test_a_file_of_that_name_is_no_folder(desk: Desk) -> None:
    desk.repository.write("docs/SPEC-KIT-070-notes", "x")

    assert told(desk, "SPEC-KIT-070")["spec"]["id"] == "SPEC-KIT-070"


@pytest.mark.parametrize(
    ("id", "folders", "spec"),
    [
        ("T1", (), {"id": "SPEC-HOUSE", "matchedBy": "config"}),
        ("SPEC-KIT-1", (), {"id": "SPEC-KIT-1", "matchedBy": "id"}),
        ("SPEC-KIT-070", (SLUG, "SPEC-KIT-070-another"), None),
    ],
)
def test_the_config_names_the_spec_of_tasks_that_name_none(
    tmp_path: Path, id: str, folders: tuple[str, ...], spec: dict[str, str] | None
) -> None:
    desk = Desk(tmp_path, ANY, top='[sources.spec]\nspec_id = "SPEC-HOUSE"\n')

    assert told(desk, id, *folders)["spec"] == spec
    desk.wiring.close()
