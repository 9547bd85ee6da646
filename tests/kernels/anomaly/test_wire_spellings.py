"""The spellings of options that users of other releases have in their SQL."""

from __future__ import annotations

from typing import Any

import pytest

from appliance.protocol.options import params, parse
from kernels.anomaly import grubbs, lof, shesd
from kernels.contract import BadParameter


@pytest.mark.parametrize(
    ("kind", "text", "wanted"),
    [
        (lof.Params, "algo=lof,n_neighbors=20,algorithm=AUTO", lof.Params(20, "auto")),
        (lof.Params, "n_neighbor=5", lof.Params(5)),
        (lof.Params, "neighbors=7,algorithm=kd_tree", lof.Params(7, "kd_tree")),
        (grubbs.Params, "alpha=0.99", grubbs.Params(0.99)),
        (shesd.Params, "period=24,direction=POS,anoms=5", shesd.Params(24, "pos", 0.05)),
        (shesd.Params, "max_anoms=0.1,alpha=0.01", shesd.Params(max_anoms=0.1, alpha=0.01)),
        (shesd.Params, "longterm=1,only_last=0,threshold=p95", shesd.Params(longterm=True, threshold="p95")),
        (shesd.Params, "trend=stl", shesd.Params(trend="stl")),
        (shesd.Params, "period=none", shesd.Params("none")),
    ],
)
def test_options_are_understood(kind: type, text: str, wanted: Any) -> None:
    assert params(kind, parse(text)) == wanted


@pytest.mark.parametrize(
    ("kind", "text"), [(shesd.Params, "max_anoms=many"), (shesd.Params, "anoms=50"), (lof.Params, "neighbors=x")]
)
def test_nonsense_is_refused(kind: type, text: str) -> None:
    with pytest.raises(BadParameter):
        params(kind, parse(text))
