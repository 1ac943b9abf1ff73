"""`spec-notify poll-run`: wait for the end of a run at a server, and tell of it once."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .output import plural, say
from .run_voice import RunVoice
from .selection import result, user
from .session import Session, session

if TYPE_CHECKING:
    from spec_notify.core.delivery import Delivery
    from spec_notify.core.run import Finish, Outcome
    from spec_notify.core.run_plan import RunPlan
    from spec_notify.core.subscription import Subscription
    from spec_notify.pipeline.run_telling import Known
    from spec_notify.wiring import Wiring

OK, FAILED, ATTENTION_REQUIRED, TOO_LONG, QUEUED, INTERRUPTED = 0, 1, 3, 4, 75, 130


def register(app: typer.Typer) -> None:
    """Put the command into the app."""
    app.command("poll-run")(poll_run)


def poll_run(
    context: typer.Context,
    run_id: Annotated[str | None, typer.Option("--run-id", help="RUN_ID: the run.")] = None,
    base_url: Annotated[
        str | None,
        typer.Option(
            "--base-url", help="BASE_URL: its server; without either http://127.0.0.1:5080."
        ),
    ] = None,
    poll_seconds: Annotated[
        str | None,
        typer.Option("--poll-seconds", help="POLL_SECONDS: how often to ask; without either 15."),
    ] = None,
    max_wait_seconds: Annotated[
        str | None,
        typer.Option(
            "--max-wait-seconds", help="MAX_WAIT_SECONDS: give up after; without either 0, never."
        ),
    ] = None,
    fail_on_attention: Annotated[
        bool,
        typer.Option(
            "--fail-on-attention",
            help="FAIL_ON_ATTENTION=1: exit 3 unless all is done.",
        ),
    ] = False,
    no_state: Annotated[
        bool, typer.Option("--no-state", help="Remember nothing: another start tells again.")
    ] = False,
) -> int:
    """Ask a server about a run until every task of it is done, failed or blocked; tell of it once.

    Each option may be an environment variable, whose name its help begins with. Secrets are
    variables alone: DISCORD_WEBHOOK_URL (or Runtime__Notifications__DiscordWebhookUrl) is told,
    as is every subscription that takes `run.finished`; API_KEY goes to the server as X-API-Key.
    Exit 0 when the run is over, 3 when it needs attention and that was asked for, 4 when it took
    too long, 75 when the end is still to be delivered, 1 when that failed for good.
    """
    here = session(context)
    wiring = here.wiring(stateless=no_state)
    stated = {
        "RUN_ID": run_id,
        "BASE_URL": base_url,
        "POLL_SECONDS": poll_seconds,
        "MAX_WAIT_SECONDS": max_wait_seconds,
        "FAIL_ON_ATTENTION": "1" if fail_on_attention else None,
    }
    return _Poll(here, wiring, *_asked(wiring, stated)).run()


def _asked(
    wiring: Wiring, stated: dict[str, str | None]
) -> tuple[RunPlan, tuple[Subscription, ...]]:
    """Answer what is asked for and who is to be told. Raises UsageError with every mistake."""
    from spec_notify.core.errors import UsageError
    from spec_notify.core.run_plan import read_plan
    from spec_notify.wiring.run_polling import takers

    mistakes = []
    try:
        plan = read_plan(stated, wiring.environment.get)
    except UsageError as error:
        mistakes.append(str(error))
    try:
        told = takers(wiring)
    except UsageError as error:
        mistakes.append(str(error))
    if mistakes:
        raise UsageError("\n".join(mistakes))
    return plan, told


class _Poll:
    """One wait, from the first check to the last delivery."""

    def __init__(
        self, here: Session, wiring: Wiring, plan: RunPlan, takers: tuple[Subscription, ...]
    ) -> None:
        from spec_notify.wiring.run_polling import ticks

        self._here = here
        self._wiring = wiring
        self._plan = plan
        self._takers = takers
        self._clock = ticks
        self._stop = asyncio.Event()
        self._voice = RunVoice(here, plan, ticks)

    def run(self) -> int:
        """Wait, tell, deliver, report; answer the exit code."""
        return asyncio.run(self._run())

    async def _run(self) -> int:
        from spec_notify.pipeline.run_telling import told_before
        from spec_notify.wiring.run_polling import revive

        self._heed_signals()
        known = told_before(self._wiring.spool, self._plan.place)
        if known:
            revive(self._wiring, self._plan.place, by=user())
        finish = None if known else await self._wait()
        known = self._tell(finish) if finish else known
        if known is None:
            return self._report_unfinished()
        found = await self._deliver()
        code = INTERRUPTED if self._stop.is_set() else self._code(known.outcome, found)
        self._report(known, found, code)
        return code

    def _heed_signals(self) -> None:
        loop = asyncio.get_running_loop()

        def stop(by: signal.Signals) -> None:
            self._stop.set()
            # The second one means at once.
            loop.remove_signal_handler(by)

        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, stop, each)

    async def _wait(self) -> Finish | None:
        """Answer the run's end; None when the wait was too long, or somebody interrupted it."""
        from spec_notify.pipeline.run_wait import wait_for_end
        from spec_notify.wiring.runs_server import server

        asker, wire = server(self._wiring, self._plan.place)
        waiting = asyncio.ensure_future(
            wait_for_end(self._plan, asker.check, clock=self._clock, told=self._voice.checked)
        )
        stopping = asyncio.ensure_future(self._stop.wait())
        drawing = asyncio.ensure_future(self._voice.keep_drawing())
        try:
            await asyncio.wait({waiting, stopping}, return_when=asyncio.FIRST_COMPLETED)
            return waiting.result() if waiting.done() else None
        finally:
            for each in (waiting, stopping, drawing):
                each.cancel()
            await asyncio.gather(waiting, stopping, drawing, return_exceptions=True)
            await wire.aclose()

    def _tell(self, finish: Finish) -> Known:
        from spec_notify.pipeline.run_telling import tell_finish

        most = self._wiring.config.max_pending
        return tell_finish(self._wiring.spool, finish, self._takers, max_pending=most)

    async def _deliver(self) -> list[Delivery]:
        from spec_notify.wiring.run_polling import deliver

        return await deliver(
            self._wiring,
            self._plan.place,
            self._takers,
            budget=self._plan.interval,
            stop=self._stop,
            on_attempt=self._voice.attempted,
        )

    def _code(self, outcome: Outcome, found: list[Delivery]) -> int:
        from spec_notify.core.delivery import State
        from spec_notify.core.run import ATTENTION

        states = {each.state for each in found}
        if State.DEAD in states:
            return FAILED
        if states & {State.PENDING, State.IN_FLIGHT, State.PARKED}:
            return QUEUED
        return ATTENTION_REQUIRED if self._plan.attentive and outcome == ATTENTION else OK

    def _report_unfinished(self) -> int:
        code = INTERRUPTED if self._stop.is_set() else TOO_LONG
        if not self._here.answer("poll-run", **self._facts(None, [], code)):
            why = "interrupted" if code == INTERRUPTED else "waited too long"
            self._here.talk(f"{self._plan.place.run}: {why}: it is not known to be over")
        return code

    def _report(self, known: Known, found: list[Delivery], code: int) -> None:
        facts = self._facts(known, found, code)
        if self._here.answer("poll-run", **facts):
            return
        counts = facts["counts"] or {}
        told = [known.outcome, *(f"{each}={count}" for each, count in counts.items())]
        before = "" if known.new else " (told before)"
        say(f"{self._plan.place.run}: {' '.join(told)}{before}")
        for each in found:
            tried = plural(each.attempts, "attempt")
            why = f": {each.reason}" if each.reason and each.state != "delivered" else ""
            say(f"{each.subscription}: {each.state.replace('_', ' ')} after {tried}{why}")

    def _facts(self, known: Known | None, found: list[Delivery], code: int) -> dict[str, Any]:
        import orjson

        from spec_notify.core.run_payload import finish_id

        place = self._plan.place
        event = self._wiring.spool.event(finish_id(place)) if known else None
        said = orjson.loads(event.body)["data"] if event else {}
        return {
            "runId": place.run,
            "baseUrl": place.base,
            "status": known.outcome if known else None,
            **{key: said.get(key) for key in ("counts", "createdAt", "completedAt", "links")},
            "told": ("now" if known.new else "before") if known else None,
            "results": [result(each, self._voice.evidence.get(each.id)) for each in found],
            "exitCode": code,
        }
