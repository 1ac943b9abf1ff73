"""`metrics` says how the queue stands, in the text format Prometheus reads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from spec_notify.transports.receiver import failing

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.shop import Shop

LINE = re.compile(
    r"# (?:HELP|TYPE) [a-z_]+ .+|[a-z_]+(?:\{[a-z]+=\"[a-z0-9_.]+\"\})? \d+(?:\.\d+)?", re.ASCII
)


def test_every_gauge_is_there_and_well_formed(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(answers=failing(1), retry="max_attempts = 1", more="concurrency = 1")
    shop.board(T1="Backlog", T2="Backlog", T3="Backlog")
    shop.trust()
    shop.board(T1="Done", T2="Backlog", T3="Backlog")
    shop.run("scan", "--deliver", code=0)
    shop.board(T1="Done", T2="Done", T3="Backlog")
    shop.run("scan", "--deliver", code=0)
    shop.run("ack", "--state", "dead", code=0)
    shop.board(T1="Done", T2="Done", T3="Done")
    shop.run("scan", code=0)
    file = shop.root / "spec-notify.prom"

    shop.run("metrics", "--output", str(file), code=0)

    text = file.read_text("ascii")
    assert text.endswith("\n")
    for line in text.splitlines():
        assert LINE.fullmatch(line), line
    samples = dict(line.rsplit(" ", 1) for line in text.splitlines() if line[0] != "#")
    assert samples['spec_notify_deliveries{state="delivered"}'] == "1"
    assert samples['spec_notify_deliveries{state="dead"}'] == "0"
    assert samples['spec_notify_deliveries{state="acknowledged"}'] == "1"
    assert samples['spec_notify_deliveries{state="pending"}'] == "1"
    assert float(samples["spec_notify_oldest_pending_seconds"]) > 0
    assert float(samples['spec_notify_latency_seconds{quantile="0.95"}']) > 0
    assert samples["spec_notify_latency_measured"] == "1"
    helps = [line.split()[2] for line in text.splitlines() if line.startswith("# HELP")]
    assert helps == list(dict.fromkeys(helps))
    assert [each.name for each in shop.root.glob("*.tmp")] == []
    answer = shop.json("metrics", code=0)
    assert answer["schema"] == "spec-notify/metrics/1"
    assert answer["metrics"].keys() == samples.keys()


def test_a_place_that_cannot_be_written_is_refused(shop: Shop) -> None:
    done = shop.run("metrics", "--output", str(shop.root / "nowhere" / "x.prom"), code=2)

    assert "x.prom: No such file" in done.stderr
