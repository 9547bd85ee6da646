"""The commands and the Python on the pages that no test runs, each with the reason.

A block is named by its page and what its first line begins with. packaging/run_pages.py runs all other commands, and
tests/test_pages.py all other Python.
"""

from __future__ import annotations

from page_blocks import Block

_SYSTEM = "changes the system: a package manager, systemd"
_CONTAINERS = "needs an engine of containers, and an image"
_LONG = "takes minutes"
_ENDLESS = "runs until somebody stops it"
_TDENGINE = "needs a TDengine"
_TEACHES = "a file to be made; tests/test_documents.py holds the algorithms among them to the contract"

_NOT_RUN: dict[str, dict[str, str]] = {
    "CHANGELOG.md": {"from kernels": "what has changed of a file", "from taosanode": "what has changed of a file"},
    "CONTRIBUTING.md": {
        "make venv": _LONG,
        ".venv/bin/python packaging/algorithm_docs.py": "is about a file of the example above it",
        '"""CUSUM': _TEACHES,
        '"""Random walk': _TEACHES,
        '"""NLinear': _TEACHES,
        '"""GET `/ping`': _TEACHES,
        "from __future__": _TEACHES,  # the tests of these
    },
    "README.md": {"make run": _ENDLESS, "make test": _LONG},
    "docs/adding-an-algorithm.md": {
        "pip install": "loads a package from elsewhere",
        "from taosanalytics": "a name that the node gives while it reads such files",
    },
    "docs/autoencoder.md": {"taosanode train-ad": _LONG},
    "docs/configuration.md": {
        "TAOSANODE_HTTP": _ENDLESS,
    },
    "docs/containers.md": {"make image": _LONG, "podman": _CONTAINERS, "$ podman": _CONTAINERS},
    "docs/installing.md": {
        "echo 'deb": _SYSTEM,
        "printf '[taosanode]": _SYSTEM,
        "systemctl start": _SYSTEM,
        "rmtaosanode": _SYSTEM,
        "make package": _LONG,
    },
    "docs/managing-anodes.md": {
        "taosanode sql --cluster": _TDENGINE,
        "import taosrest": "asks what `taosanode sql --serve` serves until somebody stops it",
    },
    "docs/operating.md": {
        "journalctl": _SYSTEM,
        "systemctl": _SYSTEM,
        "$ uwsgitop": "draws on a terminal until somebody stops it",
    },
    "docs/python.md": {"StatsForecast(": "needs statsforecast"},
    "docs/tour.md": {"make venv": _LONG},
}


def reason(page: str, block: Block) -> str:
    """Return why a block is not run; empty if it is."""
    return next((why for begin, why in _NOT_RUN.get(page, {}).items() if block.text.startswith(begin)), "")


def unused(page: str, shown: list[Block]) -> list[str]:
    """Return what is said here of blocks that the page does not have."""
    return [begin for begin in _NOT_RUN.get(page, {}) if not any(block.text.startswith(begin) for block in shown)]
