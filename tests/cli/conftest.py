"""The shop of the acceptance tests serves the command line's too."""

from tests.acceptance.conftest import open_shop, shop

__all__ = ["open_shop", "shop"]
