"""A throw-away certificate authority and what the transports' tests send."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
import threading
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from spec_notify.core.message import Failure, HttpMessage, Reply, Secret
from spec_notify.transports.http import HttpTransport
from spec_notify.transports.pool import ssl_context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATH = "/T000/B000/c4n4ry-path?token=c4n4ry-query"


def message(url: str, *, body: bytes = b'{"a":1}', **facts: object) -> HttpMessage:
    """A request to a receiver under a path that must never show up in words."""
    headers = (("content-type", "application/json"), ("user-agent", "spec-notify/0.1.0"))
    return HttpMessage(url=Secret(url + PATH), body=body, **{"headers": headers, **facts})  # type: ignore[arg-type]


def sent(
    *messages: HttpMessage,
    deadline: int = 5_000,
    allow_private: bool = True,
    transport: Callable[[], HttpTransport] = HttpTransport,
) -> list[Reply | Failure]:
    """Send one message after the other over one transport, in an event loop of its own."""

    async def run() -> list[Reply | Failure]:
        wire = transport()
        try:
            return [
                await wire.send(each, deadline=deadline, allow_private=allow_private)
                for each in messages
            ]
        finally:
            await wire.aclose()

    return asyncio.run(run())


def reply(answer: Reply | Failure) -> Reply:
    assert isinstance(answer, Reply), answer
    return answer


def failure(answer: Reply | Failure) -> Failure:
    assert isinstance(answer, Failure), answer
    assert "c4n4ry" not in repr(answer)
    return answer


class Authority(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate authority nobody else trusts."""

    folder: Path

    @property
    def client(self) -> ssl.SSLContext:
        """The transport's own context, trusting this authority alone."""
        return ssl_context(str(self.folder / "ca.pem"))

    def server(
        self, name: str, *, expired: bool = False, early: bool = False, alone: bool = False
    ) -> ssl.SSLContext:
        """A server context with a certificate for a subject name such as `IP:127.0.0.1`.

        `early` is one from the year 2048 on, `alone` one that signed itself.
        """
        stem = name.replace(":", "-").replace("*", "any")
        stem += "-old" * expired + "-new" * early + "-alone" * alone
        if not (self.folder / f"{stem}.pem").exists():
            if alone:
                self._sign_itself(stem, name)
            else:
                self._issue(stem, name, since="2048" if early else "2020", expired=expired)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / f"{stem}.pem", self.folder / "leaf.key")
        return context

    def _sign_itself(self, stem: str, name: str) -> None:
        self._run(
            *("req", "-x509", "-new", "-key", "leaf.key", "-subj", "/CN=itself", "-days", "2"),
            *("-addext", f"subjectAltName={name}", "-out", f"{stem}.pem"),
        )

    def _issue(self, stem: str, name: str, *, since: str, expired: bool) -> None:
        until = "20200102000000Z" if expired else "20490101000000Z"
        (self.folder / "ca.cnf").write_text(
            "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\n"
            f"default_md=sha256\npolicy=p\nx509_extensions=x\nunique_subject=no\n"
            f"[p]\ncommonName=supplied\n[x]\nsubjectAltName={name}\n"
        )
        self._run("req", "-new", "-key", "leaf.key", "-subj", "/CN=leaf", "-out", "leaf.csr")
        self._run(
            *("ca", "-batch", "-notext", "-config", "ca.cnf", "-cert", "ca.pem"),
            *("-keyfile", "ca.key", "-in", "leaf.csr", "-out", f"{stem}.pem"),
            *("-startdate", f"{since}0101000000Z", "-enddate", until),
        )

    def found(self) -> None:
        key = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
        for name in ("ca.key", "leaf.key"):
            self._run("genpkey", *key, "-out", name)
        self._run(
            *("req", "-x509", "-new", "-key", "ca.key", "-subj", "/CN=nobody", "-days", "2"),
            *("-addext", "basicConstraints=critical,CA:TRUE", "-out", "ca.pem"),
        )
        (self.folder / "index.txt").touch()
        (self.folder / "serial").write_text("01\n")

    def _run(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    founded = Authority(folder=tmp_path_factory.mktemp("authority"))
    founded.found()
    return founded


@contextmanager
def listening(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A raw listener on the loopback that treats one connection as `talk` says."""
    door = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def serve() -> None:
        connection, _ = door.accept()
        with connection:
            talk(connection)
            done.wait(10)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield door.getsockname()[1]
    finally:
        done.set()
        thread.join()
        door.close()


def free_port() -> int:
    """A port of the loopback nobody listens on."""
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port: int = probe.getsockname()[1]
        return port
