"""The shop of the acceptance tests, opened in a repository that means harm."""

from tests.acceptance.conftest import open_shop, shop

__all__ = ["open_shop", "shop"]
