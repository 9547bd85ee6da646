"""Where torch comes from. Only the commands that need it ask, before they import it; the node never does.

In the source tree it is installed like any other library. The frozen program holds none: the package taosanode-tsfm
puts a folder of libraries beside it.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

PACKAGE = "taosanode-tsfm"


class TorchMissing(Exception):
    """There is no torch; the message says what to install."""


def find() -> None:
    """Make `import torch` work in this process.

    Raises
    ------
    TorchMissing
    """
    frozen = bool(getattr(sys, "frozen", False))
    folder = str(Path(sys.executable).parent.parent / "tsfm")
    if frozen and folder not in sys.path:
        sys.path.append(folder)
    if importlib.util.find_spec("torch") is None:
        install = f"install the package {PACKAGE}" if frozen else "pip install 'taosanode[tsfm]'"
        raise TorchMissing(f"torch is not installed: {install}")
