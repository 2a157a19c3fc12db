"""Loading bars by a spec's text, as a backtest or sweep would."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.backtest.data_spec import parse_data_spec
from engine.errors import UserError
from engine.yaml12 import parse_yaml
from worker.bar_files import LoadedBars, load_bars

HEADER = "date,open,high,low,close\n"


def loaded(root: Path, text: str, **mounts: Path) -> LoadedBars:
    """Load what ``data: TEXT`` in ``spec.yaml`` names."""
    document = parse_yaml(f"data: {text}".encode(), "spec.yaml")
    return load_bars(root, parse_data_spec(document.part(("data",))), "spec.yaml", mounts)


def refused(root: Path, text: str, **mounts: Path) -> str:
    """Give the words in which it is refused."""
    with pytest.raises(UserError) as caught:
        loaded(root, text, **mounts)
    return str(caught.value)
