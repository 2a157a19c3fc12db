"""The error of a data mount that this machine does not have."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from engine.errors import UserError


class MissingMountError(UserError):
    """A mount that an order needs is not on this machine: its operator must act."""


def missing_mount(name: str, mounts: Mapping[str, Path]) -> MissingMountError:
    """Word that a mount has no path here, or one that leads to nothing."""
    flag = f"--data {name}=PATH"
    if name in mounts:
        problem = f"the data mount {name} leads to nothing that can be read on this machine."
        return MissingMountError(problem, None, f"Correct its path: `{flag}`, or HIGHWATER_DATA.")
    known = f"known are {', '.join(sorted(mounts))}" if mounts else "none is named"
    problem = f"the data mount {name} is not on this machine ({known})."
    remedy = f"Name it with `{flag}`, or HIGHWATER_DATA={name}=PATH."
    return MissingMountError(problem, None, remedy)
