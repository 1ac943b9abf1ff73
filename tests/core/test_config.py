"""What a config says, and every mistake in it at once: contract, section 6."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import msgspec
import pytest

from spec_notify.core.config import Config, Kind, Problem, Reading, combine, shown_url, spell
from spec_notify.core.config.reading import parse
from spec_notify.core.config.tables import KINDS, RETRY, ROOT, SECTIONS, SUBSCRIPTION
from spec_notify.core.config.toml_lines import key_lines, line_of
from spec_notify.core.event import TYPES
from spec_notify.core.retry import SCHEDULES, schedule
from tests.targets.kinds import stated

PROJECT = Path(__file__).parents[2]
FIXTURES = PROJECT / "fixtures" / "configs"
CANARY = "canary7Kd93hs8"
WEBHOOK = """\
[[subscriptions]]
name = "chatops"
url_env = "SPEC_NOTIFY_URL"
secret_env = "SPEC_NOTIFY_SECRET"
"""


def read(text: str, kind: Kind = Kind.USER, *, allow_private: bool = False) -> Reading:
    return parse(text, origin="config.toml", kind=kind, allow_private=allow_private)


def config(text: str, kind: Kind = Kind.USER, *, allow_private: bool = False) -> Config:
    reading = read(text, kind, allow_private=allow_private)
    assert reading.config is not None, "\n".join(map(str, reading.problems))
    return reading.config


def mistakes(text: str, kind: Kind = Kind.USER) -> list[Problem]:
    reading = read(text, kind)
    found = [each for each in reading.problems if not each.warning]
    assert (reading.config is None) == bool(found)
    return found


def warnings(text: str, kind: Kind = Kind.USER) -> list[Problem]:
    return list(config(text, kind).problems)


# --- what it says ---------------------------------------------------------------------------


def test_an_empty_config_is_off_and_states_nothing() -> None:
    assert read("") == Reading(config=Config(origin="config.toml", kind=Kind.USER))
    assert not config("").enabled


def test_a_subscription_of_format_aegis_hears_ended_workflows_unless_it_names_events() -> None:
    (silent,) = config(WEBHOOK + 'format = "aegis"').subscriptions
    (saying,) = config(WEBHOOK + 'format = "aegis"\nevents = ["*"]').subscriptions

    assert silent.events == ("workflow.completed",)
    assert saying.events == ("*",)


def test_every_default_of_a_subscription_is_the_contracts() -> None:
    (found,) = config(WEBHOOK).subscriptions
    assert found.type == "webhook"
    assert found.events == ("spec-kit.task.completed",)
    assert (found.enabled, found.dry_run, found.strict, found.allow_private) == (
        True,
        False,
        False,
        False,
    )
    assert (found.format, found.signature, found.concurrency) == ("native", "standard", 8)
    assert (found.timeout, found.expire_after) == (10_000, 7 * 86_400_000)
    assert found.retry == schedule("default", jitter=0.2)
    assert found.retry.max_attempts == 11


def test_the_annotated_example_states_everything_and_has_no_problem() -> None:
    text = (PROJECT / "docs" / "example-config.toml").read_text(encoding="utf-8")
    for kind in (Kind.REPOSITORY, Kind.USER):
        reading = read(text, kind)
        assert reading.problems == ()
        assert reading.stated == {*ROOT, *SECTIONS, "subscriptions", "statuses"}
    lines = key_lines(text)
    assert {("subscriptions", 0, key) for key in SUBSCRIPTION} - {*lines} == {
        ("subscriptions", 0, "url")
    }
    assert {("subscriptions", 0, "retry", key) for key in RETRY} <= {*lines}


def test_the_examples_defaults_are_the_defaults() -> None:
    text = (PROJECT / "docs" / "example-config.toml").read_text(encoding="utf-8")
    found, plain = config(text), Config()
    for field in ("paths", "hold_above", "concurrency", "max_pending", "dead_letter_retention"):
        assert getattr(found, field) == getattr(plain, field)
    assert (found.hook_mode, found.cap_bytes) == (plain.hook_mode, plain.cap_bytes)


@pytest.mark.parametrize(
    ("spelled", "delays", "attempts"),
    [
        ("", SCHEDULES["default"], 11),
        ('schedule = "standard"', SCHEDULES["standard"], 10),
        ('schedule = "conductor"', SCHEDULES["conductor"], 3),
        ('schedule = ["1s", "5s", "30s"]', ("1s", "5s", "30s"), 4),
        ('schedule = ["30m", "30m"]', ("30m", "30m"), 3),
        ('schedule = "conductor"\nmax_attempts = 7', SCHEDULES["conductor"], 7),
        ("max_attempts = 1", SCHEDULES["default"], 1),
    ],
)
def test_retries_are_a_named_schedule_or_a_list(
    spelled: str, delays: tuple[str, ...], attempts: int
) -> None:
    (found,) = config(f"{WEBHOOK}[subscriptions.retry]\n{spelled}\n").subscriptions
    assert found.retry == schedule(delays, max_attempts=attempts)


def test_a_retry_table_may_be_written_in_line() -> None:
    (found,) = config(f"{WEBHOOK}retry = {{ max_attempts = 2, jitter = 0 }}").subscriptions
    assert (found.retry.max_attempts, found.retry.jitter) == (2, 0.0)


def test_statuses_are_kept_as_they_are_compared() -> None:
    found = config('[statuses]\n" Waiting  for LEGAL " = "Blocked"\nshipped = "Done"')
    assert found.statuses == {"waiting for legal": "Blocked", "shipped": "Done"}


def test_documents_whose_headings_say_a_status_are_watched_too() -> None:
    found = config('[sources.spec]\nstatus_by_section = ["rs/SPEC.md", "SPEC.md"]\n')
    assert found.paths == (*Config().paths, "rs/SPEC.md")
    found = config('[sources.spec]\npaths = ["a.md"]\nstatus_by_section = ["rs/*.md"]\n')
    assert (found.paths, found.status_by_section) == (("a.md", "rs/*.md"), ("rs/*.md",))


def test_a_spec_for_tasks_that_name_none_may_be_said() -> None:
    assert config("").spec_id is None
    assert config('[sources.spec]\nspec_id = "SPEC-HOUSE"\n').spec_id == "SPEC-HOUSE"


def test_of_a_pyproject_only_its_own_table_is_read() -> None:
    text = (FIXTURES / "pyproject.toml").read_text(encoding="utf-8")
    reading = read(text, Kind.PYPROJECT)
    assert reading.stated == {"enabled", "subscriptions"}
    assert reading.config is not None
    assert reading.config.subscriptions[0].retry.max_attempts == 3
    assert read('[project]\nname = "x"', Kind.PYPROJECT).stated == frozenset()


@pytest.mark.parametrize("tool", ["tool = 1", "[tool]", "[tool.other]\na = 1", "tool = []"])
def test_a_pyproject_without_our_table_says_nothing(tool: str) -> None:
    assert read(tool, Kind.PYPROJECT).problems == ()


@pytest.mark.parametrize("type_", KINDS)
def test_every_kind_of_target_can_be_subscribed(type_: str) -> None:
    keys = {"name": "any", "secret_env": "A", **stated(type_, "https://a.example")}
    lines = "\n".join(f"{key} = {json.dumps(value)}" for key, value in keys.items())
    reading = read(f"[[subscriptions]]\n{lines}", Kind.USER)
    assert [each for each in reading.problems if not each.warning] == []
    assert reading.config is not None
    assert reading.config.subscriptions[0].type == type_


@pytest.mark.parametrize(
    ("lines", "key"),
    [
        ('type = "github"\nsecret_env = "A"', "repository"),
        ('type = "email"\nurl = "smtps://a.example"\nto = ["a@b.example"]', "from"),
        ('type = "email"\nurl = "smtps://a.example"\nfrom = "a@b.example"', "to"),
        ('type = "file"', "path"),
        ('type = "google-drive"\nsecret_env = "A"', "folder"),
    ],
)
def test_a_key_that_a_kind_needs_is_asked_for(lines: str, key: str) -> None:
    (problem,) = mistakes(f'[[subscriptions]]\nname = "chatops"\n{lines}')
    assert (problem.key, problem.message) == (f"subscriptions[0].{key}", "is missing")


@pytest.mark.parametrize(
    ("repository", "good"),
    [
        ("acme/rockets", True),
        ("a-b_c/.github", True),
        ("acme", False),
        ("acme/", False),
        ("/rockets", False),
        ("acme/rockets/x", False),
        ("https://github.com/acme/rockets", False),
        ("acme/..", False),
        ("acme/rockets?x", False),
        ("acme/röckets", False),
        (" acme/rockets", False),
    ],
)
def test_a_repository_to_dispatch_to_is_owner_and_name(repository: str, *, good: bool) -> None:
    keys = f'type = "github"\nsecret_env = "SPEC_NOTIFY_A"\nrepository = "{repository}"\n'
    found = mistakes(f'enabled = true\n[[subscriptions]]\nname = "a"\n{keys}')

    assert [each.fix for each in found] == (
        [] if good else ['Write the repository as GitHub does, as "acme/rockets"']
    )


@pytest.mark.parametrize("key", ["to", "from", "username", "repository", "folder", "path"])
def test_a_key_of_another_kind_is_named_with_those_it_is_for(key: str) -> None:
    value = {
        "to": '["x@y.example"]',
        "from": '"x@y.example"',
        "repository": '"x/y"',
    }.get(key, '"x"')
    (problem,) = mistakes(WEBHOOK + f"{key} = {value}\n")
    assert problem.key == f"subscriptions[0].{key}"
    assert "it is for" in problem.fix


def test_a_kind_that_dials_nothing_takes_no_url() -> None:
    (problem,) = mistakes(
        '[[subscriptions]]\nname = "a"\ntype = "file"\npath = "out"\nurl = "https://a.example"'
    )
    assert problem.key == "subscriptions[0].url"


@pytest.mark.parametrize("type_", TYPES)
def test_every_event_type_is_known(type_: str) -> None:
    assert warnings(WEBHOOK + f'events = ["{type_}", "*"]\n') == []


# --- what is wrong with it ------------------------------------------------------------------


def test_every_mistake_is_told_at_once_with_its_line() -> None:
    reading = read((FIXTURES / "mistakes.toml").read_text(encoding="utf-8"), Kind.REPOSITORY)
    told = [(each.line, each.key, each.warning) for each in reading.problems]
    assert told == [
        (2, "enabled", False),
        (3, "reposit", False),
        (5, "subscriptions[0].name", False),
        (6, "subscriptions[0].type", False),
        (8, "subscriptions[0].secret", False),
        (9, "subscriptions[0].timout", False),
        (10, "subscriptions[0].signature", False),
        (14, "subscriptions[1].url", True),
        (15, "subscriptions[1].secret_env", False),
        (16, "subscriptions[1].events", True),
        (17, "subscriptions[1].statuses", True),
        (18, "subscriptions[1].timeout", False),
        (19, "subscriptions[1].expire_after", False),
        (20, "subscriptions[1].concurrency", False),
        (21, "subscriptions[1].allow_private", False),
        (24, "subscriptions[1].retry.schedule", False),
        (25, "subscriptions[1].retry.max_attempts", False),
        (26, "subscriptions[1].retry.jitter", False),
        (28, "subscriptions[2].secret_env", False),
        (29, "subscriptions[2].name", False),
        (30, "subscriptions[2].url", False),
        (34, "sources.spec.paths", False),
        (36, "sources.spce", False),
        (40, "statuses.shipped", False),
        (43, "hooks.mode", False),
        (46, "evidence.cap_bytes", False),
    ]
    assert all(each.fix and each.message for each in reading.problems)
    assert reading.config is None


def test_a_hostile_repository_gets_nothing_even_when_trusted() -> None:
    text = (FIXTURES / "hostile.toml").read_text(encoding="utf-8")
    keys = [each.key for each in mistakes(text, Kind.REPOSITORY)]
    assert keys == [
        "subscriptions[0].secret_env",
        "subscriptions[1].allow_private",
        "sources.spec.paths",
        "evidence.root",
    ]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("enabeld = true", "Did you mean enabled?"),
        ("[delivry]", "Did you mean delivery?"),
        ("[subscription]", "Did you mean subscriptions?"),
        ("[delivery]\nmax_pendng = 5", "Did you mean max_pending?"),
        (WEBHOOK + 'sceret_env = "A"', "Did you mean secret_env?"),
        (WEBHOOK + 'format = "cloudevent"', 'Did you mean "cloudevents"?'),
        ('[statuses]\nx = "in progress"', 'Did you mean "In Progress"?'),
        ("[sources.specs]", "Did you mean spec?"),
    ],
)
def test_a_misspelling_is_answered_with_what_was_meant(written: str, meant: str) -> None:
    (problem,) = mistakes(written)
    assert problem.fix == meant


@pytest.mark.parametrize(
    "line",
    [
        'timeout = "99ms"',
        'timeout = "301s"',
        "timeout = 10",
        'timeout = "10"',
        'timeout = "-1s"',
        'timeout = "1e3s"',
        'expire_after = "0s"',
        "concurrency = 0",
        "concurrency = 65",
        "concurrency = true",
        "concurrency = 1.0",
        "enabled = 1",
        'dry_run = "false"',
        'events = "spec-kit.task.completed"',
        "events = [1]",
        'owners = [""]',
        'name = "a\\u0000"',
        'type = "Webhook"',
        'signature = "hmac"',
        "retry = 3",
        "retry = { schedule = [] }",
        "retry = { max_attempts = 1001 }",
        'retry = { schedule = ["0s"] }',
        "retry = { jitter = nan }",
        "retry = { jitter = true }",
        "retry = { jitter = -0.1 }",
        "url_env = 'lower case'",
        'secret_env = "1SECRET"',
        'secret_env = ""',
        'secret_env = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"',
    ],
)
def test_a_value_out_of_its_bounds_is_a_mistake(line: str) -> None:
    key = line.partition(" ")[0]
    kept = [each for each in WEBHOOK.splitlines() if not each.startswith(f"{key} ")]
    (problem,) = mistakes("\n".join([*kept, line]))
    assert problem.line == len(kept) + 1
    assert problem.key.startswith(f"subscriptions[0].{key}")


@pytest.mark.parametrize("good", ["100ms", "5m", "1.5s", "300s"])
def test_a_timeout_within_its_bounds_is_taken(good: str) -> None:
    assert 100 <= config(WEBHOOK + f'timeout = "{good}"').subscriptions[0].timeout <= 300_000


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[delivery]\nconcurrency = 0", "delivery.concurrency"),
        ('[delivery]\ndead_letter_retention = "a week"', "delivery.dead_letter_retention"),
        ("[evidence]\ncap_bytes = 9_999", "evidence.cap_bytes"),
        ("[sources.spec]\nhold_above = 0", "sources.spec.hold_above"),
        ('[sources.spec]\nstatus_by_section = "SPEC.md"', "sources.spec.status_by_section"),
        ('[sources.spec]\nstatus_by_section = ["../SPEC.md"]', "sources.spec.status_by_section"),
        ('[sources.spec]\nspec_id = "../SPEC"', "sources.spec.spec_id"),
        ('[sources.spec]\nspec_id = ["SPEC-A"]', "sources.spec.spec_id"),
        ('[sources.spec]\nformat = "prose"', "sources.spec.format"),
        ("delivery = 1", "delivery"),
        ("sources = 1", "sources"),
        ("[sources]\nspec = 1", "sources.spec"),
        ("statuses = 1", "statuses"),
        ('repository = ""', "repository"),
        ("subscriptions = {}", "subscriptions"),
        ('subscriptions = ["chatops"]', "subscriptions[0]"),
        ("[subscriptions.chatops]", "subscriptions"),
        ("[statuses]\nshipped = 1", "statuses.shipped"),
    ],
)
def test_a_table_that_cannot_be_read_is_one_mistake(text: str, key: str) -> None:
    assert [each.key for each in mistakes(text)] == [key]


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "../x.md", "a/../../x.md", "~/x.md", "C:/x.md", ".git/hooks", "..\\x", ""],
)
def test_nothing_leads_out_of_the_repository(path: str) -> None:
    text = f"[sources.spec]\npaths = ['{path}']\n[evidence]\nroot = '{path}'"
    assert [each.key for each in mistakes(text)] == ["sources.spec.paths", "evidence.root"]


@pytest.mark.parametrize(
    ("lines", "key", "fix"),
    [
        ('secret_env = "A"', "url_env", "url_env"),
        ('secret_env = "A"\nurl = "https://a.example"\nurl_env = "B"', "url", "Keep one"),
        ('url_env = "A"', "secret_env", 'signature = "none"'),
        ('url_env = "A"\nsignature = "none"\nprevious_secret_env = "B"', "previous", "too"),
        ('type = "github"\nrepository = "a/b"', "secret_env", "secret_env"),
        ('type = "slack"', "url_env", "url_env"),
    ],
)
def test_what_is_missing_is_named_with_its_fix(lines: str, key: str, fix: str) -> None:
    (problem,) = mistakes(f'[[subscriptions]]\nname = "chatops"\n{lines}')
    assert problem.key.startswith(f"subscriptions[0].{key}")
    assert fix in problem.fix


@pytest.mark.parametrize(
    "lines",
    [
        'url_env = "A"\nsignature = "none"',
        'type = "slack"\nurl_env = "A"',
        'type = "github"\nsecret_env = "A"\nrepository = "acme/rockets"',
        'type = "pagerduty"\nsecret_env = "A"\nurl = "https://events.example.org"',
        'type = "file"\npath = "outbox"',
    ],
)
def test_what_a_kind_does_not_need_is_not_asked_for(lines: str) -> None:
    assert warnings(f'[[subscriptions]]\nname = "chatops"\n{lines}') == []


@pytest.mark.parametrize(
    "key", ["secret", "token", "api_key", "password", "previous_secret", "webhook_token"]
)
def test_a_secret_in_the_file_is_refused_with_the_way_out(key: str) -> None:
    (problem,) = mistakes(f'{WEBHOOK}{key} = "whsec_{CANARY}"')
    assert "secret_env" in problem.fix
    assert CANARY not in str(problem)


# --- warnings: the rest of the file still counts ---------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example.org/a",
        "https://",
        "https://user:pass@hooks.example.org/",
        "ftp://hooks.example.org/",
        "http://hooks.example.org/",
        "https://127.0.0.1/",
        "https://hooks.example.org:99999/",
    ],
)
def test_a_url_nobody_can_dial_disables_only_its_own_subscription(url: str) -> None:
    text = WEBHOOK + f'[[subscriptions]]\nname = "b"\nurl = "{url}"\nsecret_env = "A"\n'
    (problem,) = warnings(text)
    assert problem.key == "subscriptions[1].url"
    assert "disabled" in problem.message
    assert [each.name for each in config(text).subscriptions] == ["chatops", "b"]


def test_a_private_url_is_no_warning_where_the_user_allows_it() -> None:
    text = '[[subscriptions]]\nname = "b"\nurl = "http://127.0.0.1:8080/"\nsecret_env = "A"\n'
    assert warnings(text + "allow_private = true") == []


@pytest.mark.parametrize("type_", ["slack", "discord", "teams"])
def test_a_url_that_is_a_secret_is_warned_about_in_a_file(type_: str) -> None:
    url = f"https://hooks.example.org/{CANARY}"
    text = f'[[subscriptions]]\nname = "b"\ntype = "{type_}"\nurl = "{url}"'
    (problem,) = warnings(text)
    assert "url_env" in problem.fix


def test_an_unknown_event_type_is_a_warning() -> None:
    (problem,) = warnings(WEBHOOK + 'events = ["*", "run.finish"]')
    assert (problem.key, problem.fix) == ("subscriptions[0].events", 'Did you mean "run.finished"?')


def test_a_status_is_known_in_any_case() -> None:
    assert warnings(WEBHOOK + 'statuses = ["done", "IN REVIEW"]') == []


def test_a_subscription_to_nothing_is_a_warning() -> None:
    assert [each.key for each in warnings(WEBHOOK + "events = []")] == ["subscriptions[0].events"]


# --- the repository says what; only the user says where and with which secret ----------------

CREDENTIALS = re.findall(
    r"\S+",
    """
    AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN GITHUB_TOKEN GH_TOKEN GITLAB_TOKEN CI_JOB_TOKEN
    NPM_TOKEN PYPI_TOKEN TWINE_PASSWORD DOCKER_PASSWORD DOCKER_AUTH_CONFIG HEROKU_API_KEY
    STRIPE_SECRET_KEY OPENAI_API_KEY ANTHROPIC_API_KEY GEMINI_API_KEY GOOGLE_API_KEY
    GOOGLE_APPLICATION_CREDENTIALS AZURE_CLIENT_SECRET ARM_CLIENT_SECRET DIGITALOCEAN_TOKEN
    CLOUDFLARE_API_TOKEN FASTLY_API_TOKEN SENTRY_AUTH_TOKEN DATADOG_API_KEY DD_API_KEY
    NEW_RELIC_LICENSE_KEY SLACK_BOT_TOKEN SLACK_WEBHOOK_URL DISCORD_TOKEN TELEGRAM_BOT_TOKEN
    TWILIO_AUTH_TOKEN SENDGRID_API_KEY MAILGUN_API_KEY DATABASE_URL PGPASSWORD MYSQL_PWD
    REDIS_URL MONGO_URL VAULT_TOKEN CONSUL_HTTP_TOKEN KUBECONFIG SSH_AUTH_SOCK
    SSH_PRIVATE_KEY GPG_PASSPHRASE HOME PATH LD_PRELOAD SPEC_NOTIFY_ spec_notify_secret
    XSPEC_NOTIFY_SECRET SPEC_NOTIFY_Secret
    """,
)


@pytest.mark.parametrize("key", ["url_env", "secret_env", "previous_secret_env"])
@pytest.mark.parametrize("kind", [Kind.REPOSITORY, Kind.PYPROJECT])
def test_a_repository_cannot_ask_for_a_known_credential(key: str, kind: Kind) -> None:
    table = "tool.spec-notify.subscriptions" if kind is Kind.PYPROJECT else "subscriptions"
    names = {"url_env": "SPEC_NOTIFY_A", "secret_env": "SPEC_NOTIFY_B"}
    for name in CREDENTIALS:
        stated = {**names, key: name}
        lines = "\n".join(f'{each} = "{value}"' for each, value in stated.items())
        (problem,) = mistakes(f'[[{table}]]\nname = "x"\n{lines}\n', kind)
        assert problem.key == f"subscriptions[0].{key}"


def test_the_users_own_files_may_name_any_variable() -> None:
    for kind in (Kind.USER, Kind.NAMED):
        assert warnings(WEBHOOK.replace("SPEC_NOTIFY_SECRET", "my_own_Secret"), kind) == []


def test_a_repository_reaches_private_addresses_only_with_the_users_word() -> None:
    text = WEBHOOK + "allow_private = true"
    (problem,) = mistakes(text, Kind.REPOSITORY)
    assert "spec-notify trust --allow-private" in problem.fix
    said = config(text, Kind.REPOSITORY, allow_private=True)
    assert said.subscriptions[0].allow_private
    assert config(text, Kind.USER).subscriptions[0].allow_private


# --- texts that are no TOML -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("enabled = yes", 1),
        ("enabled = true\nname = ", 2),
        ('\n\nname = "open', 3),
        ("[delivery\n", 1),
        ("a = 1\na = 2\n", None),
        ("[a]\n[a]\n", 2),
        ("a = 1 b = 2", 1),
        ('a = "\\q"', 1),
        ("a = [1, 2", None),
        ("a = {b = 1", None),
        ("just words", 1),
        ("\x00", 1),
        ("a = 2026-13-45", 1),
        ("a = " + "1" * 5_000, None),
        ("a = " + "[" * 100_000, None),
        ("a = " + "{a=" * 100_000, None),
        ("a." * 50 + "a = 1", None),
        ('"a".' * 50 + "a = 1", None),
        ("[" + "a . " * 50 + "a]", None),
        ("a" * 50_000, None),
    ],
)
def test_what_is_no_toml_is_one_mistake_with_a_fix(text: str, line: int | None) -> None:
    (problem,) = mistakes(text)
    assert problem.fix
    assert line is None or problem.line == line


@pytest.mark.parametrize(
    "text",
    [
        f'secret = "{CANARY}',
        f'"{CANARY}" = 1\n"{CANARY}" = 2',
        f"[{CANARY}]\n[{CANARY}]",
        f'a = {{ "{CANARY}" = 1, "{CANARY}" = 2 }}',
        f"{CANARY}",
        f"a = {CANARY}",
        f"[a.{CANARY}]\nx = 1\n[a]\n{CANARY}.y = 1",
    ],
)
def test_the_parsers_own_words_are_never_repeated(text: str) -> None:
    (problem,) = mistakes(text)
    assert CANARY not in f"{problem}{problem!r}"


@pytest.mark.parametrize(
    "unit",
    [
        "a.",
        '"a".',
        "a = 1\n[[x]]\n",
        "# comment\n",
        '"',
        '"\\"',
        "'",
        "[",
        "{a=",
        "a",
        "\n",
        "\\",
        '"""',
        "[[subscriptions]]\n",
        " . ",
    ],
)
def test_a_megabyte_of_anything_is_answered_in_seconds(unit: str) -> None:
    check_quick(unit * (1024 * 1024 // len(unit)))


@pytest.mark.parametrize(
    "line", ["k{} = 1", "[enabld{}]", "statuses.s{} = 1", "[[subscriptions]]\nenable{} = 1", "#{}"]
)
def test_a_megabyte_of_mistakes_is_answered_in_seconds(line: str) -> None:
    check_quick("\n".join(line.format(number) for number in range(60_000)))


def check_quick(text: str) -> None:
    began = time.perf_counter()
    parse(text, origin="config.toml", kind=Kind.USER)
    assert time.perf_counter() - began < 20


# --- no secret in output ----------------------------------------------------------------------

WRONG = (f'"{CANARY}\\u0000"', f'["{CANARY}\\u0007"]', f'{{ a = "{CANARY}" }}', f'"{CANARY}"')


@pytest.mark.parametrize("value", WRONG)
@pytest.mark.parametrize("kind", [Kind.USER, Kind.REPOSITORY])
def test_no_problem_repeats_a_value_whatever_the_key(value: str, kind: Kind) -> None:
    for key in (*SUBSCRIPTION, "retry", "secret", "unknown"):
        kept = [each for each in WEBHOOK.splitlines() if not each.startswith(f"{key} ")]
        check_silent("\n".join([*kept, f"{key} = {value}"]), kind)
    for key in RETRY:
        check_silent(f"{WEBHOOK}[subscriptions.retry]\n{key} = {value}", kind)
    for key in ROOT:
        check_silent(f"{key} = {value}", kind)
    for name, keys in SECTIONS.items():
        for key in (*keys, "unknown"):
            check_silent(f"[{name}]\n{key} = {value}", kind)
    check_silent(f"[statuses]\nshipped = {value}", kind)


def check_silent(text: str, kind: Kind) -> None:
    reading = read(text, kind)
    for problem in reading.problems:
        assert CANARY not in f"{problem}{problem!r}", text


@pytest.mark.parametrize(
    "key", ["whsec_c2VjcmV0c2VjcmV0", "a b", "x" * 33, "\\u001b[2J", "é", "a.b"]
)
def test_a_key_that_is_no_plain_word_is_not_shown(key: str) -> None:
    (problem,) = mistakes(f'"{key}" = 1')
    assert problem.key == "…"
    assert problem.line == 1


def test_a_config_shows_no_url() -> None:
    found = config(
        f'[[subscriptions]]\nname = "b"\nurl = "https://a.example:8443/{CANARY}?t={CANARY}"\n'
        'secret_env = "SPEC_NOTIFY_SECRET"'
    )
    assert found.subscriptions[0].url is not None
    reading = Reading(config=found)
    assert CANARY not in f"{found}{found!r}{reading!r}{spell(found)}"
    assert CANARY not in str([*found.subscriptions[0].__rich_repr__()])
    assert "'url': 'https://a.example:8443'" in str(spell(found))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://hooks.example.org/services/T0/B0/x", "https://hooks.example.org"),
        ("https://user:pass@hooks.example.org:444/a", "https://hooks.example.org:444"),
        ("http://[::1]:80/a", "http://[::1]:80"),
        ("not a URL", "…"),
        ("https://", "…"),
        ("https://a b/", "…"),
        ("https://a:port/", "…"),
        ("https://[::1/", "…"),
        ("", "…"),
    ],
)
def test_of_a_url_only_scheme_and_host_are_shown(url: str, shown: str) -> None:
    assert shown_url(url) == shown


