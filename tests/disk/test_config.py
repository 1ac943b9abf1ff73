"""Which files decide, and that a repository's word counts only once the user trusts it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import ClassVar

import pytest

from spec_notify.core.config import Kind
from spec_notify.core.errors import ConfigError
from spec_notify.disk.config import Loaded, check, load, trust_repository
from spec_notify.disk.config_files import user_config_file
from spec_notify.disk.environment import Environment
from spec_notify.disk.trust import TrustStore, fingerprint

CANARY = "canary7Kd93hs8"
NOON = 1_795_168_800_000
ON = "enabled = true\n"


def webhook(name: str, table: str = "subscriptions") -> str:
    return (
        f'[[{table}]]\nname = "{name}"\nurl_env = "SPEC_NOTIFY_URL"\n'
        'secret_env = "SPEC_NOTIFY_SECRET"\n'
    )


class Desk:
    """A repository, a user with a state directory and a user-level file, and an environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "repository"
        self.root.mkdir()
        self.user_file = folder / "home" / "config.toml"
        self.trust = TrustStore(folder / "state" / "trust.json")
        self.env: dict[str, str] = {}

    def repository(self, text: str) -> Path:
        return write(self.root / ".spec-notify" / "config.toml", text)

    def pyproject(self, text: str) -> Path:
        return write(self.root / "pyproject.toml", text)

    def user(self, text: str) -> Path:
        return write(self.user_file, text)

    def named(self, text: str, name: str = "named.toml") -> str:
        return str(write(self.folder / name, text))

    def say_yes(self, *, allow_private: bool = False) -> list[str]:
        return trust_repository(self.root, self.trust, allow_private=allow_private, at=NOON)

    def load(self, config_file: str | None = None) -> Loaded:
        return load(
            self.root,
            env=self.env,
            config_file=config_file,
            trust=self.trust,
            user_config=self.user_file,
        )

    def names(self, config_file: str | None = None) -> list[str]:
        return [each.name for each in self.load(config_file).config.subscriptions]

    def problems(self, config_file: str | None = None) -> list[str]:
        with pytest.raises(ConfigError) as raised:
            self.load(config_file)
        return [f"{each.origin}: {each.key}" for each in raised.value.problems]


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


# --- which file decides ------------------------------------------------------------------------


def test_without_any_file_it_is_off_and_says_what_to_do(desk: Desk) -> None:
    found = desk.load()
    assert not found.config.enabled
    assert found.notices == ()
    assert "spec-notify init" in found.off_because
    assert [(each.kind, each.state) for each in found.files] == [
        (Kind.REPOSITORY, "absent"),
        (Kind.PYPROJECT, "absent"),
        (Kind.USER, "absent"),
    ]
    assert not (desk.folder / "state").exists()


def test_the_first_file_with_subscriptions_gives_them_all(desk: Desk) -> None:
    desk.user(ON + webhook("user"))
    assert desk.names() == ["user"]
    desk.pyproject("[tool.spec-notify]\n" + webhook("pyproject", "tool.spec-notify.subscriptions"))
    desk.say_yes()
    assert desk.names() == ["pyproject"]
    desk.repository(webhook("repository"))
    desk.say_yes()
    assert desk.names() == ["repository"]
    desk.env["SPEC_NOTIFY_CONFIG"] = desk.named(webhook("variable"), "variable.toml")
    assert desk.names() == ["variable"]
    assert desk.names(desk.named(webhook("option"))) == ["option"]
    assert desk.load().config.enabled


def test_a_file_without_subscriptions_leaves_them_to_the_next(desk: Desk) -> None:
    desk.user(ON + webhook("user"))
    found = desk.load(desk.named("enabled = false\n[delivery]\nconcurrency = 2"))
    assert [each.name for each in found.config.subscriptions] == ["user"]
    assert (found.config.enabled, found.config.concurrency) == (False, 2)
    assert [each.gives for each in found.files if each.state == "read"] == [
        ("delivery", "enabled"),
        ("subscriptions",),
    ]


