"""The file wire: what comes of a write, and that what was written can be posted elsewhere."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest

from spec_notify.core.delivery import Verdict
from spec_notify.core.message import Fault, FileMessage
from spec_notify.disk.outbox import Outbox
from spec_notify.targets import file
from spec_notify.transports.file import FileTransport
from spec_notify.transports.receiver import Receiver
from tests.targets.conformance import AT, BODY, SECRET, order

from .conftest import failure, reply

if TYPE_CHECKING:
    from pathlib import Path

    from spec_notify.core.message import Failure, Reply
    from spec_notify.transports.file import Put


def written(put: Put, message: FileMessage, *, deadline: int = 5_000) -> Reply | Failure:
    async def run() -> Reply | Failure:
        wire = FileTransport(put)
        try:
            return await wire.send(message, deadline=deadline, allow_private=False)
        finally:
            await wire.aclose()

    return asyncio.run(run())


def test_a_file_that_stands_is_delivered(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, keep_out=lambda: ())
    message = file.render(order())
    came = reply(written(outbox.put, message))

    judged = file.judge(came, strict=True, now=AT)
    assert (judged.verdict, judged.status) == (Verdict.DELIVERED, None)
    name = "dlv_abcdefghijklmnopqrstuvwxyz.json"
    assert (tmp_path / "outbox" / name).read_bytes() == message.body


def test_a_disk_that_refuses_is_asked_again(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("in the way")
    came = failure(written(Outbox(tmp_path, keep_out=lambda: ()).put, file.render(order())))

    assert came.fault is Fault.DISK
    assert came.detail.startswith("a symbolic link or a file stands where a folder should be")
    assert file.judge(came, strict=True, now=AT).verdict is Verdict.RETRY


def test_a_folder_that_may_never_be_one_is_a_dead_letter(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, keep_out=lambda: (tmp_path / "outbox",))
    came = failure(written(outbox.put, file.render(order())))

    assert came.fault is Fault.INVALID
    assert file.judge(came, strict=False, now=AT).verdict is Verdict.REJECTED


def test_a_disk_that_hangs_holds_nobody_up() -> None:
    held = threading.Event()

    def hang(folder: str, name: str, body: bytes) -> None:
        held.wait(10)

    came = failure(written(hang, file.render(order()), deadline=200))
    held.set()

    assert came.fault is Fault.TIMEOUT
    assert came.detail == "not done within 200ms: still writing"


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl to post with")
def test_what_was_carried_across_can_be_posted_by_hand_and_verified(tmp_path: Path) -> None:
    from standardwebhooks.webhooks import Webhook

    outbox = Outbox(tmp_path, keep_out=lambda: ())
    message = file.render(order(at=_now()))
    written(outbox.put, message)
    envelope = json.loads((tmp_path / "outbox" / message.name).read_bytes())
    headers = tmp_path / "headers"
    headers.write_text("".join(f"{key}: {value}\n" for key, value in envelope["headers"].items()))
    (tmp_path / "body").write_bytes(envelope["body"].encode())
    with Receiver() as there:
        subprocess.run(
            [
                "curl",
                "-sf",
                "-H",
                f"@{headers}",
                "--data-binary",
                f"@{tmp_path / 'body'}",
                there.url,
            ],
            check=True,
            capture_output=True,
            timeout=20,
        )
        [arrived] = there.requests

    assert arrived.body == BODY
    said = {name.lower(): value for name, value in arrived.headers}
    assert Webhook(SECRET).verify(arrived.body, said)


def _now() -> int:
    import time

    return time.time_ns() // 1_000_000
