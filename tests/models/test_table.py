from __future__ import annotations

import configparser
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from models import table

ROOT = Path(__file__).parents[2]
NAMES = sorted(
    {
        name
        for row in table.OURS
        for name in (row.name, row.algorithm, row.title, *row.spellings, *row.commands, row.path.strip("/"))
    }
)


def test_importing_it_brings_nothing_along() -> None:
    code = (
        "import sys; from models import table\n"
        "slow = {'numpy', 'torch', 'dataclasses', 'kernels'} & set(sys.modules)\n"
        "assert not slow, slow"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


@pytest.mark.parametrize("name", NAMES)
def test_each_name_stands_in_this_table_alone(name: str) -> None:
    of_models = {ROOT / "models" / f"{row.module}.py" for row in table.OURS} | {ROOT / "models" / "table.py"}
    rooms = [path for room in ("appliance", "kernels", "models") for path in (ROOT / room).rglob("*.py")]
    shipped = [path for folder in ("packaging", "deb", "rpm") for path in (ROOT / folder).rglob("*") if path.is_file()]
    sources = [
        path
        for path in (*rooms, *shipped)
        if path.suffix not in (".ini", ".pyc") and path.name != "compose.yaml" and "lock" not in path.parts
    ]
    word = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w.])")
    assert [path for path in sources if path not in of_models and word.search(path.read_text())] == []


def test_no_name_means_two_models() -> None:
    names = [name for row in table.MODELS for name in {row.name, row.algorithm, *row.spellings, *row.commands}]
    assert len(names) == len(set(names))
    assert len({row.port for row in table.MODELS}) == len(table.MODELS)


@pytest.mark.parametrize("row", table.OURS, ids=lambda row: row.name)
def test_every_module_ends_in_a_pretrained_model(row: table.Row) -> None:
    model = importlib.import_module(f"models.{row.module}").MODEL
    assert {"open", "parameters", "context_length", "generate"} <= set(dir(model))
    assert set(row.model_types) <= set(table.modules())


def test_the_shipped_configuration_says_the_same() -> None:
    shipped = configparser.ConfigParser(interpolation=None, allow_no_value=True)
    shipped.read(ROOT / "packaging" / "taosanode.ini")
    assert dict(shipped["tsfm-service"]) == table.default_urls()


@pytest.mark.parametrize(
    ("spelled", "canonical"), [("timemoe_fc", "timemoe-fc"), ("TDtsfm_1", "tdtsfm_1"), ("tdtsfm", "tdtsfm"), ("x", "x")]
)
def test_algorithms_have_other_spellings(spelled: str, canonical: str) -> None:
    assert table.canonical(spelled) == canonical


def test_any_name_leads_to_its_row() -> None:
    for name in ("timemoe", "timemoe-fc", "timemoe_fc", "time-moe", "timer-moe"):
        row = table.of_any_name(name)
        assert row is not None
        assert row.name == "timemoe"
    assert table.of_any_name("chronos") is None


def test_a_model_that_imputes_has_its_own_default() -> None:
    assert table.kind("moment") == table.IMPUTATION
    assert table.kind("chronos") == table.kind("tdtsfm_1") == table.FORECAST
    assert "moment" not in table.default_urls()
    assert table.default_urls((table.IMPUTATION,)) == {"moment": "http://127.0.0.1:6066/imputation"}


def test_the_manual_has_every_size_and_sum_that_a_start_prints() -> None:
    manual = (Path(__file__).parent.parent.parent / "docs" / "foundation-models.md").read_text()
    for row in table.OURS:
        published = re.findall(r"\((\d+ MB), sha256 ([0-9a-f]{64})\)", row.files)
        assert published
        for size, digest in published:
            assert f"| {size} | `{digest}` |" in manual


def test_servers_answer_on_the_paths_of_all_their_callers() -> None:
    assert {"/ds_predict", "/tdtsfm", "/timemoe"} <= set(table.server_paths())


def test_commands_name_models_that_are_served_here() -> None:
    assert {"tdtsfm": "tdtsfm", "time-moe": "timemoe", "timer-moe": "timemoe"}.items() <= dict(table.commands()).items()


def test_covariates_go_to_the_servers_of_others_but_for_those_that_refuse_them() -> None:
    asked = ("tdtsfm_1", "timemoe-fc", "timesfm", "moment", "moirai", "chronos", "any")
    assert [name for name in asked if table.takes_covariates(name)] == ["moirai", "chronos", "any"]
