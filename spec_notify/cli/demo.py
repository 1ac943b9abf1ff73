"""`spec-notify demo`: the whole story in seconds, on a temporary repository, with real parts."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spec_notify.core.errors import UsageError

from .session import session
from .stage import Stage

if TYPE_CHECKING:
    from rich.console import Console

    from spec_notify.pipeline.attempt import Attempted
    from spec_notify.transports.receiver import Answer, Receiver, Request

SPEC = "SPEC-DEMO-001-checkout"
BOARD = """\
# Shop

## Active tasks

| Task ID | Title | Status | Owners | PRD |
| --- | --- | --- | --- | --- |
| T1 | Checkout accepts vouchers | {t1} | Code | docs/SPEC-DEMO-001-checkout/PRD.md |
| T2 | Receipts by mail | {t2} | Code | docs/SPEC-DEMO-001-checkout/PRD.md |
"""
TELEMETRY = """\
{"schemaVersion": 1, "command": "spec-ops-validate", "specId": "SPEC-DEMO-001-checkout",
 "sessionId": "2026-11-20T09:58:00Z-1", "timestamp": "2026-11-20T09:59:30Z",
 "scenarios": [{"name": "voucher", "status": "passed"}],
 "artifacts": [{"path": "docs/SPEC-DEMO-001-checkout/report.md"}]}