@pytest.mark.parametrize(("switch", "enabled"), [("1", True), ("0", False), ("", True)])
def test_the_switch_in_the_environment_outweighs_all_files(
    desk: Desk, switch: str, *, enabled: bool
) -> None:
    desk.user(ON)
    desk.env["SPEC_NOTIFY_ENABLED"] = switch
    assert desk.load().config.enabled is enabled


def test_a_switch_that_says_neither_is_a_mistake(desk: Desk) -> None:
    desk.user(ON)
    desk.env["SPEC_NOTIFY_ENABLED"] = "yes"
    assert desk.problems() == ["environment: SPEC_NOTIFY_ENABLED"]


@pytest.mark.parametrize(
    ("user", "switch", "because"),
    [
        (None, "0", "SPEC_NOTIFY_ENABLED=0"),
        ("enabled = false", None, "says `enabled = false`"),
        ("[hooks]\nmode = 'sync'", None, "add the line `enabled = true`"),
        (ON, None, ""),
    ],
)
def test_why_it_is_off_is_said_with_the_line_to_add(
    desk: Desk, user: str | None, switch: str | None, because: str
) -> None:
    if user is not None:
        desk.user(user)
    if switch is not None:
        desk.env["SPEC_NOTIFY_ENABLED"] = switch
    found = desk.load().off_because
    assert because in found
    assert bool(found) == bool(because)


def test_every_mistake_of_every_file_is_told_at_once(desk: Desk) -> None:
    desk.user("enabeld = true\n[hooks]\nmode = 1")
    named = desk.named("enabled = 1")
    assert desk.problems(named) == [
        f"{named}: enabled",
        f"{desk.user_file}: enabeld",
        f"{desk.user_file}: hooks.mode",
    ]


def test_a_file_asked_for_by_name_must_be_there(desk: Desk) -> None:
    missing = str(desk.folder / "missing.toml")
    assert desk.problems(missing) == [f"{missing}: file"]
    desk.env["SPEC_NOTIFY_CONFIG"] = missing
    assert desk.problems() == [f"{missing}: file"]
    desk.env["SPEC_NOTIFY_CONFIG"] = ""
    assert desk.load().files[0].kind is Kind.REPOSITORY


def test_a_byte_order_mark_is_no_mistake(desk: Desk) -> None:
    desk.user("\ufeff" + ON)
    assert desk.load().config.enabled


@pytest.mark.parametrize("spoil", ["pipe", "folder", "large", "latin-1", "loop"])
def test_what_is_no_config_file_is_a_mistake_and_never_waited_for(desk: Desk, spoil: str) -> None:
    desk.user("")
    desk.user_file.unlink()
    spoiled(desk.user_file, spoil)
    assert desk.problems() == [f"{desk.user_file}: file"]


@pytest.mark.parametrize("spoil", ["pipe", "folder", "large", "latin-1", "loop"])
def test_in_a_repository_what_is_no_config_file_counts_as_absent(desk: Desk, spoil: str) -> None:
    desk.user(ON)
    for name in (".spec-notify/config.toml", "pyproject.toml"):
        path = desk.root / name
        path.parent.mkdir(exist_ok=True)
        spoiled(path, spoil)
    found = desk.load()
    assert found.config.enabled
    assert [each.partition(":")[0] for each in found.notices] == [
        ".spec-notify/config.toml",
        "pyproject.toml",
    ]


