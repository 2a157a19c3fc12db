"""Parameters of a strategy: the annotated attributes of its class, set by keyword."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple, get_origin

from engine.errors import UserError

REQUIRED: Any = inspect.Parameter.empty
_UNKNOWN, _KNOWN = " has no parameter ", "Its annotated attributes are its parameters: "
_NONE = "none"
_TOLD = re.compile(rf"\w+{_UNKNOWN}(.+?)\. {_KNOWN}(.*)\.")
_FORMS = __name__.removesuffix("parameters")


class Unknown(NamedTuple):
    """Names that are no parameters of a class, and those that are."""

    unknown: tuple[str, ...]
    known: tuple[str, ...]


class Parameterised:
    """Takes a value for each annotated attribute of its class; what is not given keeps its default.

    Names that begin with an underscore and class variables are no parameters. A default says what
    kind of value is taken: a whole number, a number, a text, a truth value; any other default and
    none take anything.

    Raises:
        UserError: an unknown name, a missing value, or one of another kind than its default.
    """

    def __init__(self, **params: Any) -> None:
        known = parameters_of(type(self))
        _check_names(type(self).__name__, known, params)
        for name, value in params.items():
            setattr(self, name, _taken(f"{type(self).__name__}.{name}", known[name], value))


def parameters_of(kind: type[Parameterised]) -> Mapping[str, Any]:
    """Give the parameters of a class with their defaults, ``REQUIRED`` for those without."""
    found = {}
    for one in reversed(kind.__mro__):
        for name, annotation in inspect.get_annotations(one).items():
            if not name.startswith("_") and not _of_class(annotation):
                found[name] = _default(kind, name)
    return found


def unknown_in(error: str) -> Unknown | None:
    """Read the text of an error: does a class refuse unknown names in it? None: it does not.

    >>> unknown_in("Up has no parameter dyas. Its annotated attributes are its parameters: days.")
    Unknown(unknown=('dyas',), known=('days',))
    """
    found = _TOLD.fullmatch(error)
    if found is None:
        return None
    known = () if found[2] == _NONE else tuple(found[2].split(", "))
    return Unknown(tuple(found[1].split(", ")), known)


def in_force(kind: type[Parameterised], params: Mapping[str, Any]) -> dict[str, Any]:
    """Give all parameters of a class that is made with *params*: those, else the defaults."""
    defaults = {
        name: default for name, default in parameters_of(kind).items() if default is not REQUIRED
    }
    return {**defaults, **params}


def _default(kind: type[Parameterised], name: str) -> Any:
    """Give what the class holds under *name*; a method of ours is no default of a parameter."""
    found = getattr(kind, name, REQUIRED)
    is_ours = inspect.isfunction(found) and found.__module__.startswith(_FORMS)
    return REQUIRED if is_ours else found


def _of_class(annotation: Any) -> bool:
    if isinstance(annotation, str):
        return annotation.startswith(("ClassVar", "typing.ClassVar"))
    return annotation is ClassVar or get_origin(annotation) is ClassVar


def _check_names(owner: str, known: Mapping[str, Any], params: Mapping[str, Any]) -> None:
    unknown = sorted(params.keys() - known.keys())
    if unknown:
        listed = ", ".join(known) or _NONE
        problem = f"{owner}{_UNKNOWN}{', '.join(unknown)}."
        raise UserError(problem, None, f"{_KNOWN}{listed}.")
    missing = [
        name for name, default in known.items() if default is REQUIRED and name not in params
    ]
    if missing:
        problem = f"{owner} was given no {', '.join(missing)}."
        raise UserError(problem, None, "Give a value, or write a default in the class.")


def _taken(name: str, default: Any, value: Any) -> Any:
    kind = type(default)
    if default is REQUIRED or default is None or kind not in _KINDS or type(value) is kind:
        return value
    if kind is float and type(value) is int:
        return float(value)
    problem = f"{name} was given {value!r}, which is no {_KINDS[kind]}."
    remedy = f"Give a {_KINDS[kind]}, as its default {default!r} is one."
    raise UserError(problem, None, remedy)


_KINDS = {int: "whole number", float: "number", str: "text", bool: "truth value"}
