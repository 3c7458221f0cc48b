# Everything a newcomer runs. Needs Python 3.11 to 3.13, make and git; the rest is set up here, inside this folder.

FIND_PYTHON := for p in python3 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null 2>&1 && \
	$$p -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && \
	command -v $$p && break; done
PYTHON ?= $(shell $(FIND_PYTHON))
comma := ,
UV_VERSION := 0.13.8
UV := .tools/bin/uv
RUN := .venv/bin/

# What listens on this machine is never reached through a proxy.
export NO_PROXY := $(if $(NO_PROXY),$(NO_PROXY)$(comma))127.0.0.1,localhost
export no_proxy := $(NO_PROXY)
# Dozens of processes import the same modules: they are compiled once, whatever the shell says.
export PYTHONDONTWRITEBYTECODE :=
# Our matrices are small and our processes many: threads of linear algebra would only wait for one another.
export OPENBLAS_NUM_THREADS := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-parts test-road check check-python check-sql format package bench bench-gpu accuracy clean

help:  ## Show what there is to run
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

define REQUIRE_PYTHON
	@test -n "$(PYTHON)" || { echo "No Python 3.11, 3.12 or 3.13 with venv found on PATH. Install one (Debian: apt install python3 python3-venv) or name it: make PYTHON=/path/to/python3.12 …" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys, venv, ensurepip; print((3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null | grep -q True || { echo "PYTHON=$(PYTHON) is no Python 3.11, 3.12 or 3.13 with venv. Name one (make PYTHON=/path/to/python3.12 …), or leave PYTHON out and one is looked for on PATH." >&2; exit 1; }
endef

$(UV):
	$(REQUIRE_PYTHON)
	@"$(PYTHON)" -m venv .tools && .tools/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

# The stamp holds while the lock is older; uv itself then has nothing to do.
.venv/.synced: uv.lock pyproject.toml | $(UV)
	$(REQUIRE_PYTHON)
	@UV_PYTHON="$(PYTHON)" UV_PYTHON_DOWNLOADS=never $(UV) sync --frozen --quiet
	@touch $@

setup: .venv/.synced  ## Set up the environment (every other command does it by itself)

demo: setup  ## Run the whole system on this machine: webhooks and pulls become executive KPIs
	@$(RUN)sophia demo

test: setup  ## Run every test
	@$(MAKE) --no-print-directory --jobs 2 test-parts test-road

# What starts stacks and processes waits more than it works: beside the others it costs little time.
ROAD := tests/end_to_end $(filter-out %/test_package.py,$(wildcard tests/infra/test_*.py))

test-parts:
	@$(RUN)python -m pytest --numprocesses 2 --dist loadfile $(addprefix --ignore ,$(ROAD))

test-road:
	@$(RUN)python -m pytest $(ROAD)

check: check-python check-sql  ## Check format, lint and types; the SQL takes a minute and a half

check-python: setup
	@$(RUN)ruff format --check .
	@$(RUN)ruff check .
	@$(RUN)mypy

check-sql: setup
	@$(RUN)sqlfluff lint dbt_project --processes 2 --disable-progress-bar

format: setup  ## Put the code in our format
	@$(RUN)ruff format . && $(RUN)ruff check --fix .

package: setup  ## Make what ships: a zip and a CloudFormation template, below build/
	@$(RUN)python -m infra.aws.build

bench: setup  ## Measure, and write docs/benchmarks.md; BENCH="--parts models --size large" takes 5,000,000 events
	@UV_PYTHON="$(PYTHON)" UV_PYTHON_DOWNLOADS=never $(UV) sync --frozen --quiet --group bench
	@$(RUN)python -m infra.benchmarks $(BENCH)

accuracy: setup  ## Compare companies with their truth, and write docs/accuracy.md (SEEDS=1,2,3 names seeds)
	@$(RUN)python -m tests.accuracy $(if $(SEEDS),--seeds $(SEEDS))

# torch is in no lock of ours: a Python that has it is taken as it is, without network.
bench-gpu:  ## Measure embedding on a GPU (PYTHON= one with torch, TOKENIZER= tokenizer.json); without one, say so
	@if "$(PYTHON)" -c 'import torch' 2>/dev/null; then \
		"$(PYTHON)" -m infra.benchmarks.gpu $(if $(TOKENIZER),--tokenizer "$(TOKENIZER)"); \
	else $(MAKE) --no-print-directory setup && $(RUN)python -m infra.benchmarks.gpu; fi

clean:  ## Stop the local stack and remove all it kept
	@test ! -x $(RUN)sophia || $(RUN)sophia down
	@rm -rf .sophia build .venv .tools
