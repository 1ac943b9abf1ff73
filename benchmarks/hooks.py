"""What our hooks add to `git commit`, against a bare interpreter start, interleaved in one run.

usage: python benchmarks/hooks.py [ROUNDS]

Each round commits in three copies of one repository: without hooks, with hooks where nothing
watched changed, and with hooks where a row of SPEC.md did. Detached mode, the default.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.acceptance.shop import Shop, board, wait_until


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shops = {name: opened(Path(folder) / name) for name in ("plain", "unchanged", "changed")}
        try:
            for name in ("unchanged", "changed"):
                shops[name].run("hooks", "install", code=0)
            report(shops, rounds)
        finally:
            for shop in shops.values():
                shop.close()


def opened(folder: Path) -> Shop:
    folder.mkdir()
    shop = Shop(folder)
    shop.repository.commit({"SPEC.md": board(T1="Backlog")}, "board")
    shop.trust()
    return shop


def report(shops: dict[str, Shop], rounds: int) -> None:
    times: dict[str, list[float]] = {name: [] for name in ("bare", *shops)}
    for turn in range(rounds):
        times["bare"].append(timed([sys.executable, "-I", "-c", "pass"]))
        for name, shop in shops.items():
            path = "SPEC.md" if name == "changed" else "other.txt"
            text = board(T1=("Done", "Backlog")[turn % 2]) if name == "changed" else str(turn)
            shop.repository.write(path, text)
            shop.repository.git("add", "-A")
            words = ["git", "commit", "-qm", "work"]
            times[name].append(timed(words, cwd=shop.root, env=shop.env))
            settled(shop)
    middle = {name: statistics.median(each) for name, each in times.items()}
    print(f"bare interpreter {middle['bare']:.1f} ms, git commit {middle['plain']:.1f} ms")
    for name in ("unchanged", "changed"):
        added = middle[name] - middle["plain"]
        print(f"hooks, {name}: adds {added:.1f} ms, {added / middle['bare']:.2f} x bare")


def settled(shop: Shop) -> None:
    """Let the detached child of the last commit end, so that it does not slow the next."""
    time.sleep(0.05)
    locks = ("look.lock", "drain.lock")
    wait_until(
        lambda: not [p for name in locks for p in shop.state.rglob(name) if p.read_bytes()],
        "the hook's child ended",
    )


def timed(words: list[str], **more: object) -> float:
    start = time.perf_counter()
    subprocess.run(words, check=True, **more)  # type: ignore[call-overload] - passed through
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 21)
