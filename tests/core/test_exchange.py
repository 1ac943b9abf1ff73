"""What a record of evidence says of its request's signature."""

from __future__ import annotations

import pytest

from spec_notify.core.exchange import is_signed

ID = '"webhook-id": "evt_1"'


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (f'{{"request": {{"headers": {{{ID}, "webhook-signature": "v1,x"}}}}}}', True),
        (f'{{"request": {{"headers": {{{ID}, "x-hub-signature-256": "x"}}}}}}', True),
        (f'{{"request": {{"headers": {{{ID}, "x-conductor-signature": "x"}}}}}}', True),
        (f'{{"request": {{"headers": {{{ID}, "x-aegis-signature": "x"}}}}}}', True),
        (f'{{"request": {{"headers": {{{ID}}}}}}}', False),
        # Nothing was sent, or nothing that is signed.
        (f'{{"dryRun": true, "request": {{"headers": {{{ID}}}}}}}', None),
        ('{"request": {"headers": {"content-type": "application/json"}}}', None),
        ('{"request": null}', None),
        ("{}", None),
        ("[]", None),
        ("", None),
        ('{"request": {"headers": 7}}', None),
        ("[" * 100_000, None),
    ],
)
def test_only_a_webhook_request_is_signed_or_not(record: str, expected: object) -> None:
    assert is_signed(record.encode()) is expected
