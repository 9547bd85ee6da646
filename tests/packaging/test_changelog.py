from __future__ import annotations

import re

import build
import changelog
import pytest
from changelog import Release

TEXT = """# Changelog

Words about it.

## [1.2.0] - unreleased

### Added

- **`taosanode x` does a thing
  over two lines.** And more
  is said of it.
- **Second.**

### From 1.1 to 1.2

```python
- **no change**, but code
```

## [1.1.0] - 2026-01-31

### Fixed

- **Third.**

## [1.0.0] - 2026-01-01

- **First release.**
"""
TIME, WHO = "2026-02-03T04:05:06Z", "Somebody <somebody@example.invalid>"


def test_the_words_in_bold_are_the_changes() -> None:
    first, second, third = changelog.releases(TEXT.replace("```python\n- **no change**, but code\n```\n", ""))
    assert first == Release("1.2.0", None, ["taosanode x does a thing over two lines.", "Second."])
    assert second == Release("1.1.0", "2026-01-31", ["Third."])
    assert third == Release("1.0.0", "2026-01-01", ["First release."])


def test_code_holds_no_changes() -> None:
    assert changelog.releases(TEXT)[0].changes == ["taosanode x does a thing over two lines.", "Second."]


def packed(version: str) -> list[str]:
    return re.findall(r"semver: (\S+)-1", changelog.entries(TEXT, version, TIME, WHO))


def test_what_is_packed_comes_first_with_its_own_time_then_what_was_before() -> None:
    assert packed("1.2.0") == ["1.2.0", "1.1.0", "1.0.0"]
    assert packed("1.1.0") == ["1.1.0", "1.0.0"]
    assert changelog.entries(TEXT, "1.1.0", TIME, WHO) == (
        "---\n"
        "- semver: 1.1.0-1\n"
        f"  date: {TIME}\n"
        f"  packager: {WHO}\n"
        "  deb: {urgency: low, distributions: [stable]}\n"
        "  changes:\n"
        '    - note: "Third."\n'
        "- semver: 1.0.0-1\n"
        "  date: 2026-01-01T00:00:00Z\n"
        f"  packager: {WHO}\n"
        "  deb: {urgency: low, distributions: [stable]}\n"
        "  changes:\n"
        '    - note: "First release."\n'
    )


def test_a_version_that_is_packed_for_a_test_needs_no_entry() -> None:
    assert packed("1.10.0") == ["1.10.0", "1.2.0", "1.1.0", "1.0.0"]
    told = changelog.entries(TEXT, "1.2.1", TIME, WHO)
    assert '"Not released."' in told
    assert re.findall(r"date: (\S+)", told) == [TIME, TIME, "2026-01-31T00:00:00Z", "2026-01-01T00:00:00Z"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("## 1.0.0 - 2026-01-01\n", r"## 1.0.0 - 2026-01-01: `## \[1.2.3\] - 2026-01-31`"),
        ("## [1.0.0] - 2026-01-01\n- Nothing bold\n", "1.0.0: a change begins with 1 to 74 characters in bold"),
        (f"## [1.0.0] - 2026-01-01\n- **{'x' * 75}**\n", "1.0.0: a change begins with 1 to 74 characters in bold"),
    ],
)
def test_what_cannot_be_quoted_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        changelog.releases(text)


def test_the_newest_release_of_ours_is_the_version_of_this_tree() -> None:
    ours = changelog.releases((build.ROOT / "CHANGELOG.md").read_text())
    assert ours[0].version == build.project_version()
    assert all(release.date and release.changes for release in ours[1:])
    assert ours == sorted(ours, key=lambda release: changelog._number(release.version), reverse=True)
