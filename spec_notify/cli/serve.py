"""`spec-notify serve`: the events API and its page, for a browser on this machine."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress
from importlib.util import find_spec
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spec_notify.core.errors import SecretError, SpecNotifyError, UsageError

from .session import Session, session

if TYPE_CHECKING:
    from spec_notify.ports import Showing
    from spec_notify.serve.routes import Facts
    from spec_notify.wiring import Wiring

TOKEN = "SPEC_NOTIFY_SERVE_TOKEN"  # noqa: S105 - the name of a variable, not a secret
_NEEDED = ("starlette", "uvicorn")
_BACKLOG = 128


def register(app: typer.Typer) -> None:
    """Put the command into the app."""
    app.command("serve")(serve)


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="The port; 0 chooses one.")] = 8790,
    name: Annotated[
        list[str] | None,
        typer.Option(
            "--name",
            metavar="NAME",
            help="A name besides `localhost` it is asked for by; repeat it.",
        ),
    ] = None,
) -> int:
    """Show recent events, the queue and dead letters in a browser until interrupted.

    Nothing can be changed through it. Beyond this machine it is served only with a token in
    SPEC_NOTIFY_SERVE_TOKEN, which every request then has to bear.
    """
    _check_installed()
    from spec_notify.serve.hosts import Hosts, is_loopback
    from spec_notify.serve.server import serve as run
    from spec_notify.serve.window import Window

    here = session(context)
    wiring = here.wiring()
    token = _token(wiring)
    address, family = _resolved(host, port)
    local = is_loopback(ip_address(address.partition("%")[0]))
    if not local and token is None:
        raise UsageError(
            f"{host} can be reached by others: set {TOKEN} to a token that every request must "
            "bear, or leave out --host"
        )
    names = (*(name or ()), *([] if host == address else [host]))
    with _listening(address, port, family) as listening:
        return asyncio.run(
            run(
                listening,
                Window(wiring.peek),
                _facts(wiring),
                hosts=Hosts(local=local, names=names),
                token=token,
                ready=lambda: _say(here, listening, token),
            )
        )


def _check_installed() -> None:
    missing = [each for each in _NEEDED if find_spec(each) is None]
    if missing:
        fix = "pip install 'spec-notify[serve]'"
        raise UsageError(f"serve needs {' and '.join(missing)}: {fix}")


def _facts(wiring: Wiring) -> Facts:
    from spec_notify.serve.routes import Facts
    from spec_notify.wiring import now

    from .crash import report

    return Facts(
        clock=now,
        about=lambda: _about(wiring),
        breakers=lambda spool: _breakers(wiring, spool, now()),
        report=report,
    )


def _token(wiring: Wiring) -> bytes | None:
    """Answer the token in force. Raises SecretError for one that no header can carry."""
    text = wiring.environment.get(TOKEN)
    if text is None:
        return None
    if not text.isascii() or not text.isprintable() or " " in text:
        raise SecretError(
            f"{TOKEN} is one word of printable ASCII: `openssl rand -hex 32` makes one"
        )
    return text.encode("ascii")


def _resolved(host: str, port: int) -> tuple[str, socket.AddressFamily]:
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM) if host else []
    except OSError as error:
        raise UsageError(f"--host {host}: {error.strerror}") from error
    if not found:
        raise UsageError("--host needs an address")
    family, _, _, _, place = found[0]
    return str(place[0]), family


def _listening(address: str, port: int, family: socket.AddressFamily) -> socket.socket:
    try:
        made = socket.create_server((address, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        fix = "choose another, or --port 0"
        why = os.strerror(error.errno) if error.errno else str(error)
        raise UsageError(f"{address} port {port}: {why}: {fix}") from error
    # Connections inherit it; else each answer's body waits 40 ms for its head to be acknowledged.
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def _say(here: Session, listening: socket.socket, token: bytes | None) -> None:
    address, port, *_ = listening.getsockname()
    shown = f"[{address}]" if ":" in address else address
    url = f"http://{shown}:{port}/"
    if here.answer("serve", url=url, token=token is not None, pid=os.getpid()):
        return
    asked = f"; it asks for {TOKEN}" if token is not None else ""
    here.talk(f"serving on {url}{asked}  (stop with ^C)")


def _about(wiring: Wiring) -> dict[str, Any]:
    """Answer whose spool is shown, and whether anything fills it."""
    _refresh(wiring)
    return {"repository": wiring.root.name, "enabled": wiring.config.enabled}


def _breakers(wiring: Wiring, spool: Showing, at: int) -> list[dict[str, Any]]:
    from spec_notify.pipeline.holding import open_breakers

    _refresh(wiring)
    # Who is off dials nobody, and asks no environment where.
    return open_breakers(spool, wiring.routes(), at) if wiring.config.enabled else []


def _refresh(wiring: Wiring) -> None:
    """Read the config again if it was touched; a broken one leaves the last good in force."""
    with suppress(SpecNotifyError):
        if wiring.config_changed():
            wiring.reload()
