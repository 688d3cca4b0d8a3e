# Clearway: `make` alone prints what there is.

PYTHON ?= python3
CLEARWAY_PORT ?= 8000
# Arguments for pytest: make test ARGS="-k planner -x" runs in one process, as it is then.
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
STYLES := app/web/static/nhsuk.css
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
UV_COMPILE := $(BIN)/uv pip compile --universal --python-version 3.11 \
	--generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
	--custom-compile-command "make lock" --quiet
WORDS := app/translations/clearway.pot
EXTRACT := $(BIN)/pybabel --quiet extract --mapping-file pyproject.toml --add-location file --sort-by-file \
	--keyword text --keyword later --keyword counted:1,2 --keyword plural:1,2 --keyword Noun:1,2 --project Clearway --copyright-holder "Clearway contributors" \
	--output-file /dev/stdout app connectors rules | sed -E '/^"(POT-Creation-Date|Generated-By)/d; /^\# (FIRST AUTHOR|Copyright)/d'

SHELL := /bin/sh
# These commands start Python hundreds of times: it keeps what it compiled, whatever it is told.
export PYTHONDONTWRITEBYTECODE :=
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run install develop browser test check bench soak screens openapi words patterns recommendations lock clean
.PHONY: check-format check-lint check-types check-imports check-layout check-openapi

help: ## Say what each command does
	@echo "Clearway keeps leaders' diaries clear enough to lead well."
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.warm $(VENV)/.installed-sample ## Install, then start the service with a sample diary and say where to look
	@CLEARWAY_PORT="$(CLEARWAY_PORT)" exec $(BIN)/clearway serve --sample

install: $(VENV)/.warm ## Install what Clearway needs to run into .venv
	@echo "Clearway is installed: $(BIN)/clearway --help"

test: ## Install what the tests need and run them all
	@$(MAKE) --no-print-directory -j2 develop $(VENV)/.warm browser
	$(BIN)/python -m pytest $(or $(ARGS),-n 6 --dist loadscope --no-loadscope-reorder)

# `make -k check` goes on after the first that fails.
check: check-format check-lint check-types check-imports check-layout check-words check-openapi ## Check format, lint, types, import contracts, the lock, the words and openapi.json

bench: develop $(VENV)/.warm ## Measure the planner and print the table
	$(BIN)/python -m tests.bench $(ARGS)

soak: develop $(VENV)/.warm browser ## Run the tests with many more random examples (an hour or so)
	CLEARWAY_SOAK=1 $(BIN)/python -m pytest $(ARGS)

screens: develop $(VENV)/.warm browser ## Picture every page that a test sees, at two widths, in build/screens
	@rm -rf build/screens && mkdir -p build/screens
	CLEARWAY_SCREENS="$(CURDIR)/build/screens" $(BIN)/python -m pytest --quiet -n 4 --dist loadscope tests/web
	@echo "build/screens has $$(ls build/screens | wc -l) pictures"

openapi: develop ## Write openapi/openapi.json from the code
	@mkdir -p openapi
	$(BIN)/clearway openapi > openapi/openapi.json.new
	@mv openapi/openapi.json.new openapi/openapi.json

patterns: develop $(VENV)/.warm ## Draw the working patterns of docs/patterns.md again
	$(BIN)/python -m tests.patterns docs/patterns

words: develop ## Write app/translations/clearway.pot: every sentence of the pages, for translators
	$(EXTRACT) > $(WORDS)

recommendations: develop ## Write docs/recommendations.md from the catalogue
	$(BIN)/python -c "from rules.recommendations import table; print(table(), end='')" > docs/recommendations.md.new
	@mv docs/recommendations.md.new docs/recommendations.md

lock: develop ## Pin dependencies again (UPGRADE=--upgrade takes newer ones)
	$(UV_COMPILE) $(UPGRADE) pyproject.toml --group dev --output-file requirements/dev.txt
	$(UV_COMPILE) pyproject.toml --group sample --constraint requirements/dev.txt --output-file requirements/sample.txt
	$(UV_COMPILE) pyproject.toml --group build --constraint requirements/dev.txt --output-file requirements/run.txt
	$(UV_COMPILE) $(UPGRADE) --group pyproject.toml:node --output-file requirements/node.txt
	cd requirements/nhsuk && npm install --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund

