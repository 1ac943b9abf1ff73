"""The rules between the keys of `[sources.runs]`: where runs are polled, and by whose word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_notify.core.addresses import check_url
from spec_notify.core.config.own_word import check_private, check_variable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spec_notify.core.config import Kind
    from spec_notify.core.config.findings import Findings

_PATH = ("sources", "runs")


def check_runs(
    raw: object,
    fields: Mapping[str, object],
    findings: Findings,
    *,
    kind: Kind,
    allow_private: bool,
) -> None:
    """Report what is wrong between the keys; `fields` are those that were read well."""
    stated = raw if isinstance(raw, dict) else {}
    url, private = fields.get("runs_url"), fields.get("runs_private") is True
    if {"base_url", "base_url_env"} <= {*stated}:
        findings.report((*_PATH, "base_url"), "and base_url_env are both given", "Keep one of them")
    elif fields.get("run_ids") and not {"base_url", "base_url_env"} & {*stated}:
        fix = 'Write base_url = "http://…", or base_url_env when it is a secret'
        findings.report((*_PATH, "base_url"), "is missing", fix)
    fault = check_url(url, allow_private=private) if isinstance(url, str) else None
    if fault is not None:
        findings.report((*_PATH, "base_url"), "is not used", fault[0].upper() + fault[1:])
    for key, field in (("base_url_env", "runs_url_env"), ("api_key_env", "runs_key_env")):
        name = fields.get(field)
        if isinstance(name, str):
            check_variable(name, findings, (*_PATH, key), kind=kind)
    check_private(private, findings, _PATH, kind=kind, allowed=allow_private)
