"""Platforms and fingerprints: which machines' numbers may be compared."""

from __future__ import annotations

import msgspec

from engine.identity import content_hash


class Hardware(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What identifies a machine's hardware; None where it cannot be read."""

    arch: str
    vendor: str | None
    model: str | None
    family: str | None
    stepping: str | None
    flags_hash: str | None
    cache: str | None
    cpu_count: int
    memory_gib: int
    smt: bool | None
    hypervisor: bool | None
    governor: str | None


class Software(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What identifies the software below a measurement; None where it cannot be read."""

    kernel: str
    libc: str | None
    python: str
    blas: str | None


class Machine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One machine: triple such as ``x86_64-linux-gnu``, CPU name, hardware and software."""

    platform: str
    cpu: str
    hardware: Hardware
    software: Software

    @property
    def fingerprint(self) -> str:
        """First 16 hex digits of the hardware's hash: baselines match on it."""
        return content_hash(self.hardware)[:16]

    @property
    def software_fingerprint(self) -> str:
        """First 16 hex digits of the software's hash: a difference is a caveat."""
        return content_hash(self.software)[:16]
