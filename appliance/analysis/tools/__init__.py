"""What a node computes besides analyses: requests and answers with a form of their own, one file each.

Every public module here has an ``OPERATION``, what is asked and answered, and ``answer``, which does it.
"""

from __future__ import annotations

from kernels.registry import modules

TOOLS = tuple(modules(__name__))
