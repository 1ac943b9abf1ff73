"""HTTP/1.1 as the receiver reads and writes it: exact coming in, as bad as asked going out."""

from __future__ import annotations

import asyncio
import socket
import struct
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spec_notify.transports.receiver import Answer

    Headers = tuple[tuple[str, str], ...]

HEAD_LIMIT = 65_536
BODY_LIMIT = 8 * 1024 * 1024


async def receive(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> tuple[str, str, Headers, bytes] | None:
    """Answer method, target, headers and body of the next request; None at the end.

    Raises ValueError, IncompleteReadError or LimitOverrunError for what is no HTTP/1.1.
    """
    head = await _head(reader)
    if head is None:
        return None
    method, target, headers = head
    known = {name.lower(): value for name, value in headers}
    if known.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    return method, target, headers, await _body(reader, known)


async def _head(reader: asyncio.StreamReader) -> tuple[str, str, Headers] | None:
    try:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    except asyncio.IncompleteReadError:
        return None
    method, path, _ = lines[0].split(" ")
    pairs = [line.split(":", 1) for line in lines[1:] if line]
    return method, path, tuple((name, value.strip()) for name, value in pairs)


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return await _chunks(reader)
    length = int(headers.get("content-length", "0"))
    if not 0 <= length <= BODY_LIMIT:
        raise ValueError("the body is too long")
    return await reader.readexactly(length)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        if len(body) + size > BODY_LIMIT:
            raise ValueError("the body is too long")
        body += (await reader.readexactly(size + 2))[:size]
    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass  # trailers
    return body


async def send(writer: asyncio.StreamWriter, answer: Answer) -> bool:
    """Send an answer; say whether the connection may be used again."""
    await asyncio.sleep(answer.delay / 1000)
    if answer.raw is None:
        writer.write(_status_and_headers(answer))
    for _ in range(answer.repeat):
        await _send_piece(writer, answer.body if answer.raw is None else answer.raw, answer.drip)
    await writer.drain()
    await asyncio.sleep(answer.hold / 1000)
    if answer.reset:
        _reset(writer)
    return answer.raw is None and not answer.reset


def _status_and_headers(answer: Answer) -> bytes:
    known = {status.value: status.phrase for status in HTTPStatus}
    lines = [f"HTTP/1.1 {answer.status} {known.get(answer.status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in answer.headers]
    lines += [f"content-length: {len(answer.body) * answer.repeat}", "", ""]
    return "\r\n".join(lines).encode("latin-1")


async def _send_piece(writer: asyncio.StreamWriter, piece: bytes, drip: int) -> None:
    if not drip:
        writer.write(piece)
        await writer.drain()
        return
    for byte in piece:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(drip / 1000)


def _reset(writer: asyncio.StreamWriter) -> None:
    # Lingering for zero seconds makes the kernel send RST where it would send FIN.
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