# --- several files ----------------------------------------------------------------------------


def test_each_table_comes_whole_from_the_first_file_that_has_it() -> None:
    near = read("[delivery]\nconcurrency = 4\n", Kind.REPOSITORY)
    far = read(f"enabled = true\n{WEBHOOK}[delivery]\nmax_pending = 7\n[hooks]\nmode = 'sync'")
    found = combine([near, far])
    assert (found.concurrency, found.max_pending) == (4, 100_000)
    assert (found.enabled, found.hook_mode) == (True, "sync")
    assert [each.name for each in found.subscriptions] == ["chatops"]
    assert found.kind is Kind.USER


def test_subscriptions_are_never_merged() -> None:
    other = WEBHOOK.replace("chatops", "other")
    found = combine([read(WEBHOOK, Kind.REPOSITORY), read(other)])
    assert [each.name for each in found.subscriptions] == ["chatops"]
    assert combine([read("subscriptions = []"), read(other)]).subscriptions == ()


@pytest.mark.parametrize(
    ("texts", "switch", "enabled"),
    [
        ([], None, False),
        (["", ""], None, False),
        (["enabled = true"], None, True),
        (["", "enabled = true"], None, True),
        (["enabled = false", "enabled = true"], None, False),
        (["enabled = true", "enabled = false"], None, True),
        (["enabled = false"], True, True),
        (["enabled = true"], False, False),
        ([], True, True),
    ],
)
def test_the_first_file_that_says_so_switches_it_on(
    *, texts: list[str], switch: bool | None, enabled: bool
) -> None:
    assert combine([read(text) for text in texts], enabled=switch).enabled is enabled


