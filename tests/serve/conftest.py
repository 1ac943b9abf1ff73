"""One server for the tests of a module, and a spool for each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .scene import Scene

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .scene import Server


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    scene = Scene(tmp_path_factory.mktemp("place"))
    yield scene
    scene.close()


@pytest.fixture(scope="module")
def server(place: Scene) -> Server:
    return place.serve()


@pytest.fixture
def scene(place: Scene) -> Scene:
    """Answer the place without a spool: the server is to find out that it was replaced."""
    place.forget_spool()
    return place
