from __future__ import annotations

import pytest

from appliance.protocol import requests
from appliance.protocol.documents import BadRequest


def test_what_is_absent_has_its_default() -> None:
    assert requests.common({}, "iqr") == {"algo": "iqr", "option_text": "", "options": {}, "noise_check": True}
    assert requests.unit({}) == "ms"


def test_the_options_are_kept_verbatim_too() -> None:
    found = requests.common({"algo": " KSigma ", "option": "k=2, x", "wncheck": 0}, "iqr")
    assert found == {"algo": "ksigma", "option_text": "k=2, x", "options": {"k": "2"}, "noise_check": False}


def test_unit_is_one_of_those_known() -> None:
    with pytest.raises(BadRequest, match="^prec must be one of ms, us, ns, got 's'$"):
        requests.unit({"prec": "s"})
    assert requests.unit({"prec": "s"}, ("s", "ms")) == "s"


def test_an_option_of_the_service_is_a_whole_number() -> None:
    assert requests.whole({"timeout": "5.0"}, "timeout", 0) == 5
    assert requests.whole({}, "timeout", 7) == 7
    with pytest.raises(BadRequest, match="^timeout must be an integer, got 'soon'$"):
        requests.whole({"timeout": "soon"}, "timeout", 0)
