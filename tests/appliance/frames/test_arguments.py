from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from appliance.files.series import UsageError
from appliance.frames import arguments


@pytest.mark.parametrize(
    ("said", "names"),
    [(None, None), ("a, b", "a, b"), (["a, b", "c"], '"a, b",c'), ([0, 1], "0,1"), (3, "3")],
)
def test_names_become_what_a_command_takes(said: Any, names: str | None) -> None:
    assert arguments.names(said) == names


@pytest.mark.parametrize(("conf", "levels"), [(95, [95.0]), ("95", [95.0]), (np.array([80, 95]), [80.0, 95.0])])
def test_levels_are_one_or_several(conf: Any, levels: list[float]) -> None:
    assert arguments.levels(conf) == levels


@pytest.mark.parametrize("conf", [[], None, "wide", [80, 0], 101])
def test_levels_that_are_none_are_refused(conf: Any) -> None:
    with pytest.raises(UsageError, match=r"conf must be a number in \(0, 100\], or several"):
        arguments.levels(conf)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"duplicates": "average"}, "duplicates must be mean, sum, min, max, first or last, got 'average'"),
        ({"fill": "nearest"}, "fill must be kalman, linear, previous, zero or none, got 'nearest'"),
        ({"precision": "h"}, "precision must be s, ms, us or ns, got 'h'"),
        ({"decimal": ";"}, "decimal must be . or ,, got ';'"),
        ({"last": 0}, "last must be a whole number of at least 1, got 0"),
        ({"threads": -1}, "threads must be a whole number of at least 1, got -1"),
        ({"threads": "x"}, "threads must be a whole number of at least 1, got 'x'"),
    ],
)
def test_a_value_that_the_commands_refuse_is_refused(more: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError) as refusal:
        arguments.check("forecast", "auto", more)
    assert str(refusal.value) == told
    arguments.check("forecast", "auto", dict.fromkeys(more))


@pytest.mark.parametrize(("name", "zone"), [("UTC+02:00", "Etc/GMT-2"), ("-0500", "Etc/GMT+5"), ("UTC", "UTC")])
def test_zones_may_be_whole_hours_from_utc(name: str, zone: str) -> None:
    assert arguments.zone(name).name == zone


def test_other_offsets_from_utc_are_refused() -> None:
    with pytest.raises(UsageError, match=r"the time zone UTC\+05:30 is no whole number of hours"):
        arguments.zone("UTC+05:30")