def test_warnings_of_all_files_are_kept() -> None:
    loud = read(WEBHOOK + "events = []", Kind.REPOSITORY)
    found = combine([loud, read(WEBHOOK + 'statuses = ["Doen"]')])
    assert [each.key for each in found.problems] == [
        "subscriptions[0].events",
        "subscriptions[0].statuses",
    ]


# --- spelled again ----------------------------------------------------------------------------


def test_the_settings_are_spelled_as_the_file_spells_them() -> None:
    spelled = spell(config(WEBHOOK + "[subscriptions.retry]\nschedule = 'conductor'\n"))
    subscriptions = spelled["subscriptions"]
    assert isinstance(subscriptions, list)
    assert subscriptions[0]["timeout"] == "10s"
    assert subscriptions[0]["expire_after"] == "7d"
    assert subscriptions[0]["retry"] == {"schedule": ["1s", "2s"], "max_attempts": 3, "jitter": 0.2}
    assert spelled["delivery"] == {
        "concurrency": 16,
        "max_pending": 100_000,
        "dead_letter_retention": "7d",
    }
    assert msgspec.json.decode(msgspec.json.encode(spelled)) == spelled


# --- lines ------------------------------------------------------------------------------------


def test_lines_are_found_past_texts_lists_and_comments() -> None:
    text = '''
# a = 1
x = """
[not.a.table]
y = 2
"""
list = [
  "a = [", # ]
  "b",
]
[a."b.c".d] # = 1
e.f = { g = 1 }
[[t]]
k = 'it''
'''.replace("'it''", "'it'")
    lines = key_lines(text)
    assert lines[("x",)] == 3
    assert lines[("list",)] == 7
    assert lines[("a", "b.c", "d")] == 11
    assert lines[("a", "b.c", "d", "e", "f")] == 12
    assert lines[("t", 0, "k")] == 14
    assert ("y",) not in lines
    assert line_of(lines, ("a", "b.c", "d", "e", "f", "g")) == 12
    assert line_of(lines, ("nowhere",)) is None


