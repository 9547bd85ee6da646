"""Takes the documents at the top of the tree into the site, where all pages lie in one folder.

mkdocs.yml names this file.

Source: MkDocs 1.6, "Plugins", events `on_files` and `on_page_markdown`.
"""

from __future__ import annotations

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parent.parent
TOP = {"README.md": "index.md"} | {name: name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")}
CODE = r"^```.*?^```$|`[^`\n]*`"
LINK = re.compile(rf"{CODE}|\[([^]\[]*)\]\((?!\w+:)([^)#\s]+)(#[^)\s]*)?\)", re.DOTALL | re.MULTILINE)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the documents at the top; README.md is the first page."""
    for name, page in TOP.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / name)))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let links lead to where the pages are here; a link to what is only in the tree becomes its text."""
    return LINK.sub(lambda found: moved(found, files), markdown)


def moved(found: re.Match[str], files: Files) -> str:
    """Return what becomes of a link, or of code, which stays as it is."""
    if not found[2]:
        return found[0]
    text, place, anchor = found[1], found[2].removeprefix("../").removeprefix("docs/"), found[3] or ""
    place = TOP.get(place, place)
    return f"[{text}]({place}{anchor})" if files.get_file_from_path(place) else text
