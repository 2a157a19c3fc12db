"""The worked examples in the docstrings of bot and worker (pytest itself runs the engine's)."""

from __future__ import annotations

import doctest
import pkgutil
from collections.abc import Iterator
from importlib import import_module

import pytest

import bot
import worker

ALONE = ("bot.store.migrations", "bot.demo.repository", "bot.demo.branches", "worker.harness")


def modules() -> Iterator[str]:
    for package in (bot, worker):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.startswith(ALONE):
                yield found.name


@pytest.mark.parametrize("name", [*modules()])
def test_the_examples_of_a_module_hold(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0