FILE = '[[subscriptions]]\nname = "gap"\ntype = "file"\npath = '


@pytest.mark.parametrize("path", ["../out", ".git/hooks", "a/.GIT/b", "~/out", "C:/out", "a/../b"])
def test_an_outbox_stays_out_of_git_and_inside_the_repository(path: str) -> None:
    (problem,) = mistakes(f'{FILE}"{path}"\n')
    assert problem.key == "subscriptions[0].path"


def test_an_absolute_outbox_is_the_users_word_alone() -> None:
    text = f'{FILE}"/media/stick"\n'
    assert not [each for each in read(text, Kind.USER).problems if not each.warning]
    (problem,) = (each for each in read(text, Kind.REPOSITORY).problems if not each.warning)
    assert (problem.key, problem.message) == (
        "subscriptions[0].path",
        "leads out of the repository",
    )


MAIL = (
    '[[subscriptions]]\nname = "post"\ntype = "email"\nurl = "smtps://mail.example"\n'
    'from = "a@b.example"\n'
)


@pytest.mark.parametrize(
    ("lines", "key"),
    [
        ("to = []\n", "to"),
        ('to = ["a@b.example\\r\\nRCPT TO:<c@d.example>"]\n', "to"),
        ('to = ["Ada <a@b.example>"]\n', "to"),
        ('to = ["a@b.example, c@d.example"]\n', "to"),
        ('to = ["é@b.example"]\n', "to"),
        ('to = ["a@b.example"]\nusername = "a"\n', "username"),
    ],
)
def test_a_mail_goes_to_plain_addresses_alone(lines: str, key: str) -> None:
    (problem,) = mistakes(MAIL + lines)
    assert problem.key == f"subscriptions[0].{key}"


