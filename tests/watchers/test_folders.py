from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spec_notify.watchers.folders import folders_that_matter

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("documents", "globs", "folders"),
    [
        ([], [], ["."]),
        (["SPEC.md"], ["SPEC.md"], ["."]),
        (["docs/SPEC-1/tasks.md"], [], [".", "docs/SPEC-1", "docs"]),
        ([], ["docs/SPEC-*/tasks.md"], [".", "docs", "docs/SPEC-1", "docs/SPEC-2"]),
        ([], ["docs/**/tasks.md"], [".", "docs"]),
        ([], ["**/tasks.md"], ["."]),
        ([], ["missing/*/tasks.md"], ["."]),
        (
            ["docs/SPEC-2/tasks.md", "docs/SPEC-1/tasks.md"],
            ["docs/SPEC-*/tasks.md", "SPEC.md"],
            [".", "docs/SPEC-2", "docs/SPEC-1", "docs"],
        ),
        (["gone/far/tasks.md"], [], [".", "gone/far", "gone"]),
    ],
)
def test_documents_the_way_to_them_and_where_they_may_appear(
    tmp_path: Path, documents: list[str], globs: list[str], folders: list[str]
) -> None:
    for name in ("docs/SPEC-1/deep", "docs/SPEC-2", "docs/other", "unrelated/deep"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "docs" / "SPEC-file").write_text("")
    (tmp_path / "docs" / "SPEC-link").symlink_to(tmp_path / "unrelated")
    found = folders_that_matter(tmp_path, documents, globs)
    assert found == [tmp_path / each for each in folders]


def test_a_tree_of_many_folders_costs_a_handful_of_watches(tmp_path: Path) -> None:
    for number in range(500):
        (tmp_path / f"package-{number}" / "src").mkdir(parents=True)
    (tmp_path / "specs" / "one").mkdir(parents=True)
    globs = ["SPEC.md", "specs/*/tasks.md", ".kiro/specs/*/tasks.md"]
    assert len(folders_that_matter(tmp_path, ["specs/one/tasks.md"], globs)) == 3
