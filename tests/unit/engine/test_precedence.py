from __future__ import annotations

import itertools

import pytest

from engine.errors import UserError
from engine.precedence import Layer, Resolved, Setting, Source, resolve

PORT = Setting("port", "HIGHWATER_PORT", "The port.", int, "a whole number", "8787")
SECRET = Setting("key", "THE_KEY", "The key.", int, "a whole number", "none", secret=True)
ORDER = (
    Source.FLAG,
    Source.DOT_ENV,
    Source.ENVIRONMENT,
    Source.PROFILE,
    Source.SPEC_DEFAULTS,
)


def layer(source: Source, text: str) -> Layer:
    name = PORT.field if source is Source.FLAG else PORT.variable
    return Layer(source, {name: text}, source.value)


@pytest.mark.parametrize("stronger,weaker", [*itertools.combinations(ORDER, 2)])
def test_the_stronger_source_wins_however_the_layers_are_ordered(
    stronger: Source, weaker: Source
) -> None:
    found = resolve(PORT, [layer(weaker, "1"), layer(stronger, "2")], 8787)
    assert found == Resolved(2, stronger)


@pytest.mark.parametrize("source", ORDER)
def test_any_source_goes_before_the_code_default(source: Source) -> None:
    assert resolve(PORT, [layer(source, "1")], 8787) == Resolved(1, source)


def test_without_a_source_the_code_default_holds() -> None:
    assert resolve(PORT, [], 8787) == Resolved(8787, Source.CODE)


def test_an_empty_text_counts_as_not_given() -> None:
    layers = [layer(Source.FLAG, ""), layer(Source.ENVIRONMENT, "9")]
    assert resolve(PORT, layers, 8787) == Resolved(9, Source.ENVIRONMENT)


def test_a_flag_is_looked_up_by_field_and_not_by_variable() -> None:
    misplaced = Layer(Source.FLAG, {PORT.variable: "1"}, "command line")
    assert resolve(PORT, [misplaced], 8787).source is Source.CODE


def test_what_is_not_allowed_names_source_name_text_and_what_is_allowed() -> None:
    with pytest.raises(UserError) as raised:
        resolve(PORT, [Layer(Source.DOT_ENV, {"HIGHWATER_PORT": "many"}, "/srv/.env")], 8787)
    assert str(raised.value) == (
        "/srv/.env: HIGHWATER_PORT: 'many' is not allowed for HIGHWATER_PORT. "
        "Allowed: a whole number."
    )


def test_a_flag_that_is_not_allowed_is_named_as_it_is_typed() -> None:
    with pytest.raises(UserError) as raised:
        resolve(PORT, [Layer(Source.FLAG, {"port": "x"}, "command line")], 8787)
    assert raised.value.where is not None
    assert raised.value.where.field == "--port"


def test_a_secret_that_is_not_allowed_is_repeated_nowhere() -> None:
    with pytest.raises(UserError) as raised:
        resolve(SECRET, [Layer(Source.DOT_ENV, {"THE_KEY": "hunter2"}, ".env")], 0)
    shown = f"{raised.value} {raised.value.__cause__!r} {raised.value.__suppress_context__}"
    assert "hunter2" not in shown
    assert shown.endswith("None True")


def test_a_layer_does_not_show_its_values() -> None:
    assert "hunter2" not in repr(Layer(Source.ENVIRONMENT, {"KEY": "hunter2"}, "environment"))