"""
CONFIG = """\
enabled = true
[[subscriptions]]
name = "chatops"
url_env = "SPEC_NOTIFY_DEMO_URL"
secret_env = "SPEC_NOTIFY_DEMO_SECRET"
events = ["spec-kit.task.completed"]
allow_private = true                     # the receiver is on this very machine
[subscriptions.retry]
schedule = ["100ms", "200ms"]            # short, so that you need not wait for the dead letter
"""
_FONT_FACE = re.compile(r"@font-face \{[^}]*\}\s*")
_WIDTH = 100
_SHOWN = ("webhook-id", "webhook-timestamp", "webhook-signature", "x-spec-notify-attempt")


def register(app: typer.Typer) -> None:
    """Put the command into the app."""
    app.command("demo")(demo)


def demo(
    context: typer.Context,
    svg: Annotated[
        str | None, typer.Option(metavar="FILE", help="Also draw the transcript as SVG.")
    ] = None,
    keep: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="Copy the evidence files here.")
    ] = None,
) -> int:
    """Show it all: a task turns Done, the webhook arrives, fails, is replayed; nothing remains."""
    from rich.console import Console

    from spec_notify.transports.receiver import Receiver

    _refuse_bad_places(svg, keep)
    console = Console(record=svg is not None, width=_WIDTH, highlight=False, soft_wrap=False)
    session(context)
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="spec-notify-demo-")))
        outage = Outage()
        receiver = stack.enter_context(Receiver(answers=outage.answer))
        _repository(home / "shop")
        stage = stack.enter_context(Stage.set(home, receiver.url, CONFIG))
        _Play(console, stage, receiver, outage).run()
        if keep is not None:
            shutil.copytree(stage.evidence_folder(), keep, dirs_exist_ok=True)
    if svg is not None:
        drawn = console.export_svg(title="spec-notify demo")
        # A picture must not make its reader's browser call anybody for a font.
        Path(svg).write_text(_FONT_FACE.sub("", drawn), encoding="utf-8")
    return 0


def _refuse_bad_places(svg: str | None, keep: str | None) -> None:
    """Find out before the play, not after it, that its traces cannot be written."""
    try:
        if svg is not None:
            Path(svg).open("ab").close()
        if keep is not None:
            Path(keep).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{error.filename} cannot be written: {error.strerror}") from error


class Outage:
    """A receiver that can be told to be down."""

    def __init__(self) -> None:
        self.down = False

    def answer(self, _: Request) -> Answer:
        """Answer 503 while down, else 204."""
        from spec_notify.transports.receiver import Answer

        return Answer(status=503 if self.down else 204)


class _Play:
    """The demo's acts, in order."""

    def __init__(self, console: Console, stage: Stage, receiver: Receiver, outage: Outage) -> None:
        self._console = console
        self._stage = stage
        self._receiver = receiver
        self._outage = outage

    def run(self) -> None:
        self._arrival()
        dead = self._outage_act()
        self._replay(dead)
        self._line("\n[dim]everything above ran in a temporary folder that is gone now[/dim]")

    def _arrival(self) -> None:
        self._title("1. A task in SPEC.md turns Done")
        self._stage.look()
        self._change(t1="**Done** (2026-11-20)", t2="In Progress")
        attempt = self._deliver()[0]
        self._title("2. The signed request, as it arrived")
        request = self._receiver.requests[0]
        self._line(f"  {request.method} {request.path}")
        for name, value in request.headers:
            if name.lower() in _SHOWN:
                self._line(f"  {name.lower()}: {value}")
        self._payload(request.body)
        self._verified(request)
        self._title("3. The evidence that stays in the repository")
        self._evidence(attempt.delivery.id)

    def _outage_act(self) -> str:
        self._title("4. The receiver goes down")
        self._outage.down = True
        self._change(t1="**Done** (2026-11-20)", t2="Done")
        attempts = self._deliver()
        for each in attempts:
            self._line(f"  attempt {each.delivery.attempts}: {each.outcome.detail}")
        self._command("--list", "--failed")
        return attempts[-1].delivery.id

    def _replay(self, dead: str) -> None:
        self._title("5. It is back: replay, under the same id")
        self._outage.down = False
        self._command("--replay", dead)
        first, last = self._receiver.requests[1], self._receiver.requests[-1]
        self._verified(last)
        same = first.header("webhook-id") == last.header("webhook-id")
        self._line(f"  webhook-id {last.header('webhook-id')}: {'the same' if same else 'OTHER'}")
        self._evidence(dead)

    def _command(self, *words: str) -> None:
        """Run the real command in a process of its own, as a user would, and show what it says."""
        self._line(f"  $ spec-notify {' '.join(words)}")
        done = subprocess.run(
            [sys.executable, "-I", "-m", "spec_notify", *words],
            cwd=self._stage.root,
            env=self._stage.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=True,
        )
        for line in done.stdout.splitlines():
            for part in _wrapped(line):
                self._console.print(f"  {part}", markup=False, soft_wrap=True)

    def _change(self, **statuses: str) -> None:
        self._stage.write("SPEC.md", BOARD.format(**statuses))
        for event, transition in self._stage.look():
            before, after = transition
            self._line(
                f"  SPEC.md: [bold]{event.task}[/bold] {before} -> [green]{after}[/green]"
                f"   {event.type}"
            )

    def _deliver(self) -> list[Attempted]:
        return self._stage.deliver()

    def _payload(self, body: bytes) -> None:
        import orjson

        told = orjson.loads(body)["data"]
        task, telemetry = told["task"], told["telemetry"] or {}
        shown = {
            "spec": told["spec"]["id"],
            "task": f"{task['id']} {task['title']}",
            "from": told["transition"]["from"],
            "to": told["transition"]["to"],
            "telemetry": f"{telemetry.get('stage')} {telemetry.get('status')}",
        }
        for name, value in shown.items():
            self._line(f"  [dim]{name:>9}[/dim]  {value}")

    def _verified(self, request: Request) -> None:
        """Ask the official library, not our own code."""
        from standardwebhooks.webhooks import Webhook

        headers = {name.lower(): value for name, value in request.headers}
        Webhook(self._stage.secret).verify(request.body, headers)
        self._line("  [green]signature verified[/green] (by the official standardwebhooks package)")

    def _evidence(self, delivery: str) -> None:
        """Show the latest record of a delivery; its name sorts by time."""
        import orjson

        file = max(self._stage.evidence_folder().rglob(f"*_{delivery}_a*.json"))
        record = orjson.loads(file.read_bytes())
        self._line(f"  {file.parent.relative_to(self._stage.root)}/")
        self._line(f"    {file.name}")
        self._line(f"    verdict {record['verdict']}, sequence {record['sequence']}, chained")
        if record["replay"]:
            self._line(f"    replayed by {record['replay']['by']}, {record['replay']['at']}")

    def _title(self, text: str) -> None:
        self._line(f"\n[bold]{text}[/bold]")

    def _line(self, text: str) -> None:
        self._console.print(text, soft_wrap=True)


def _wrapped(line: str) -> list[str]:
    """Break a line where the picture ends, between words."""
    return textwrap.wrap(
        line, _WIDTH - 2, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def _repository(root: Path) -> None:
    """Make a small git repository with a task board and telemetry."""
    evidence = "docs/SPEC-OPS-004-integrated-coder-hooks/evidence"
    files = {
        "SPEC.md": BOARD.format(t1="In Progress", t2="In Progress"),
        f"docs/{SPEC}/PRD.md": "# Checkout\n",
        f"{evidence}/commands/{SPEC}/spec-validate_2026-11-20T09:58:00Z-1.json": TELEMETRY,
    }
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    who = ["-c", "user.name=Demo", "-c", "user.email=demo@example.invalid"]
    quiet = ["-c", "core.hooksPath=/dev/null", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "Board"]):
        subprocess.run(["git", "-C", str(root), *who, *quiet, *words], check=True)
