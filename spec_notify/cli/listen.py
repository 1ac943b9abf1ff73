"""`spec-notify listen`: a loopback receiver that verifies what arrives and prints it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from spec_notify.core.errors import UsageError

from .output import flush, json_bytes, say
from .session import Session, session

if TYPE_CHECKING:
    from collections.abc import Callable

    from spec_notify.transports.receiver import Answer, Receiver, Request


def register(app: typer.Typer) -> None:
    """Put the command into the app."""
    app.command("listen")(listen)


def listen(
    context: typer.Context,
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="The port on 127.0.0.1; 0 chooses one.")
    ] = 8787,
    secret_env: Annotated[
        str | None, typer.Option("--secret-env", metavar="NAME", help="Verify with this secret.")
    ] = None,
    status: Annotated[int, typer.Option(min=200, max=599, help="What --fail answers.")] = 503,
    fail: Annotated[int, typer.Option(min=0, help="Fail so many requests first.")] = 0,
    retry_after: Annotated[
        int | None, typer.Option("--retry-after", min=0, help="Seconds a failing answer asks for.")
    ] = None,
    slow: Annotated[float, typer.Option(min=0, help="Seconds to wait before each answer.")] = 0.0,
    count: Annotated[int, typer.Option(min=0, help="Stop after so many requests; 0: never.")] = 0,
) -> int:
    """Receive on this machine, verify, and print every request until interrupted."""
    here = session(context)
    verify = _verifier(secret_env)
    receiver = _receiver(_answers(fail, status, retry_after, slow), port)
    try:
        here.talk(f"listening on {receiver.url}  (stop with ^C)")
        shown = 0
        while not count or shown < count:
            if not receiver.wait_for(shown + 1, timeout=0.5):
                continue
            for request in receiver.requests[shown:]:
                _print(here, request, verify)
                shown += 1
            flush()
    finally:
        receiver.stop()
    return 0


def _receiver(answers: Callable[[Request], Answer], port: int) -> Receiver:
    from spec_notify.transports.receiver import Receiver

    try:
        return Receiver(answers=answers, port=port).start()
    except OSError as error:
        raise UsageError(f"port {port}: {error.strerror}: choose another, or --port 0") from error


def _verifier(secret_env: str | None) -> Callable[[Request], str]:
    from spec_notify.core.signature import decode_secret, verify_standard

    if secret_env is None:
        return lambda _: "not checked (no --secret-env)"
    value = os.environ.get(secret_env)
    if not value:
        raise UsageError(f"{secret_env} is not set")
    key = decode_secret(value)

    def verify(request: Request) -> str:
        headers = {name.lower(): text for name, text in request.headers}
        stamp = headers.get("webhook-timestamp", "")
        good = stamp.isdecimal() and verify_standard(
            key,
            headers.get("webhook-signature", ""),
            id=headers.get("webhook-id", ""),
            timestamp=int(stamp),
            body=request.body,
        )
        return "signature verified" if good else "SIGNATURE WRONG"

    return verify


def _answers(
    fail: int, status: int, retry_after: int | None, slow: float
) -> Callable[[Request], Answer]:
    from spec_notify.transports.receiver import Answer, failing

    delay = round(slow * 1000)
    wish = None if retry_after is None else str(retry_after)
    script = failing(fail, status=status, retry_after=wish, then=lambda _: Answer(status=204))
    return lambda request: msgspec.structs.replace(script(request), delay=delay)


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
