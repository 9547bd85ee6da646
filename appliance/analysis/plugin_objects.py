"""Objects of operators' plug-in classes: one for each request, given the data of its task."""

from __future__ import annotations

from typing import Any, TypeVar

from kernels.contract import Task

P = TypeVar("P", bound=Any)


def fed(plugin: type[P], task: Task) -> P:
    """Return a new object of a plug-in's class that has the data, as Python lists."""
    worker: P = plugin()
    columns = [column.tolist() for column in task.columns.values()]
    worker.precision = task.unit
    worker.input_data_lists = columns
    worker.set_input_list(columns[0], task.times.tolist())
    return worker
