# Two commands matter: `make run` shows the product, `make test` proves it. Each sets up .venv by itself.

ifndef PYTHON  # looked for only where .venv has to be made: `make PYTHON=python3.12 test` says which
PYTHON = $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
endif

BIN   := .venv/bin
STAMP := .venv/.installed
PURE  := monitor/core/*,monitor/agreements/*,monitor/extracts/tables.py,monitor/statements/value.py,reports/view.py,reports/format.py,reports/words.py,reports/reader.py,reports/rarer.py

.DEFAULT_GOAL := help
.PHONY: run test check bench fuzz-money fuzz-tickets fuzz-probes mutants faults faults-real crash golden docs help venv
.DELETE_ON_ERROR:

run: $(STAMP)  ## the demo: a month of evidence, live probes, an outage, a statement with its credit
	@$(BIN)/makegood demo

test: $(STAMP)  ## every test
	@$(BIN)/python -m pytest -n 2

check: $(STAMP)  ## format, lint, types, tests with coverage: the gate that CI calls
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 2 --cov --cov-report=
	$(BIN)/coverage report --include='$(PURE)' --fail-under=95 --skip-covered --show-missing
	$(BIN)/coverage report --format=total

bench: $(STAMP)  ## the benchmarks, one after the other
	@set -e; for file in $(filter-out %/common.py,$(wildcard benchmarks/*.py)); do \
		echo "== $$file"; $(BIN)/python "$$file"; done

fuzz-money: $(STAMP)  ## a hundred thousand agreements drawn by chance, each computed three ways
	@$(BIN)/python -m tests.agreements.three_ways --cases 100000 --workers 2

fuzz-tickets: $(STAMP)  ## a hundred thousand tickets drawn by chance, each clock walked along minute by minute
	@$(BIN)/python -m tests.agreements.generated_tickets --tickets 100000 --workers 2

fuzz-probes: $(STAMP)  ## a million answers and a million redirects put together by chance, without a socket
	@$(BIN)/python -m tests.probes.fuzzed_answers 1000000 7
	@$(BIN)/python -m tests.probes.fuzzed_redirects 1000000 7

mutants: $(STAMP)  ## a thousand small faults in the money and time modules: which do the tests notice?
	@$(BIN)/python -m tests.mutants --sample 1000 --workers 2

faults: $(STAMP)  ## thousands of faults of our own and of real outages, in simulated time: what is charged, what is found?
	@$(BIN)/python -m tests.simulation.faults --workers 2

faults-real: $(STAMP)  ## faults of our own made for real against the daemon (as root: networks, disks, processors too)
	@$(BIN)/python -m tests.simulation.real.faults

crash: $(STAMP)  ## kills, power cuts, refused writes and broken disks (as root: all of them): what is lost?
	@$(BIN)/python -m tests.crash --workers 2

golden: $(STAMP)  ## write the golden pages anew (read the diff before you commit it)
	@$(BIN)/python -m pytest tests/reports --update-golden

docs: $(STAMP)  ## write the tables of docs/agreements.md, library.md and exam.md, and the answers of choosing-an-sla.md, anew
	@$(BIN)/python -m pytest tests/agreements/test_agreements_document.py tests/library tests/probes/test_exam.py \
		tests/cli/test_choosing.py tests/cli/test_incident.py tests/cli/test_targets.py tests/cli/test_findings.py --update-golden

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*##  *\(.*\)/make \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do \
		printf '%-12s %s\n' "$$name" "$$text"; done

$(STAMP): pyproject.toml constraints.txt
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(MAKE) --no-print-directory venv
	@echo "Installing what constraints.txt pins into .venv" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

venv: NAMED := $(PYTHON)
venv:
	@test -n "$(NAMED)" || { echo "Makegood needs Python 3.11 or newer, and there is none on the PATH." \
		"Install it: sudo apt-get install python3 python3-venv (or name one: make PYTHON=/path/to/python3.11 ...)" >&2; exit 2; }
	@$(NAMED) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(NAMED) is not Python 3.11 or newer." \
		"Install one: sudo apt-get install python3.11 python3.11-venv, then: make PYTHON=python3.11 ..." >&2; exit 2; }
	@$(NAMED) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(NAMED) has no venv module." \
		"Install it: sudo apt-get install python3-venv" >&2; exit 2; }
	@$(NAMED) -m venv --clear .venv
