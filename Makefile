# Everything starts from here; each target sets up .venv first if need be.
# Needs only make, a python3 of 3.11 to 3.13 with venv (`make PYTHON=python3.12` names another), and PyPI.

PYTHON ?= python3
# EXTRAS=gpu adds CUDA's libraries.
EXTRAS ?=
LOCK := requirements$(if $(EXTRAS),-$(EXTRAS)).lock
BIN := .venv/bin
STAMP := .venv/.installed$(if $(EXTRAS),-$(EXTRAS))
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input
COMPILE := uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --python-version 3.11 --group dev

.DELETE_ON_ERROR:
.PHONY: help install demo test lint format bench lock clean

help:  ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

install: $(STAMP)  ## set up .venv from the lock; EXTRAS=gpu for CUDA

$(STAMP): $(LOCK) pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
	  echo "radiogen needs Python 3.11, 3.12 or 3.13 as $(PYTHON): name another with make PYTHON=python3.12" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv || { \
	  echo "$(PYTHON) -m venv failed: install venv (on Debian and Ubuntu: apt install python3-venv)" >&2; exit 1; }
	@echo "Setting up .venv from $(LOCK); the first time takes a few minutes."
	@$(PIP) install --require-hashes -r $(LOCK)
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

demo: install  ## run the main job on a synthetic cohort, offline
	$(BIN)/radiogen demo --out build/demo --force

lint: install  ## ruff, mypy and the floors
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

# A file's tests share one process, so that a TensorFlow graph is built once.
test: lint  ## lint, then all tests
	$(BIN)/pytest -n 2 --dist loadfile

format: install  ## sort imports and format
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: install  ## measure the speeds, as rates and ratios
	@set -e; for file in benchmarks/*.py; do echo "== $$file"; $(BIN)/python "$$file"; done

lock:  ## write the locks anew (needs uv)
	$(COMPILE) pyproject.toml --output-file requirements.lock
	$(COMPILE) --extra gpu --constraint requirements.lock pyproject.toml --output-file requirements-gpu.lock

clean:  ## remove what was built; runs, stores and .venv stay
	rm -rf build dist .mypy_cache .ruff_cache .hypothesis .import_linter_cache
