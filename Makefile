# Two commands matter: make demo and make test. Both set up what they need in this folder (.venv,
# .cache, .demo) and need only make, Python 3.11 or 3.12 and a package index that pip can reach.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

VENV := .venv
PYTHON_OF := $(VENV)/bin/python
# The stamp holds the folder's path: scripts of a venv do not survive that it is moved.
STAMP := $(VENV)/.complete
ifneq ($(shell cat $(STAMP) 2>/dev/null),$(CURDIR))
.PHONY: $(STAMP)
endif

# Where tools put what they remember, instead of into the home folder or /tmp.
export PYTEST_DEBUG_TEMPROOT := $(CURDIR)/.cache/tmp
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export VIRTUAL_ENV := $(CURDIR)/$(VENV)

DEMO_SECONDS ?=
ARGS ?=
PLATFORM_TESTS ?= tests/platform tests/protocol tests/proxies

.PHONY: help
help: ## shows this list
	@echo "make demo            a real VOLTTRON with three simulated DERs; Ctrl-C ends it"
	@echo "make demo DEMO_SECONDS=60   the same, ends by itself and says whether all went well"
	@echo "make test            lint, unit, protocol and platform tests, side by side (8 minutes)"
	@echo
	@echo "make lint            ruff, mypy, import rules, generated files up to date"
	@echo "make unit            unit and protocol tests: make unit ARGS='-k identity'"
	@echo "make platform-test   tests on a real VOLTTRON platform"
	@echo "make interop         tests with clients of other makers (3 minutes)"
	@echo "make bench           speed and size beside references of the same run (4 minutes):"
	@echo "                     make bench ARGS='codec web'; BENCH_JSON=file for the figures as JSON;"
	@echo "                     ARGS=--strict fails when a goal is not met"
	@echo "make soak            kills the server 51 times under load: on a good, a failing, a full disk"
	@echo "make schemas         writes the models from schemas/"
	@echo "make resources       prints the table of resources and writes it into docs/"
	@echo "make points          writes the tables of points and the starter registries anew"
	@echo "make lock            writes constraints.txt with the newest versions that setup.py allows"
	@echo "make clean           removes all that make has made"
	@echo
	@echo "make PYTHON=/path/to/python3 ... takes that Python for .venv"

.PHONY: demo
demo: $(STAMP)
	@tools/as_user $(PYTHON_OF) -m tools.demo $(if $(DEMO_SECONDS),--seconds $(DEMO_SECONDS))

# Platform tests wait most of the time: what computes runs beside them, and gives way to them.
# VOLTTRON writes files of the user as if it were alone, so the second platform has a RUN.
.PHONY: test
test: $(STAMP) | .cache/tmp
	@echo "-- three runs side by side, each shown in its turn (8 minutes)"
	@$(PYTHON_OF) -m tools.side_by_side \
	    --run "lint, unit and protocol tests" \
	        "nice -n 5 $(MAKE) --keep-going lint unit" \
	    --run "protocol tests through VOLTTRON, and proxies" \
	        "RUN=protocol $(MAKE) platform-test PLATFORM_TESTS='tests/protocol tests/proxies'" \
	    --run "agent and driver on VOLTTRON" \
	        "$(MAKE) platform-test PLATFORM_TESTS=tests/platform"

.PHONY: lint
lint: $(STAMP)
	@echo "-- ruff"
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@echo "-- mypy (first run about 1 minute)"
	@$(VENV)/bin/mypy
	@echo "-- import rules"
	@$(VENV)/bin/lint-imports --no-logo
	@echo "-- generated models and facets"
	@$(PYTHON_OF) tools/make_models.py --check
	@$(PYTHON_OF) -m tools.resources --check
	@$(PYTHON_OF) -m tools.points --check

.PHONY: unit
unit: $(STAMP) | .cache/tmp
	@echo "-- unit and protocol tests"
	@$(PYTHON_OF) -m pytest -m "not platform and not interop" $(ARGS)

# Bounded: a round takes some 5 s.
.PHONY: soak
soak: $(STAMP) | .cache/tmp
	@SOAK_ROUNDS=$${SOAK_ROUNDS:-51} $(PYTHON_OF) -m pytest tests/kill -s $(ARGS)

.PHONY: platform-test
platform-test: $(STAMP) | .cache/tmp
	@echo "-- platform tests: boots VOLTTRON first (up to 1 minute)"
	@tools/as_user $(PYTHON_OF) -m pytest -m platform $(PLATFORM_TESTS) $(ARGS)

.PHONY: interop
interop: $(STAMP) | .cache/tmp
	@echo "-- interop tests: clients of other makers, on a VOLTTRON of their own (3 minutes)"
	@tools/as_user $(PYTHON_OF) -m pytest -m interop tests/interop $(ARGS)

.PHONY: bench
bench: $(STAMP) | .cache/tmp
	@tools/as_user $(PYTHON_OF) -m tools.bench $(ARGS)

.PHONY: resources
resources: $(STAMP)
	@$(PYTHON_OF) -m tools.resources

.PHONY: points
points: $(STAMP)
	@$(PYTHON_OF) -m tools.points

.PHONY: schemas
schemas: $(STAMP)
	@$(PYTHON_OF) tools/make_models.py

.PHONY: lock
lock:
	@tools/lock "$$(tools/find_python $(PYTHON))"

.PHONY: clean
clean:
	rm -rf .venv .cache .demo build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.cache/tmp:
	@mkdir -p $@

# --no-deps: constraints.txt is the complete list, so nothing is left for pip to choose.
# The old .venv goes first: it stands in PATH, and its Python cannot make its own successor.
$(STAMP): constraints.txt
	@rm -rf $(VENV); python=$$(tools/find_python $(PYTHON)) || exit 1; \
	echo "-- .venv: $$(grep -c == constraints.txt) packages for $$($$python --version) (about 1 minute)"; \
	$$python -m venv $(VENV) && \
	$(PYTHON_OF) -m pip install -qq --no-deps -r constraints.txt && \
	$(PYTHON_OF) -m pip check && \
	echo "$(CURDIR)" > $@
