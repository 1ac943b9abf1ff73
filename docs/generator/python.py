"""The public Python API, as its own signatures and docstrings have it."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

import spec_notify.workflow as api

from .tables import code, table

if TYPE_CHECKING:
    from collections.abc import Iterator

_MODULE = re.compile(r"\b(?:typing|datetime|os|spec_notify\.[\w.]+)\.(?=[A-Z])")
_DEFAULTS = (("<built-in function perf_counter>", "time.perf_counter"), ("<factory>", "{}"))


def names() -> str:
    """Answer every public name: what it is called with, and what it promises."""
    return "\n\n".join(_entry(name, getattr(api, name)) for name in api.__all__)


def _entry(name: str, value: Any) -> str:
    if not inspect.isclass(value) and not inspect.isfunction(value):
        return f"### {name}\n\n{_VALUES[name]}"
    lines = [f"### {name}", code(_called(name, value)), inspect.cleandoc(value.__doc__ or "")]
    if inspect.isclass(value):
        rows = [*_members(value)]
        lines += [table(("member", "what"), rows)] if rows else []
    return "\n\n".join(lines)


def _called(name: str, value: Any) -> str:
    if getattr(value, "_is_protocol", False):
        return name
    return name + _signature(value)


def _members(value: type) -> Iterator[tuple[str, str]]:
    for key, each in vars(value).items():
        doc = inspect.getdoc(each) if isinstance(each, property) or inspect.isfunction(each) else ""
        if key.startswith("_") or not doc:
            continue
        word = "await " if inspect.iscoroutinefunction(each) else ""
        shown = key if isinstance(each, property) else f"{word}{_method(key, each)}"
        yield code(shown), doc.partition("\n\n")[0]


def _method(key: str, each: Any) -> str:
    return key + _signature(each).replace("(self, ", "(").replace("(self)", "()")


class _Plain(str):
    """An annotation that shows itself without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _signature(value: Any) -> str:
    """Answer a signature without the names of modules, and without an answer of nothing."""
    found = inspect.signature(value)
    words = [each.replace(annotation=_plain(each.annotation)) for each in found.parameters.values()]
    answer = found.return_annotation
    silent = answer in {None, "None", inspect.Signature.empty} or not inspect.isfunction(value)
    kept = inspect.Signature.empty if silent else _plain(answer)
    said = str(found.replace(parameters=words, return_annotation=kept))
    for shown, meant in _DEFAULTS:
        said = said.replace(shown, meant)
    return _MODULE.sub("", said)


def _plain(annotation: Any) -> Any:
    if annotation is inspect.Signature.empty:
        return annotation
    said = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return _Plain(said)


_VALUES = {
    "STEP_REGISTRY": "Step type → what makes a step of it for a service. `report` is in it.",
    "Context": (
        "What a step is handed: a dict with `workflow_name`, and `step_results`, those of all "
        "steps before it."
    ),
}
