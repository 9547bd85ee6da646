"""Which tests are left out where kernels run as plain Python, as they do under NUMBA_DISABLE_JIT=1."""

from __future__ import annotations

import numba
import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not numba.config.DISABLE_JIT:
        return
    for item in items:
        for marker in item.iter_markers("compiled_only"):
            item.add_marker(pytest.mark.skip(reason=f"compiled only: {marker.args[0]}"))
