from __future__ import annotations

import pytest

from spec_notify.spool.memory import MemorySpool
from tests.spool.conformance import SpoolConformance


class TestMemorySpool(SpoolConformance):
    @pytest.fixture
    def spool(self) -> MemorySpool:
        return MemorySpool()
