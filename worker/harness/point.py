"""Evaluate points of a sweep by calling one function of a repository.

Run by path, with the repository's own interpreter: ``point.py ROOT FILE NAME PYTHON FOLDER…``. It
needs the standard library alone, and hides the program that it belongs to: the repository may have
packages of the same names. *PYTHON* and *FOLDER* say where our packages are, should the repository
import ``highwater`` (``ours.Behind``). Requests and replies are JSON lines on the standard input
and output that it was started with; whatever the repository prints goes to standard error.

First reply:  ``{"ready": true}`` or ``{"failed": "why the function could not be loaded"}``.
Request:      ``{"index": 0, "params": {"fast": 10}, "seed": 7}``
Reply:        ``{"index": 0, "elapsed_s": 0.01, "value": {…}}``, or ``error`` instead of ``value``.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import random
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

import ours

MAX_REPLY_CHARACTERS = 16 * 1024 * 1024
MAX_ERROR_CHARACTERS = 2000
MAX_DEPTH = 20


def main(root: str, file: str, name: str, wanted: str, *folders: str) -> None:
    """Load the function, then answer requests until the input ends."""
    requests, replies = take_channels()
    shown = f"{Path(root).resolve()}{os.sep}"
    try:
        function = load(Path(root).resolve(), file, name, ours.Behind(wanted, folders))
    except BaseException as error:  # noqa: BLE001 - whatever loading does, it is reported
        send(replies, {"failed": described(error, shown)})
        return
    send(replies, {"ready": True})
    for line in requests:
        send(replies, answer(function, json.loads(line), shown))


def take_channels() -> tuple[BinaryIO, BinaryIO]:
    """Keep the pipes to ourselves: the repository sees an empty input and prints to stderr."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, replies


def load(
    root: Path, file: str, name: str, behind: ours.Behind
) -> Callable[[dict[str, Any], int], object]:
    """Import *file* under its dotted name and give its function *name*."""
    function: Callable[[dict[str, Any], int], object] | None = getattr(
        loaded(root, file, behind), name, None
    )
    if callable(function):
        return function
    message = f"{file} has no function {name!r}"
    raise TypeError(message)


def loaded(root: Path, file: str, behind: ours.Behind) -> ModuleType:
    """Import *file* under its dotted name, with its repository and folder to import from."""
    path = (root / file).resolve()
    if root not in path.parents:
        message = f"{file} leads out of the repository"
        raise ImportError(message)
    if not path.is_file():
        message = f"no such file: {file}"
        raise FileNotFoundError(message)
    sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != ours.HERE]
    sys.path[:0] = [str(root), str(path.parent)]
    if root != ours.OWN_ROOT:
        sys.modules.pop(ours.__name__, None)
        sys.meta_path.insert(0, ours.OursHidden())  # type: ignore[arg-type]
        sys.meta_path.append(behind)  # type: ignore[arg-type]
    return imported(root, path)


def imported(root: Path, path: Path) -> ModuleType:
    """Execute the file as the module that its place in the repository makes it."""
    dotted = ".".join(path.relative_to(root).with_suffix("").parts)
    spec = importlib.util.spec_from_file_location(dotted, path)
    if spec is None or spec.loader is None:
        message = f"{path.relative_to(root)} is not a Python file"
        raise ImportError(message)
    module = importlib.util.module_from_spec(spec)
    sys.modules[dotted] = module
    spec.loader.exec_module(module)
    return module


def answer(
    function: Callable[[dict[str, Any], int], object], request: dict[str, Any], shown: str
) -> dict[str, Any]:
    """Call the function for one request, timed; an exception is an answer too."""
    reply: dict[str, Any] = {"index": request["index"]}
    seed_generators(request["seed"])
    started = time.perf_counter()
    try:
        reply["value"] = function(request["params"], request["seed"])
    except BaseException as error:  # noqa: BLE001 - sys.exit in a strategy is a failed point
        reply["error"] = described(error, shown)
    reply["elapsed_s"] = time.perf_counter() - started
    return reply


def seed_generators(seed: int) -> None:
    """Seed the global generators, so that a point does not depend on the ones before it."""
    random.seed(seed)
    if "numpy" in sys.modules:  # numpy loads its generators when they are first asked for
        importlib.import_module("numpy.random").seed(seed % 2**32)


def send(replies: BinaryIO, reply: dict[str, Any]) -> None:
    """Write one reply as a line; what JSON cannot say is an error in its place."""
    replies.write(encoded(reply))
    replies.flush()


def encoded(reply: dict[str, Any]) -> bytes:
    """Encode a reply, or the reason why the function's value cannot be."""
    try:
        line = json.dumps(reply, allow_nan=False, separators=(",", ":"), default=plain)
    except BaseException as error:  # noqa: BLE001 - converting runs the repository's methods
        found = next(not_finite(reply.get("value"), "value", 0), None)
        problem = found or f"the returned value cannot be written as JSON: {error}"[:500]
    else:
        if len(line) < MAX_REPLY_CHARACTERS:
            return line.encode() + b"\n"
        problem = f"the returned value is longer than {MAX_REPLY_CHARACTERS} characters of JSON"
    failed = {"index": reply["index"], "elapsed_s": reply["elapsed_s"], "error": problem}
    return json.dumps(failed).encode() + b"\n"


def plain(value: Any) -> object:
    """Turn what scientific code returns into JSON: numpy's numbers and arrays, and dates."""
    if type(value).__name__ == "datetime64":
        return str(value)
    for method in ("isoformat", "tolist", "item"):
        convert = getattr(value, method, None)
        if callable(convert):
            return convert()
    message = f"{type(value).__name__} is not a number, text, list or dict"
    raise TypeError(message)


def not_finite(value: object, path: str, depth: int) -> Iterator[str]:
    """Say where numbers are that are not finite."""
    if isinstance(value, float) and value - value != 0.0:
        yield f"{path} is not finite: {float(value)!r}"
    if depth == MAX_DEPTH:
        return
    if isinstance(value, dict):
        for key, item in value.items():
            yield from not_finite(item, f"{path}.{key}", depth + 1)
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from not_finite(item, f"{path}[{index}]", depth + 1)


def described(error: BaseException, shown: str) -> str:
    """Render an exception with the end of its traceback, paths relative to the repository."""
    if type(error).__name__ in ours.REFUSALS:
        return str(error).replace(shown, "")[:MAX_ERROR_CHARACTERS]
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    try:
        text = "".join(traceback.format_exception(type(error), error, frames))
    except BaseException:  # noqa: BLE001 - an exception whose own text raises
        text = type(error).__name__
    return text.replace(shown, "").strip()[-MAX_ERROR_CHARACTERS:]


if __name__ == "__main__":
    main(*sys.argv[1:])