clean: ## Remove what these commands made
	rm -rf $(VENV) $(STYLES) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache openapi/openapi.json.new
	find app connectors rules tests -name __pycache__ -type d -prune -exec rm -rf {} +

# Not for typing: what the commands above are made of.

develop: $(VENV)/.installed-dev

check-format: develop
	$(BIN)/ruff format --check --output-format concise .

check-lint: develop
	$(BIN)/ruff check .

check-types: develop
	$(BIN)/mypy

check-imports: develop
	$(BIN)/lint-imports

check-layout: develop
	$(BIN)/python -m pytest --quiet tests/test_layout.py tests/rules/test_recommendations.py

check-words: develop
	@$(EXTRACT) | diff -u $(WORDS) - && echo "words: $(WORDS) is up to date" \
		|| { echo "words: sentences have changed; run 'make words'" >&2; exit 1; }

check-openapi: develop
	@if [ ! -f app/main.py ]; then \
		echo "openapi: there is no service to describe yet"; \
	else \
		$(BIN)/clearway openapi | diff -u openapi/openapi.json - \
			&& echo "openapi: openapi/openapi.json is up to date" \
			|| { echo "openapi: the description has changed; run 'make openapi' and read the difference" >&2; exit 1; }; \
	fi

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Clearway needs Python 3.11 or later as $(PYTHON); install it, or name another: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "Python's venv is missing; on Debian install it with: apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

# The styles of the NHS design system are npm's: with the machine's npm, or with one from PyPI.
$(STYLES): requirements/nhsuk/package-lock.json requirements/node.txt app/web/nhsuk.py $(VENV)/.packages
	@command -v npm >/dev/null || $(PIP) install --no-deps --no-compile --require-hashes --requirement requirements/node.txt
	@mkdir -p $(VENV)/nhsuk && cp requirements/nhsuk/package.json requirements/nhsuk/package-lock.json $(VENV)/nhsuk/
	@command -v npm >/dev/null || export PATH="$$PATH:$(CURDIR)/$(BIN)" NODE_OPTIONS=--use-system-ca; \
		cd $(VENV)/nhsuk && npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel error >/dev/null
	@$(BIN)/python -m app.web.nhsuk $(VENV)/nhsuk/node_modules/nhsuk-frontend $@.new
	@mv $@.new $@

$(VENV)/.packages: $(VENV)/.python requirements/run.txt
	@echo "Installing Clearway into $(VENV) …"
	@$(PIP) install --no-deps --no-compile --require-hashes --requirement requirements/run.txt
	@touch $@

$(VENV)/.installed: $(VENV)/.packages $(STYLES) pyproject.toml
	@$(PIP) install --no-deps --no-build-isolation --no-index --editable .
	@touch $@

# Python compiles modules and the planner when they first run, and keeps both beside the source:
# better now than in the first plan, and where Python is told to write no bytecode it never would.
# Of the libraries, what the service imports is enough.
$(VENV)/.warm: $(VENV)/.installed $(wildcard rules/planner/kernel.py)
	@echo "Preparing the planner (once, up to a minute) …"
	@$(BIN)/python -m compileall -q app connectors rules
	@$(BIN)/python -c "import app.main"
	@$(BIN)/clearway doctor >/dev/null || $(BIN)/clearway doctor || true
	@touch $@

# A calendar server with the sample diary: a program of its own, which the product never imports.
$(VENV)/.installed-sample: $(VENV)/.installed requirements/sample.txt
	@$(PIP) install --no-deps --no-compile --require-hashes --requirement requirements/sample.txt
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements/dev.txt
	@echo "Installing what tests and checks need into $(VENV) …"
	@$(PIP) install --no-deps --no-compile --require-hashes --requirement requirements/dev.txt
	@touch $@

# Chromium comes from the system. Where this cannot install it, browser tests say why they skip.
browser:
	@if command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing Chromium for the browser tests …"; \
		{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 chromium; } >/dev/null 2>&1 \
			|| echo "Chromium could not be installed; browser tests will be skipped." >&2; \
	else \
		echo "No Chromium found; browser tests will be skipped." >&2; \
	fi