def test_what_dials_by_itself_needs_the_users_word() -> None:
    apprise = '[[subscriptions]]\nname = "any"\ntype = "apprise"\nurl_env = "SPEC_NOTIFY_ANY_URL"\n'
    (problem,) = mistakes(apprise)
    assert problem.key == "subscriptions[0].allow_private"
    allowed = f"{apprise}allow_private = true\n"
    assert not [each for each in read(allowed, Kind.USER).problems if not each.warning]
    (problem,) = (each for each in read(allowed, Kind.REPOSITORY).problems if not each.warning)
    assert "trust --allow-private" in problem.fix


def test_what_is_wrong_in_the_table_of_sources_is_said_once() -> None:
    reading = parse("[sources]\nspecs = 1\n", origin="config.toml", kind=Kind.NAMED)

    assert [each.key for each in reading.problems] == ["sources.specs"]


@pytest.mark.parametrize("root", ["~/.run-agent/runs", "/srv/runs", "runs", "~"])
def test_a_root_may_lie_anywhere(root: str) -> None:
    text = f'[sources.conductor]\nroots = ["{root}"]\n'
    reading = parse(text, origin="config.toml", kind=Kind.REPOSITORY)

    assert reading.config is not None
    assert reading.config.conductor_roots == (root,)


@pytest.mark.parametrize("root", ["../runs", "/srv/../runs", "~other/runs", ""])
def test_a_root_is_a_plain_path(root: str) -> None:
    text = f'[sources.conductor]\nroots = ["{root}"]\n'
    reading = parse(text, origin="config.toml", kind=Kind.NAMED)

    assert [each.key for each in reading.problems] == ["sources.conductor.roots"]


