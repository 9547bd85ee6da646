from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pytest

from kernels.contract import ANOMALY, Algorithm, BadParameter, Detection, Json, Task
from kernels.options import Declared, NoOptions, Options, Range, check, declared, defaults, in_words, option, type_hints

NAN = float("nan")
Auto = Literal["auto"]
RANGES: list[tuple[dict[str, float], str, list[float]]] = [  # bounds, text, which of TRIED belong to it
    ({}, "", [0.5, 1, 1.5, 2, 2.5]),
    ({"ge": 1}, ">= 1", [1, 1.5, 2, 2.5]),
    ({"gt": 1}, "> 1", [1.5, 2, 2.5]),
    ({"le": 2}, "<= 2", [0.5, 1, 1.5, 2]),
    ({"lt": 2}, "< 2", [0.5, 1, 1.5]),
    ({"ge": 1, "le": 2}, "1 to 2", [1, 1.5, 2]),
    ({"ge": 1, "lt": 2}, "in [1, 2)", [1, 1.5]),
    ({"gt": 1, "le": 2}, "in (1, 2]", [1.5, 2]),
    ({"gt": 1, "lt": 2}, "in (1, 2)", [1.5]),
]
TRIED = [0.5, 1, 1.5, 2, 2.5]


@dataclass(frozen=True, slots=True)
class Several(Options):
    """One option of each sort."""

    share: float = option(0.5, "part of the rows", gt=0.0, le=1.0)
    period: int | Auto = option(0, "rows per season", ge=0, aliases=("season", "cycle"))
    side: Literal["both", "pos"] = option("both", "which values")
    order: int = option(1, "of the fit", choices=(1, 2, 4))
    damped: Literal[0, 1, "auto"] = option("auto", "whether the trend fades out")
    seed: int | None = option(None, "of the draws", ge=0)
    longterm: bool = option(False, "windows of their own")
    name: str = option("none", "of a model")
    plain: int = 3


@dataclass(frozen=True, slots=True)
class Worded(Options):
    """Options whose refusals have words of their own."""

    k: float = option(3.0, "threshold", ge=1, le=3, refusal="k value out of range, valid range [1, 3]")
    trend: str = option("none", "its form", choices=("none", "add"), refusal="trend parameter can only be 'add'")


@dataclass(frozen=True, slots=True)
class Crossed(Options):
    """Options of which one bounds the other."""

    low: int = option(0, "from", ge=0)
    high: int = option(9, "to", ge=0)

    def __post_init__(self) -> None:
        check(self)
        if self.low > self.high:
            raise BadParameter(f"low must be at most high={self.high}, got {self.low}")


def algorithm(params: type[Any], shown: dict[str, Json] | None = None) -> Algorithm:
    def run(task: Task, _: Any) -> Detection:
        return Detection(np.ones(len(task.series), np.int8), np.zeros(len(task.series)))

    return Algorithm("quiet", "finds nothing", ANOMALY, params, run, shown=shown)


@pytest.mark.parametrize(("bounds", "text", "inside"), RANGES, ids=[text or "any" for _, text, _ in RANGES])
def test_a_range_says_and_holds_what_lies_within_its_bounds(
    bounds: dict[str, float], text: str, inside: list[float]
) -> None:
    within = Range(**bounds)
    assert str(within) == text
    assert [value for value in TRIED if value in within] == inside


@pytest.mark.parametrize("bounds", [bounds for bounds, _, _ in RANGES if bounds], ids=str)
def test_nan_lies_within_no_bounds(bounds: dict[str, float]) -> None:
    assert NAN not in Range(**bounds)


@pytest.mark.parametrize(
    ("within", "text"),
    [
        (Range(ge=0.1, le=10.0), "0.1 to 10"),
        (Range(gt=-1.5), "> -1.5"),
        (Range(lt=0.0), "< 0"),
        (Range(ge=0.0), ">= 0"),
        (Range(le=1e150), "<= 1e+150"),
        (Range(ge=0, le=2147483647), "0 to 2147483647"),
    ],
)
def test_a_range_writes_its_bounds_as_they_are(within: Range, text: str) -> None:
    assert str(within) == text


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"share": 1.0},
        {"share": 1},
        {"period": 24},
        {"period": "auto"},
        {"side": "pos"},
        {"order": 4},
        {"damped": 0},
        {"damped": "auto"},
        {"seed": 0},
        {"seed": None},
        {"longterm": True},
        {"name": "anything"},
        {"plain": -5},
    ],
    ids=str,
)
def test_what_is_declared_is_accepted(given: dict[str, Any]) -> None:
    made = Several(**given)
    assert all(getattr(made, name) == value for name, value in given.items())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"share": 0.0}, "share must be in (0, 1], got 0.0"),
        ({"share": 1.5}, "share must be in (0, 1], got 1.5"),
        ({"share": NAN}, "share must be in (0, 1], got nan"),
        ({"share": float("inf")}, "share must be in (0, 1], got inf"),
        ({"period": -1}, "period must be >= 0 or auto, got -1"),
        ({"period": NAN}, "period must be >= 0 or auto, got nan"),
        ({"period": "often"}, "period must be >= 0 or auto, got often"),
        ({"side": "neg"}, "side must be both or pos, got neg"),
        ({"order": 3}, "order must be 1 or 2 or 4, got 3"),
        ({"order": NAN}, "order must be 1 or 2 or 4, got nan"),
        ({"damped": 2}, "damped must be 0 or 1 or auto, got 2"),
        ({"damped": "yes"}, "damped must be 0 or 1 or auto, got yes"),
        ({"seed": -1}, "seed must be >= 0, got -1"),
    ],
    ids=str,
)
def test_what_is_not_declared_is_refused_with_value_and_bound(given: dict[str, Any], message: str) -> None:
    with pytest.raises(BadParameter) as refused:
        Several(**given)
    assert str(refused.value) == message


