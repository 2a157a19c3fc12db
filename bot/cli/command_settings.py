"""Settings of single commands: read where the others are, by no service."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from engine.precedence import Resolved, Setting, resolve
from worker.queue import settings as shared

_ON = ("1", "true", "yes", "on")
_OFF = ("0", "false", "no", "off")


def parse_switch(text: str) -> bool:
    """Read whether something is on.

    >>> parse_switch("1"), parse_switch("No")
    (True, False)

    Raises:
        ValueError: none of the words for it.
    """
    said = text.strip().lower()
    if said not in (*_ON, *_OFF):
        raise ValueError(text)
    return said in _ON


UPDATE_BASELINES = Setting(
    field="update_baselines",
    variable="UPDATE_BASELINES",
    meaning="Whether `bench run` replaces existing baselines too, as `--update-baselines` does.",
    parse=parse_switch,
    allowed="1, true, yes, on, or 0, false, no, off",
    default="`0`",
)

RAY_ADDRESS = Setting(
    field="ray_address",
    variable="RAY_ADDRESS",
    meaning="The Ray cluster of `sweep --executor ray`, as `--ray-address`.",
    parse=str,
    allowed="an address, such as `10.0.0.1:6379`, or `auto`",
    default="a cluster of this machine alone, for as long as the sweep takes",
)

COMMAND_SETTINGS: tuple[Setting[object], ...] = (UPDATE_BASELINES, RAY_ADDRESS)


def updates_baselines(
    environ: Mapping[str, str], start: Path, *, flag: bool = False
) -> Resolved[bool]:
    """Say whether baselines are to be replaced, and which source says so.

    Raises:
        UserError: the variable's text is not allowed, or ``.env`` cannot be read.
    """
    flags = {UPDATE_BASELINES.field: "1" if flag else None}
    return resolve(UPDATE_BASELINES, shared.read_layers(flags, environ, start), default=False)


def ray_address(environ: Mapping[str, str], start: Path, *, flag: str | None = None) -> str | None:
    """Give the address of the Ray cluster; None: there is none.

    Raises:
        UserError: ``.env`` cannot be read.
    """
    layers = shared.read_layers({RAY_ADDRESS.field: flag}, environ, start)
    return resolve(RAY_ADDRESS, layers, None).value
