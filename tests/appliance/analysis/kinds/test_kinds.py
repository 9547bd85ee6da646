"""What holds for every kind of analysis."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from appliance.analysis import selftest
from appliance.analysis.kind import Kind
from appliance.analysis.kinds import BY_NAME, BY_TYPE, KINDS

each = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def test_names_types_and_routes_are_unique() -> None:
    assert len(BY_NAME) == len(BY_TYPE) == len({kind.route for kind in KINDS}) == len(KINDS)
    assert list(BY_TYPE)[:2] == ["forecast", "anomaly-detection"]  # the order of `/list`


@each
def test_the_default_algorithm_exists(kind: Kind[Any]) -> None:
    assert kind.optional or kind.default in selftest.algorithms().of_kind(kind.wire_type)


@each
def test_what_is_no_field_of_the_kind_is_the_algorithms_own(kind: Kind[Any]) -> None:
    reply = dict.fromkeys((*kind.told, *kind.told_too, "rows", "algo", "option", "model_info"), 1)
    assert kind.own(reply) == {"model_info": 1}


@each
def test_every_table_has_a_noun_and_cells_for_its_columns(kind: Kind[Any]) -> None:
    assert kind.tables.keys() == kind.noun.keys()
    task = kind.example(np.sin(np.arange(60.0)) + np.arange(60.0) / 10)
    algorithm = next(iter(selftest.algorithms().of_kind(kind.wire_type).values()))
    answer = kind.checked(task, algorithm.run(task, algorithm.params()))
    for table, columns in kind.tables.items():
        cells = kind.cells(table, task, answer)
        assert len(cells) == len(columns)
        assert len({len(cell) for cell in cells}) == 1
    picture = kind.picture(task, answer, next(iter(task.columns)))
    assert 0 < picture.shown <= len(task.times)
    assert kind.headline.format("x") != kind.headline
