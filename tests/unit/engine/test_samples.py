from __future__ import annotations

import msgspec
import pytest

from engine.errors import UserError
from engine.formats import FORMATS
from engine.samples import Launch, PairLaunch
from engine.values import Better, CaseName, MetricName, Side

SAMPLES = (
    b'{"schema_version":1,"launches":[{"case":"a","metric":"wall","unit":"s",'
    b'"better":"lower","samples":[1e200]}]}'
)


def launch(*samples: float) -> Launch:
    return Launch(CaseName("a"), MetricName("wall"), "s", Better.LOWER, samples)


@pytest.mark.parametrize("sample", [float("nan"), float("inf"), 1.1e150, -1.1e150, 1.7e308])
def test_a_sample_that_no_measurement_can_be_is_refused(sample: float) -> None:
    with pytest.raises(ValueError, match="has a sample"):
        launch(1.0, sample)


def test_a_sample_of_1e150_is_the_largest() -> None:
    assert launch(1e150, -1e150).samples == (1e150, -1e150)


def pair_launch(**seconds: float) -> PairLaunch:
    fields = {"wall_s": 1.0, "cpu_s": 1.0, **seconds}
    return PairLaunch(pair=0, side=Side.HEAD, first=True, measured=(), **fields)


@pytest.mark.parametrize("field", ["wall_s", "cpu_s"])
@pytest.mark.parametrize("seconds", [-1e-9, 1.1e9, 1.7e308, float("nan"), float("inf")])
def test_seconds_that_no_launch_took_are_refused(field: str, seconds: float) -> None:
    with pytest.raises(ValueError, match=field):
        pair_launch(**{field: seconds})


@pytest.mark.parametrize("field", ["wall_s", "cpu_s"])
def test_a_report_with_such_seconds_is_refused(field: str) -> None:
    data = msgspec.to_builtins(pair_launch()) | {field: 1.7e308}
    with pytest.raises(msgspec.ValidationError, match=field):
        msgspec.convert(data, PairLaunch)


@pytest.mark.parametrize(
    "name, data",
    [
        ("pytest-benchmark", b'{"benchmarks":[{"fullname":"a","stats":{"min":1e200}}]}'),
        ("samples", SAMPLES),
    ],
)
def test_a_file_with_such_a_sample_is_the_users_error(name: str, data: bytes) -> None:
    with pytest.raises(UserError, match="a sample beyond 1e\\+150"):
        FORMATS[name](data, "out.json")
