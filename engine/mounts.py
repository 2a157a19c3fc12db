"""Data mounts: files of a runner's machine that suites name, and never see the path of."""

from __future__ import annotations

from typing import Annotated

import msgspec

MOUNT_PATTERN = r"^[a-z0-9][a-z0-9_]{0,62}$(?!\n)"
MAX_MOUNTS = 32

MountName = Annotated[str, msgspec.Meta(pattern=MOUNT_PATTERN)]
Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
# What was in each mount: its content's fingerprint by its name.
Fingerprints = Annotated[dict[MountName, Sha256], msgspec.Meta(max_length=MAX_MOUNTS)]


class MountedData(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where a suite's data is: in a mount that its runner's operator named."""

    mount: MountName


SuiteData = Annotated[dict[MountName, MountedData], msgspec.Meta(max_length=MAX_MOUNTS)]


def variable_of(name: str) -> str:
    """Name the variable in which a suite's command finds the path of its data.

    >>> variable_of("sp500")
    'HIGHWATER_DATA_SP500'
    """
    return f"HIGHWATER_DATA_{name.upper()}"
