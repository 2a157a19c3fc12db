from __future__ import annotations

import re

import pytest

from engine import revision
from engine.revision import rule_revision
from engine.stats import constants


def test_the_revision_is_short_and_the_same_every_time() -> None:
    assert re.fullmatch("[0-9a-f]{16}", rule_revision())
    assert rule_revision() == rule_revision()


def test_every_constant_of_the_decision_is_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    before, names = rule_revision(), [name for name in dir(constants) if name.isupper()]
    for name in ("ALARM", "SHORT", "PULL_AT"):
        assert name in names
        with monkeypatch.context() as patch:
            patch.setattr(constants, name, 0.5)
            assert rule_revision() != before, name


def test_a_change_of_the_code_is_told_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    before = rule_revision()
    monkeypatch.setattr(revision, "RULE", revision.RULE + 1)
    assert rule_revision() != before
