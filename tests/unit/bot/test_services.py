from __future__ import annotations

from dataclasses import fields
from typing import Any

from bot.services import Services


def test_the_secret_stands_in_no_repr() -> None:
    values: dict[str, Any] = {each.name: None for each in fields(Services)}
    assert "hunter2" not in repr(Services(**{**values, "secret": "hunter2"}))
