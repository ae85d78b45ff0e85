# Every target sets up what it needs; `make help` lists them.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:

UV := .tools/bin/uv
PYTHON := .venv/bin/python
CLIENTS := flit hatch pdm pip poetry twine uv
CLIENT_STAMPS := $(CLIENTS:%=.tools/clients/%/.ready)

# A company's own authority is in the system's store, where uv looks when told to.
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem),)
export UV_SYSTEM_CERTS ?= 1
endif

# Settings of the person's own environment win; these are the defaults.
DEVELOPMENT := env GATEHOUSE_ENV=$${GATEHOUSE_ENV:-development}
MANAGE := $(DEVELOPMENT) $(PYTHON) manage.py

.PHONY: serve
serve: .venv/.base ## Start the index on this machine; it prints its address
	@exec $(MANAGE) serve

.PHONY: test
test: .venv/.dev $(CLIENT_STAMPS) ## Check everything: lint, types, migrations, settings, the suite on both databases
	@scripts/install-system-packages chromium:chromium oathtool:oathtool zbarimg:zbar-tools
	@exec $(PYTHON) scripts/check.py

.PHONY: dev
dev: .venv/.base ## Start a server that reloads itself when the source changes
	@$(MANAGE) migrate -v 0
	@trap 'kill $$worker' EXIT; $(MANAGE) worker & worker=$$!; \
	GATEHOUSE_DEBUG=yes $(MANAGE) runserver localhost:$${GATEHOUSE_PORT:-8000}

.PHONY: test-one
test-one: .venv/.dev ## Run some tests on SQLite: make test-one T=tests/accounts/test_forms.py
	@$(PYTHON) -m pytest $(T)

.PHONY: test-one-postgresql
test-one-postgresql: .venv/.dev ## The same on PostgreSQL
	@$(PYTHON) -m tests.harness.postgresql $(PYTHON) -m pytest $(T)

.PHONY: coverage
coverage: .venv/.dev ## Show which lines and branches no test reaches, on SQLite
	@$(PYTHON) -m pytest -q -n auto --cov --cov-report=term-missing:skip-covered $(T)

.PHONY: bench
bench: .venv/.dev ## Measure speed against the limits of this machine
	@scripts/install-system-packages wrk:wrk
	@exec $(PYTHON) -m bench.run

.PHONY: lint
lint: .venv/.dev ## Look for mistakes in source and templates
	@$(PYTHON) scripts/check.py lint

.PHONY: format
format: .venv/.dev ## Format source and templates
	@.venv/bin/ruff check -q --fix-only .
	@.venv/bin/ruff format -q .
	@git ls-files -z 'templates/*.html' | xargs -0 -r .venv/bin/djade --target-version 6.1

.PHONY: types
types: .venv/.dev ## Check the types
	@$(PYTHON) scripts/check.py types

.PHONY: shell
shell: .venv/.base ## Open a Python shell with the models loaded
	@$(MANAGE) shell

.PHONY: migrations
migrations: .venv/.base ## Write migrations for changed models
	@$(MANAGE) makemigrations

.PHONY: appoint
appoint: .venv/.base ## Make somebody who has registered an administrator: make appoint NAME=ada
	@$(MANAGE) appoint $(NAME)

.PHONY: lock
lock: $(UV) ## Pin the newest versions that fit pyproject.toml
	@scripts/lock $(UV) --upgrade

.PHONY: clean
clean: ## Remove what the other targets made, except the data folder
	rm -rf .venv .tools .mypy_cache .pytest_cache .ruff_cache .hypothesis test-results

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' Makefile

# Set-up. A stamp is younger than what it was made from, or it is made again.

$(UV):
	@scripts/install-uv $@
	@touch -h $@

.venv/.python: .python-version | $(UV)
	@scripts/install-python $(UV) .venv
	@touch $@

.venv/.base: requirements/base.txt .venv/.python | $(UV)
	@$(UV) pip install -q --require-hashes -p .venv -r requirements/base.txt
	@touch $@

.venv/.dev: requirements/dev.txt .venv/.base | $(UV)
	@$(UV) pip install -q --require-hashes -p .venv -r requirements/dev.txt
	@touch $@

.tools/clients/%/.ready: requirements/clients/%.txt .venv/.python | $(UV)
	@$(UV) venv -q --clear -p .venv/bin/python $(@D)
	@$(UV) pip install -q --require-hashes -p $(@D) -r $<
	@touch $@
