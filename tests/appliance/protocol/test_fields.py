from __future__ import annotations

import re
from pathlib import Path

import pytest

from appliance.protocol import fields

APPLIANCE = Path(__file__).parents[3] / "appliance"
# Where the same words are names of something else.
OTHERS = {
    "analysis/taosanalytics_compat.py": "attributes of plug-in classes",
    "cli.py": "options of the command line",
    "files/train/": "what is told of a model",
    "frames/": "arguments and columns in Python",
    "commands/serve.py": "an example that is printed",
    "commands/service.py": "verbs",
    "files/read/whole_table.py": "the protocol of the page",
    "host/settings.py": "a folder",
    "host/tdgpt_config.py": "keys of a configuration",
    "model_servers/": "the protocol of model servers",
    "node/metrics.py": "labels of metrics",
    "node/openapi.py": "words of OpenAPI",
    "node/page/": "the protocol of the page",
    "node/refusals.py": "the protocol of the page",
    "node/server.py": "settings of gunicorn",
    "node/stats.py": "uWSGI's statistics",
    "protocol/shapes.py": "words of JSON Schema",
    "sql/cluster.py": "taosAdapter's protocol",
    "sql/embedded.py": "columns of SHOW ANODES",
    "sql/render.py": "taosAdapter's protocol",
    "sql/rest.py": "taosAdapter's protocol",
}
ALSO = {
    "algo": {"protocol/requests.py"},  # a field of Request
    # words of their messages
    "data": {"protocol/documents.py", "analysis/tools/monitoring_band.py"},
    "schema": {"protocol/documents.py"},
    # outcomes, a column of a file
    "error": {"analysis/kinds/imputation.py", "commands/check.py", "node/observer.py"},
    # options of the command line
    "every": {"files/run/arguments.py"},
    "freq": {"files/run/arguments.py"},
    "gaps": {"commands/impute.py"},
    # columns of files, what pairs are ordered by
    "lag": {"files/run/pairs.py", "commands/correlate.py"},
    "option": {"analysis/reference.py"},  # a heading
    "p_value": {"files/run/pairs.py"},
    # options, columns of files
    "rows": {
        "analysis/kind.py",
        "analysis/kinds/forecast.py",
        "analysis/kinds/anomaly.py",
        "files/compare/anomaly.py",
        "files/run/pairs.py",
    },
    "start": {"analysis/kinds/anomaly.py"},  # a column of a file
    "status": {"sql/anode.py"},  # a path
    "ts": {"files/read/columns.py", "analysis/tools/monitoring_band.py"},
}
# also columns of files and fields of answers in Python, all over
WORDS = {fields.EXPECTED, fields.VALUE, fields.LOW, fields.HIGH}
NAMES = sorted({value for name, value in vars(fields).items() if name.isupper()} - WORDS)


def spelt(name: str) -> set[str]:
    """Where a name stands in quotes."""
    quoted = re.compile(rf"""["']{re.escape(name)}["']""")
    files = {path.relative_to(APPLIANCE).as_posix(): path.read_text() for path in APPLIANCE.rglob("*.py")}
    return {file for file, text in files.items() if quoted.search(text) and not file.startswith(tuple(OTHERS))}


@pytest.mark.parametrize("name", NAMES)
def test_every_name_of_the_wire_is_spelt_in_one_file(name: str) -> None:
    assert spelt(name) - {"protocol/fields.py"} - ALSO.get(name, set()) <= {"commands/list.py"}
