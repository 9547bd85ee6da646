"""What goes into the packages, as far as it can be told without building them."""

from __future__ import annotations

import re
from pathlib import Path

import build
import manual_pages
import pytest
from completions import SHELLS

from appliance import cli
from models import table

NAMES = {"taosanode", "taosanoded", "rmtaosanode"} | {
    f"{verb}-{word}" for verb in ("start", "stop") for word in ("model", *dict(table.commands()))
}


def test_every_name_is_linked_in_the_products_folder_and_on_the_path() -> None:
    entry = re.compile(r"  - \{src: (\S+), dst: (\S+), type: symlink\}")
    linked = {(found[2], found[1]) for line in build.links() if (found := entry.fullmatch(line))}
    folder = "local/taos/taosanode/bin"
    assert linked == {
        link
        for name in NAMES
        for link in ((f"/usr/{folder}/{name}", "../lib/taosanode"), (f"/usr/bin/{name}", f"../{folder}/{name}"))
    }


def test_every_page_and_what_the_shells_complete_is_in_both_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "STAGE", tmp_path)
    entry = re.compile(
        r"  - \{src: (\S+), dst: (\S+), file_info: \{mode: 0644\}, (?:type: doc, )?packager: (deb|rpm)\}"
    )
    entries = [found.groups() for line in build.shell_files() if (found := entry.fullmatch(line))]
    assert all(Path(source).is_file() for source, _, _ in entries)
    for packager in ("deb", "rpm"):
        names = [Path(target).name for _, target, other in entries if other == packager]
        pages = [name for name in names if name.endswith(".gz")]
        assert len(pages) == len({"taosanode", manual_pages.ALGORITHMS, *cli.COMMANDS}) + len(cli.LINKS)
        assert "taosanode-algorithms.7.gz" in pages
        assert len(names) - len(pages) == len(SHELLS) * (1 + len(cli.LINKS))


def test_pages_and_their_data_are_documents_of_the_node_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "STAGE", tmp_path)
    for name in build.PACKAGES:
        build.documents(name, [], "1.0", tmp_path)
    written = "\n".join(build.rpm_documents("taosanode"))
    for page in ("tour.md", "algorithms.md", "data/pumps.csv"):
        assert (tmp_path / "doc" / "taosanode" / "docs" / page).is_file()
        assert f"dst: /usr/share/doc/taosanode/docs/{page}, " in written
    assert not (tmp_path / "doc" / "taosanode-tsfm" / "docs").exists()
