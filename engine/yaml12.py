"""YAML with the 1.2 core rules for scalars, and with the line of every value.

PyYAML alone follows YAML 1.1, where ``1e-6`` is a string and ``yes``, ``on`` and ``12:30`` are
not. Everything that such a file may hide (doubled keys, alias bombs, own tags) is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import yaml

from engine.document import MAX_DEPTH, Document, Path, decode_text, field_name
from engine.errors import UserError, Where
from engine.json_text import first_bad

MAX_BYTES = 256 * 1024
MAX_NODES = 20_000  # after aliases are expanded

_TAG = "tag:yaml.org,2002:"
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NON_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_LONGEST_NUMBER = 400  # digits; longer is no number that anybody means


class _Composer(yaml.SafeLoader):
    """PyYAML up to its nodes, none of its ideas about what a scalar means."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - PyYAML's own attribute, read and never written


def parse_yaml(data: bytes, file: str) -> Document:
    """Read one YAML document of plain values with string keys.

    Raises:
        UserError: not YAML, or YAML that hides something: see the module. It names the line.
    """
    text = decode_text(data, file, MAX_BYTES)
    builder = _Builder(file)
    root = _compose(text, file)
    if root is None:
        problem = "the file is empty."
        raise UserError(problem, Where(file), "Write the file, or name another one.")
    value = builder.build(root, ())
    return Document(value, file, builder.lines.get)


def _compose(text: str, file: str) -> yaml.Node | None:
    try:
        loader = _Composer(text)
        try:
            return loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = None if mark is None else mark.line + 1
        problem = f"not valid YAML: {error.problem or error.context}."
        raise UserError(problem, Where(file, line), "Mend the YAML.") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        problem = f"not valid YAML: {error.reason}."
        raise UserError(problem, Where(file, line), "Leave the character out.") from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        problem = f"not valid YAML: {error}."
        raise UserError(problem, Where(file), "Mend the YAML.") from error
    except RecursionError as error:
        problem = f"values are nested deeper than {MAX_DEPTH} levels."
        raise UserError(problem, Where(file), "Nest less.") from error


class _Builder:
    """Turns nodes into plain values and notes the line of each."""

    def __init__(self, file: str) -> None:
        self.lines: dict[Path, int] = {}
        self._file = file
        self._left = MAX_NODES
        self._open: set[int] = set()  # collections being built: an alias to one is a loop

    def build(self, node: yaml.Node, path: Path, line: int | None = None) -> Any:
        self.lines[path] = line or _line(node)
        self._count(node, path)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        if id(node) in self._open:
            raise self._error(node, path, "a value holds itself through an alias.")
        self._open.add(id(node))
        if isinstance(node, yaml.MappingNode):
            value: Any = self._mapping(node, path)
        else:
            value = self._sequence(node, path)
        self._open.discard(id(node))
        return value

    def _count(self, node: yaml.Node, path: Path) -> None:
        self._left -= 1
        if self._left < 0:
            raise self._error(node, path, f"found more than {MAX_NODES} values, aliases expanded.")
        if len(path) > MAX_DEPTH:
            raise self._error(node, path[:3], f"values are nested deeper than {MAX_DEPTH} levels.")

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        self._require_tag(node, path, "map")
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node, path)
            if key in result:
                raise self._error(key_node, (*path, key), f"the key `{key}` is written twice.")
            result[key] = self.build(value_node, (*path, key), _line(key_node))
        return result

    def _sequence(self, node: yaml.Node, path: Path) -> list[Any]:
        self._require_tag(node, path, "seq")
        return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]

    def _key(self, node: yaml.Node, path: Path) -> str:
        key = self._scalar(node, path) if isinstance(node, yaml.ScalarNode) else None
        if not isinstance(key, str):
            shown = repr(node.value) if isinstance(node, yaml.ScalarNode) else "a collection"
            raise self._error(node, path, f"found a key that is not a string: {shown}.")
        return key

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> Any:
        text: str = node.value
        # Without implicit resolvers PyYAML tags every untagged scalar `str`; only a plain one
        # (no quotes, no block) that carries no tag of its own means more than its text.
        self._require_tag(node, path, "str")
        if node.style is not None:
            return self._whole(text, node, path)
        if _NON_FINITE.fullmatch(text):
            raise self._error(node, path, f"expected a finite number, found {text}.")
        return _plain(text, lambda problem: self._error(node, path, problem))

    def _whole(self, text: str, node: yaml.Node, path: Path) -> str:
        """Join the halves of characters that were escaped as JSON does; a lone one is refused."""
        try:
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError as error:
            problem = "found half a character (a lone surrogate)."
            raise self._error(node, path, problem) from error

    def _require_tag(self, node: yaml.Node, path: Path, wanted: str) -> None:
        if node.tag != _TAG + wanted:
            shown = node.tag.replace(_TAG, "!!")
            raise self._error(node, path, f"found the tag {shown}; tags are not read.")

    def _error(self, node: yaml.Node, path: Path, problem: str) -> UserError:
        where = Where(self._file, _line(node), field_name(path) or None)
        return UserError(problem, where, "Write plain YAML values.")


def _plain(text: str, error: Callable[[str], UserError]) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    whole = _INT.fullmatch(text)
    if len(text) > _LONGEST_NUMBER or not (whole or _FLOAT.fullmatch(text)):
        return text
    if whole:
        number: int | float = int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    else:
        number = float(text)
    bad = first_bad(number)
    if bad is not None:
        raise error(bad[1])
    return number


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
