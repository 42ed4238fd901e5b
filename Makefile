# Kindline's front door. It needs make, git and Python 3.11, and brings everything else along by itself.
#
# Tools live in .tools/ (uv) and .venv/ (the project); both can be deleted at any time and come back.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

UV_VERSION := 0.13.9
UV := .tools/bin/uv
UV_STAMP := .tools/uv-$(UV_VERSION).stamp
VENV_STAMP := .venv/kindline.stamp
BIN := .venv/bin
V1 := services/kindline/v1

# uv never fetches a Python of its own, uses the 3.11 that is there, and trusts what the system trusts.
export UV_PYTHON_DOWNLOADS := never
export UV_PYTHON ?= python3.11
export UV_SYSTEM_CERTS := 1
export UV_NO_PROGRESS := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
export PYTHONUNBUFFERED := 1
# Set in many images of Python; a centre that starts eight processes without compiled code takes half as long again.
export PYTHONDONTWRITEBYTECODE :=

# Fast tests first, so that a mistake shows in seconds; whatever nobody has named here runs last.
FAST_TESTS := $(wildcard tests/domain tests/architecture)
FULL_TESTS := $(wildcard tests/contract tests/service tests/faults tests/journey)
MORE_TESTS := $(filter-out $(FAST_TESTS) $(FULL_TESTS) tests/bench tests/__pycache__,$(patsubst %/,%,$(wildcard tests/*/))) $(wildcard tests/test_*.py)

# Two processes: one works while the other waits for a broker (tests/turns.py says who runs beside whom).
PROCESSES ?= 2
PYTEST := $(BIN)/python -m pytest
SIDE_BY_SIDE := -n $(PROCESSES) --dist worksteal

# What the protos may only grow from: the published main where there is one, else the last commit.
# An empty value (make check PROTO_BASE=) leaves the comparison out.
PROTO_BASE ?= $(shell git rev-parse --verify --quiet origin/main >/dev/null 2>&1 && echo origin/main || echo HEAD)

##@ Start here

.PHONY: help
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} \
		/^##@/ {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z][a-z-]*:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

.PHONY: setup
setup: $(VENV_STAMP) ## Fetch the tools and the locked dependencies (the other targets do this by themselves)

.PHONY: run
run: $(VENV_STAMP) ## Run the whole contact centre in the foreground; one Ctrl-C stops it
	@exec $(BIN)/kindline up --demo

.PHONY: up
up: run ## The same as make run

##@ While working

.PHONY: format
format: $(VENV_STAMP) ## Put the code into its form and mend what ruff can mend
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

.PHONY: protos
protos: $(VENV_STAMP) ## Generate services/kindline/v1 from protos/
	@$(generate_protos); \
	for new in $$fresh/kindline/v1/*_pb2*; do \
		[ -e "$$new" ] || continue; \
		cmp -s "$$new" "$(V1)/$${new##*/}" || { cp "$$new" "$(V1)/$${new##*/}" && echo "wrote $(V1)/$${new##*/}"; }; \
	done; \
	for old in $(V1)/*_pb2*; do \
		[ -e "$$old" ] || continue; \
		[ -e "$$fresh/kindline/v1/$${old##*/}" ] || { rm "$$old" && echo "removed $$old"; }; \
	done; \
	echo "$(V1) is what protos/ says."

.PHONY: kit
kit: $(VENV_STAMP) ## Bring the contract kit up to date: samples, JSON Schemas and ERRORS.md
	@$(BIN)/python -m tests.contract.kit.write

##@ Proof

.PHONY: check
check: lint types contracts protos-check ## Style, types, import contracts, protos linted and current (under 2 minutes)

.PHONY: test
test: check ## Everything that can be proved here, real Kafka included; needs neither Docker nor Java (15 minutes)
	$(PYTEST) $(SIDE_BY_SIDE) $(FAST_TESTS) $(FULL_TESTS) $(MORE_TESTS)

.PHONY: test-fast
test-fast: $(VENV_STAMP) ## The pure rules and the house rules only (2 minutes)
	$(PYTEST) $(SIDE_BY_SIDE) $(FAST_TESTS)

.PHONY: test-kafka
test-kafka: $(VENV_STAMP) ## Only the tests against a real broker
	$(PYTEST) -m kafka $(FULL_TESTS) $(MORE_TESTS)

LOG ?= ../shared/data/anonymous_bank_1999-01.tsv.gz

.PHONY: day
day: $(VENV_STAMP) ## A bank's whole call day at speed 60 on a ledger of its own, audited (20 minutes; LOG=FILE)
	$(BIN)/kindline rehearse bank-log $(LOG) --date 1999-01-18 --from 07:00 --to 24:00 --speed 60 --json .kindline/day.json

.PHONY: theory
theory: $(VENV_STAMP) ## The engine as a queueing system beside all published tables (long; make test plays two cases)
	KINDLINE_THEORY=all $(PYTEST) tests/domain/theory

.PHONY: calibration
calibration: $(VENV_STAMP) ## How many told waits hold, on a month of a call log (2 minutes; LOG=FILE; make test plays a week)
	KINDLINE_CALIBRATION=all KINDLINE_CALIBRATION_LOG=$(LOG) $(PYTEST) -rP tests/domain/calibration

.PHONY: bench
bench: $(VENV_STAMP) ## Measure what the README claims (10 minutes; PART=all takes forty)
	$(BIN)/python -m tests.bench $(PART)

.PHONY: faults
faults: $(VENV_STAMP) ## Two busy hours ten times as fast while every service and the broker is killed (15 minutes)
	$(BIN)/python -m tests.faults.busy_hours

##@ Shipping

.PHONY: release
release: test ## Build the wheel and the source archive into dist/, after all proofs
	rm -rf dist
	$(UV) build

.PHONY: clean
clean: ## Remove whatever can be made again; the ledgers in .kindline/ stay
	rm -rf .venv .tools dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find services tests -name __pycache__ -type d -prune -exec rm -rf {} +

# --- The parts of make check ------------------------------------------------------------------------------------------

.PHONY: lint types contracts protos-check
lint: $(VENV_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV_STAMP)
	$(BIN)/mypy

contracts: $(VENV_STAMP)
	$(BIN)/lint-imports --no-logo

# Compared in a folder of its own, so that a check never changes the work tree and works before a commit as well.
protos-check: $(VENV_STAMP)
	@$(generate_protos); \
	diff -rq -x __init__.py -x __pycache__ $$fresh/kindline/v1 $(V1) \
		|| { echo "$(V1) is not what protos/ says: run make protos and commit the result." >&2; exit 1; }; \
	ls protos/kindline/v1/*.proto >/dev/null 2>&1 || exit 0; \
	echo "$(BIN)/buf lint protos"; $(BIN)/buf lint protos || exit 1; \
	$(compare_protos_with_base)

# All of protos/ into $$fresh, a folder that goes when the recipe ends; a file without a service gets no gRPC twin.
define generate_protos
fresh=.tools/fresh.$$$$; trap 'rm -rf $$fresh' EXIT; mkdir -p $$fresh/kindline/v1 || exit 1; \
if ls protos/kindline/v1/*.proto >/dev/null 2>&1; then \
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -W ignore -m grpc_tools.protoc -I protos \
		--python_out=$$fresh --mypy_out=quiet:$$fresh --grpc_python_out=$$fresh --mypy_grpc_out=quiet:$$fresh \
		protos/kindline/v1/*.proto || exit 1; \
	for grpc in $$fresh/kindline/v1/*_pb2_grpc.py; do \
		grep -q '^class ' "$$grpc" || rm -f "$$grpc" "$${grpc}i"; \
	done; \
else \
	echo "There are no protos yet."; \
fi
endef

# Reads the base out of git alone (no network, shallow clones too); a base without protos forbids nothing.
define compare_protos_with_base
if [ -n "$(PROTO_BASE)" ] && git cat-file -e "$(PROTO_BASE):protos/kindline/v1" 2>/dev/null; then \
	mkdir -p $$fresh/base && git archive "$(PROTO_BASE)" protos | tar -x -C $$fresh/base || exit 1; \
	echo "$(BIN)/buf breaking protos --against $(PROTO_BASE)"; \
	$(BIN)/buf breaking protos --against $$fresh/base/protos || exit 1; \
fi
endef

# --- Bootstrap --------------------------------------------------------------------------------------------------------

$(VENV_STAMP): pyproject.toml uv.lock $(UV_STAMP)
	@$(find_python); ! .venv/bin/python -c '' >/dev/null 2>&1 || python=.venv/bin/python; \
	UV_PYTHON="$$python" $(UV) sync --quiet --frozen --all-extras
	@touch $@

# pip may be missing (Debian splits it off): then a throw-away venv with ensurepip stands in for it.
$(UV_STAMP):
	@$(find_python); mkdir -p .tools; pip="$$python -m pip"; \
	$$pip --version >/dev/null 2>&1 || { \
		rm -rf .tools/seed; "$$python" -m venv .tools/seed >/dev/null 2>&1 || { \
			echo "$$python has neither pip nor ensurepip: install one (Debian: apt install python3-pip)." >&2; exit 1; }; \
		pip=".tools/seed/bin/python -m pip"; }; \
	$$pip install --quiet --upgrade --target .tools uv==$(UV_VERSION) && rm -rf .tools/seed
	@touch $@

# A name on the PATH is not enough: a pyenv shim without its version answers with an error, so each candidate must run.
define find_python
python=""; for candidate in "$(UV_PYTHON)" python3.11 /usr/bin/python3.11 /usr/local/bin/python3.11 python3; do \
	if "$$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' >/dev/null 2>&1; then \
		python=`"$$candidate" -c 'import sys; print(sys.executable)'`; break; \
	fi; \
done; \
[ -n "$$python" ] || { echo "Kindline needs Python 3.11 on the PATH (or UV_PYTHON=/path/to/it)." >&2; exit 1; }
endef
