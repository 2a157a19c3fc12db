"""The examples of docs/examples as repositories of somebody."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import yaml

from tests.fakes.worktrees import WorkTree

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs/examples"
ENGINES = ("vectorbt", "backtesting", "backtrader")
PACKAGES = str(Path(np.__file__).parent.parent)


def example(engine: str, directory: Path) -> WorkTree:
    """Commit the files of an example, with the bars beside them.

    Its ``setup`` would download the engine; here it finds the one that is installed.
    """
    files = {
        path.name: path.read_text() for path in (EXAMPLES / engine).iterdir() if path.is_file()
    }
    declared = yaml.safe_load(files[".highwater.yml"])
    finds = f"import site; open(site.getsitepackages()[0] + '/x.pth', 'w').write({PACKAGES!r})"
    declared["setup"] = [["python", "-c", finds]]
    files[".highwater.yml"] = json.dumps(declared)
    files["data/sp500.csv"] = (ROOT / "benchmarks/data/sp500.csv").read_text()
    return WorkTree.create(directory, files)
