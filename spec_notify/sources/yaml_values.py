"""YAML as plain values, read in bounded time and memory: the one door of PyYAML.

The safe loader alone, with fewer types: null, and text for every other plain scalar, so that
`yes`, `1e3` and `2026-11-20` stay the words they are. https://yaml.org/spec/1.1/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 262_144
"""Characters of a text that is read at all: the reader takes some seconds for a million."""
DEEPEST = 32
"""Levels of lists and mappings."""
MOST_NODES = 50_000
"""Values of a text, what an alias stands for counted each time."""
_LONGEST_WORDS = 200
_CORE = "tag:yaml.org,2002:"
_NULL, _MERGE = f"{_CORE}null", f"{_CORE}merge"


class YamlError(ValueError):
    """A text is no YAML we read; the message says where and why, and may quote a word of it."""

    def __init__(self, why: str, line: int | None = None) -> None:
        super().__init__(f"line {line}: {why}" if line is not None else why)


def documents(text: str) -> Iterator[object]:
    """Answer the documents of a text one by one, empty ones as None. Raises YamlError."""
    if len(text) > LONGEST:
        raise YamlError(f"it is longer than {LONGEST:,} characters")
    try:
        loader = _Loader(text)
        while loader.check_data():  # type: ignore[no-untyped-call]  # the stubs say nothing of these
            yield loader.get_data()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        why = (error.problem or "it is no YAML")[:_LONGEST_WORDS]
        raise YamlError(why, mark.line + 1 if mark else None) from None
    except yaml.YAMLError:
        raise YamlError("it holds a character that YAML forbids") from None


class _Loader(yaml.SafeLoader):
    """The safe loader, counting what it makes."""

    # Of the implicit types only these: a name that looks like a number or a date is a name.
    yaml_implicit_resolvers = {  # noqa: RUF012 - the library's own attribute
        "~": [(_NULL, re.compile("~"))],
        "n": [(_NULL, re.compile("null"))],
        "N": [(_NULL, re.compile("Null|NULL"))],
        "": [(_NULL, re.compile(""))],
        "<": [(_MERGE, re.compile("<<"))],
    }
    # What these make is all a value can be; a badly spelt `!!int` is no crash of the library's.
    yaml_constructors = {
        tag: make
        for tag, make in yaml.SafeLoader.yaml_constructors.items()
        if tag in {None, _NULL, f"{_CORE}str", f"{_CORE}seq", f"{_CORE}map"}
    } | {_MERGE: yaml.SafeLoader.construct_yaml_str}

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0
        self._nodes = 0
        self._sizes: dict[str, int] = {}

    def compose_document(self) -> Any:
        """Compose a document; what an anchor stands for ends with it."""
        self._nodes, self._sizes = 0, {}
        return super().compose_document()

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Compose a node, and refuse one too many, too deep, or an alias inside what it names."""
        event = self.peek_event()  # type: ignore[no-untyped-call]  # see above
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._sizes:
                raise YamlError("an alias names nothing that stands whole before it", line)
            self._count(self._sizes[event.anchor], line)
            return super().compose_node(parent, index)
        self._depth += 1
        if self._depth > DEEPEST:
            raise YamlError(f"it is nested more than {DEEPEST} levels deep", line)
        before = self._nodes
        self._count(1, line)
        node = super().compose_node(parent, index)
        self._depth -= 1
        if event.anchor is not None:
            self._sizes[event.anchor] = self._nodes - before
        return node

    def compose_mapping_node(self, anchor: Any) -> Any:
        """Compose a mapping; a key that stands twice would silently lose a value."""
        node = super().compose_mapping_node(anchor)
        seen: set[str] = set()
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise YamlError("a key is no text", line)
            if key.tag == _MERGE:
                # The library lets the older value win where a merge overrides a merge.
                raise YamlError("merge keys (<<) are not read: write the keys out", line)
            if key.value in seen:
                raise YamlError(f"the key {key.value[:60]!r} stands twice in one mapping", line)
            seen.add(key.value)
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - the library's own signature
        """Make a mapping of one: a tag may claim what is none to be one."""
        if not isinstance(node, yaml.MappingNode):
            raise YamlError("a mapping is expected here", node.start_mark.line + 1)
        return super().construct_mapping(node, deep=deep)

    def _count(self, more: int, line: int) -> None:
        self._nodes += more
        if self._nodes > MOST_NODES:
            raise YamlError(f"it holds more than {MOST_NODES:,} values", line)
