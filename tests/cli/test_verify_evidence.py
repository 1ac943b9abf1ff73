"""The single-file verifier proves what a real run left, and agrees with `evidence verify`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from spec_notify.transports.receiver import failing

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.shop import Shop

SCRIPT = Path(__file__).parents[2] / "docs" / "snippets" / "verify_evidence.py"


def offline(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the script as somebody would who has Python and nothing else."""
    return subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT), str(folder)],
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
    )


def delivered(open_shop: Callable[..., Shop], count: int, more: str = "") -> Shop:
    """Answer a shop with so many records: one failed, one acknowledged among them."""
    shop = open_shop(answers=failing(1), retry="max_attempts = 1", top=more)
    tasks = [f"T{number}" for number in range(count - 1)]
    shop.board(**dict.fromkeys(tasks, "Backlog"))
    shop.trust()
    shop.board(**dict.fromkeys(tasks, "Done"))
    shop.run("scan", "--deliver", code=0)
    shop.run("ack", "--state", "dead", code=0)
    return shop


def records(shop: Shop) -> list[Path]:
    return sorted((shop.root / "evidence").rglob("*_a?.json"))


def test_a_real_run_is_proven_by_both(open_shop: Callable[..., Shop]) -> None:
    shop = delivered(open_shop, 5)

    done = offline(shop.root / "evidence")

    assert (done.returncode, done.stderr) == (0, "")
    assert "5 records, ok" in done.stdout
    assert any(each.name.endswith("_a0.json") for each in records(shop))
    shop.run("evidence", "verify", code=0)


def test_what_rotation_took_is_explained_by_its_anchor(open_shop: Callable[..., Shop]) -> None:
    shop = delivered(open_shop, 12, "[evidence]\ncap_bytes = 10_000")
    (anchor,) = (shop.root / "evidence").rglob("anchor_*.json")
    assert len(records(shop)) < 12
    assert offline(shop.root / "evidence").returncode == 0

    anchor.unlink()
    assert "truncated" in offline(shop.root / "evidence").stdout
    anchor.write_bytes(b"{}")
    assert "this is no anchor" in offline(shop.root / "evidence").stdout


def edit(files: list[Path]) -> None:
    files[1].write_bytes(files[1].read_bytes().replace(b"200", b"204", 1))


def reorder(files: list[Path]) -> None:
    first, second = files[1].read_bytes(), files[2].read_bytes()
    files[1].write_bytes(second)
    files[2].write_bytes(first)


def respace(files: list[Path]) -> None:
    files[-1].write_bytes(files[-1].read_bytes().replace(b'": ', b'":  ', 1))


def double(files: list[Path]) -> None:
    sequence = files[1].name.split("_")[1]
    (files[1].parent / files[1].name.replace(f"_{sequence}_", "_99999999_")).write_bytes(
        files[1].read_bytes()
    )


@pytest.mark.parametrize(
    ("tamper", "kind"),
    [
        (edit, "altered"),
        (lambda files: files[0].unlink(), "truncated"),
        (lambda files: files[2].unlink(), "missing"),
        (lambda files: files[2].write_bytes(b""), "unreadable"),
        (lambda files: files[2].write_bytes(b"[" * 100_000), "unreadable"),
        (lambda files: files[1].rename(files[1].with_name(files[1].name[:-6] + "7.json")), "misn"),
        (reorder, "misnamed"),
        (respace, "altered"),
        (double, "doubled"),
    ],
)
def test_tampering_is_found_by_both(
    open_shop: Callable[..., Shop], tamper: Callable[[list[Path]], object], kind: str
) -> None:
    shop = delivered(open_shop, 5)
    tamper(records(shop))

    done = offline(shop.root / "evidence")

    assert done.returncode == 1
    assert f"{kind}" in done.stdout
    assert kind in shop.run("evidence", "verify", code=1).stdout


def test_a_link_is_not_followed_and_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    (tmp_path / "20261121T011347.621Z_00000001_dlv_a_a1.json").symlink_to("/etc/passwd")

    assert "unreadable" in offline(tmp_path).stdout
    assert offline(tmp_path / "nowhere").returncode == 2
