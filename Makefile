# Jauge. Newcomers need two commands: `make run` and `make test`. Both do all set-up themselves.
# Set-up is remembered in .venv/.stamp-*: a second run starts in seconds.
.DEFAULT_GOAL := help
SHELL := /bin/bash

# The services run later as users of their own, so the environment is made from a Python that
# every user can execute: the distribution's first, never one in somebody's home.
PYTHON ?= $(shell for p in /usr/bin/python3 /usr/local/bin/python3 python3; do \
  command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin

.PHONY: help run test check bench fuzz golden fmt deb setup setup-dev lock clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: setup ## everything from packets to pages: http://127.0.0.1:8000
	@$(BIN)/jauge demo

test: setup-dev ## set-up, then lint, types, contracts and every test
	@$(BIN)/python -m tests.run all

check: setup-dev ## the fast part of the tests
	@$(BIN)/python -m tests.run fast

bench: setup-dev ## measurements beside other tools, in one run
	@$(BIN)/python -m benchmarks.run
	@$(BIN)/python -m benchmarks.analysis_bench

FUZZ_S ?= 300
fuzz: setup-dev ## look for inputs that break a parser, FUZZ_S seconds each (docs/fuzzing.md)
	@$(BIN)/python -m tests.fuzz.run --seconds $(FUZZ_S)

golden: setup-dev ## record the golden captures again (root, Debian's programs)
	@$(BIN)/python -m tests.golden.record

fmt: setup-dev ## format and mend what ruff can mend
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

deb: setup ## the Debian package, dist/jauge_*.deb: installs without a network (WHEELS=DIR builds without one)
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes --only-binary :all: -r locks/build.lock
	@deploy/deb/build.sh

setup: .venv/.stamp-run

setup-dev: .venv/.stamp-dev

.venv/bin/pip:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is missing. On Debian: apt-get install python3 python3-venv" >&2; exit 3; }
	@echo "Set-up 1/3: virtual environment from $(PYTHON)"
	@$(PYTHON) -m venv --clear .venv || { rm -rf .venv; \
	  echo "Python's venv module is incomplete. On Debian: apt-get install python3-venv (as root), then try again." >&2; exit 3; }

.venv/.stamp-run: locks/run.lock pyproject.toml | .venv/bin/pip
	@echo "Set-up 2/3: locked packages (every file checked against its hash; a few minutes at most)"
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes --only-binary :all: -r locks/build.lock
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes --only-binary :all: -r locks/run.lock
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@echo "Set-up 3/3: compiling the packet loop for this processor (once, about half a minute)"
	@$(BIN)/python -m collector.compile
	@touch $@

.venv/.stamp-dev: locks/dev.lock .venv/.stamp-run
	@echo "Set-up: packages for the tests"
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes --only-binary :all: \
	  --no-binary pyspark-client --no-build-isolation -r locks/dev.lock # its authors publish source only: pure Python
	@touch $@

lock: ## resolve the dependencies again and write the locks (needs uv: make setup-dev)
	@for part in "run --extra demo" "dev --all-extras"; do set -- $$part; name=$$1; shift; \
	  $(BIN)/uv pip compile -q --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 \
	    $$( [ $$name = run ] && echo "-c locks/dev.lock" ) $$@ pyproject.toml -o locks/$$name.lock; done
	@printf 'pyspark[connect]==4.0.5\nfsspec\n' | $(BIN)/uv pip compile -q --generate-hashes --no-emit-index-url --no-header --universal \
	  --python-version 3.11 -c locks/dev.lock pyproject.toml - -o locks/spark.lock
	@echo 'setuptools>=77' | $(BIN)/uv pip compile -q --generate-hashes --no-emit-index-url --no-header --universal \
	  --python-version 3.11 - -o locks/build.lock

clean: ## remove what set-up and runs made
	@rm -rf .venv demo-store build dist *.egg-info
