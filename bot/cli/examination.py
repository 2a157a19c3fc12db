"""Settings read for ``doctor``: one that is not allowed is noted, and the others are read on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from bot.cli.command_settings import COMMAND_SETTINGS
from bot.cli.diagnosis import Refused, Subject
from bot.setting_table import SETTINGS
from bot.settings import settings_of
from engine.errors import UserError
from engine.precedence import Layer, Setting, Source, resolve
from worker.queue import settings as shared
from worker.settings import RUNNER_SETTINGS, RunnerSettings, read_runner_settings

_EVERY = {one.variable: one for one in (*SETTINGS, *RUNNER_SETTINGS, *COMMAND_SETTINGS)}

Layers = tuple[Layer, ...]


def examine(flags: Mapping[str, str | None], environ: Mapping[str, str], start: Path) -> Subject:
    """Read both kinds of settings; what is not allowed counts as not given, and is noted.

    The parameters are those of ``bot.settings.read_settings``.
    """
    layers, unreadable = _layers(flags, environ, start)
    refused = tuple(one for setting in _EVERY.values() for one in _refusals(setting, layers))
    kept = _without({one.variable for one in refused}, layers)
    return Subject(
        settings=settings_of(kept, environ),
        runner=_runner(kept, environ, start),
        environ=environ,
        start=start,
        layers=kept,
        refused=(*unreadable, *refused),
    )


def _layers(
    flags: Mapping[str, str | None], environ: Mapping[str, str], start: Path
) -> tuple[Layers, tuple[Refused, ...]]:
    """Gather the texts; a ``.env`` that cannot be read is noted and counts as absent."""
    try:
        return shared.read_layers(flags, environ, start), ()
    except UserError as error:
        without = {**environ, shared.ENV_FILE_VARIABLE: shared.NO_ENV_FILE}
        note = Refused(variable=".env", source=Source.DOT_ENV, error=error)
        return shared.read_layers(flags, without, start), (note,)


def _refusals(setting: Setting[object], layers: Layers) -> tuple[Refused, ...]:
    try:
        resolve(setting, layers, None)
    except UserError as error:
        return (Refused(variable=setting.variable, source=_source(setting, layers), error=error),)
    return ()


def _source(setting: Setting[object], layers: Layers) -> Source:
    """Find the source that a setting's text comes from, allowed or not."""
    plain = replace(setting, parse=str)
    return resolve(plain, layers, None).source


def _without(variables: set[str], layers: Layers) -> Layers:
    names = variables | {_EVERY[one].field for one in variables}
    return tuple(
        replace(layer, values={n: text for n, text in layer.values.items() if n not in names})
        for layer in layers
    )


def _runner(layers: Layers, environ: Mapping[str, str], start: Path) -> RunnerSettings:
    """Read a runner's settings out of the same texts, each still with its own source."""
    given: dict[str, str] = {shared.ENV_FILE_VARIABLE: shared.NO_ENV_FILE}
    for setting in RUNNER_SETTINGS:
        text = resolve(replace(setting, parse=str), layers, "").value
        given |= {setting.variable: str(text)} if text else {}
    homes = {name: text for name, text in environ.items() if name not in _EVERY}
    found = read_runner_settings(environ={**homes, **given}, start=start)
    sources = {one.field: _source(one, layers) for one in RUNNER_SETTINGS}
    return replace(found, sources=sources)
