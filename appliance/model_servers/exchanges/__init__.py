"""What is said between the node and a model server: for each kind of analysis a module that asks and reads the answer.

Every public module here has KIND, the kind's name on the wire, ``question(task) -> bytes``, the body of a request, and
``read_answer(body, task)``, the answer of that kind.
"""

from __future__ import annotations

from kernels.registry import modules

BY_KIND = {module.KIND: module for module in modules(__name__)}