def spoiled(path: Path, how: str) -> None:
    match how:
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "large":
            path.write_text("#" * (1024 * 1024 + 1))
        case "latin-1":
            path.write_bytes("# spec-notify é\n".encode("latin-1"))
        case "loop":
            path.symlink_to(path)


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({"XDG_CONFIG_HOME": "/x", "HOME": "/h"}, "/x/spec-notify/config.toml"),
        ({"HOME": "/h"}, "/h/.config/spec-notify/config.toml"),
        ({"XDG_CONFIG_HOME": "relative", "HOME": "/h"}, "/h/.config/spec-notify/config.toml"),
    ],
)
def test_the_user_level_file_is_in_the_platforms_place(env: dict[str, str], expected: str) -> None:
    assert user_config_file(env, platform="linux") == Path(expected)


@pytest.mark.parametrize("platform", ["darwin", "linux"])
def test_without_a_word_in_the_environment_the_platform_is_asked(platform: str) -> None:
    found = user_config_file({}, platform=platform)
    assert found.is_absolute()
    assert found.parts[-2:] == ("spec-notify", "config.toml")


# --- trust -------------------------------------------------------------------------------------


def test_a_repository_config_is_inert_until_it_is_trusted(desk: Desk) -> None:
    desk.repository(ON + webhook("theirs"))
    found = desk.load()
    assert not found.config.enabled
    assert found.config.subscriptions == ()
    (notice,) = found.notices
    assert "not trusted yet" in notice
    assert "\n" not in notice
    assert "spec-notify trust" in found.off_because
    assert desk.say_yes() == [".spec-notify/config.toml"]
    assert desk.load().config.enabled
    assert desk.load().notices == ()


def test_one_changed_byte_takes_the_trust_away_and_the_old_bytes_keep_it(desk: Desk) -> None:
    path = desk.repository(ON + webhook("theirs"))
    desk.say_yes()
    path.write_text(path.read_text() + " ", encoding="utf-8")
    assert "changed since you trusted it" in desk.load().notices[0]
    desk.say_yes()
    desk.repository(ON + webhook("theirs"))
    assert desk.names() == ["theirs"]


def test_a_copied_or_moved_repository_is_not_trusted(desk: Desk) -> None:
    desk.repository(ON + webhook("theirs"))
    desk.say_yes()
    elsewhere = desk.folder / "elsewhere"
    shutil.copytree(desk.root, elsewhere)
    desk.root = elsewhere
    assert desk.names() == []


def test_a_way_around_leads_to_the_same_trust(desk: Desk) -> None:
    desk.repository(ON + webhook("theirs"))
    desk.say_yes()
    link = desk.folder / "link"
    link.symlink_to(desk.root)
    for way in (link, desk.root / "sub" / ".."):
        desk.root = way
        (desk.folder / "repository" / "sub").mkdir(exist_ok=True)
        assert desk.names() == ["theirs"]


def test_a_linked_config_is_trusted_for_where_it_leads(desk: Desk) -> None:
    shared = [write(desk.root / name / "config.toml", ON + webhook("x")) for name in "ab"]
    link = desk.root / ".spec-notify" / "config.toml"
    link.parent.mkdir()
    link.symlink_to(shared[0])
    desk.say_yes()
    assert desk.names() == ["x"]
    link.unlink()
    link.symlink_to(shared[1])
    assert desk.names() == []


def test_a_link_out_of_the_repository_borrows_no_trust(desk: Desk) -> None:
    """Somebody else's trusted config must not send this repository's tasks."""
    theirs = write(desk.folder / "theirs" / "config.toml", ON + webhook("x"))
    digest = fingerprint(theirs, theirs.read_bytes())
    desk.trust.trust(theirs, digest, allow_private=True, at=0)
    link = desk.root / ".spec-notify" / "config.toml"
    link.parent.mkdir()
    link.symlink_to(theirs)
    assert desk.names() == []
    assert desk.say_yes() == []


def test_a_nested_repository_needs_its_own_trust(desk: Desk) -> None:
    desk.repository(ON + webhook("outer"))
    desk.say_yes()
    desk.root = desk.root / "vendor" / "inner"
    desk.repository(ON + webhook("outer"))
    assert desk.names() == []


