"""One transport for every kind of message: each goes to the wire that carries its class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from spec_notify.core.message import Failure, Message, Reply


class Wire(Protocol):
    """What carries one class of message, as `ports.Transport` carries any."""

    # Each wire takes its own class of message, and is only ever given that.
    async def send(self, message: Any, *, deadline: int, allow_private: bool) -> Reply | Failure:
        """Send one message, all within `deadline` ms."""

    async def aclose(self) -> None:
        """Let go of idle connections."""


class Wires:
    """A transport (`ports.Transport`) whose wires are made when their first message comes."""

    def __init__(self, makers: Mapping[type[Message], Callable[[], Wire]]) -> None:
        self._makers = makers
        self._wires: dict[type[Message], Wire] = {}

    async def send(
        self, message: Message, *, deadline: int, allow_private: bool
    ) -> Reply | Failure:
        """Send one message over its wire. Raises KeyError for a class no wire carries: a bug."""
        kind = type(message)
        if kind not in self._wires:
            self._wires[kind] = self._makers[kind]()
        wire = self._wires[kind]
        return await wire.send(message, deadline=deadline, allow_private=allow_private)

    async def aclose(self) -> None:
        """Let go of idle connections."""
        for wire in self._wires.values():
            await wire.aclose()
        self._wires.clear()
