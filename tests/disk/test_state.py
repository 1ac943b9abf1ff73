from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from spec_notify.core.errors import SpoolError
from spec_notify.disk.state import ensure, repository_state, state_root


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"SPEC_NOTIFY_STATE_DIR": "/srv/state", "HOME": "/home/ana"}, "/srv/state"),
        ({"SPEC_NOTIFY_STATE_DIR": "~/state", "HOME": "/home/ana"}, "/home/ana/state"),
        ({"SPEC_NOTIFY_STATE_DIR": "~", "HOME": "/home/ana"}, "/home/ana"),
        ({"SPEC_NOTIFY_STATE_DIR": "", "HOME": "/home/ana"}, "/home/ana/.local/state/spec-notify"),
        ({"XDG_STATE_HOME": "/srv/xdg", "HOME": "/home/ana"}, "/srv/xdg/spec-notify"),
        ({"XDG_STATE_HOME": "xdg", "HOME": "/home/ana"}, "/home/ana/.local/state/spec-notify"),
        ({"XDG_STATE_HOME": "", "HOME": "/home/ana"}, "/home/ana/.local/state/spec-notify"),
        ({"HOME": "/home/ana"}, "/home/ana/.local/state/spec-notify"),
    ],
)
def test_the_state_directory_follows_the_environment(
    environment: dict[str, str], expected: str
) -> None:
    assert state_root(environment, "linux") == Path(expected)


def test_a_user_without_home_variable_has_the_home_of_the_password_file() -> None:
    found = state_root({}, "linux")
    assert found.is_absolute()
    assert found.parts[-3:] == (".local", "state", "spec-notify")


def test_another_platform_has_its_own_place() -> None:
    found = state_root({}, "darwin")
    assert found.is_absolute()
    assert found.name == "spec-notify"


def test_a_relative_state_directory_is_refused_with_the_fix() -> None:
    with pytest.raises(SpoolError, match="absolute"):
        state_root({"SPEC_NOTIFY_STATE_DIR": "state"}, "linux")


def test_a_checkout_has_a_folder_of_its_own_whatever_its_key() -> None:
    root = Path("/srv/state")
    keys = ["/a/.git", "/a/.git ", "/A/.git", "", "../../etc", "/b\udcff/.git", "x" * 10_000]
    found = [repository_state(root, key) for key in keys]
    assert len({*found}) == len(keys)
    assert {each.parent for each in found} == {root / "repositories"}
    assert found == [repository_state(root, key) for key in keys]


def test_a_new_directory_and_its_new_parents_are_private(tmp_path: Path) -> None:
    umask = os.umask(0o000)
    try:
        made = ensure(tmp_path / "a" / "b" / "c")
    finally:
        os.umask(umask)
    assert [mode(each) for each in (made, made.parent, made.parent.parent)] == [0o700] * 3
    assert ensure(made) == made


@pytest.mark.parametrize("bits", [0o700, 0o750, 0o755, 0o500])
def test_a_directory_only_we_may_write_in_is_taken_as_it_is(tmp_path: Path, bits: int) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state").chmod(bits)
    assert mode(ensure(tmp_path / "state")) == bits


@pytest.mark.parametrize("bits", [0o770, 0o777, 0o702, 0o720, 0o1777])
def test_a_directory_others_may_write_in_is_refused_with_the_command_that_mends_it(
    tmp_path: Path, bits: int
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    state.chmod(bits)
    with pytest.raises(SpoolError, match=f"chmod go-w {state}"):
        ensure(state)
    state.chmod(bits & ~0o022)
    assert ensure(state) == state


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A directory of somebody else's."""
    if os.geteuid() != 0:
        return Path("/")
    (tmp_path / "foreign").mkdir()
    os.chown(tmp_path / "foreign", 12_345, -1)
    return tmp_path / "foreign"


def test_a_directory_of_somebody_else_is_refused(foreign: Path) -> None:
    with pytest.raises(SpoolError, match=r"belongs to user \d+, not to you.*SPEC_NOTIFY_STATE_DIR"):
        ensure(foreign)


def test_a_link_to_somebody_elses_directory_is_refused_and_one_to_ours_is_not(
    tmp_path: Path, foreign: Path
) -> None:
    (tmp_path / "ours").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "ours")
    assert ensure(tmp_path / "link") == tmp_path / "link"
    (tmp_path / "link").unlink()
    (tmp_path / "link").symlink_to(foreign)
    with pytest.raises(SpoolError, match="belongs to user"):
        ensure(tmp_path / "link")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a link away")
def test_a_link_of_somebody_elses_is_refused_even_to_our_directory(tmp_path: Path) -> None:
    (tmp_path / "ours").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "ours")
    os.chown(tmp_path / "link", 12_345, -1, follow_symlinks=False)
    with pytest.raises(SpoolError, match="belongs to user 12345"):
        ensure(tmp_path / "link")


def test_a_file_or_a_dangling_link_in_the_way_is_an_error_that_names_the_fix(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for path in (tmp_path / "file", tmp_path / "file" / "below", tmp_path / "dangling"):
        with pytest.raises(SpoolError, match="SPEC_NOTIFY_STATE_DIR") as caught:
            ensure(path)
        assert caught.value.path == str(path)