def test_in_a_pyproject_only_the_table_itself_is_trusted(desk: Desk) -> None:
    table = "[tool.spec-notify]\nenabled = true\n" + webhook(
        "theirs", "tool.spec-notify.subscriptions"
    )
    desk.pyproject('[project]\nname = "a"\n' + table)
    assert desk.say_yes() == ["pyproject.toml"]
    desk.pyproject('[project]\nname = "b"\nversion = "2"\n# more\n' + table)
    assert desk.names() == ["theirs"]
    desk.pyproject('[project]\nname = "b"\n' + table.replace("theirs", "ours"))
    assert desk.names() == []


@pytest.mark.parametrize(
    "change",
    [
        ("_SECRET", "_SECRETS"),
        ("enabled = true", "enabled = false"),
        ("enabled = true", "enabled = 1"),
        ("enabled = true", "enabled = true\ndry = 1979-05-27"),
    ],
)
def test_any_other_meaning_of_the_table_needs_new_trust(
    desk: Desk, change: tuple[str, str]
) -> None:
    table = "[tool.spec-notify]\nenabled = true\n" + webhook(
        "theirs", "tool.spec-notify.subscriptions"
    )
    desk.pyproject(table)
    desk.say_yes()
    desk.pyproject(table.replace(*change))
    assert [each.state for each in desk.load().files if each.kind is Kind.PYPROJECT] == [
        "untrusted"
    ]


def test_a_pyproject_that_is_none_of_ours_is_not_even_parsed(desk: Desk) -> None:
    desk.pyproject("this is no TOML")
    assert desk.load().notices == ()
    desk.pyproject("this is no TOML # spec-notify")
    assert "no TOML at line 1" in desk.load().notices[0]
    desk.pyproject("[project]\ndependencies = ['spec-notify']")
    assert desk.load().notices == ()


def test_mistakes_in_an_untrusted_config_are_nobodys_problem_until_asked_for(desk: Desk) -> None:
    desk.repository("enabeld = true")
    assert desk.load().config.problems == ()
    (problem,) = check(desk.root, env={}, config_file=None, user_config=desk.user_file)
    assert (problem.key, problem.line) == ("enabeld", 1)


def test_a_config_with_a_mistake_cannot_be_trusted(desk: Desk) -> None:
    desk.repository(ON + webhook("theirs") + 'secret = "x"\n')
    desk.pyproject("[tool.spec-notify]\nenabled = 3")
    with pytest.raises(ConfigError) as raised:
        desk.say_yes()
    assert [each.key for each in raised.value.problems] == ["subscriptions[0].secret", "enabled"]
    assert desk.trust.entries() == ()


def test_a_repository_without_config_has_nothing_to_trust(desk: Desk) -> None:
    assert desk.say_yes() == []
    assert not (desk.folder / "state").exists()


def test_private_addresses_need_a_trust_that_says_so(desk: Desk) -> None:
    desk.repository(ON + webhook("theirs") + "allow_private = true\n")
    with pytest.raises(ConfigError, match="spec-notify trust --allow-private"):
        desk.say_yes()
    desk.say_yes(allow_private=True)
    assert desk.load().config.subscriptions[0].allow_private


def test_a_file_the_user_names_is_his_word_even_inside_the_repository(desk: Desk) -> None:
    path = desk.repository(ON + webhook("theirs").replace("SPEC_NOTIFY_SECRET", "MY_SECRET"))
    found = desk.load(str(path))
    assert [each.secret_env for each in found.config.subscriptions] == ["MY_SECRET"]
    assert found.notices == ()
    assert [each.kind for each in found.files] == [Kind.NAMED, Kind.PYPROJECT, Kind.USER]


def test_a_repository_cannot_take_the_users_file_away_by_linking_to_it(desk: Desk) -> None:
    desk.user(ON + webhook("user"))
    link = desk.root / ".spec-notify" / "config.toml"
    link.parent.mkdir()
    link.symlink_to(desk.user_file)
    assert desk.names() == ["user"]
    assert desk.load().notices == ()


