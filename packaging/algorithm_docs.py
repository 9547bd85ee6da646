"""Writes docs/algorithms.md: every algorithm that comes with the node and its options, from what they declare.

packaging/algorithm_docs.py     writes the file of this tree; tests/test_docs.py tells when it is out of date
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from appliance.analysis import reference
from appliance.analysis.kinds import KINDS
from kernels.options import Declared

PAGE = Path(__file__).parent.parent / "docs" / "algorithms.md"
INTRODUCTION = """# Algorithms and their options

Every algorithm that comes with the node, with all its options; `taosanode list NAME` and `man taosanode-algorithms` say
the same. Options follow the name in SQL, `'algo=ksigma,k=2'`, and at the prompt, `--algo ksigma,k=2` or `--option k=2`.
Which algorithm suits what: [detectors](detectors.md), [autoencoder](autoencoder.md), [zero and auto](zero.md),
[holtwinters](holtwinters.md), [arima](arima.md), [theta, ets, ces, prophet](classic-forecasters.md),
[imputation](imputation.md), [correlation](correlation.md), [foundation models](foundation-models.md).

This page is written by `python packaging/algorithm_docs.py`: change what an algorithm declares, not this file.
"""


def page() -> str:
    """Return the text of the page."""
    shipped = reference.shipped()
    parts = [INTRODUCTION]
    for kind in KINDS:
        parts.append(f"## {kind.title.capitalize()}\n")
        for algorithm in shipped.of_kind(kind.wire_type).values():
            own = reference.own(algorithm)
            parts.append(f"### {algorithm.name}\n\n{algorithm.desc[0].upper()}{algorithm.desc[1:]}.\n")
            parts.append("\n".join(_table(own)) + "\n" if own else "No options of its own.\n")
        parts.append(f"### Taken by every {kind.wire_type} algorithm\n\n" + "\n".join(_table(kind.options)) + "\n")
    return "\n".join(parts)


def _table(options: Iterable[Declared]) -> Iterator[str]:
    yield f"| {' | '.join(reference.HEADINGS)} |"
    yield "|---" * len(reference.HEADINGS) + "|"
    for option in options:
        name, default, values, meaning = (text.replace("|", "\\|") for text in reference.cells(option))
        yield f"| `{name}` | {default} | {values} | {meaning} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
