"""What the parts of a strategy's run cost: as a case of the harness, or in turns in one process.

As a case it is the run with its risk rules, or without. Run by path, ``overhead.py REQUEST``, it
takes the request's ``rounds`` of each part in turns and writes ``out``: what
``worker.overhead_rounds`` says, or ``{"failed": "why"}``. The request's ``engine`` says what is
run: ``job`` and ``point`` as ``worker.engine_protocol`` has them, ``strategy`` (file and name),
``armed``, and ``python`` and ``folders`` as the arguments of ``engine_points.py``, which is the
file beside it that loads both.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import engine_points

CASE = "with_rules"


def namespace(request: dict[str, Any]) -> dict[str, Any]:
    """Load the strategy, run it once, so that nothing is compiled later, and give the case."""
    engine = request["engine"]
    run = taken_up(request).variant(json.dumps(engine["point"]).encode(), armed=engine["armed"])
    if request["mode"] != "list":
        run()
    return {f"bench_{CASE}": run}


def taken_up(request: dict[str, Any]) -> Any:
    """Load the strategy of a request, behind which our packages are hidden."""
    engine = request["engine"]
    sys.modules.pop(engine_points.__name__, None)
    engine_points.ours.check_python(engine["python"])
    root = Path(request["root"]).resolve()
    job = json.dumps(engine["job"]).encode()
    file, name = engine["strategy"]
    return engine_points.taken_up(job, root, (file, name), tuple(engine["folders"]))


def main(request_file: str) -> None:
    """Time the parts of the request's strategy in turns."""
    request = json.loads(Path(request_file).read_text(encoding="utf-8"))
    point = json.dumps(request["engine"]["point"]).encode()
    try:
        told = taken_up(request).rounds(point, request["rounds"])
    except BaseException as error:  # noqa: BLE001 - sys.exit in a strategy is a failure too
        shown = f"{Path(request['root']).resolve()}/"
        told = json.dumps({"failed": engine_points.described(error, shown)}).encode()
    Path(request["out"]).write_bytes(told)


if __name__ == "__main__":
    main(sys.argv[1])