def test_a_damaged_trust_file_trusts_nothing_and_says_so(desk: Desk) -> None:
    desk.repository(ON + webhook("theirs"))
    desk.say_yes()
    (desk.folder / "state" / "trust.json").write_text("{")
    found = desk.load()
    assert found.config.subscriptions == ()
    assert "is damaged" in found.notices[0]


def test_loading_writes_nothing_and_asks_for_no_secret(desk: Desk) -> None:
    class Watched(dict[str, str]):
        asked: ClassVar[set[str]] = set()

        def get(self, key: str, default: str | None = None) -> str | None:  # type: ignore[override]
            self.asked.add(key)
            return super().get(key, default)

    desk.env = Watched(SPEC_NOTIFY_SECRET=CANARY)
    desk.repository(ON + webhook("theirs"))
    before = sorted(desk.folder.rglob("*"))
    desk.load()
    assert Watched.asked == {"SPEC_NOTIFY_CONFIG", "SPEC_NOTIFY_ENABLED"}
    assert sorted(desk.folder.rglob("*")) == before


def test_neither_errors_nor_values_show_what_a_file_holds(desk: Desk) -> None:
    desk.user(
        f'{ON}[[subscriptions]]\nname = "a"\nurl = "https://a.example/{CANARY}"\n'
        'secret_env = "SPEC_NOTIFY_SECRET"\n'
    )
    found = desk.load()
    assert found.config.subscriptions
    assert CANARY not in f"{found!r}{found}"
    desk.user(f'{ON}[[subscriptions]]\nname = "a"\nsecret = "{CANARY}"\ntimeout = "{CANARY}"\n')
    with pytest.raises(ConfigError) as raised:
        desk.load()
    assert CANARY not in f"{raised.value!r}{raised.value}"
    assert raised.value.__cause__ is raised.value.__context__ is None


# --- where secrets come from -------------------------------------------------------------------


def test_a_variable_comes_from_the_environment(tmp_path: Path) -> None:
    found = Environment({"A": "1", "EMPTY": ""}, None)
    assert (found.get("A"), found.get("B"), found.get("EMPTY")) == ("1", None, None)
    assert Environment({"A": "1"}, tmp_path / "missing").get("A") == "1"


def test_a_file_outweighs_the_environment_and_is_read_anew(tmp_path: Path) -> None:
    found = Environment({"A": "old"}, tmp_path)
    assert found.get("A") == "old"
    for text, value in [("first\n", "first"), ("second\r\n", "second"), (" third ", " third ")]:
        (tmp_path / "A").write_bytes(text.encode())
        assert found.get("A") == value


def test_a_file_behind_a_link_is_read_as_mounted_secrets_are(tmp_path: Path) -> None:
    write(tmp_path / "..version" / "A", "mounted")
    (tmp_path / "A").symlink_to("..version/A")
    assert Environment({}, tmp_path).get("A") == "mounted"


@pytest.mark.parametrize("spoil", ["pipe", "folder", "large", "latin-1", "loop", "empty"])
def test_a_file_of_no_use_is_a_missing_secret_not_an_older_one(tmp_path: Path, spoil: str) -> None:
    if spoil == "empty":
        (tmp_path / "A").write_text("\n")
    else:
        spoiled(tmp_path / "A", spoil)
    assert Environment({"A": "old"}, tmp_path).get("A") is None


@pytest.mark.parametrize("name", ["", "../A", "a/b", ".", "A\x00", "A B", "1A", "A" * 200])
def test_a_name_that_is_none_is_never_looked_up(tmp_path: Path, name: str) -> None:
    write(tmp_path / "A", "secret")
    assert Environment({name: "value"}, tmp_path / "inner").get(name) is None


def test_an_environment_never_shows_what_it_holds() -> None:
    assert CANARY not in repr(Environment({"A": CANARY}, None))
