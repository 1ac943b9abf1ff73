"""How the queue is doing, as `--list` says it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spec_notify.cli.vitals import spoken
from spec_notify.core.instant import parse_rfc3339
from spec_notify.pipeline.vitals import latency
from spec_notify.transports.receiver import failing

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.shop import Shop


@pytest.mark.parametrize(
    ("waits", "p50", "p95"),
    [
        ([], None, None),
        ([7], 7, 7),
        ([4, 1], 1, 4),
        (list(range(1, 101)), 50, 95),
        (list(range(20, 0, -1)), 10, 19),
    ],
)
def test_percentiles_are_values_that_were_measured(
    waits: list[int], p50: int | None, p95: int | None
) -> None:
    assert latency(waits) == {"count": len(waits), "p50Ms": p50, "p95Ms": p95}


def test_a_queue_that_is_empty_has_nothing_to_say(shop: Shop) -> None:
    answer = shop.json("list", code=0)

    assert (answer["oldestPendingAt"], answer["nextAttemptAt"]) == (None, None)
    assert answer["latency"] == {"count": 0, "p50Ms": None, "p95Ms": None}
    assert "latency" not in shop.run("list", code=0).stdout


def test_what_waits_and_what_arrived_are_told(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(answers=failing(1), retry='schedule = ["1h"]', more="concurrency = 1")
    shop.board(T1="Backlog", T2="Backlog")
    shop.trust()
    shop.board(T1="Done", T2="Backlog")
    shop.run("scan", "--deliver", code=0)
    shop.board(T1="Done", T2="Done")
    shop.run("scan", "--deliver", code=0)

    answer = shop.json("list", code=0)

    (waiting,) = [each for each in answer["deliveries"] if each["state"] == "pending"]
    assert answer["oldestPendingAt"] == waiting["createdAt"]
    assert answer["nextAttemptAt"] == waiting["nextAttemptAt"]
    assert answer["latency"]["count"] == 1
    assert 0 <= answer["latency"]["p50Ms"] == answer["latency"]["p95Ms"]
    said = shop.run("list", code=0).stdout
    assert f"oldest pending since {waiting['createdAt']}, for " in said
    assert "latency" not in said


def test_percentiles_are_said_once_they_mean_something() -> None:
    facts = {"oldestPendingAt": None, "nextAttemptAt": None}

    assert spoken({**facts, "latency": latency(range(19))}, now=0) is None
    assert (
        spoken({**facts, "latency": latency(range(20))}, now=0)
        == "latency p50 9 ms, p95 18 ms over 20"
    )


def test_the_age_of_the_oldest_is_told() -> None:
    facts = {"oldestPendingAt": "2026-11-20T10:00:00.000Z", "nextAttemptAt": None}
    at = parse_rfc3339("2026-11-20T10:00:00Z") + 3 * 3_600_000 + 120_000

    assert spoken({**facts, "latency": latency(())}, now=at) == (
        "oldest pending since 2026-11-20T10:00:00.000Z, for 3h 2m"
    )
