# `make run` and `make test` work on a fresh clone with Python 3.11 only.
PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
BUILD  := .venv-build

.PHONY: run test test-plain demo bench bench-detectors bench-detection bench-fev bench-forecast bench-gift bench-imputation bench-tsfm bench-files soak lint site venv lock train-sample-model train-zero package repo image image-tsfm release test-package test-release test-wheel wheel clean

# --no-deps: the lock names everything. torch apart: its build (CPU or CUDA) is the machine's choice.
$(VENV)/.core: packaging/lock/core.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r packaging/lock/core.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.dev: $(VENV)/.core packaging/lock/dev.txt packaging/lock/torch.txt
	./packaging/system-packages.sh test
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r packaging/lock/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -r packaging/lock/torch.txt
	touch $@

venv: $(VENV)/.dev

run: $(VENV)/.core
	exec $(BIN)/taosanoded

test: $(VENV)/.dev lint
	$(BIN)/python -m appliance warm  # so that no test waits for the compiler
	$(BIN)/pytest -q -n auto --dist loadfile  # the tests of a file share what they start
	$(MAKE) test-plain

# The kernels as plain Python: what the compiler forgives (an index out of range, a name never set) fails here, and
# how much of them the tests reach can be seen. What takes longer than a moment is marked `compiled_only`; the limit holds
# also on a slow machine.
test-plain: $(VENV)/.dev
	NUMBA_DISABLE_JIT=1 $(BIN)/coverage run -m pytest -q --timeout=60 tests/kernels
	$(BIN)/coverage report

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The documentation for a browser, in build/site; `$(BIN)/mkdocs serve` shows it while it is written.
site: $(VENV)/.dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build

demo: $(VENV)/.dev
	$(BIN)/python -m benchmarks.demo

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks

# Peers have environments of their own: they must not decide which versions we use.
$(VENV)-bench-%/.peers: benchmarks/peers-%.txt
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check -r $<
	touch $@

# Speed beside the established implementations; R (r-base-core) is used where it is installed.
bench-detectors: $(VENV)/.dev $(VENV)-bench-detect/.peers
	$(BIN)/python -m benchmarks.bench_detectors

# --no-deps: TSB-AD asks for a torch that none of the detectors taken from it needs.
.venv-bench-detection/.peers: benchmarks/peers-detection.txt
	$(PYTHON) -m venv .venv-bench-detection
	.venv-bench-detection/bin/pip install --quiet --disable-pip-version-check --no-deps -r benchmarks/peers-detection.txt
	touch $@

# What is found in labelled series, beside detectors of other projects.
bench-detection: $(VENV)/.dev .venv-bench-detection/.peers
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.accuracy_detection --data ../shared/data

# Speed on many series; then from a file to forecasts, as one would write it with this project and with others. Ours has
# what is installed with it: numba loads scipy and coverage where it finds them.
bench-files: $(BUILD)/.done $(VENV)-bench-files/.peers
	$(BUILD)/bin/python -m benchmarks.bench_files
	$(BUILD)/bin/python -m benchmarks.workflows --data ../shared/data

# A node under load and under trouble, every answer compared; as root its logs lie on a disk that fills up.
MINUTES ?= 60
soak: $(VENV)/.dev
	$(BIN)/python -m benchmarks.soak --minutes $(MINUTES)

bench-tsfm: $(VENV)/.dev
	$(BIN)/python -m benchmarks.bench_tsfm
	$(BIN)/python -m benchmarks.coverage_tsfm

.venv-bench/.forecast: benchmarks/peers-forecast.txt
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/pip install --quiet --disable-pip-version-check -r benchmarks/peers-forecast.txt
	touch $@

bench-forecast: $(VENV)/.dev .venv-bench/.forecast
	$(BIN)/python -m benchmarks.bench_forecast
	$(BIN)/python -m benchmarks.accuracy_forecast --data ../shared/data
	$(BIN)/python -m benchmarks.accuracy_forecast --simulated 200

