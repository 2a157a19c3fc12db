"""Reading what a benchmark tool wrote: hostile until it is decoded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from engine.errors import UserError, Where
from engine.samples import Launch

MAX_CASES = 10_000
MAX_NAME_CHARACTERS = 500
MAX_VALUES = 2_000_000  # of one file: a sample of two bytes becomes an object of thirty-two

T = TypeVar("T")


class NoBenchmarks(UserError):  # noqa: N818 - a kind of UserError, named by what it says
    """The file is well formed and holds no benchmark: nothing was measured."""

    def __init__(self, file: str) -> None:
        """Take the file's name."""
        super().__init__(
            "the file holds no benchmark.",
            Where(file),
            "Check that the command selects benchmarks and that none was skipped.",
        )


def decode_json(data: bytes, kind: type[T], file: str) -> T:
    """Decode *data* strictly as *kind*.

    Raises:
        UserError: malformed JSON (names the byte), another form (names the path), or too much.
    """
    if data.count(b",") > MAX_VALUES:
        problem = f"the file holds more than {MAX_VALUES} values."
        raise UserError(problem, Where(file), "Write fewer samples, or split the suite.")
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        problem, _, path = str(error).partition(" - at `$")
        raise _refused(problem, Where(file, field=path.strip("`").lstrip(".") or None)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _refused(str(error), Where(file)) from None
    except RecursionError:
        problem = "JSON is malformed: nested too deep"
        raise _refused(problem, Where(file)) from None


def _refused(problem: str, where: Where) -> UserError:
    remedy = "Let the command write the whole file, in the format that the suite declares."
    return UserError(f"{problem}.", where, remedy)


def checked(launches: Sequence[Launch], file: str) -> tuple[Launch, ...]:
    """Refuse launches that no benchmark file can mean.

    Raises:
        NoBenchmarks: there is none.
        UserError: too many, or a name that is empty, too long or not printable.
    """
    if not launches:
        raise NoBenchmarks(file)
    if len(launches) > MAX_CASES:
        problem = f"holds {len(launches)} launches of cases, {MAX_CASES} are allowed."
        raise UserError(problem, Where(file), "Split the suite.")
    for index, launch in enumerate(launches):
        for name in (launch.case, launch.metric, launch.unit):
            _check_name(name, Where(file, field=f"[{index}]"))
    return tuple(launches)


def _check_name(name: str, where: Where) -> None:
    if 0 < len(name) <= MAX_NAME_CHARACTERS and name.isprintable():
        return
    problem = f"{name[:80]!r} is not a name of a case, metric or unit."
    remedy = f"Names are printable and have 1 to {MAX_NAME_CHARACTERS} characters."
    raise UserError(problem, where, remedy)
