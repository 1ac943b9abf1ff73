"""Failed expectations of the shared suite are explained as those of any test are."""

import pytest

pytest.register_assert_rewrite("tests.spool.conformance", "tests.spool.conform")
