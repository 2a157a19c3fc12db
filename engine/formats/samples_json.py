"""Our own samples JSON (docs/reference/files.md): ``{"schema_version": 1, "launches": […]}``."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from engine.errors import UserError, Where
from engine.formats.reading import checked, decode_json
from engine.samples import Launch, SamplesDocument
from engine.units import normalise


def parse(data: bytes, file: str) -> tuple[Launch, ...]:
    """Read the launches of a samples document, times in seconds and sizes in bytes.

    Raises:
        UserError: malformed (names the byte), another form (names the path), or no benchmark.
    """
    return parse_document(data, file).launches


def parse_document(data: bytes, file: str) -> SamplesDocument:
    """Read a samples document, fingerprint included; errors as for :func:`parse`."""
    document = decode_json(data, SamplesDocument, file)
    launches = [
        _normalised(launch, Where(file, field=f"launches[{index}]"))
        for index, launch in enumerate(document.launches)
    ]
    return msgspec.structs.replace(document, launches=checked(launches, file))


def encode(launches: Sequence[Launch], fingerprint: str | None) -> bytes:
    """Write a samples document, one launch a line; :func:`parse_document` reads it back."""
    head = msgspec.json.encode({"schema_version": 1, "fingerprint": fingerprint})
    lines = b",\n  ".join(msgspec.json.encode(launch) for launch in launches)
    return head[:-1] + b',"launches":[\n  ' + lines + b"\n]}\n"


def _normalised(launch: Launch, where: Where) -> Launch:
    unit = normalise(1.0, launch.unit)[1]
    samples = tuple(normalise(sample, launch.unit)[0] for sample in launch.samples)
    try:
        return msgspec.structs.replace(launch, unit=unit, samples=samples)
    except ValueError as error:
        problem = f"{error}."
        raise UserError(problem, where, "Write samples that are finite in seconds.") from None
