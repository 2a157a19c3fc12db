"""Settings that have several sources: which one wins, and what its text means."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from engine.errors import UserError, Where

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Source(StrEnum):
    """Where a value came from, the strongest first."""

    FLAG = "command-line flag"
    DOT_ENV = ".env"
    ENVIRONMENT = "environment"
    PROFILE = "spec profile"
    SPEC_DEFAULTS = "spec defaults"
    CODE = "code default"


@dataclass(frozen=True, slots=True)
class Layer:
    """The texts of one source by the names that source uses; *file* names it in messages.

    Its repr leaves the values out, since some are secret.
    """

    source: Source
    values: Mapping[str, str] = field(repr=False)
    file: str


@dataclass(frozen=True, slots=True)
class Setting(Generic[T_co]):
    """One setting: its field (also the flag's name), its variable, and how it is read.

    *parse* raises ValueError for a text that is not allowed; *allowed* and *default* are the
    words of messages and of the reference page.
    """

    field: str
    variable: str
    meaning: str
    parse: Callable[[str], T_co]
    allowed: str
    default: str
    secret: bool = False
    repeatable: bool = False  # its flag may be given several times: the texts joined by commas


@dataclass(frozen=True, slots=True)
class Resolved(Generic[T_co]):
    """A setting's value and the source that gave it."""

    value: T_co
    source: Source


def resolve(setting: Setting[T], layers: Sequence[Layer], default: T) -> Resolved[T]:
    """Take the first layer, strongest first, that has a text; an empty one counts as absent.

    Flags are looked up by field, every other source by variable.

    >>> port = Setting("port", "HIGHWATER_PORT", "Port.", int, "a number", "8787")
    >>> env = Layer(Source.ENVIRONMENT, {"HIGHWATER_PORT": "9000"}, "environment")
    >>> resolve(port, [env], 8787)
    Resolved(value=9000, source=<Source.ENVIRONMENT: 'environment'>)

    Raises:
        UserError: the winning text is not allowed; a secret's text is not repeated in it.
    """
    for layer in sorted(layers, key=lambda one: list(Source).index(one.source)):
        name = setting.field if layer.source is Source.FLAG else setting.variable
        text = layer.values.get(name, "")
        if text:
            return Resolved(_parsed(setting, text, layer, name), layer.source)
    return Resolved(default, Source.CODE)


def _parsed(setting: Setting[T], text: str, layer: Layer, name: str) -> T:
    try:
        return setting.parse(text)
    except ValueError:
        found = "what is set (not shown: it is secret)" if setting.secret else repr(text)
        shown = "--" + name.replace("_", "-") if layer.source is Source.FLAG else name
        problem = f"{found} is not allowed for {shown}."
        remedy = f"Allowed: {setting.allowed}."
        raise UserError(problem, Where(layer.file, field=shown), remedy) from None
