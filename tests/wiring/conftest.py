"""A certificate authority for receivers that speak TLS."""

from tests.transports.conftest import authority

__all__ = ["authority"]
