"""A small shop whose task board is watched: real git, real processes, a real receiver."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from standardwebhooks.webhooks import Webhook

from spec_notify.core.signature import encode_secret
from spec_notify.transports.receiver import Receiver
from tests.repository import Repository, environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from spec_notify.transports.receiver import Answer, Request

PATIENCE = 20.0
"""Seconds a test waits for what must come; never how long it takes."""
SECRET = encode_secret(b"only for the tests of this shop!!")
HEAD = "# Shop\n\n| Task ID | Title | Status | Owners |\n| --- | --- | --- | --- |\n"


def board(**statuses: str) -> str:
    """Answer a task board with one row per task."""
    rows = (f"| {task} | Task {task} | {status} | Code |\n" for task, status in statuses.items())
    return HEAD + "".join(rows)


class Shop:
    """A repository, a receiver, and the spec-notify command between them."""

    def __init__(
        self, folder: Path, answers: Callable[[Request], Answer] | None = None, **config: str
    ) -> None:
        self.receiver = Receiver(answers=answers) if answers else Receiver()
        self.receiver.start()
        home = folder / "home"
        home.mkdir()
        self.env = environment(
            home,
            SPEC_NOTIFY_STATE_DIR=str(folder / "state"),
            SPEC_NOTIFY_SHOP_URL=f"{self.receiver.url}/hook?token=url-canary-93417",
            SPEC_NOTIFY_SHOP_SECRET=SECRET,
        )
        for name in ("NO_COLOR", "FORCE_COLOR", "SPEC_NOTIFY_CONFIG", "SPEC_NOTIFY_ENABLED"):
            self.env.pop(name, None)
        self.repository = Repository(folder / "shop", env=self.env)
        self.root = self.repository.root
        self.state = folder / "state"
        self._started: list[subprocess.Popen[str]] = []
        self.configure(**config)

    def configure(self, *, retry: str = "", more: str = "", top: str = "") -> None:
        """Write the repository's config and trust it."""
        text = (
            f"enabled = true\n{top}\n[[subscriptions]]\n"
            'name = "shop"\nurl_env = "SPEC_NOTIFY_SHOP_URL"\n'
            f'secret_env = "SPEC_NOTIFY_SHOP_SECRET"\nallow_private = true\n{more}\n'
        )
        text += f"[subscriptions.retry]\n{retry}\n" if retry else ""
        self.repository.write(".spec-notify/config.toml", text)

    def trust(self) -> None:
        """Trust the config as it stands."""
        self.run("trust", "--allow-private", code=0)

    def run(
        self, *words: str, code: int | None = None, **env: str
    ) -> subprocess.CompletedProcess[str]:
        """Run spec-notify here, as a user would."""
        done = subprocess.run(
            [sys.executable, "-m", "spec_notify", *words],
            cwd=self.root,
            env=self.env | env,
            text=True,
            capture_output=True,
            timeout=120,
            check=False,
        )
        if code is not None:
            assert done.returncode == code, (
                f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
            )
        return done

    def json(self, *words: str, code: int | None = None) -> Any:
        """Run a command with --json and answer its document."""
        return json.loads(self.run(*words, "--json", code=code).stdout)

    def start(self, *words: str, **env: str) -> subprocess.Popen[str]:
        """Start spec-notify here and leave it running."""
        child = subprocess.Popen(
            [sys.executable, "-m", "spec_notify", *words],
            cwd=self.root,
            env=self.env | env,
            text=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self._started.append(child)
        return child

    def watch(self) -> subprocess.Popen[str]:
        """Start a watcher and wait until it says it is ready."""
        child = self.start("watch", "--jsonl")
        assert child.stderr is not None
        for line in child.stderr:
            if json.loads(line)["event"] == "ready":
                return child
        raise AssertionError(f"the watcher ended with {child.wait()}")

    def board(self, **statuses: str) -> None:
        """Save SPEC.md."""
        self.repository.write("SPEC.md", board(**statuses))

    def arrivals(self, count: int) -> list[Request]:
        """Wait for so many requests, check every signature, and answer them all."""
        assert self.receiver.wait_for(count, timeout=PATIENCE), (
            f"{len(self.receiver.requests)} of {count} arrived"
        )
        return [verified(each) for each in self.receiver.requests]

    def close(self) -> None:
        """End what was started; every request that ever arrived must have been signed."""
        for child in self._started:
            if child.poll() is None:
                child.send_signal(signal.SIGKILL)
            child.communicate()
        self.receiver.stop()
        for request in self.receiver.requests:
            verified(request)


def verified(request: Request) -> Request:
    """Check a request with the official verifier."""
    headers = {name.lower(): value for name, value in request.headers}
    Webhook(SECRET).verify(request.body, headers)
    return request


def told(request: Request) -> tuple[str | None, str]:
    """Answer the task and the status a request tells of."""
    data = json.loads(request.body)["data"]
    return data["task"]["id"], data["transition"]["to"]


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Wait until something holds; fail by name if it never does."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.02)


def lives(pid: int) -> bool:
    """Say whether a process is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
