"""The kinds of analysis there are, one file each: every public module here ends in ``KIND = ...``."""

from __future__ import annotations

from typing import Any

from appliance.analysis.kind import Kind
from kernels.registry import modules

KINDS: tuple[Kind[Any], ...] = tuple(sorted((module.KIND for module in modules(__name__)), key=lambda k: k.place))
BY_TYPE = {kind.wire_type: kind for kind in KINDS}
BY_NAME = {kind.name: kind for kind in KINDS}
