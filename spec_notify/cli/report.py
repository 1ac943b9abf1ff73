"""`spec-notify report`: what became of deliveries, beside what the requirements want of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from spec_notify.core.errors import UsageError

from .output import put
from .selection import Since, Until, instant
from .session import session

if TYPE_CHECKING:
    from spec_notify.core.passage import Passage
    from spec_notify.core.report import Report
    from spec_notify.disk.audit import Usage
    from spec_notify.wiring import Wiring


class Reported(NamedTuple):
    """A report and what it was made of; instants and lengths in milliseconds."""

    repository: str
    report: Report
    passages: list[Passage]
    usage: list[Usage]
    """The evidence of each SPEC, largest first."""
    cap: int
    retention: int
    at: int
    forgotten: int
    """Evidence records whose delivery left the spool."""
    acknowledged: int

    @property
    def complete(self) -> bool:
        """Say whether retention has left in the spool all that was detected since."""
        return self.report.since >= self.at - self.retention


def register(app: typer.Typer) -> None:
    """Put the command into the app."""
    app.command("report")(report)


def report(
    context: typer.Context,
    since: Since = None,
    until: Until = None,
    html: Annotated[
        str | None,
        typer.Option("--html", metavar="FILE", help="Write one page for a browser, and no table."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 1 when a goal is missed, for CI.")
    ] = False,
    limit: Annotated[
        int, typer.Option(min=0, help="How many of the latest deliveries JSON shows as steps.")
    ] = 100,
) -> int:
    """Show totals, success, latencies, replays and evidence, each beside its goal.

    Without `--since`: as far back as the spool keeps finished deliveries
    (`dead_letter_retention`). Of what was never measured it says "no data", and that is no
    failure. Exits 0 whether goals are met or missed, unless `--strict`.
    """
    here = session(context)
    first, last = instant(since), instant(until)
    found = gathered(here.wiring(), first, last)
    if html is not None:
        from .report_page import page

        put(html, page(found).encode())
        here.talk(f"wrote {html}")
    if here.json:
        from .report_facts import facts

        here.answer("report", **facts(found, steps=limit))
    elif html is None:
        from .report_table import show

        show(found)
    return 1 if strict and found.report.failed else 0


def gathered(wiring: Wiring, since: int | None, until: int | None) -> Reported:
    """Read the spool and the evidence of a time. Raises UsageError for one that ends first."""
    from spec_notify.core.report import Outside, report
    from spec_notify.disk import audit
    from spec_notify.wiring import now

    at, retention = now(), wiring.config.dead_letter_retention
    end = at if until is None else until
    start = min(at, end) - retention if since is None else since
    if start >= end:
        raise UsageError("--since is not before --until: there is no time between them")
    spool = wiring.spool if wiring.has_spool else None
    passages = [] if spool is None else spool.passages(since=start, until=end)
    usage = sorted(audit.audit(wiring.evidence_folder), key=lambda each: -each.bytes)
    requests = audit.requests(wiring.evidence_folder, since=start, until=end)
    outside = Outside(
        footprints=tuple(each.bytes for each in usage),
        requests=requests.made,
        signed=requests.signed,
    )
    return Reported(
        repository=wiring.root.name,
        report=report(passages, since=start, until=end, outside=outside, now=at),
        passages=passages,
        usage=usage,
        cap=wiring.config.cap_bytes,
        retention=retention,
        at=at,
        forgotten=0 if spool is None else spool.forgotten(),
        acknowledged=0 if spool is None else len(spool.acknowledged()),
    )
