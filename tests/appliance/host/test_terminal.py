from __future__ import annotations

import pytest

from appliance.host.terminal import columns_of


@pytest.mark.parametrize(
    ("text", "columns"), [("", 0), ("abc", 3), ("温度", 4), ("e\u0301", 1), ("ｆ", 2), ("a温", 3), ("\u302a", 0)]
)
def test_every_script_has_its_width(text: str, columns: int) -> None:
    assert columns_of(text) == columns
