"""What training gives, and what it is told: options, and the rows that it is judged by."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.analysis.deployed.schema import MAX_LABEL
from appliance.files.series import UsageError
from appliance.protocol import options
from kernels.options import declared

SEED = 0
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Learned:
    """A trained model.

    content : of its file. told : sentences for the user.
    """

    content: bytes
    told: Sequence[str]


def store(learned: Learned, place: Path) -> None:
    """Write the file, as a whole or not at all; raises OSError."""
    handle, beside = tempfile.mkstemp(prefix=".train-", dir=place.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(learned.content)
        os.chmod(beside, 0o644)
        os.replace(beside, place)
    except BaseException:
        os.unlink(beside)
        raise


def params(made: type[Any], given: Sequence[str]) -> Any:
    """Return options from NAME=VALUE; raises UsageError for a name that there is not, BadParameter for a value."""
    told: Mapping[str, str] = options.parse(",".join(given))
    known = [name for one in declared(made) for name in (one.name, *one.aliases)]
    odd = sorted(set(told) - set(known)) or [text for text in given if "=" not in text]
    if odd:
        raise UsageError(f"--option {odd[0]}: there is no such option; there are: {', '.join(known) or 'none'}")
    return options.params(made, told)


def held_back(rows: int, share: float) -> tuple[Rows, Rows]:
    """Return the rows to learn from and those to judge by, in order, drawn at random but always the same ones."""
    count = round(share * rows)
    order = np.random.default_rng(SEED).permutation(rows)
    return np.sort(order[count:]), np.sort(order[:count])


def listed(names: Sequence[str]) -> str:
    """Return names as one short text."""
    text = ", ".join(names)
    return text if len(text) <= MAX_LABEL else f"{text[: MAX_LABEL - 3]}..."
