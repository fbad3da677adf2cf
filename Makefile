# Two commands matter: `make demo` and `make test`. Each sets itself up.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps --require-hashes --no-build-isolation
UV     := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
          --no-emit-index-url --no-emit-find-links --no-annotate --no-header --no-emit-package dlib

.PHONY: help demo serve test test-slow test-postgres lint format bench lock clean

help:
	@echo "make demo    a guided run: enroll faces, one search allowed, one refused, who is wrongly matched"
	@echo "make serve   the pages of the demo's agency, in your browser"
	@echo "make test    every test (real-data tests too, where FACEGATE_DATA names the data folder)"
	@echo "make test-slow  the tests that take minutes: coverage of intervals, large logs, all of LFW"
	@echo "make test-postgres  what keeps anything, on PostgreSQL: one from a Python package, or FACEGATE_TEST_DATABASE=postgresql://..."
	@echo "make lint    ruff, mypy strict, import-linter"
	@echo "make format  ruff format and the safe fixes"
	@echo "make bench   the speed comparisons of benchmarks/speed, each against a peer in the same run"
	@echo "make lock    pin exact versions anew (maintainers; needs uv)"
	@echo "make clean   remove the environment and the demo's files"

# --no-deps: the lock is complete, and face_recognition's wish for a dlib source build must not be granted.
# setuptools comes first because face_recognition_models is a source package that is built with it.
$(VENV)/run.stamp: requirements/build.lock requirements/run.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "facegate needs Python 3.11 or newer, got $$($(PYTHON) --version 2>&1); say make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "Setting up $(VENV): exact versions from requirements/run.lock, a minute or two the first time"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) -r requirements/build.lock
	@$(PIP) -r requirements/run.lock
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp requirements/dev.lock
	@$(PIP) -r requirements/dev.lock
	@touch $@

demo: $(VENV)/run.stamp
	@$(BIN)/facegate demo

serve: $(VENV)/run.stamp
	@test -d demo/home || $(BIN)/facegate demo
	@$(BIN)/facegate serve --home demo/home

test: $(VENV)/dev.stamp
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test-slow: $(VENV)/dev.stamp
	@$(BIN)/python -m pytest -m slow -n 2 --dist loadgroup

# The ledger and the service's tables of every test, in a server for each of the two processes.
test-postgres: $(VENV)/dev.stamp
	@FACEGATE_TEST_DATABASE="$${FACEGATE_TEST_DATABASE:-pgserver}" $(BIN)/python -m pytest tests/gate tests/oversight tests/server \
	  -n 2 --dist loadfile

lint: $(VENV)/dev.stamp
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/dev.stamp
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(VENV)/dev.stamp
	@set -e; for script in benchmarks/speed/*.py; do echo "== $$script"; $(BIN)/python $$script; done

lock:
	@echo 'setuptools<81' | uv pip compile - --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header -o requirements/build.lock >/dev/null
	@$(UV) --extra reference -o requirements/run.lock >/dev/null
	@$(UV) --extra reference --extra dev -o requirements/dev.lock >/dev/null

clean:
	@rm -rf $(VENV) demo
