"""A repository in which everything means harm, and a run of every command there is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from spec_notify.cli import COMMANDS
from tests.acceptance.shop import HEAD
from tests.disk.test_git import mined

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.shop import Shop

SOME = "dlv_aaaaaaaaaaaaaaaaaaaaaaaaaa"
TAKEN = "--port 0"
"""Stands for a port that is taken: else whoever listens would do so for ever."""
POLL = "poll-run --run-id r --base-url http://127.0.0.1:1 --max-wait-seconds 1 --poll-seconds 1"
RUNS = {
    "init": ("init",),
    "hooks": ("hooks status", "hooks install"),
    "watch": ("watch status", "watch --background", "watch stop"),
    "scan": ("scan", "scan --baseline", "scan --deliver --drain 1s", "scan --since HEAD~1"),
    "deliver": ("deliver --drain 1s",),
    "test": ("test", "test SPEC-../../evil --json"),
    "list": ("list", "list --failed", "list --json", "list ../../evil"),
    "replay": ("replay --failed --yes --drain 1s", f"replay {SOME}", "replay evt_%* --yes"),
    "cancel": (f"cancel {SOME} --yes", "cancel --state pending --yes"),
    "ack": (f"ack {SOME} --yes", "ack --failed --yes"),
    "export": (f"export {SOME}", f"export --sign {SOME}"),
    "purge": ("purge --failed --yes", "purge --state delivered --yes"),
    "metrics": ("metrics", "metrics --json"),
    "accept": ("accept", "accept --discard"),
    "diff": ("diff SPEC.md specs/deep/tasks.md --all", "diff specs/zero/tasks.md SPEC.md"),
    "explain": (
        "explain --file SPEC.md",
        "explain --file specs/link/tasks.md",
        "explain --file specs/zero/tasks.md",
        f"explain {SOME}",
    ),
    "history": ("history --all", "history --jsonl"),
    "doctor": ("doctor", "doctor --json"),
    "config": ("config check", "config show", "config show --json"),
    "secret": ("secret",),
    "sign": ("sign SPEC.md --id evt_a",),
    "verify": ("verify SPEC.md --signature v1,a --id evt_a --timestamp 1",),
    "listen": (f"listen {TAKEN}",),
    "serve": (f"serve {TAKEN}",),
    "emit": ("emit workflow.started", "emit step.completed --data @specs/link/tasks.md"),
    "run": ("run -- true",),
    "poll-run": ("poll-run --run-id ../evil --no-state", POLL),
    "deliver-team": ("deliver-team team.yaml", "deliver-team specs/zero/tasks.md"),
    "report": ("report", "report --json"),
    "schema": ("schema",),
    "evidence": ("evidence verify", "evidence audit --json"),
    "demo": ("demo",),
    "hook": ("hook post-commit --sync", "hook post-checkout", "hook post-merge", "hook guardrail"),
    "trust": ("trust",),
}
"""Command → how it is run here, of the program's commands and of what git calls."""

MODULES = (
    *("spec_notify/__init__.py", "spec_notify/__main__.py", "sitecustomize.py", "msgspec.py"),
    *("usercustomize.py", "orjson.py", "apsw.py", "httpx.py", "json.py", "re.py", "os.py"),
)
TITLES = (
    "\x1b]0;title\x07\x1b[2J\x1b[31mred\x9b31m",
    "@everyone @here <!channel> <@U1> [x](https://evil.example)",
    "\u202egnp.exe\u2066\u200b\ufeff",
    "a\u2028| T66 | smuggled | Done | Code |",
    "{0.__class__} %s $(touch exploded) `touch exploded`",
    "SPEC-../../../../evil",
    "x" * 20_000,
)
IDS = ("../../../../evil", "T1", "..", "a\u0000b", "-rf", "%2e%2e%2f", "T7")


def missing() -> set[str]:
    """Answer the commands of the program that have no run here."""
    return {*COMMANDS, "hook"} - RUNS.keys()


def every(shop: Shop) -> list[str]:
    """Answer every run but `trust`: that is the user's word."""
    taken = f"--port {shop.receiver.port}"
    return [
        line.replace(TAKEN, taken)
        for command, lines in RUNS.items()
        for line in lines
        if command in {*COMMANDS, "hook"} - {"trust"}
    ]


