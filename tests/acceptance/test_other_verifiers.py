"""What arrives satisfies verifiers that are none of ours, in another language."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .shop import SECRET

if TYPE_CHECKING:
    from .shop import Shop

NODE = Path(__file__).parents[1] / "node"
SCRIPT = """
const { Webhook } = require("standardwebhooks");
const told = JSON.parse(require("fs").readFileSync(0, "utf8"));
const body = Buffer.from(told.body, "base64").toString("utf8");
console.log(JSON.stringify(new Webhook(told.secret).verify(body, told.headers).type));
"""


def need_node() -> None:
    """Skip loudly where Node or its verifier is missing; in CI that is a failure."""
    missing = shutil.which("node") is None or not (NODE / "node_modules/standardwebhooks").exists()
    if missing and os.environ.get("CI") == "true":
        pytest.fail("node, or `npm ci --prefix tests/node`, is missing")
    if missing:
        pytest.skip("node, or `npm ci --prefix tests/node`, is missing: nothing checked in Node")


def test_nodes_standardwebhooks_accepts_what_arrives(shop: Shop) -> None:
    import base64

    need_node()
    shop.board(T1="Done ✓ — «geprüft»", T2="Backlog")
    shop.run("scan", "--deliver", code=0)
    (request,) = shop.arrivals(1)
    told = {
        "secret": SECRET,
        "headers": {name.lower(): value for name, value in request.headers},
        "body": base64.b64encode(request.body).decode(),
    }

    done = subprocess.run(
        ["node", "-e", SCRIPT],
        cwd=NODE,
        input=json.dumps(told),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.stdout.strip(), done.stderr) == ('"spec-kit.task.completed"', "")
