"""A Google service account's key file: what of it we use, and what is wrong with one of no use."""

from __future__ import annotations

import msgspec

from .addresses import check_url
from .errors import SecretError


class ServiceAccount(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks for a token, where, and with which key; `repr` shows none of it."""

    client_email: str
    private_key: str
    token_uri: str
    private_key_id: str = ""
    type: str = ""

    def __repr__(self) -> str:
        return "ServiceAccount('***')"


def read_account(text: str, *, allow_private: bool) -> ServiceAccount:
    """Read the JSON that the Cloud console hands out. Raises SecretError, quoting nothing of it."""
    try:
        account = msgspec.json.decode(text.encode("utf-8", "surrogatepass"), type=ServiceAccount)
    except (msgspec.DecodeError, RecursionError):
        raise SecretError("it is not the JSON of a service account's key") from None
    if account.type != "service_account":
        raise SecretError("it is a key, but not of a service account")
    if not account.private_key.startswith("-----BEGIN"):
        raise SecretError("its private_key is no PEM")
    fault = check_url(account.token_uri, allow_private=allow_private, schemes=("https",))
    if fault is not None:
        raise SecretError(f"its token_uri is not used: {fault}")
    return account
