"""The page is told every algorithm with what its options declare."""

from __future__ import annotations

from appliance.analysis.catalog import Catalog
from appliance.analysis.kinds import KINDS
from appliance.host.settings import Settings
from appliance.node.page.description import description
from appliance.protocol import answers


def test_every_kind_and_algorithm_is_described_whatever_is_listed(catalog: Catalog) -> None:
    told = description(catalog, Settings(detail_types=()))
    assert [kind["type"] for kind in told["kinds"]] == [kind.wire_type for kind in KINDS]
    for kind in told["kinds"]:
        assert [one["name"] for one in kind["algorithms"]] == [*catalog.of_kind(kind["type"])]
    assert answers.dump(told)


def test_an_option_has_its_range_and_its_line(catalog: Catalog) -> None:
    (detectors,) = (kind for kind in description(catalog, Settings())["kinds"] if kind["type"] == "anomaly-detection")
    (ksigma,) = (one for one in detectors["algorithms"] if one["name"] == "ksigma")
    (k,) = ksigma["options"]
    assert (k["name"], k["default"], k["number"], k["whole"]) == ("k", "3", True, False)
    assert k["about"]
    (last,) = (one for one in detectors["common"] if one["name"] == "only_last")
    assert (last["ge"], last["whole"]) == (0, True)
