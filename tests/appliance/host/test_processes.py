from __future__ import annotations

from appliance.host.processes import clean_environment


def test_environment_of_other_programs_has_no_library_of_ours() -> None:
    ours = {"LD_LIBRARY_PATH": "/app/_internal", "LD_LIBRARY_PATH_ORIG": "/theirs", "A": "b"}
    assert clean_environment(ours) == {"LD_LIBRARY_PATH": "/theirs", "A": "b"}
    assert clean_environment({"LD_LIBRARY_PATH": "/app/_internal"}) == {}
