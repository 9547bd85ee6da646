"""Makes the changelog that packages carry of CHANGELOG.md: for each release the words in bold, a line each.

Both formats want short lines, so the whole file is packed too, beside it in /usr/share/doc.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import NamedTuple

HEADING = re.compile(r"## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d|unreleased)")
CODE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
CHANGE = re.compile(r"- \*\*(.+?)\*\*", re.DOTALL)  # may go over the end of a line
LONGEST = 74  # characters of a change: a line of Debian's has 80 with what stands before it


class Release(NamedTuple):
    """One release.

    date : the day of it, None if it is still to come.
    changes : at most `LONGEST` characters each, in the order of the file.
    """

    version: str
    date: str | None
    changes: Sequence[str]


def releases(text: str) -> list[Release]:
    """Return the releases of CHANGELOG.md in its order.

    Raises
    ------
    ValueError : a heading of a release that is none, a change without words in bold or with too many.
    """
    found = []
    for section in re.split(r"^(?=## )", text, flags=re.MULTILINE)[1:]:
        heading, _, body = section.partition("\n")
        told = HEADING.fullmatch(heading)
        if not told:
            raise ValueError(f"CHANGELOG.md: {heading}: `## [1.2.3] - 2026-01-31` or `- unreleased` is expected")
        version, date = told.groups()
        found.append(Release(version, None if date == "unreleased" else date, _changes(version, body)))
    return found


def entries(text: str, version: str, time: str, maintainer: str) -> str:
    """Return what nfpm reads: the release that is packed, which may be none of the file's, and those before it.

    Parameters
    ----------
    text : of CHANGELOG.md.
    time : of what is packed, such as 2026-01-31T12:00:00Z.
    """
    known = releases(text)
    before = [one for one in known if _number(one.version) < _number(version)]
    packed = next((one for one in known if one.version == version), Release(version, None, ["Not released."]))
    lines = ["---"]
    for release in [packed, *before]:
        moment = f"{release.date}T00:00:00Z" if release.date and release is not packed else time
        lines += [
            f"- semver: {release.version}-1",
            f"  date: {moment}",
            f"  packager: {maintainer}",
            "  deb: {urgency: low, distributions: [stable]}",
            "  changes:",
            *(f"    - note: {json.dumps(change)}" for change in release.changes),
        ]
    return "\n".join(lines) + "\n"


def _changes(version: str, body: str) -> list[str]:
    found = []
    for item in re.findall(r"^- .*(?:\n  .*)*", CODE.sub("", body), flags=re.MULTILINE):
        bold = CHANGE.match(item)
        change = " ".join(bold[1].replace("`", "").split()) if bold else ""
        if not 0 < len(change) <= LONGEST:
            raise ValueError(
                f"CHANGELOG.md, {version}: a change begins with 1 to {LONGEST} characters in bold, got {item[:100]!r}"
            )
        found.append(change)
    return found


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
