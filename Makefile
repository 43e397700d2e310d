# The one door: `make` lists what there is. Each target does its own set-up, and a second run skips it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
# The stack of `make preview` and `make deploy`: its settings are Pulumi.STACK.yaml.
STACK ?= dev
# Node comes from PyPI with everything else: one version everywhere, and none needed on the machine.
NPM_CI = $(BIN)/python -m stargate.gateway.local.node ci --no-audit --no-fund --no-update-notifier --loglevel=error
UV_INSTALL := VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --compile-bytecode

.PHONY: help up down test check preview deploy format bench docs pictures locks clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: $(STAMPS)/local ## run the whole gateway on this machine; Ctrl-C stops it
	@$(BIN)/stargate local up $(ARGS)

down: ## stop a gateway that was left running
	@if [ -x $(BIN)/stargate ]; then $(BIN)/stargate local down; fi

test: $(STAMPS)/dev ## run every test against the real parts
	@.ci/debian-packages
	@$(BIN)/pytest $(ARGS)

check: $(STAMPS)/dev ## format, lint, types, generated files, dashboards and alert rules
	@.ci/debian-packages
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python -m stargate.docs --check
	@$(BIN)/python -m stargate.dashboards --check
	@$(BIN)/pytest --quiet tests/dashboards tests/alerts

preview: $(STAMPS)/aws ## show what a stack would make on AWS, without an account: make preview STACK=dev
	@$(BIN)/stargate preview --stack $(STACK) $(ARGS)

# The preview refuses in seconds what AWS would refuse in minutes.
deploy: $(STAMPS)/aws ## make or change a stack on AWS: make deploy STACK=dev
	@command -v pulumi >/dev/null || { echo "make deploy: the Pulumi CLI is missing: install it as www.pulumi.com/docs/install says, then run it again" >&2; exit 1; }
	@docker info >/dev/null 2>&1 || { echo "make deploy: no Docker engine answers, and the images are built with it: start one, then run it again" >&2; exit 1; }
	@$(BIN)/stargate preview --stack $(STACK) >/dev/null
	@pulumi stack select --create $(STACK)
	@pulumi up --stack $(STACK) $(ARGS)

format: $(STAMPS)/dev ## put the code into its form
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(STAMPS)/dev ## measure what the gateway, and a lost trace store, add to a request
	@$(BIN)/python benchmarks/overhead.py
	@$(BIN)/python benchmarks/traces.py

docs: $(STAMPS)/dev ## write what a machine knows into the docs
	@$(BIN)/python -m stargate.docs
	@$(BIN)/python -m stargate.dashboards

pictures: $(STAMPS)/dev ## draw the dashboards from a gateway that is run for it; takes minutes
	@.ci/debian-packages
	@$(BIN)/python -m stargate.dashboards.rehearsal

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

$(STAMPS)/aws: requirements-aws.lock pyproject.toml $(STAMPS)/tools
	@echo "installing the components' parts (hashes verified) ..." >&2
	@$(UV_INSTALL) --require-hashes -r requirements-aws.lock
	@$(UV_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(STAMPS)/dev: requirements-dev.lock $(STAMPS)/local
	@echo "installing the tests' tools (hashes verified) ..." >&2
	@$(UV_INSTALL) --require-hashes -r requirements-dev.lock
	@$(NPM_CI)
	@touch $@
