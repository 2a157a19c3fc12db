"""The compiled kernels give the reference's very bits; numba keeps what it compiled."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.backtest.run import Path
from tests.backtest_reference.columns import differences
from tests.backtest_reference.engines import by_kernel, by_reference
from tests.backtest_reference.scenarios import FAMILIES, scenarios_of

pytestmark = [pytest.mark.timeout(900)]


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_the_narrow_kernel_gives_the_bits_of_the_reference(
    family: str, data: st.DataObject
) -> None:
    scenario = data.draw(scenarios_of(family, widths=(1, 4)))
    assert differences(by_kernel(scenario, Path.NARROW), by_reference(scenario)) == []


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_the_wide_kernel_gives_the_bits_of_the_reference(family: str, data: st.DataObject) -> None:
    scenario = data.draw(scenarios_of(family, widths=(1, 20)))
    assert differences(by_kernel(scenario, Path.WIDE), by_reference(scenario)) == []
