#!/bin/sh
# Writes packaging/lock/*.txt from pyproject.toml: core (what the node runs on), dev (tests and checks, without
# what core has), build (what makes the packages), torch (pinned without hashes: CPU and CUDA builds of one version differ).
set -eu
cd "$(dirname "$0")/.."
compile() {
    .venv/bin/pip-compile --quiet --strip-extras --allow-unsafe --no-header --no-annotate \
        --no-emit-index-url --no-emit-trusted-host --no-emit-find-links "$@"
}
compile --generate-hashes --all-build-deps --output-file packaging/lock/core.txt pyproject.toml
compile --generate-hashes --extra dev --constraint packaging/lock/core.txt --output-file packaging/lock/dev.txt pyproject.toml
compile --generate-hashes --extra build --constraint packaging/lock/core.txt --output-file packaging/lock/build.txt pyproject.toml
compile --extra tsfm --output-file packaging/lock/torch.all pyproject.toml
# of what torch asks for, what it imports here: it finds no use for the rest until something is compiled
grep -E '^(mpmath|sympy|torch|typing-extensions)==' packaging/lock/torch.all | sed 's/+cpu//' > packaging/lock/torch.txt
rm packaging/lock/torch.all