def board(status: str) -> str:
    """Answer a board whose every cell is meant to do something."""
    rows = zip(IDS, TITLES, strict=True)
    return HEAD + "".join(f"| {id_} | {title} | {status} | @{id_} |\n" for id_, title in rows)


def config(url: str) -> str:
    """Answer a config that sends to its author, signed with whatever it can name."""
    return (
        'enabled = true\n[[subscriptions]]\nname = "theirs"\nevents = ["*"]\n'
        f'allow_private = true\nurl = "{url}/theirs"\nsecret_env = "SPEC_NOTIFY_SHOP_SECRET"\n'
        'timeout = "1s"\n[subscriptions.retry]\nschedule = ["10ms"]\nmax_attempts = 2\n'
    )


def build(shop: Shop, folder: Path) -> tuple[Path, Path]:
    """Fill the shop's repository with harm; answer what would explode, and what nobody may touch.

    From here on the test itself must not call git there.
    """
    repository, root = shop.repository, shop.root
    outside = folder / "outside"
    outside.mkdir()
    (outside / "precious").write_text("untouched\n")
    mark = folder / "exploded"
    bomb = f"open({str(mark)!r}, 'a').write(__file__)\n"
    text = config(shop.receiver.url)
    table = text.replace("[[subscriptions]]", "[[tool.spec-notify.subscriptions]]")
    table = table.replace("[subscriptions.retry]", "[tool.spec-notify.subscriptions.retry]")
    repository.commit(
        {
            **dict.fromkeys(MODULES, bomb),
            ".spec-notify/config.toml": text,
            "pyproject.toml": "[tool.spec-notify]\n" + table,
            ".gitattributes": "*.md diff=bomb filter=bomb\n",
            "SPEC.md": board("Backlog"),
            "docs/SPEC-\x1b]0;x\x07/tasks.md": board("Backlog"),
            "docs/SPEC-$(touch exploded)/tasks.md": board("Backlog"),
            "docs/SPEC-new\nline/tasks.md": board("Backlog"),
            "specs/deep/tasks.md": "\n".join("  " * each + "- [x] a" for each in range(500)),
            "specs/quotes/tasks.md": ">" * 20_000 + " - [x] a\n",
            "specs/wide/tasks.md": HEAD + "|" + " a |" * 5_000 + "\n",
            "specs/binary/tasks.md": b"\xff\xfe\0" * 1_000,
            ".kiro/specs/big/tasks.md": "- [x] a task\n" * 170_000,
            "openspec/changes/a/tasks.md": "- [ ] 1.1 open\n",
            "backlog/tasks/a.md": "---\nid: &a [*a, *a]\nstatus: Done\n" + "a: &b\n" * 1_000,
            "team.yaml": "a: &a [*a, *a]\nkind: AgentTeam\n",
            ".taskmaster/tasks/tasks.json": '{"master": {"tasks": ' + "[" * 20_000,
        },
        "harm",
    )
    repository.commit({"SPEC.md": board("Done"), "openspec/changes/a/tasks.md": "- [x] 1.1 o\n"})
    for name in ("pipe", "link", "loop", "folder", "zero"):
        (root / "specs" / name).mkdir()
    os.mkfifo(root / "specs/pipe/tasks.md")
    (root / "specs/link/tasks.md").symlink_to("/etc/passwd")
    (root / "specs/loop/tasks.md").symlink_to("tasks.md")
    (root / "specs/folder/tasks.md").mkdir()
    (root / "specs/zero/tasks.md").symlink_to("/dev/zero")
    (root / "specs/again").symlink_to(root)
    (root / "evidence").symlink_to(outside)
    mined(repository, folder)
    return mark, outside


def stands(folder: Path) -> dict[str, bytes | str]:
    """Answer what stands below a folder: files by their bytes, all else by its kind."""
    found: dict[str, bytes | str] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            found[str(path)] = f"link to {path.readlink()}"
        elif path.is_file():
            found[str(path)] = path.read_bytes()
        else:
            found[str(path)] = "folder" if path.is_dir() else "something else"
    return found
