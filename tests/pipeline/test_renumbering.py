"""What was told of a task is not told of another that gets its number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.pipeline.desk import MAIN, Desk

if TYPE_CHECKING:
    from pathlib import Path

LIST = ".kiro/specs/mail/tasks.md"


def _commit(desk: Desk, *lines: str) -> list[tuple[str | None, str | None]]:
    desk.repository.commit({LIST: "".join(f"- {line}\n" for line in lines)}, "plan")
    return desk.told()


def test_a_task_is_told_under_a_number_another_was_told_under(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    _commit(desk, "[ ] 1. Light the lamp", "[ ] 2. Drive the van")
    assert _commit(desk, "[ ] 1. Light the lamp", "[x] 2. Drive the van") == [("2", "Done")]

    renumbered = ("[ ] 1. Fill the pump", "[ ] 2. Light the lamp", "[x] 3. Drive the van")
    assert [each for each in _commit(desk, *renumbered) if each[1] == "Done"] == []

    ticked = ("[ ] 1. Fill the pump", "[x] 2. Light the lamp", "[x] 3. Drive the van")
    assert _commit(desk, *ticked) == [("2", "Done")]


def test_a_number_that_was_free_for_a_while_is_told_for_its_next_task(tmp_path: Path) -> None:
    desk = Desk(tmp_path, MAIN)
    _commit(desk, "[ ] 1. Light the lamp", "[ ] 2. Drive the van")
    assert _commit(desk, "[ ] 1. Light the lamp", "[x] 2. Drive the van") == [("2", "Done")]
    assert _commit(desk, "[x] 1. Drive the van") == []
    _commit(desk, "[x] 1. Drive the van", "[ ] 2. Polish every desk")

    told = _commit(desk, "[x] 1. Drive the van", "[x] 2. Polish every desk")

    assert told == [("2", "Done")]


def test_a_renumbered_task_that_a_stash_took_back_and_gave_again_is_no_news(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path)
    _commit(desk, "[ ] 1. Light the lamp", "[ ] 2. Drive the van")
    _commit(desk, "[ ] 1. Light the lamp", "[x] 2. Drive the van")
    _commit(desk, "[ ] 1. Light the lamp")
    repository = desk.repository
    repository.write(LIST, "- [x] 1. Fill the pump\n- [ ] 2. Light the lamp\n")
    told = [each for each in desk.told() if each[1] == "Done"]
    assert told == [("1", "Done")]

    repository.git("stash")
    assert desk.told() == []
    repository.git("stash", "pop")

    assert desk.told() == []


def test_a_task_reopened_under_another_number_is_told_again_under_the_first(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path)
    lamp, van, pump = "Light the lamp", "Drive the van", "Fill the pump"
    _commit(desk, f"[ ] 1. {lamp}", f"[ ] 2. {van}")
    assert _commit(desk, f"[x] 1. {lamp}", f"[ ] 2. {van}") == [("1", "Done")]
    _commit(desk, f"[ ] 1. {pump}", f"[x] 2. {lamp}", f"[ ] 3. {van}")
    _commit(desk, f"[ ] 1. {pump}", f"[ ] 2. {lamp}", f"[ ] 3. {van}")
    _commit(desk, f"[ ] 1. {lamp}", f"[ ] 2. {van}")

    assert _commit(desk, f"[x] 1. {lamp}", f"[ ] 2. {van}") == [("1", "Done")]


def test_a_merge_tells_no_second_time_what_was_renumbered_on_its_branch(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    _commit(desk, "[ ] 1. Light the lamp", "[ ] 2. Drive the van")
    desk.repository.branch("feature")
    desk.look()
    told = _commit(desk, "[ ] 1. Fill the pump", "[ ] 2. Light the lamp", "[x] 3. Drive the van")
    assert ("3", "Done") in told
    desk.repository.switch("main")
    desk.repository.commit({"README.md": "x\n"}, "meanwhile")
    desk.look()

    desk.repository.git("merge", "-q", "--no-edit", "feature")

    assert [each for each in desk.told() if each[1] == "Done"] == []


def test_a_done_row_that_comes_back_under_another_number_is_no_news(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    lamp, van, pump = "Light the lamp", "Drive the van", "Fill the pump"
    _commit(desk, f"[x] 1. {lamp}", f"[ ] 2. {van}", f"[ ] 3. {pump}")
    assert _commit(desk, f"[ ] 2. {van}", f"[ ] 3. {pump}") == []

    assert _commit(desk, f"[ ] 1. {van}", f"[x] 2. {lamp}", f"[ ] 3. {pump}") == []
    desk.wiring.close()
