"""docs/ becomes a site without a broken link, and nothing in the site is fetched from elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import site_pages
from mkdocs.structure.files import Files

ROOT = Path(__file__).parent.parent
# what a browser loads by itself; links are followed by people
LOADED = re.compile(r"""<(?!a\s)[^>]*\s(?:src|href)=["']?(?:https?:)?//[^"'\s>]*|url\(["']?(?:https?:)?//|@import""")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder]
    env = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_document_is_a_page(site: Path) -> None:
    documents = [path.stem for path in (*ROOT.glob("docs/*.md"), *ROOT.glob("*.md")) if path.name != "README.md"]
    assert [name for name in ("index", *documents) if not (site / f"{name}.html").exists()] == []


def test_links_to_the_top_of_the_tree_lead_to_pages(site: Path) -> None:
    assert 'href="CONTRIBUTING.html#add-a-detector"' in (site / "adding-an-algorithm.html").read_text()
    first = (site / "index.html").read_text()
    assert 'href="tour.html"' in first
    assert [link for link in re.findall(r'href="([^"]*)"', first) if link.startswith("docs/")] == []


def test_code_that_looks_like_a_link_stays() -> None:
    page = "`f[0](x)` and [y](y.md)\n```\ng[1](z)\n```\n"
    moved = site_pages.LINK.sub(lambda found: site_pages.moved(found, Files([])), page)
    assert moved == "`f[0](x)` and y\n```\ng[1](z)\n```\n"


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    files = [path for path in site.rglob("*") if path.suffix in (".html", ".css")]
    assert {each for path in files for each in LOADED.findall(path.read_text())} == set()
