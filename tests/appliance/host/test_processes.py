from __future__ import annotations

import os

from appliance.host.processes import clean_environment, resident_bytes


def test_environment_of_other_programs_has_no_library_of_ours() -> None:
    ours = {"LD_LIBRARY_PATH": "/app/_internal", "LD_LIBRARY_PATH_ORIG": "/theirs", "A": "b"}
    assert clean_environment(ours) == {"LD_LIBRARY_PATH": "/theirs", "A": "b"}
    assert clean_environment({"LD_LIBRARY_PATH": "/app/_internal"}) == {}


def test_memory_of_a_process_is_told_and_none_of_one_that_is_gone() -> None:
    assert resident_bytes(os.getpid()) > 1 << 20
    assert resident_bytes(999999999) == 0
