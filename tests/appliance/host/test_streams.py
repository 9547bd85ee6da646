from __future__ import annotations

import os
import subprocess
import sys

import pytest

CODE = """
import sys
from appliance.host import streams
streams.occupy()
for number in range(3):
    import os; os.fstat(number)
if sys.argv[1] == "1":
    sys.stdout.write("lost")
    assert streams.flush() == "Bad file descriptor"
elif sys.argv[1] == "2":
    sys.stderr.write("lost")
    assert streams.flush() == ""
else:
    assert sys.stdin.read() == ""
"""


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_closed_streams_are_occupied(closed: int) -> None:
    command = f'exec "{sys.executable}" -c "$0" {closed} {closed}>&-'
    done = subprocess.run(["/bin/sh", "-c", command, CODE], env=os.environ | {"PYTHONPATH": "."}, timeout=60)
    assert done.returncode == 0
