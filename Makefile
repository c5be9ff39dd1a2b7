# install, demo, test, check, bench, chaos, fuzz; each makes what it needs.
PYTHON ?= python3
# Of `make chaos`: what to repeat, for how long, and on which database (sqlite, postgresql).
SEED ?= 1
MINUTES ?= 5
DATABASE ?= sqlite
# Of `make bench`: what to measure, all unless named (`make bench BENCH='--part f --database sqlite'`), and what the bot runs on.
BENCH ?=
BOT_PYTHON ?= $(CURDIR)/.venv/alone/bin/python
BIN := .venv/bin
QUIETLY := --quiet --disable-pip-version-check --no-input
PIP := $(BIN)/python -m pip $(QUIETLY)
NEEDED := statusbot needs Python 3.11 or newer; name one with: make PYTHON=python3.12 ...
# pip gets everything before it changes anything: when it gives up in good order, what was there is as good as before.
UNFILLED := { [ $$? -ge 128 ] || mv .venv/before .venv/installed 2>/dev/null; \
	echo 'Not everything could be installed: is there a network, and is there room?' >&2; exit 1; }
BEGUN := if [ -f .venv/installed ]; then mv .venv/installed .venv/before; fi

# An install that came to its end wrote its folder into .venv/installed. Without that (it was cut short), with another one there
# (this folder was moved or copied), or without a Python that works, .venv begins anew.
WHOLE := $(shell $(BIN)/python -c 'import pip' 2>/dev/null && grep -sxF "$$(pwd -P)" .venv/installed)

.PHONY: install demo test check bench chaos fuzz .venv

install: .venv/installed

.venv:
	@command -v $(PYTHON) >/dev/null || { echo 'There is no $(PYTHON) here. $(NEEDED)' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "$(NEEDED)")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo '$(PYTHON) cannot make a .venv; on Debian and Ubuntu: apt install python3-venv' >&2; exit 1; }
	@$(PYTHON) -m venv --clear .venv || { echo 'No .venv could be made in $(CURDIR): is there room, and may you write there?' >&2; exit 1; }

.venv/installed: requirements.lock pyproject.toml $(if $(WHOLE),,.venv)
	@echo 'Installing what the bot runs on, once; this may take a minute ...'
	@$(BEGUN)
	@$(PIP) install --require-hashes -r requirements.lock || $(UNFILLED)
	@$(PIP) install --no-deps --no-build-isolation -e .
	@pwd -P >.venv/installed

.venv/installed-dev: requirements-dev.lock .venv/installed
	@echo 'Installing the tools of developers, once; this may take a minute ...'
	@$(BEGUN)
	@$(PIP) install --require-hashes -r requirements-dev.lock || $(UNFILLED)
	@pwd -P >.venv/installed
	@touch $@

# As an administrator has it: the libraries of the bot load some of the developers' tools where they find them.
.venv/alone/installed: .venv/installed
	@echo 'Installing what the bot runs on once more, by itself ...'
	@$(BIN)/python -m venv --clear .venv/alone
	@.venv/alone/bin/python -m pip $(QUIETLY) install --require-hashes -r requirements.lock || $(UNFILLED)
	@.venv/alone/bin/python -m pip $(QUIETLY) install --no-deps --no-build-isolation -e .
	@touch $@

demo: install
	$(BIN)/statusbot demo

test: .venv/installed-dev
	$(BIN)/python -m pytest

check: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/installed-dev .venv/alone/installed
	BOT_PYTHON='$(BOT_PYTHON)' $(BIN)/python -m tests.benchmarks $(BENCH)

chaos: .venv/installed-dev
	$(BIN)/python -m tests.chaos --seed $(SEED) --minutes $(MINUTES) --database $(DATABASE)

fuzz: .venv/installed-dev
	$(BIN)/python -m pytest tests/fuzz --hypothesis-profile=long
	$(PIP) install --require-hashes -r tests/fuzz/requirements.lock
	$(BIN)/python -m tests.fuzz
