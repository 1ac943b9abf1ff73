"""Who is let in: by which name, with which token, asking what; and how the door is shut."""

from __future__ import annotations

import signal
import socket
from typing import TYPE_CHECKING, Any

import pytest

from .scene import Scene, admit, an_event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .scene import Server

TOKEN = "a-token-for-the-tests-of-this-door"
BEARER = f"Bearer {TOKEN}"
DATA = ("/api/events", "/api/events/evt_x", "/api/recent", "/api/deliveries", "/api/stats",
        "/api/stream", "/metrics")  # fmt: skip


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    scene = Scene(tmp_path_factory.mktemp("door"))
    admit(scene.spool, an_event(1))
    yield scene
    scene.close()


@pytest.fixture(scope="module")
def server(scene: Scene) -> Server:
    return scene.serve()


@pytest.fixture(scope="module")
def locked(scene: Scene) -> Server:
    return scene.serve("--name", "board.example.org", SPEC_NOTIFY_SERVE_TOKEN=TOKEN)


@pytest.mark.parametrize(
    "path",
    [
        *(
            f"/api/events?limit={junk}"
            for junk in ("0", "-1", "501", "1e3", "", "+5", "\u0665", " 5", "0x5", "9" * 200)
        ),
        "/api/events?limit=5&limit=6",
        f"/api/events?event_type={'x' * 257}",
        "/api/recent?limit=no",
        "/api/deliveries?limit=no",
        "/api/deliveries?state=lost",
        "/api/stats?range=forever",
    ],
)
def test_junk_is_refused_with_what_was_meant(server: Server, path: str) -> None:
    refused = server.get(path)

    assert refused.status_code == 422
    assert refused.json()["error"].startswith(path.partition("?")[2].partition("=")[0])


@pytest.mark.parametrize("path", ["/nothing", "/api", "/api/", "/static/..%2f..%2fx", "/../x.py"])
def test_nothing_else_is_there(server: Server, path: str) -> None:
    assert server.get(path).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", ["/", "/api/events", "/healthz"])
def test_nothing_can_be_changed_and_no_other_origin_is_let_in(
    server: Server, method: str, path: str
) -> None:
    refused = server.client.request(method, path, headers={"origin": "http://example.org"})

    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
    assert not [name for name in refused.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "host",
    [
        *("example.org", "example.org:80", "localhost.example.org", "10.0.0.1", "0.0.0.0"),
        *("127.0.0.1.example.org", "[::2]", "localhost@example.org", "localhost:x", "2130706433"),
        *("127.1", "", "[::1", "localhost localhost"),
    ],
)
def test_a_name_that_somebody_points_here_is_refused(server: Server, host: str) -> None:
    for path in ("/", "/api/events"):
        assert server.get(path, host=host).status_code in {400, 421}


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:9000", "127.0.0.1", "[::1]:1", "127.8.8.8"]
)
def test_names_of_this_machine_are_its_own(server: Server, host: str) -> None:
    assert server.get("/api/events", host=host).status_code == 200


def test_two_names_are_one_too_many(server: Server) -> None:
    place = server.client.base_url
    with socket.create_connection((place.host, place.port or 0), timeout=20) as wire:
        wire.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: example.org\r\n\r\n")
        assert wire.recv(64).split()[1] in {b"400", b"421"}


