"""Parsed files turned into values of a type; a mismatch names line, field, found and allowed."""

from __future__ import annotations

import difflib
import json
import re
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from engine.document import Document, Path
from engine.errors import UserError

T = TypeVar("T")

_PLACE = re.compile(r"(?P<what>.*?)(?: - at (?P<key>`key` in )?`\$(?P<path>.*)`)?", re.DOTALL)
_PART = re.compile(r"\.([A-Za-z_][\w-]*)|\[(\d+|\.\.\.)\]")
_MISSING = re.compile(r"Object missing required field `(.*)`")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`")
_ANY_KEY = "..."  # how msgspec writes a mapping's key, whichever it was
_TYPE_WORDS = {
    "str": "a string",
    "int": "an integer",
    "float": "a number",
    "bool": "true or false",
    "object": "a mapping",
    "array": "a list",
    "null": "nothing",
}
_MAX_SHOWN = 60
_MAX_NAMES = 40


def decode(document: Document, type_: type[T]) -> T:
    """Turn *document* into a *type_*, strictly: nothing is coerced, no unknown key ignored.

    Raises:
        UserError: the value does not fit; names file, line, field, what was found and what is
            allowed there.
    """
    try:
        return msgspec.convert(document.value, type_, strict=True)
    except msgspec.ValidationError as error:
        raise _explain(document, type_) from error


def unknown_key(document: Document, path: Path, allowed: tuple[str, ...]) -> UserError:
    """Word that the last part of *path* is not one of the *allowed* keys."""
    remedy = f"{did_you_mean(str(path[-1]), allowed)}Allowed here: {_listed(allowed)}."
    return UserError(f"unknown key `{path[-1]}`.", document.where(path), remedy)


def _explain(document: Document, type_: type[Any]) -> UserError:
    value = document.value
    what, parts = _mismatch(value, type_)
    while (wide := _wide_mapping(value, parts)) is not None:
        value = _narrowed(value, wide, type_)
        what, parts = _mismatch(value, type_)
    return _worded(document, type_, what, _concrete(value, parts))


def _mismatch(value: Any, type_: type[Any]) -> tuple[str, Path]:
    """Give msgspec's message and its path; an empty message means that the value fits."""
    try:
        msgspec.convert(value, type_, strict=True)
    except msgspec.ValidationError as error:
        found = _PLACE.fullmatch(str(error))
        if found is None:
            return str(error), ()
        parts = [name or index for name, index in _PART.findall(found["path"] or "")]
        keyed = [*parts, _ANY_KEY] if found["key"] else parts
        return found["what"], tuple(int(p) if p.isdecimal() else p for p in keyed)
    return "", ()


def _wide_mapping(value: Any, parts: Path) -> Path | None:
    """Find the first mapping on the path in which msgspec left open which key it was."""
    path: Path = ()
    for part in parts:
        here = _at(value, path)
        if part == _ANY_KEY and isinstance(here, dict):
            if len(here) != 1:
                return path
            path = (*path, next(iter(here)))
        else:
            path = (*path, part)
    return None


def _narrowed(value: Any, wide: Path, type_: type[Any]) -> Any:
    """Leave in the mapping at *wide* the first key alone with which the value still misfits."""
    mapping = _at(value, wide)
    candidates = (_with(value, wide, {key: item}) for key, item in mapping.items())
    return next(candidate for candidate in candidates if _mismatch(candidate, type_)[0])


def _with(value: Any, path: Path, replacement: Any) -> Any:
    if not path:
        return replacement
    first, rest = path[0], path[1:]
    inner = _with(value[first], rest, replacement)
    if isinstance(value, dict):
        return {**value, first: inner}
    return [*value[: int(first)], inner, *value[int(first) + 1 :]]


def _concrete(value: Any, parts: Path) -> Path:
    path: Path = ()
    for part in parts:
        here = _at(value, path)
        open_key = part == _ANY_KEY and isinstance(here, dict)
        path = (*path, next(iter(here)) if open_key else part)
    return path


def _at(value: Any, path: Path) -> Any:
    for part in path:
        value = value[part]
    return value


def _worded(document: Document, type_: type[Any], what: str, path: Path) -> UserError:
    info = _info_at(inspect.type_info(type_), path)
    unknown, missing = _UNKNOWN.fullmatch(what), _MISSING.fullmatch(what)
    if unknown:
        return unknown_key(document, (*path, unknown[1]), _names(info))
    if missing:
        problem = f"missing key `{missing[1]}`."
        remedy = f"Add the key {missing[1]}; keys here are {_listed(_names(info))}."
        return UserError(problem, document.where((*path, missing[1])), remedy)
    choices = _choices(info)
    found = _shown(document.at(path))
    if choices and what.startswith("Invalid"):
        remedy = f"Allowed here: {_listed(choices)}."
        return UserError(
            f"expected one of the choices, found {found}.", document.where(path), remedy
        )
    if what.startswith("Expected"):
        expected = _in_words(what.removeprefix("Expected ").split(", got ")[0])
        problem = f"expected {expected}, found {found}."
        remedy = _as_mapping(info, document.at(path)) or "Write a value of that kind."
        return UserError(problem, document.where(path), remedy)
    return UserError(f"{what.rstrip('.')}.", document.where(path), "Mend the value.")


def _as_mapping(info: inspect.Type | None, found: Any) -> str:
    """Show a number as the one key that a mapping needs; empty where that is no remedy."""
    options = info.types if isinstance(info, inspect.UnionType) else (info,)
    structs = [option for option in options if isinstance(option, inspect.StructType)]
    needed = [field for struct in structs for field in struct.fields if field.required]
    kind = needed[0].type if len(structs) == len(needed) == 1 else None
    is_whole = isinstance(found, int) and not isinstance(found, bool)
    fits = (isinstance(kind, inspect.IntType | inspect.FloatType) and is_whole) or (
        isinstance(kind, inspect.FloatType) and isinstance(found, float)
    )
    return f"Write {{{needed[0].encode_name}: {_shown(found)}}}." if fits else ""


def _info_at(info: inspect.Type | None, path: Path) -> inspect.Type | None:
    for part in path:
        options = info.types if isinstance(info, inspect.UnionType) else (info,)
        steps = (_step(option, part) for option in options)
        info = next((step for step in steps if step is not None), None)
    return info


def _step(info: inspect.Type | None, part: str | int) -> inspect.Type | None:
    if isinstance(info, inspect.StructType):
        return next((field.type for field in info.fields if field.encode_name == part), None)
    if isinstance(info, inspect.DictType) and isinstance(part, str):
        return info.value_type
    if isinstance(info, inspect.ListType | inspect.VarTupleType) and isinstance(part, int):
        return info.item_type
    return None


def _names(info: inspect.Type | None) -> tuple[str, ...]:
    options = info.types if isinstance(info, inspect.UnionType) else (info,)
    structs = (option for option in options if isinstance(option, inspect.StructType))
    return tuple(field.encode_name for struct in structs for field in struct.fields)


def _choices(info: inspect.Type | None) -> tuple[str, ...]:
    options = info.types if isinstance(info, inspect.UnionType) else (info,)
    choices: list[str] = []
    for option in options:
        if isinstance(option, inspect.LiteralType):
            choices.extend(str(value) for value in option.values)
        if isinstance(option, inspect.EnumType):
            choices.extend(str(member.value) for member in option.cls)
    return tuple(choices)


def did_you_mean(name: str, names: tuple[str, ...]) -> str:
    """Name the one of *names* that is close to *name*, as a sentence and a blank; else nothing."""
    close = difflib.get_close_matches(name, names, n=1)
    return f"Did you mean {close[0]}? " if close else ""


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names[:_MAX_NAMES]) or "none"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"


def _in_words(expected: str) -> str:
    kinds = re.sub(r"`([^`]*)`", lambda found: _kinds(found[1]), expected)
    return kinds.replace(" matching regex ", " that matches ")


def _kinds(types: str) -> str:
    return " or ".join(_TYPE_WORDS.get(name, name) for name in types.split(" | "))
