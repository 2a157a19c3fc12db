# The two commands of a fresh machine are `make demo` and `make test`; see CONTRIBUTING.md.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP_FLAGS := --quiet --disable-pip-version-check --no-input
PYTEST_FLAGS ?= -n 2 --dist loadfile

# Where ensurepip is missing, the pip of $(PYTHON) installs into .venv from outside.
PIP = $(shell $(BIN)/python -m pip --version >/dev/null 2>&1 \
	&& echo $(BIN)/python -m pip || echo $(PYTHON) -m pip --python $(BIN)/python)

.PHONY: help install install-dev demo test bench peers lint format docs lock system-packages clean

help:
	@echo 'make demo     the whole path on a bundled example repository (KEEP=1: leave it running)'
	@echo 'make test     the whole test suite (PYTEST_FLAGS="..." for pytest, default: two processes)'
	@echo 'make install  .venv with highwater in it; both of the above include it'
	@echo 'make bench    the ratios of benchmarks/, one JSON line each'
	@echo 'make peers    the backtest engine beside other engines, one JSON line each'
	@echo 'make lint     ruff, mypy and the import contracts'
	@echo 'make format   ruff format and the safe fixes'
	@echo 'make docs     the generated reference pages and the JSON Schema'
	@echo 'make lock     the hashed locks of requirements/ anew (needs uv)'
	@echo 'make clean    removes .venv and caches'

install: $(VENV)/.installed

install-dev: $(VENV)/.installed-dev

$(BIN)/python:
	@echo 'Creating $(VENV) ...'
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'Highwater needs Python 3.11 or newer; name one: make PYTHON=python3.12' >&2; exit 1; }
	@if $(PYTHON) -c 'import ensurepip' 2>/dev/null; \
		then $(PYTHON) -m venv $(VENV); \
		else $(PYTHON) -m venv --without-pip $(VENV); fi

# A stamp is newer than the locks that it stands for, so a second `make install` does nothing.
$(VENV)/.installed: requirements/base.txt requirements/base.in pyproject.toml | $(BIN)/python
	@echo 'Installing from requirements/base.txt ...'
	@$(PIP) install $(PIP_FLAGS) --require-hashes -r requirements/base.txt
	@$(PIP) install $(PIP_FLAGS) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: requirements/dev.txt $(VENV)/.installed
	@echo 'Installing from requirements/dev.txt ...'
	@$(PIP) install $(PIP_FLAGS) --require-hashes -r requirements/dev.txt
	@touch $@

demo: install
	@$(BIN)/highwater demo

test: system-packages install-dev
	$(BIN)/pytest $(PYTEST_FLAGS)

bench: install-dev
	@$(BIN)/python benchmarks/ratios.py

peers: install-dev
	@$(BIN)/python -m benchmarks.peers.record

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: install
	$(BIN)/python -m bot.cli.reference .

# As root, what the tests need beside Python is installed; otherwise it is named.
system-packages:
	@.ci/system-packages git:git
	@.ci/system-packages chromium:chromium || echo 'No browser: tests of what is seen in one cannot run.' >&2

# otava and e-divisive: comparators in environments of their own, for benchmarks/accuracy.
lock:
	@command -v uv >/dev/null || { echo 'make lock needs uv: pip install uv' >&2; exit 1; }
	for name in base peers ray dev otava e-divisive; do \
		uv pip compile --quiet --generate-hashes --python-version 3.11 --no-emit-index-url \
			--no-emit-find-links --custom-compile-command 'make lock' \
			requirements/$$name.in -o requirements/$$name.txt || exit 1; \
	done

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*
