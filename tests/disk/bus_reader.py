"""An independent reader of a message bus: lines, three states, and PyYAML for the headers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from pathlib import Path

ID = re.compile(r"MSG-\d{8}-\d{6}-\d{9}-PID\d{5}-\d{4}")
KEYS = ["msg_id", "ts", "type", "project_id", "task_id", "run_id"]


class Records(yaml.SafeLoader):
    """YAML whose instants stay texts."""


Records.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if not tag.endswith(":timestamp")]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_bus(path: Path) -> list[tuple[dict[str, Any], str]]:
    """Answer header and body of each record; a last one without its line's end is none yet."""
    found: list[tuple[dict[str, Any], str]] = []
    header: list[str] = []
    body: list[str] = []
    state = "seek"
    for line in path.read_bytes().decode().splitlines(keepends=True):
        rule = line.rstrip("\r\n") == "---"
        if state == "body" and rule:
            found.append((_header(header), _body(body)))
            header, body, state = [], [], "header"
        elif state == "seek" and rule:
            state = "header"
        elif state == "header" and rule:
            state = "body"
        elif state != "seek":
            (header if state == "header" else body).append(line)
    if state == "body" and body and body[-1].endswith("\n"):
        found.append((_header(header), _body(body)))
    assert state in {"seek", "body"}, "the bus ends inside a header"
    return found


def _header(lines: list[str]) -> dict[str, Any]:
    read: dict[str, Any] = yaml.load("".join(lines), Loader=Records)
    return read


def _body(lines: list[str]) -> str:
    return "".join(lines).rstrip("\n")