def test_the_first_option_that_is_wrong_is_named() -> None:
    with pytest.raises(BadParameter, match="^share must be"):
        Several(share=2.0, period=-1)


def test_a_refusal_in_words_of_its_own_still_tells_the_value() -> None:
    with pytest.raises(BadParameter, match=r"^k value out of range, valid range \[1, 3\], got 4$"):
        Worded(k=4)
    with pytest.raises(BadParameter, match=r"^trend parameter can only be 'add', got mul$"):
        Worded(trend="mul")


def test_options_may_be_held_to_each_other_besides() -> None:
    assert Crossed(3, 4).low == 3
    with pytest.raises(BadParameter, match=r"^low must be at most high=9, got 10$"):
        Crossed(10)
    with pytest.raises(BadParameter, match=r"^low must be >= 0, got -1$"):
        Crossed(-1)


def test_an_algorithm_without_options_has_nothing_to_refuse() -> None:
    assert NoOptions() == NoOptions()
    assert list(declared(NoOptions)) == []
    assert defaults(algorithm(NoOptions)) == {}


def test_defaults_are_names_and_values_in_the_order_of_declaration() -> None:
    assert list(defaults(algorithm(Several)).items()) == [
        ("share", 0.5),
        ("period", 0),
        ("side", "both"),
        ("order", 1),
        ("damped", "auto"),
        ("seed", None),
        ("longterm", False),
        ("name", "none"),
        ("plain", 3),
    ]


def test_defaults_are_what_an_algorithm_wants_shown() -> None:
    shown: dict[str, Json] = {"period": 0, "rows": 10}
    told = defaults(algorithm(Several, shown))
    assert told == shown
    told["rows"] = 11  # the reader's own
    assert shown["rows"] == 10
    assert defaults(algorithm(Several, {})) == {}


def test_a_declaration_tells_type_range_choices_and_aliases() -> None:
    anything = Range()
    assert list(declared(Several)) == [
        Declared("share", 0.5, "part of the rows", "a number", Range(gt=0.0, le=1.0)),
        Declared("period", 0, "rows per season", "an integer or auto", Range(ge=0), ("season", "cycle"), ("auto",)),
        Declared("side", "both", "which values", "both or pos", anything, (), ("both", "pos")),
        Declared("order", 1, "of the fit", "an integer", anything, (), (1, 2, 4)),
        Declared("damped", "auto", "whether the trend fades out", "0 or 1 or auto", anything, (), (0, 1, "auto")),
        Declared("seed", None, "of the draws", "an integer or none", Range(ge=0)),
        Declared("longterm", False, "windows of their own", "0 or 1", anything),
        Declared("name", "none", "of a model", "text", anything),
        Declared("plain", 3, "", "an integer", anything),
    ]


def test_the_line_about_an_option_ends_with_its_range() -> None:
    share, *_, name, _ = declared(Several)
    assert (share.within, str(share)) == ("in (0, 1]", "part of the rows, in (0, 1]")
    assert (name.within, str(name)) == ("", "of a model")


def test_the_values_of_an_option_are_told_with_range_and_choices() -> None:
    assert {each.name: each.values for each in declared(Several)} == {
        "share": "a number in (0, 1]",
        "period": "an integer >= 0 or auto",
        "side": "both or pos",
        "order": "1, 2 or 4",
        "damped": "0, 1 or auto",
        "seed": "an integer >= 0 or none",
        "longterm": "0 or 1",
        "name": "text",
        "plain": "an integer",
    }


@pytest.mark.parametrize(
    ("hint", "words"),
    [
        (bool, "0 or 1"),
        (int, "an integer"),
        (float, "a number"),
        (str, "text"),
        (Literal["add", "mul"], "add or mul"),
        (int | Auto, "an integer or auto"),
        (float | None, "a number or none"),
        (int | Literal["auto", "none"], "an integer or auto or none"),
    ],
)
def test_types_are_told_in_words(hint: Any, words: str) -> None:
    assert in_words(hint) == words


def test_types_are_those_of_the_fields() -> None:
    assert type_hints(Several)["period"] == int | Auto
    assert type_hints(NoOptions) == {}
