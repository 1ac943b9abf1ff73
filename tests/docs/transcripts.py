"""Transcripts in pages, played again: each `console` block's commands, in one shell, in order."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from tests.repository import environment

from .pages import ROOT

if TYPE_CHECKING:
    from pathlib import Path

_STEP = re.compile(
    r"^Save this as `([^`]+)`:\n\n```\w+\n(.*?)^```$|^```console\n(.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_MARK = "\x1e"
PORT = "8787"
"""The port in the pages; another one is used when they are played."""
PATIENCE = 120
"""Seconds a page may take before what it has said so far is compared."""


def played(page: str, folder: Path) -> list[tuple[str, str, str]]:
    """Play a page in an empty folder; answer (command, output it shows, output it gave)."""
    port = _free_port()
    shown, script = [], ["exec 2>&1 </dev/null"]
    for name, text, console in _STEP.findall((ROOT / page).read_text("utf-8")):
        if name:
            script.append(f"mkdir -p $(dirname {name}); cat > {name} <<'END'\n{text}END")
        for command, output in _commands(console):
            shown.append((command, output))
            script.append(f"{command}\necho '{_MARK}'")
    output = _run("\n".join(script).replace(PORT, port), folder)
    given = output.replace(port, PORT).replace(str(folder.parent), "…").split(f"{_MARK}\n")
    return [(*each, output) for each, output in zip(shown, given, strict=False)]


def _run(script: str, folder: Path) -> str:
    """Run a script and answer what it printed; what it left behind ends with it."""
    child = subprocess.Popen(
        ["bash", "-c", script],
        cwd=folder,
        env=_environment(folder),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        return child.communicate(timeout=PATIENCE)[0]
    except subprocess.TimeoutExpired as error:
        return (error.stdout or b"").decode()
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.communicate()


def _commands(console: str) -> list[tuple[str, str]]:
    pieces = re.split(r"^\$ ", console, flags=re.MULTILINE)[1:]
    return [(command, output) for command, _, output in (each.partition("\n") for each in pieces)]


def _environment(folder: Path) -> dict[str, str]:
    home, programs = folder.parent / "home", folder.parent / "bin"
    home.mkdir()
    programs.mkdir()
    program = programs / "spec-notify"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m spec_notify "$@"\n')
    program.chmod(0o755)
    env = environment(home, PYTHONPATH=str(ROOT))
    kept = {name: value for name, value in env.items() if not name.startswith("SPEC_NOTIFY_")}
    paths = (str(programs), str(_folder_of("git")), kept.get("PATH", ""))
    return {**kept, "PATH": ":".join(paths), "NO_COLOR": "1", "COLUMNS": "100"}


def _folder_of(program: str) -> str:
    return (shutil.which(program) or program).rpartition("/")[0]


def _free_port() -> str:
    # Five digits, so that columns stand where they stand with the port of the page.
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return str(taken.getsockname()[1])
