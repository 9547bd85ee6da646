from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.protocol import options
from kernels.contract import BadParameter
from kernels.options import option


@dataclass(frozen=True, slots=True)
class Params:
    k: float = option(3.0, "threshold")
    n: int = option(5, "count", aliases=("n_old", "nn"))
    on: bool = option(False, "switch")
    mode: Literal["add", "mul"] = option("add", "form")
    period: int | Literal["auto"] = option(0, "season")
    share: float = option(0.1, "fraction", parse=lambda text: float(text) / 100)
    name: str = option("", "model")
    limit: int | None = option(None, "bound")


def test_contracted_example_gives_three_pairs() -> None:
    assert options.parse("algo=ksigma,k=2,invalid_option=x") == {"algo": "ksigma", "k": "2", "invalid_option": "x"}


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("", {}),
        (",,,", {}),
        ("k", {}),
        ("k=", {}),
        ("=2", {}),
        ("k=2=3", {"k": "2"}),
        (" k = 2 , n=3", {"k": "2", "n": "3"}),
        ("k=1,k=2", {"k": "2"}),
        ("c=[1 2 3]", {"c": "[1 2 3]"}),
    ],
)
def test_parse_follows_the_contracted_rule(text: str, pairs: dict[str, str]) -> None:
    assert options.parse(text) == pairs


@given(st.text())
def test_parse_takes_any_text(text: str) -> None:
    assert all(key and value and "=" not in key + value for key, value in options.parse(text).items())


def test_values_take_the_field_types() -> None:
    given_ = {"k": "2.5", "nn": "7.0", "on": "1", "mode": "MUL", "period": "auto", "share": "50", "name": "x"}
    assert options.params(Params, given_) == Params(2.5, 7, True, "mul", "auto", 0.5, "x")
    assert options.params(Params, {"period": "12", "limit": "none"}) == Params(period=12)


def test_unknown_keys_are_ignored() -> None:
    assert options.params(Params, {"nonesuch": "1"}) == Params()


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ({"k": "two"}, "k must be a number, got 'two'"),
        ({"k": "inf"}, "k must be a number, got 'inf'"),
        ({"n": "2.5"}, "n must be an integer, got '2.5'"),
        ({"n_old": "1e400"}, "n_old must be an integer, got '1e400'"),
        ({"on": "maybe"}, "on must be 0 or 1, got 'maybe'"),
        ({"mode": "x"}, "mode must be add or mul, got 'x'"),
        ({"period": "often"}, "period must be an integer or auto, got 'often'"),
        ({"limit": "-"}, "limit must be an integer or none, got '-'"),
    ],
)
def test_bad_value_is_refused_with_what_is_allowed(given_: dict[str, str], message: str) -> None:
    with pytest.raises(BadParameter, match="^" + message.replace("[", r"\[") + "$"):
        options.params(Params, given_)


@given(st.text(max_size=40), st.sampled_from(["k", "n", "on", "mode", "period", "limit"]))
def test_any_value_is_taken_or_refused(text: str, field: str) -> None:
    with contextlib.suppress(BadParameter):
        options.params(Params, {field: text})
