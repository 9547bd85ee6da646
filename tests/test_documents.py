"""What the documents say can be followed: links lead somewhere, code is code, examples keep the contract."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.analysis import conformance, operator_files

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted(path.relative_to(ROOT) for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")))
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")

each = pytest.mark.parametrize("document", DOCUMENTS, ids=str)


def code(document: Path) -> Iterator[str]:
    """Yield the whole pieces of Python in a document."""
    for language, text in FENCED.findall((ROOT / document).read_text()):
        if language == "python":
            yield text


def headings(document: Path) -> set[str]:
    """Return what a link may name after #, as GitHub makes it of the headings."""
    lines = re.findall(r"^#+ (.*)$", FENCED.sub("", document.read_text()), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", line.lower()).strip().replace(" ", "-") for line in lines}


@each
def test_every_link_leads_somewhere(document: Path) -> None:
    text = FENCED.sub("", (ROOT / document).read_text())
    for link in LINK.findall(text):
        place, _, heading = link.partition("#")
        if "://" in link:
            continue
        target = ROOT / document.parent / place if place else ROOT / document
        assert target.exists(), link
        assert not heading or heading in headings(target), link


def test_the_readme_leads_to_every_page() -> None:
    text = (ROOT / "README.md").read_text()
    assert [str(page) for page in DOCUMENTS if page.name != "README.md" and f"]({page})" not in text] == []


@each
def test_code_is_python(document: Path) -> None:
    for piece in code(document):
        compile(piece, str(document), "exec", dont_inherit=True)


@pytest.mark.parametrize("document", [Path("CONTRIBUTING.md"), Path("docs/adding-an-algorithm.md")], ids=str)
def test_algorithms_that_are_shown_keep_the_contract(document: Path, tmp_path: Path) -> None:
    shown = [piece for piece in code(document) if re.search(r"^ALGORITHM = .*(ANOMALY|FORECAST)", piece, re.MULTILINE)]
    assert len(shown) == 2
    for number, piece in enumerate(shown):
        (tmp_path / f"example_{number}.py").write_text(piece)
    found, broken = operator_files.load(tmp_path)
    assert broken == {}
    for own in found:
        assert list(conformance.faults(own.algorithm, own.kind, str(own.path))) == []
