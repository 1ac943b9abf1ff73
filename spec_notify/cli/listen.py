"""`spec-notify listen`: a loopback receiver that verifies what arrives and prints it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from typer.core import TyperCommand

from spec_notify.core.errors import UsageError

from .output import flush, json_bytes, say
from .session import Session, session

if TYPE_CHECKING:
    from collections.abc import Callable

    from spec_notify.transports.receiver import Answer, Receiver, Request


_ALL = 1 << 62
_DRIPPED = b"." * 1_024
"""What is answered byte by byte, until whoever waits for it gives up."""


_SLOW = "--slow"
_SLOWLY = "5s"
"""What `--slow` alone means: late, and within the time an attempt has by default."""
_LONGEST_STAMP = 15


class _Listen(TyperCommand):
    """The command, with the one option whose value may be left out."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Give `--slow` its value where the next word is none."""
        pairs = zip(args, [*args[1:], "-"], strict=True)
        spelled = (
            f"{_SLOW}={_SLOWLY}" if word == _SLOW and after.startswith("-") else word
            for word, after in pairs
        )
        return super().parse_args(ctx, [*spelled])


def register(app: typer.Typer) -> None:
    """Put the command into the app."""
    app.command("listen", cls=_Listen)(listen)


def listen(
    context: typer.Context,
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="The port on 127.0.0.1; 0 chooses one.")
    ] = 8787,
    secret_env: Annotated[
        str | None,
        typer.Option("--secret-env", metavar="NAME", help="Verify with this secret or key."),
    ] = None,
    status: Annotated[int, typer.Option(min=200, max=599, help="What --fail answers.")] = 503,
    fail: Annotated[int, typer.Option(min=0, help="Fail so many requests first.")] = 0,
    retry_after: Annotated[
        int | None, typer.Option("--retry-after", min=0, help="Seconds a failing answer asks for.")
    ] = None,
    slow: Annotated[
        str, typer.Option(metavar="[DURATION]", help="Wait so long before each answer; alone: 5s.")
    ] = "0s",
    reset: Annotated[
        bool, typer.Option("--reset", help="Break the connection where --fail would answer.")
    ] = False,
    drip: Annotated[
        str | None,
        typer.Option(
            metavar="DURATION", help="Answer byte by byte where --fail would, so far apart."
        ),
    ] = None,
    count: Annotated[int, typer.Option(min=0, help="Stop after so many requests; 0: never.")] = 0,
) -> int:
    """Receive on this machine, verify, and print every request until interrupted.

    It misbehaves on request: `--fail 3 --status 503 --retry-after 20` refuses three requests and
    takes the rest. With `--reset` or `--drip` and no `--fail` every request is treated so.
    """
    here = session(context)
    verify = _verifier(secret_env)
    failing = _failing(status, retry_after, reset=reset, drip=drip)
    times = fail or (_ALL if reset or drip is not None else 0)
    receiver = _receiver(_answers(times, failing, _duration(slow)), port)
    try:
        here.talk(f"listening on {receiver.url}  (stop with ^C)")
        _show(here, receiver, verify, count)
    finally:
        receiver.stop()
    return 0


def _show(here: Session, receiver: Receiver, verify: Callable[[Request], str], count: int) -> None:
    shown = 0
    while not count or shown < count:
        if not receiver.wait_for(shown + 1, timeout=0.5):
            continue
        for request in receiver.requests[shown:]:
            _print(here, request, verify)
            shown += 1
        flush()


def _receiver(answers: Callable[[Request], Answer], port: int) -> Receiver:
    from spec_notify.transports.receiver import Receiver

    try:
        return Receiver(answers=answers, port=port).start()
    except OSError as error:
        raise UsageError(f"port {port}: {error.strerror}: choose another, or --port 0") from error


def _verifier(secret_env: str | None) -> Callable[[Request], str]:
    from spec_notify.core.signature import verify_entry

    if secret_env is None:
        return lambda _: "not checked (no --secret-env)"
    value = os.environ.get(secret_env)
    if not value:
        raise UsageError(f"{secret_env} is not set")
    # A secret that can verify nothing is told of now, not with the first request.
    verify_entry(value, "", id="", timestamp=0, body=b"")

    def verify(request: Request) -> str:
        headers = {name.lower(): text for name, text in request.headers}
        stamp = headers.get("webhook-timestamp", "")
        good = (
            stamp.isdecimal()
            and len(stamp) <= _LONGEST_STAMP
            and verify_entry(
                value,
                headers.get("webhook-signature", ""),
                id=headers.get("webhook-id", ""),
                timestamp=int(stamp),
                body=request.body,
            )
        )
        return "signature verified" if good else "SIGNATURE WRONG"

    return verify


def _duration(text: str) -> int:
    """Read a duration into milliseconds; a bare number counts seconds."""
    from spec_notify.core.instant import parse_duration

    return parse_duration(text if text[-1:].isalpha() else f"{text}s")


def _failing(status: int, retry_after: int | None, *, reset: bool, drip: str | None) -> Answer:
    """Answer how a request fails that is to fail."""
    from spec_notify.transports.receiver import Answer

    wish = () if retry_after is None else (("Retry-After", str(retry_after)),)
    return Answer(
        status=status,
        headers=wish,
        body=_DRIPPED if drip is not None else b"",
        drip=0 if drip is None else _duration(drip),
        # Broken off before a status line: whether it was taken nobody can say.
        raw=b"" if reset else None,
        reset=reset,
    )


def _answers(times: int, failure: Answer, delay: int) -> Callable[[Request], Answer]:
    from spec_notify.transports.receiver import Answer

    taken = Answer(status=204, delay=delay)
    failure = msgspec.structs.replace(failure, delay=delay)
    return lambda request: failure if request.number <= times else taken


def _print(here: Session, request: Request, verify: Callable[[Request], str]) -> None:
    verdict = verify(request)
    if here.json:
        shown: dict[str, Any] = {
            "method": request.method,
            "headers": dict(request.headers),
            "body": request.body.decode("utf-8", "replace"),
            "verdict": verdict,
        }
        say(json_bytes(shown).decode())
        return
    say(f"{request.method} {request.path}  {verdict}")
    for name, value in request.headers:
        say(f"  {name}: {value}")
    say(f"  {request.body.decode('utf-8', 'replace')}")