CONDUCTOR = (
    '[[subscriptions]]\nname = "a"\nurl = "https://a.example/"\nsecret_env = "S"\n'
    'format = "conductor"\nsignature = "conductor"\n'
)


@pytest.mark.parametrize("events", ["", "events = []\n"])
def test_conductors_format_hears_all_it_can_tell_when_no_event_is_named(events: str) -> None:
    reading = parse(CONDUCTOR + events, origin="config.toml", kind=Kind.NAMED)

    assert reading.config is not None
    assert reading.config.subscriptions[0].events == ("run_stop",)
    assert reading.problems == ()


@pytest.mark.parametrize("events", ['["*"]', '["run_stop", "spec-kit.task.completed"]'])
def test_a_format_that_cannot_spell_what_it_hears_is_warned_about(events: str) -> None:
    reading = parse(f"{CONDUCTOR}events = {events}\n", origin="config.toml", kind=Kind.NAMED)

    (problem,) = reading.problems
    assert (problem.key, problem.warning) == ("subscriptions[0].format", True)
    assert problem.message.startswith("tells of run_stop alone")


def test_an_event_filter_that_names_another_event_hears_no_run_stop() -> None:
    text = f'{CONDUCTOR}events = ["run_start"]\n'
    reading = parse(text, origin="config.toml", kind=Kind.NAMED)

    assert reading.config is not None
    (problem,) = reading.problems
    assert (problem.key, problem.warning) == ("subscriptions[0].events", True)
    assert reading.config.subscriptions[0].events == ("run_start",)
