"""The tree is as the style guide draws it: every source file has its test, and no file has outgrown its idea."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("kernels", "models", "appliance")
SOURCES = sorted(
    path.relative_to(ROOT) for room in ROOMS for path in (ROOT / room).rglob("*.py") if path.name != "__init__.py"
)
# Covered from the outside, by the tests named here.
ELSEWHERE = {
    "appliance/__main__.py": "tests/appliance/test_cli.py",
    "appliance/analysis/deployed/analyser.py": "tests/appliance/analysis/deployed/test_tensors.py",
    "appliance/analysis/errors.py": "tests/appliance/node/test_app.py",
    "appliance/analysis/kind.py": "tests/appliance/analysis/kinds/test_kinds.py",
    "appliance/analysis/picture.py": "tests/appliance/analysis/kinds/test_kinds.py",
    "appliance/analysis/plugin_objects.py": "tests/appliance/analysis/test_plugin_classes.py",
    "appliance/analysis/run.py": "tests/appliance/node/test_app.py",
    "appliance/commands/status.py": "tests/appliance/commands/test_start.py",
    "appliance/commands/stop.py": "tests/appliance/commands/test_start.py",
    "appliance/node/background.py": "tests/appliance/commands/test_start.py",
    "appliance/files/read/whole_table.py": "tests/appliance/node/resources/test_page.py",
    "appliance/files/run/arguments.py": "tests/appliance/commands/test_detect.py",
    "appliance/files/run/command.py": "tests/appliance/commands/test_detect.py",
    "appliance/node/resources/analysis.py": "tests/appliance/node/test_app.py",
    "appliance/node/resources/bodies.py": "tests/appliance/node/test_app.py",
    "appliance/node/resources/tool.py": "tests/appliance/node/test_tools.py",
    "appliance/node/operations.py": "tests/appliance/node/test_openapi.py",
    "appliance/node/page/told.py": "tests/appliance/node/test_openapi.py",
    "appliance/node/resources/deploying.py": "tests/appliance/node/test_deploying.py",
    "appliance/node/resources/listing.py": "tests/appliance/node/test_app.py",
    "appliance/node/resources/metrics.py": "tests/appliance/node/test_metrics.py",
    "appliance/node/resources/openapi.py": "tests/appliance/node/test_openapi.py",
    "appliance/node/resources/status.py": "tests/appliance/node/test_app.py",
}
MAX_LINES = 400


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_every_source_file_has_its_test(source: Path) -> None:
    beside = ROOT / "tests" / source.parent / f"test_{source.stem.lstrip('_')}.py"
    elsewhere = ELSEWHERE.get(source.as_posix())
    assert beside.exists() or (elsewhere and (ROOT / elsewhere).exists()), f"{beside.relative_to(ROOT)} is missing"


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_no_file_has_outgrown_its_idea(source: Path) -> None:
    assert len((ROOT / source).read_text().splitlines()) <= MAX_LINES


def test_no_test_file_has_outgrown_its_idea() -> None:
    lines = {path: len(path.read_text().splitlines()) for path in (ROOT / "tests").rglob("*.py")}
    assert [str(path.relative_to(ROOT)) for path, count in lines.items() if count > MAX_LINES] == []


def test_packaging_does_not_hide_the_library_of_that_name() -> None:
    assert not (ROOT / "packaging" / "__init__.py").exists()
