"""The shop of the acceptance tests serves the command line's too, and a certificate authority."""

from tests.acceptance.conftest import open_shop, shop
from tests.transports.conftest import authority

__all__ = ["authority", "open_shop", "shop"]
