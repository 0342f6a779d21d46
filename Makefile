# The commands of FinCloud. Needed: Python 3.11 or later, and make. `make help` lists them.

.DEFAULT_GOAL := help
.PHONY: help venv run stop clean test soak lint format lock openapi wire contract bench-payments bench-ledger

PYTHON := .venv/bin/python

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: venv ## Start everything, make one payment and show its trail (PORT=8001 for another port)
	@$(PYTHON) -m devtools.run

stop: ## Stop what `make run` and the tests have started
	@if [ ! -e .data ]; then echo "Nothing was running."; \
	else $(MAKE) --no-print-directory venv && $(PYTHON) -m devtools.stop; fi

clean: ## Remove all data of this clone, after asking (CONFIRM=yes answers)
	@if [ ! -e .data ]; then echo "There is no data."; \
	else $(MAKE) --no-print-directory venv && $(PYTHON) -m devtools.clean; fi

test: venv ## Run every check and test (ARGS="tests/ledger -x" for some tests alone)
	@$(PYTHON) -m devtools.test $(ARGS)

soak: EXAMPLES ?= 100
soak: venv ## Drive random books, payments and requests for long (MINUTES=10 each, EXAMPLES=100)
	@SOAK_MINUTES="$(MINUTES)" SOAK_STEPS="$(STEPS)" SOAK_SEED="$(SEED)" \
	  $(PYTHON) -m devtools.test tests/ledger/soak.py tests/payments/soak.py -n 0 --durations=0
	@SOAK_EXAMPLES="$(EXAMPLES)" $(PYTHON) -m devtools.test tests/contract/test_description.py -n 0

lint: venv ## Run the static checks
	@$(PYTHON) -m devtools.lint

format: venv ## Format the code
	@.venv/bin/ruff check --fix --quiet && .venv/bin/ruff format

lock: venv ## Pin the packages of requirements/*.in again, with their hashes
	@$(PYTHON) -m devtools.lock $(ARGS)

contract: venv ## Hold every operation to the description of the wire, and say how many conform
	@$(PYTHON) -m devtools.test tests/contract -n 0

openapi: venv ## Write docs/openapi.json again, from what the code declares
	@$(PYTHON) -m devtools.openapi

wire: venv ## Write apps/api/wire/*.json again, from the description of the wire and its scope
	@$(PYTHON) -m devtools.wire

bench-payments: venv ## Measure create-and-confirm
	@$(PYTHON) -m devtools.servers -- $(PYTHON) -m benchmarks.payments $(ARGS)

bench-ledger: venv ## Measure the ledger beside TPC-B (ARGS="--rounds 5 --entries 5000000")
	@$(PYTHON) -m devtools.servers --own -- $(PYTHON) -m benchmarks.ledger $(ARGS)

# Every command starts here. It takes a few milliseconds once `.venv` is what the lock file says.
venv:
	@for python in $(PYTHON) python3.13 python3.12 python3.11 python3 python; do \
	  if "$$python" -Ic 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    exec "$$python" -I devtools/bootstrap.py; \
	  fi; \
	done; echo "Python 3.11 or later is needed." >&2; exit 1
