#!/bin/sh
# try_wheel.sh PYTHON: installs the newest wheel of dist under that Python, with the newest of what it asks for, and tries
# it there: the self-test compiles all algorithms and compares their answers, then the examples of the manual are run.
set -eu
cd "$(dirname "$0")/.."
wheel=$(ls -t "$PWD"/dist/taosanode-*.whl | head -n 1)
page=$PWD/docs/python.md
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$1" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "$wheel" pandas
cd "$folder"
export HOME="$folder"
"$folder/venv/bin/python" --version
"$folder/venv/bin/python" -m taosanode selftest
"$folder/venv/bin/python" -W error - "$page" << 'END'
import doctest, sys
from taosanode.appliance.frames import calls
flags = doctest.IGNORE_EXCEPTION_DETAIL  # in the wheel, errors are of another module
failed, tried = doctest.testmod(calls, optionflags=flags)
more, others = doctest.testfile(sys.argv[1], module_relative=False, optionflags=flags)
print(f"{tried + others} examples, {failed + more} failed")
sys.exit(failed + more > 0)
END
