"""The official verifier in Node, which knows nothing of Python."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .shop import SECRET

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spec_notify.transports.receiver import Request

NODE = Path(__file__).parents[1] / "node"
SCRIPT = """
const { Webhook } = require("standardwebhooks");
const told = JSON.parse(require("fs").readFileSync(0, "utf8"));
const verifier = new Webhook(told.secret);
const types = told.requests.map(({ headers, body }) =>
  verifier.verify(Buffer.from(body, "base64").toString("utf8"), headers).type);
console.log(JSON.stringify(types));
"""


def need_node() -> None:
    """Skip loudly where Node or its verifier is missing; in CI that is a failure."""
    missing = shutil.which("node") is None or not (NODE / "node_modules/standardwebhooks").exists()
    if missing and os.environ.get("CI") == "true":
        pytest.fail("node, or `npm ci --prefix tests/node`, is missing")
    if missing:
        pytest.skip("node, or `npm ci --prefix tests/node`, is missing: nothing checked in Node")


def types_by_node(requests: Iterable[Request]) -> list[str]:
    """Have Node verify requests of the last five minutes; answer the type each tells of."""
    told = [
        {
            "headers": {name.lower(): value for name, value in request.headers},
            "body": base64.b64encode(request.body).decode(),
        }
        for request in requests
    ]
    done = subprocess.run(
        ["node", "-e", SCRIPT],
        cwd=NODE,
        input=json.dumps({"secret": SECRET, "requests": told}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    found: list[str] = json.loads(done.stdout)
    return found
