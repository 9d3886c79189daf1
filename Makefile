# What a developer types. `make help` lists it; how a machine is made ready stands in tools/setup.py.

PYTHON ?= python3
PORT ?= 8000
STEPS ?= 100000
ARGS ?=

VENV := .venv/bin/python
CHECKS := check-format check-lint check-types check-floors check-templates check-unused \
	check-catalogues check-migrations
# Names no package index: where packages come from is the machine's business, not the lock's.
LOCK := PYTHONPATH=.venv/lock-tools $(VENV) -m uv pip compile --quiet --universal --generate-hashes \
	--python-version 3.11 --no-header --no-emit-index-url --no-emit-find-links

.DEFAULT_GOAL := help
.PHONY: help run test check $(CHECKS) coverage bench soak screenshots messages lock clean \
	setup-run setup-test

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: setup-run ## Serve on http://127.0.0.1:8000 (PORT=...); the first time with demo data
	@exec .venv/bin/quatrefoil serve --port $(PORT)

test: setup-test ## Run the tests on SQLite and PostgreSQL (ARGS="tests/sales -x --database sqlite")
	@$(VENV) -m pytest --numprocesses auto --dist worksteal -r fEs $(ARGS)

check: $(CHECKS) ## Check format, lint, types, floors, templates, unused code, catalogues, migrations

check-format: setup-test
	$(VENV) -m ruff format --check --quiet .

check-lint: setup-test
	$(VENV) -m ruff check --quiet .

check-types: setup-test
	$(VENV) -m mypy

check-floors: setup-test
	.venv/bin/lint-imports

check-templates: setup-test
	$(VENV) -m djlint --lint --quiet templates

check-unused: setup-test
	$(VENV) -m vulture

check-catalogues: setup-test
	$(VENV) -m tools.catalogues check

check-migrations: setup-test
	$(VENV) -m tools.check_migrations

coverage: setup-test ## Run the tests in one process and report what they do not reach
	@$(VENV) -m coverage run -m pytest $(ARGS)
	@$(VENV) -m coverage report --skip-covered --show-missing

bench: setup-test ## Measure speed against the budgets; the exit code depends on counters alone
	@$(VENV) -m bench $(ARGS)

soak: setup-test ## Trade, repair and move stock 100,000 steps in any order (STEPS=...), each time others; 50 times kill -9 at a till; 20,000 webhooks; 10,000 guesses at a repair
	@QUATREFOIL_TEST_SALE_STEPS=$(STEPS) QUATREFOIL_TEST_STOCK_STEPS=$(STEPS) \
		QUATREFOIL_TEST_KILLS=50 QUATREFOIL_TEST_STORM_ORDERS=100 QUATREFOIL_TEST_GUESSES=10000 \
		$(VENV) -m pytest --numprocesses auto -o faulthandler_timeout=0 \
		tests/sales/test_sales_machine.py tests/parts/test_stock_machine.py \
		tests/service/test_ticket_machine.py \
		tests/payments/test_webhook_storm.py tests/payments/test_webhook_posts.py \
		tests/sales/test_killed.py tests/portal/test_ways_in.py $(ARGS)

screenshots: setup-test ## Photograph every page with demo data into var/screenshots
	@$(VENV) -m tools.screenshots $(ARGS)

messages: setup-test ## Bring the message catalogues to the sentences of today, and compile them
	@$(VENV) -m tools.catalogues update
	@$(VENV) -m tools.catalogues compile

lock: setup-test ## Resolve requirements*.in into the hashed requirements*.txt (ARGS=--upgrade)
	@$(VENV) -m pip install --quiet --upgrade --target .venv/lock-tools uv
	@$(LOCK) requirements.in --output-file requirements.txt $(ARGS)
	@$(LOCK) requirements-dev.in --constraint requirements.txt --output-file requirements-dev.txt $(ARGS)

clean: ## Remove what can be made again: .venv, caches, compiled catalogues; never var/
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .schemathesis
	rm -rf .coverage* htmlcov app/locale/*/LC_MESSAGES/messages.mo
	find . -name __pycache__ -prune -exec rm -rf {} +

setup-run:
	@$(PYTHON) tools/setup.py run

setup-test:
	@$(PYTHON) tools/setup.py test
