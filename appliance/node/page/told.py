"""The shapes of what the page asks the node besides analyses."""

from __future__ import annotations

from appliance.node import refusals
from appliance.protocol.shapes import COUNT, PAIR, TEXT, Operation, listed, object_of

_COLUMN = object_of(
    {"name": TEXT, "kind": {"enum": ["number", "time"]}, "values": listed({"type": ["number", "null"]})}
)
TABLE = Operation(
    ("/page/table",),
    "a Parquet file as columns of numbers",
    {},
    object_of({"rows": COUNT, "columns": listed(_COLUMN)}),
    None,
    media="application/vnd.apache.parquet",
)
ALGORITHMS = object_of(
    {
        "version": TEXT,
        **dict.fromkeys(("processes", "slots", "queue", "ahead", "body"), COUNT),
        "rows": PAIR,
        "kinds": listed(object_of({"type": TEXT, "algorithms": listed({"type": "object"})})),
    }
)
REFUSED = object_of({"refused": listed(refusals.TOLD)})
