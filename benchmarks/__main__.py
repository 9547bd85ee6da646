"""``python -m benchmarks``: the benchmark of the node itself. The others have make targets of their own."""

from benchmarks.bench_http import main

main()
