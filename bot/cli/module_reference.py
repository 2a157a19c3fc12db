"""The reference page of the public module ``highwater``, out of its own docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import highwater

_ITEM = re.compile(r" {4,}|[a-z_0-9, ]+: ")
GROUPS = {
    "Run": ("run", "load_bars", "metrics_of", "Bars", "Backtest", "Metrics", "AccountTerms"),
    "Many runs at once": ("Lanes", "LaneRuns"),
    "Terms": ("Costs", "Sizing", "ProfileName"),
    "Strategies": (
        "SignalStrategy",
        "BatchStrategy",
        "Strategy",
        "Signals",
        "BatchContext",
        "EventContext",
        "Market",
    ),
    "Rules": (
        "StopLoss",
        "TakeProfit",
        "TrailingStop",
        "DynamicTrailingStop",
        "VolatilityScaledStopLoss",
        "TimeBasedExit",
        "RegimeDependentRule",
        "RegimeSeries",
        "PythonRule",
        "Position",
        "Exit",
        "Levels",
    ),
    "What a result says": ("Reason", "Flag", "Dropped"),
    "Errors": ("UserError",),
}
ALIASES = {"EventStrategy": "Strategy"}
_INTRO = """\
What strategies, notebooks and benchmark cases may import from `highwater`; nothing else is public.
[Write a strategy](../how-to/write-a-strategy.md) shows it at work."""


def module_page(generated: str) -> str:
    """Write the page, headed by the mark of *generated* pages."""
    return "\n\n".join([generated, "# The module `highwater`", _INTRO, *_groups()]) + "\n"


def _groups() -> Iterator[str]:
    for title, names in GROUPS.items():
        yield f"## {title}"
        for name in names:
            yield from _entry(name, getattr(highwater, name))


def _entry(name: str, found: Any) -> Iterator[str]:
    other = [alias for alias, own in ALIASES.items() if own == name]
    yield f"### `{name}`" + "".join(f", `{alias}`" for alias in other)
    if isinstance(found, type) and issubclass(found, Enum):
        yield _text(found)
        yield ", ".join(f"`{member.name}`" for member in found)
        return
    if not (isinstance(found, type) and issubclass(found, Exception)):
        yield f"```text\n{_signature(name, found)}\n```"
    yield _text(found)
    if isinstance(found, type):
        methods = [_method(one, function) for one, function in _methods(found)]
        if methods:
            yield "\n".join(methods)


def _signature(name: str, found: Any) -> str:
    if is_dataclass(found) and isinstance(found, type):
        given = ", ".join(field.name for field in fields(found) if not field.name.startswith("_"))
        return f"{name}({given})"
    names = inspect.signature(found).parameters.values()
    shown = [_parameter(one) for one in names if one.name != "self"]
    keyword = [one.kind is one.KEYWORD_ONLY for one in names if one.name != "self"]
    if any(keyword) and not all(keyword):
        shown.insert(keyword.index(True), "*")
    return f"{name}({', '.join(shown)})"


def _parameter(one: inspect.Parameter) -> str:
    stars = "*" * (one.kind is one.VAR_POSITIONAL) + "**" * (one.kind is one.VAR_KEYWORD)
    plain = isinstance(one.default, int | float | str | type(None))
    if one.default is one.empty:
        return f"{stars}{one.name}"
    if isinstance(one.default, Enum):
        return f"{one.name}={one.default}"
    return f"{one.name}={one.default!r}" if plain else f"{one.name}=…"


def _methods(found: type) -> Iterator[tuple[str, Any]]:
    """Give what is called on it, inherited ones of ours too."""
    for name in dir(found):
        function = inspect.getattr_static(found, name)
        function = getattr(function, "__func__", function)
        if not name.startswith("_") and inspect.isfunction(function) and function.__doc__:
            yield name, function


def _method(name: str, function: Any) -> str:
    return f"- `{_signature(name, function)}`: {_prose(inspect.getdoc(function) or '')[0]}"


def _text(found: Any) -> str:
    return "\n\n".join(_prose(inspect.getdoc(found) or ""))


def _prose(doc: str) -> list[str]:
    """Give the paragraphs of a docstring that are prose: no examples, no list of errors."""
    parts = [part.strip() for part in doc.split("\n\n")]
    kept = [part for part in parts if part and not part.startswith((">>>", "Raises:"))]
    return [_marked(_joined(part)) for part in kept]


def _joined(part: str) -> str:
    """Join a paragraph's lines; those of a list of names each become an item of one."""
    lines = part.splitlines()
    if len(lines) == 1 or not all(_ITEM.match(line) for line in lines):
        return " ".join(part.split())
    items = re.sub(r"\n {4,}", " ", part).splitlines()
    return "\n".join(re.sub(r"^([a-z_0-9, ]+):", r"- `\1`:", item) for item in items)


def _marked(text: str) -> str:
    text = re.sub(r":(?:class|meth|func|mod):`([^`]*)`", r"`\1`", text)
    return text.replace("``", "`")
