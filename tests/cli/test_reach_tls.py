"""`doctor --reach` against real servers: each fault is told by its name, with a fix of its own."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import warnings
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from spec_notify.cli.reach import EXACT_FIXES
from spec_notify.core.message import Fault, Flaw
from spec_notify.transports.http import HttpTransport
from spec_notify.transports.receiver import Receiver
from tests.transports.conftest import failure, free_port, listening, message, sent
from tests.transports.mailbox import Mailbox, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tests.acceptance.shop import Shop
    from tests.transports.conftest import Authority

TRUSTING = "import certifi\ncertifi.where = lambda: {ca!r}\n"
MAIL = 'type = "email"\nto = ["team@example.org"]\nfrom = "notify@example.org"\n'


def trust_alone(shop: Shop, authority: Authority, folder: Path) -> None:
    """Have commands trust the throw-away authority instead of the public ones."""
    ca = str(authority.folder / "ca.pem")
    (folder / "sitecustomize.py").write_text(TRUSTING.format(ca=ca))
    known = os.environ.get("PYTHONPATH")
    shop.env["PYTHONPATH"] = os.pathsep.join([str(folder), *([known] if known else [])])


def reach(shop: Shop, urls: Mapping[str, str]) -> dict[str, tuple[str, str, str]]:
    """Ask every URL in one go; answer the level, what was found, and the fix, by name."""
    text = 'enabled = true\n[sources.spec]\npaths = ["SPEC.md"]\n'
    for name, url in urls.items():
        kind = MAIL if url.startswith("smtp") else 'signature = "none"\n'
        text += f'[[subscriptions]]\nname = "{name}"\nurl = "{url}"\nallow_private = true\n'
        text += f'timeout = "1500ms"\n{kind}'
    shop.repository.write(".spec-notify/config.toml", text)
    shop.trust()
    findings = shop.json("doctor", "--reach")["findings"]
    return {
        each["found"].split(": ")[0]: (each["level"], each["found"], each["fix"])
        for each in findings
        if each["about"] == "reach"
    }


def in_clear(connection: socket.socket) -> None:
    connection.recv(1)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def speaks_first(connection: socket.socket) -> None:
    connection.sendall(b"220 mail.example.org ESMTP\r\n")


def hangs_up(connection: socket.socket) -> None:
    connection.recv(1)
    connection.close()


@contextmanager
def full() -> Iterator[int]:
    """A port whose queue of connections is full: whoever dials it waits."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as door, ExitStack() as waiting:
        for _ in range(4):
            each = waiting.enter_context(socket.socket())
            each.settimeout(0)
            with suppress(BlockingIOError):
                each.connect(door.getsockname())
        yield door.getsockname()[1]


def only_old(authority: Authority) -> Callable[[socket.socket], None]:
    """Answer what speaks TLS 1.1 at most."""
    old = authority.server("IP:127.0.0.1")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")

    def talk(connection: socket.socket) -> None:
        with suppress(OSError):
            old.wrap_socket(connection, server_side=True).close()

    return talk


def test_each_fault_is_told_by_its_name_with_its_own_fix(
    shop: Shop, authority: Authority, tmp_path: Path
) -> None:
    here = "IP:127.0.0.1"
    box = Mailbox()
    expected = {
        "good": "answered in",
        "expired": "tls (expired)",
        "early": "tls (not yet valid)",
        "other": "tls (wrong host)",
        "itself": "tls (self signed)",
        "old": "tls (tls version)",
        "clear": "tls (no tls)",
        "first": "tls (no tls)",
        "hangs-up": "tls (hung up)",
        "silent": "timeout (slow handshake)",
        "full": "timeout (slow connect)",
        "nobody": "connect",
        "mail": "answered in",
        "mails": "answered in",
        "mail-expired": "tls (expired)",
        "mails-other": "tls (wrong host)",
        "mail-clear": "answered in",
    }
    trust_alone(shop, authority, tmp_path)
    with ExitStack() as open_:
        secure = {
            "good": authority.server(here),
            "expired": authority.server(here, expired=True),
            "early": authority.server(here, early=True),
            "other": authority.server("DNS:other.test"),
            "itself": authority.server(here, alone=True),
        }
        ports = {name: open_.enter_context(Receiver(tls=tls)).port for name, tls in secure.items()}
        talks = {"clear": in_clear, "first": speaks_first, "hangs-up": hangs_up}
        talks["old"] = only_old(authority)
        for name, talk in {**talks, "silent": lambda _: None}.items():
            ports[name] = open_.enter_context(listening(talk))
        ports |= {"full": open_.enter_context(full()), "nobody": free_port()}
        urls = {name: f"https://127.0.0.1:{port}/x" for name, port in ports.items()}
        mails = {
            "mail": serving(box, starttls=authority.server(here)),
            "mails": serving(box, smtps=authority.server(here)),
            "mail-expired": serving(box, starttls=authority.server(here, expired=True)),
            "mails-other": serving(box, smtps=authority.server("DNS:other.test")),
            "mail-clear": serving(box),
        }
        for name, server in mails.items():
            scheme = "smtps" if name.startswith("mails") else "smtp"
            urls[name] = f"{scheme}://127.0.0.1:{open_.enter_context(server)}"
        found = reach(shop, urls)

    assert found.keys() == expected.keys()
    for name, said in expected.items():
        level, text, fix = found[name]
        assert text.removeprefix(f"{name}: ").startswith(said), text
        assert (level == "ok") == said.startswith("answered") == (fix == ""), text
    assert found["good"][1].endswith("TLSv1.3")
    assert found["mail"][1].endswith("TLSv1.3")
    assert found["mail-clear"][1].endswith("without TLS")
    fixes = [found[name][2] for name in ("expired", "early", "other", "itself", "old", "clear")]
    assert len({*fixes}) == len(fixes)
    assert box.mails == [], "a question is no mail"


def test_an_authority_nobody_knows_is_told(shop: Shop, authority: Authority) -> None:
    with Receiver(tls=authority.server("IP:127.0.0.1")) as there:
        ((level, said, fix),) = reach(shop, {"x": f"https://127.0.0.1:{there.port}"}).values()

    assert (level, said.split(": ")[1]) == ("fault", "tls (unknown authority)")
    assert "its authority is not public" in fix


@pytest.mark.parametrize("flaw", Flaw)
def test_every_flaw_has_a_fix(flaw: Flaw) -> None:
    assert EXACT_FIXES[flaw]


@pytest.mark.parametrize(
    ("number", "flaw"),
    [
        (socket.EAI_NONAME, Flaw.UNKNOWN_HOST),
        (socket.EAI_NODATA, Flaw.UNKNOWN_HOST),
        (socket.EAI_AGAIN, Flaw.RESOLVER),
        (socket.EAI_FAIL, Flaw.RESOLVER),
    ],
)
def test_a_name_that_is_not_there_is_not_a_resolver_that_is_not_there(
    number: int, flaw: Flaw
) -> None:
    async def resolver(host: str, port: int) -> list[str]:
        raise socket.gaierror(number, "said by a test")

    [came] = sent(message("https://hooks.test"), transport=lambda: HttpTransport(resolver=resolver))

    assert (failure(came).fault, failure(came).flaw) == (Fault.DNS, flaw)


def test_a_resolver_that_hangs_is_told_as_one() -> None:
    async def resolver(host: str, port: int) -> list[str]:
        await asyncio.sleep(60)
        return []

    [came] = sent(
        message("https://hooks.test"),
        deadline=50,
        transport=lambda: HttpTransport(resolver=resolver),
    )

    assert failure(came).flaw is Flaw.SLOW_LOOKUP
