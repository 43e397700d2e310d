# The one door: `make` lists what there is. Each target does its own set-up, and a second run skips it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
# Node comes from PyPI with everything else: one version everywhere, and none needed on the machine.
NPM_CI = $(BIN)/python -m stargate.gateway.local.node ci --no-audit --no-fund --no-update-notifier --loglevel=error
UV_INSTALL := VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --compile-bytecode

.PHONY: help up down test check format bench docs locks clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: $(STAMPS)/local ## run the whole gateway on this machine; Ctrl-C stops it
	@$(BIN)/stargate local up $(ARGS)

down: ## stop a gateway that was left running
	@if [ -x $(BIN)/stargate ]; then $(BIN)/stargate local down; fi

test: $(STAMPS)/dev ## run every test against the real parts
	@.ci/debian-packages
	@$(BIN)/pytest $(ARGS)

check: $(STAMPS)/dev ## format, lint, types, generated files
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python -m stargate.gateway.docs --check

format: $(STAMPS)/dev ## put the code into its form
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(STAMPS)/dev ## measure what the gateway, and a lost trace store, add to a request
	@$(BIN)/python benchmarks/overhead.py
	@$(BIN)/python benchmarks/traces.py

docs: $(STAMPS)/dev ## write what a machine knows into the docs
	@$(BIN)/python -m stargate.gateway.docs

locks: $(STAMPS)/tools ## choose new versions of everything that is locked
	@.ci/lock $(BIN)/uv

clean: down ## remove everything that was made here, data and keys too
	@rm -rf $(VENV) node_modules .stargate .pytest_cache .mypy_cache .ruff_cache .hypothesis dist

# --- set-up: a stamp stands for an environment that agrees with its lock ---------------------------------------------

$(STAMPS)/tools: requirements-tools.lock
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(not (3, 11) <= v[:2] < (3, 14))' \
	  || { echo "make: $(PYTHON) is $$($(PYTHON) -V 2>&1): name a Python from 3.11 to 3.13, such as make PYTHON=python3.11" >&2; exit 1; }
	@echo "setting up .venv ..." >&2
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV) \
	  || { echo "make: $(PYTHON) cannot make a virtual environment: install its venv module (Debian: python3-venv)" >&2; exit 1; }
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-tools.lock
	@mkdir -p $(STAMPS) && touch $@

# One environment serves all: what tests need comes on top of what the gateway needs, at the same versions.
$(STAMPS)/local: requirements.lock pyproject.toml package-lock.json $(STAMPS)/tools
	@echo "installing the gateway's parts (hashes verified) ..." >&2
	@$(UV_INSTALL) --require-hashes -r requirements.lock
	@$(UV_INSTALL) --no-deps --no-build-isolation --editable .
	@$(NPM_CI) --omit=dev
	@touch $@

$(STAMPS)/dev: requirements-dev.lock $(STAMPS)/local
	@echo "installing the tests' tools (hashes verified) ..." >&2
	@$(UV_INSTALL) --require-hashes -r requirements-dev.lock
	@$(NPM_CI)
	@touch $@