# The tasks of fev, whose file and data you have: make bench-fev TASKS=tasks.yaml DATA=FOLDER
bench-fev: $(VENV)/.dev $(VENV)-bench-fev/.peers
	$(VENV)-bench-fev/bin/python -m benchmarks.fev_tasks --tasks $(TASKS) --data $(DATA)

# The data sets of GIFT-Eval that you have: make bench-gift GIFT=CHECKOUT GIFT_EVAL=FOLDER
bench-gift: $(VENV)/.dev $(VENV)-bench-gift/.peers
	$(VENV)-bench-gift/bin/python -m benchmarks.gift_eval_lines --checkout $(GIFT) --data $(GIFT_EVAL)

# Peers as above; R's forecast package (r-cran-forecast) is used where it is installed.
bench-imputation: $(VENV)/.dev .venv-bench/.forecast
	$(BIN)/python -m benchmarks.accuracy_imputation --data ../shared/data

# Only what is installed there can end up in the packages.
$(BUILD)/.done: packaging/lock/build.txt pyproject.toml
	$(PYTHON) -m venv $(BUILD)
	$(BUILD)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r packaging/lock/build.txt
	$(BUILD)/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

package: $(BUILD)/.done
	./packaging/system-packages.sh package
	$(BUILD)/bin/python packaging/build.py freeze
	$(BUILD)/bin/python packaging/build.py pack

# For a user's own Python: `pip install dist/taosanode-*.whl`, and then `import taosanode`.
wheel: $(VENV)/.dev
	$(BIN)/python packaging/python_wheel.py

# Minutes for each: what the wheel asks for is newer there than in the lock, and compiled anew.
PYTHONS ?= python3.11 python3.12 python3.13
test-wheel: wheel
	for python in $(PYTHONS); do ./packaging/try_wheel.sh $$python || exit 1; done

repo: package
	$(BUILD)/bin/python packaging/build.py repo

# From the package, as localhost/taosanode of this machine's podman; root.
IMAGE ?= localhost/taosanode:latest
image: package
	./packaging/system-packages.sh image
	./packaging/container/build.sh dist $(IMAGE)

# The same with the servers of the foundation models in it.
image-tsfm: package
	./packaging/system-packages.sh image
	./packaging/container/build.sh dist localhost/taosanode-tsfm:latest 'taosanode*.deb'

# For publication: packages for older systems too, built in a chroot.
release: $(BUILD)/.done
	./packaging/system-packages.sh release
	./packaging/release.sh

# What reads manifests and compose files, in an environment of its own: no other test needs it.
.venv-package/.done: tests/package/tools.txt
	$(PYTHON) -m venv .venv-package
	.venv-package/bin/pip install --quiet --disable-pip-version-check -r tests/package/tools.txt
	touch $@

# Boots real systems: takes root, a Debian mirror and some minutes. Shows what was measured (-rP).
test-package: $(VENV)/.dev .venv-package/.done repo
	./packaging/system-packages.sh test-package
	$(BIN)/pytest -q -raP --timeout=900 tests/package

# The same with the packages of a release. The version it is upgraded to is one that this machine built.
test-release: release
	$(MAKE) test-package PACKAGES=dist/release

# Resolves anew, with hashes and without naming a registry.
lock: $(VENV)/.dev
	$(BIN)/pip install --quiet pip-tools
	./packaging/lock.sh

# Makes the weights that come with the node anew, from seeded generated data, in minutes; then their golden answers.
train-sample-model: $(VENV)/.dev
	$(BIN)/python -m models._autoencoder_training
	$(BIN)/python tests/golden/make_sample_ad_model.py

# Makes the weights of the forecaster `zero` anew, from seeded simulated series: half an hour of two cores.
train-zero: $(VENV)/.dev
	OMP_NUM_THREADS=1 $(BIN)/python -m models._zero_training

clean:
	rm -rf $(VENV) $(BUILD) .cache .run build dist .demo
