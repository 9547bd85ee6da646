"""The documentation and the program say the same: options, algorithms and commands."""

from __future__ import annotations

import re
from pathlib import Path

import algorithm_docs
import pytest
import python_docs

from appliance import cli
from appliance.analysis import reference
from appliance.analysis.kinds import KINDS
from appliance.files.run import question
from appliance.files.run.question import Question
from appliance.files.series import FileError
from appliance.protocol import fields, options
from kernels.contract import AlgorithmError

DOCS = Path(__file__).parent.parent / "docs"
PAGES = (
    "arima",
    "holtwinters",
    "classic-forecasters",
    "zero",
    "tour",
    "detectors",
    "autoencoder",
    "foundation-models",
    "imputation",
    "correlation",
)
SHIPPED = reference.shipped()
NAMES = {
    name
    for one in (*(option for each in SHIPPED for option in reference.own(each)), *(o for k in KINDS for o in k.options))
    for name in (one.name, *one.aliases)
} | {fields.ALGO}
NOT_OURS = {"approximation", "robust", "OMP_WAIT_POLICY"}  # arguments of R's functions, and of OpenMP
EXAMPLES = {"jump", "pumps", "sales"}  # files and models that the pages make


def text(page: str) -> str:
    return (DOCS / f"{page}.md").read_text(encoding="utf-8")


def test_the_page_of_algorithms_is_up_to_date() -> None:
    assert algorithm_docs.PAGE == DOCS / "algorithms.md"
    assert text("algorithms") == algorithm_docs.page(), "python packaging/algorithm_docs.py writes it anew"


def test_the_reference_of_python_is_up_to_date() -> None:
    assert text(python_docs.PAGE.stem) == python_docs.page(), "python packaging/python_docs.py writes it anew"


def test_every_algorithm_and_every_option_is_on_that_page() -> None:
    kinds = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", text("algorithms"), re.MULTILINE | re.DOTALL))
    for kind in KINDS:  # a name may be there in several
        part = kinds[kind.title.capitalize()]
        sections = dict(re.findall(r"^### (.+?)\n(.*?)(?=^##|\Z)", part, re.MULTILINE | re.DOTALL))
        common = sections[f"Taken by every {kind.wire_type} algorithm"]
        assert all(f"| `{option.name}` |" in common for option in kind.options)
        for algorithm in SHIPPED.of_kind(kind.wire_type).values():
            for option in reference.own(algorithm):
                assert f"| `{option.name}` |" in sections[algorithm.name]
                assert all(alias in sections[algorithm.name] for alias in option.aliases)


# lines of the log quote what was asked, and there wrong
CALLS = {each for page in DOCS.glob("*.md") for each in re.findall(r"(?<!option=)'(algo=\w[^']*)'", text(page.stem))}


@pytest.mark.parametrize("page", PAGES)
def test_every_option_that_is_mentioned_exists(page: str) -> None:
    mentioned = set(re.findall(r"(?<![\w.-])([A-Za-z]\w*)=[\w-]", text(page)))
    assert mentioned - NOT_OURS <= NAMES


@pytest.mark.parametrize("asked", sorted(each for each in CALLS if question.read(each, [])[0] not in EXAMPLES))
def test_every_algorithm_that_is_called_takes_the_options_it_is_given(asked: str) -> None:
    name, given = question.read(asked, [])
    refused = []
    for kind in (kind for kind in KINDS if name in SHIPPED.of_kind(kind.wire_type)):  # of several, one that takes them
        try:
            algorithm = question.check(SHIPPED.of_kind(kind.wire_type), kind, Question(name, given))
            options.params(algorithm.params, options.parse(given))
        except (FileError, AlgorithmError) as error:
            refused.append(str(error))
        else:
            return
    pytest.fail("; ".join(refused))


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_is_mentioned(command: str) -> None:
    names = [f"taosanode {command}", *(link for link, (meant, _) in cli.LINKS.items() if meant == command)]
    written = "\n".join(path.read_text(encoding="utf-8") for path in sorted(DOCS.glob("*.md")))
    assert re.search(rf"(?<![\w-])({'|'.join(map(re.escape, names))})(?![\w-])", written), names