@pytest.mark.parametrize(
    "path", ["/", "/api/events", "/healthz", "/nothing", "/api/events?limit=0"]
)
def test_every_answer_has_safe_headers(server: Server, path: str) -> None:
    headers = server.get(path).headers

    policy = dict(
        each.strip().partition(" ")[::2] for each in headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "server" not in headers
    assert headers["cache-control"] == ("no-cache" if path == "/" else "no-store")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_sites_page_may_link_here_and_not_ask(server: Server, site: str) -> None:
    assert server.get("/", sec_fetch_site=site).status_code == 200
    assert server.get("/api/events", sec_fetch_site=site).status_code == 403
    assert server.get("/api/events", sec_fetch_site="same-origin").status_code == 200


@pytest.mark.parametrize("path", DATA)
@pytest.mark.parametrize(
    "given",
    [
        *("", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"{BEARER}x"),
        *(BEARER[:-1], f"Bearer {TOKEN.upper()}", f"Bearer {TOKEN}, {BEARER}", "Bearer \xe9"),
    ],
)
def test_without_the_token_there_is_no_data(locked: Server, path: str, given: str) -> None:
    headers = {"authorization": given.encode("latin-1")} if given else {}
    refused = locked.client.get(path, headers=headers)

    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert TOKEN not in refused.text


def test_with_it_there_is_and_the_page_itself_asks_for_none(locked: Server) -> None:
    assert len(locked.json("/api/events", authorization=BEARER)["events"]) == 1
    assert locked.json("/api/events", authorization=f"bearer {TOKEN}")["events"]
    assert locked.get("/api/events", authorization=BEARER, host="board.example.org").is_success
    assert locked.get("/api/events", authorization=BEARER, host="other.example.org").is_error
    for path in ("/", "/page.js", "/page.css", "/healthz"):
        assert locked.get(path).is_success
    assert f"token={TOKEN}" not in locked.get("/").text
    assert locked.get(f"/api/events?token={TOKEN}").status_code == 401


@pytest.mark.parametrize("host", ["0.0.0.0", "::", ""])
def test_beyond_this_machine_it_serves_only_with_a_token(scene: Scene, host: str) -> None:
    refused = scene.run("serve", "--port", "0", "--host", host)

    assert refused.returncode == 2
    assert refused.stdout == ""
    assert ("SPEC_NOTIFY_SERVE_TOKEN" in refused.stderr) == bool(host)


def test_beyond_this_machine_addresses_name_it_and_foreign_names_do_not(scene: Scene) -> None:
    server = scene.serve("--host", "0.0.0.0", SPEC_NOTIFY_SERVE_TOKEN=TOKEN)

    def ask(host: str, path: str = "/api/events") -> int:
        place = server.client.base_url.copy_with(host="127.0.0.1")
        headers = {"authorization": BEARER, "host": host}
        return server.client.get(place.join(path), headers=headers).status_code

    assert [ask("10.1.2.3"), ask("127.0.0.1"), ask("localhost")] == [200, 200, 200]
    assert ask("example.org") == 421


@pytest.mark.parametrize("token", ["two words", "schlüssel", "tab\t"])
def test_a_token_that_no_header_can_carry_is_refused(scene: Scene, token: str) -> None:
    refused = scene.run("serve", "--port", "0", SPEC_NOTIFY_SERVE_TOKEN=token)

    assert refused.returncode == 78
    assert token not in refused.stderr


def test_the_token_may_stand_in_a_file(scene: Scene, tmp_path: Any) -> None:
    (tmp_path / "SPEC_NOTIFY_SERVE_TOKEN").write_text(f"{TOKEN}\n", "ascii")

    server = scene.serve(SPEC_NOTIFY_SECRETS_DIR=str(tmp_path))

    assert server.get("/api/events").status_code == 401
    assert server.get("/api/events", authorization=BEARER).is_success


@pytest.mark.parametrize(("by", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_it_streams_and_all(scene: Scene, by: signal.Signals, code: int) -> None:
    server = scene.serve()

    with server.client.stream("GET", "/api/stream") as stream:
        frames = stream.iter_bytes()
        assert next(frames)
        server.child.send_signal(by)
        assert b"event:" not in b"".join(frames)

    assert server.child.wait(timeout=20) == code
    assert server.child.stderr is not None
    assert server.child.stderr.read() == ""


def test_a_port_that_is_taken_is_said_to_be(scene: Scene, server: Server) -> None:
    refused = scene.run("serve", "--port", str(server.client.base_url.port))

    assert refused.returncode == 2
    assert "choose another" in refused.stderr


def test_without_its_extra_it_says_what_to_install(scene: Scene, tmp_path: Any) -> None:
    # As if it were not installed: nothing is found under the name of an empty module path.
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as u\n"
        "known = u.find_spec\n"
        "u.find_spec = lambda name, *more: None if name == 'uvicorn' else known(name, *more)\n"
    )

    refused = scene.run("serve", "--port", "0", PYTHONPATH=str(tmp_path))

    assert refused.returncode == 2
    assert "serve needs uvicorn: pip install 'spec-notify[serve]'" in refused.stderr
