# One file of commands; README explains each. Everything happens inside .venv.
PYTHON ?= python3
PORT ?= 8000
SIZE ?= national
BIN := .venv/bin
CATALOGUE := platsverket/translations/sv/LC_MESSAGES/messages

.PHONY: run test lint types format messages assets lock clean

# Set up, fill a demo market, run a first match round on it and serve the site.
run: .venv/run $(CATALOGUE).mo
	PORT=$(PORT) $(BIN)/platsverket demo --size $(SIZE) --serve

# Set up and run everything: style, types, contracts, translations, pytest on SQLite and PostgreSQL.
test: .venv/test $(CATALOGUE).mo lint types
	$(BIN)/pytest

lint: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: .venv/test
	$(BIN)/mypy

format: .venv/test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.venv/run: requirements.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

.venv/test: requirements-test.txt .venv/run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.txt
	touch $@

%.mo: %.po .venv/run
	$(BIN)/pybabel compile --input-file $< --output-file $@ --locale sv

clean:
	rm -rf .venv var build *.egg-info
