"""A strategy's run with its risk rules, or without them, as the one case of the harness.

The request's ``engine`` says what is run: ``job`` and ``point`` as ``worker.engine_protocol`` has
them, ``strategy`` (file and name), ``armed``, and ``python`` and ``folders`` as the arguments of
``engine_points.py``, which is the file beside it that loads both.
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
    del sys.modules[engine_points.__name__]
    engine_points.check_python(engine["python"])
    root = Path(request["root"]).resolve()
    job = json.dumps(engine["job"]).encode()
    file, name = engine["strategy"]
    session = engine_points.taken_up(job, root, (file, name), tuple(engine["folders"]))
    run = session.variant(json.dumps(engine["point"]).encode(), armed=engine["armed"])
    if request["mode"] != "list":
        run()
    return {f"bench_{CASE}": run}
