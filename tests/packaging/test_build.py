"""What goes into the packages, as far as it can be told without building them."""

from __future__ import annotations

import re

import build

NAMES = {
    "taosanode",
    "taosanoded",
    "rmtaosanode",
    "start-model",
    "stop-model",
    "start-tdtsfm",
    "stop-tdtsfm",
    "start-time-moe",
    "stop-time-moe",
    "start-timer-moe",
    "stop-timer-moe",
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
