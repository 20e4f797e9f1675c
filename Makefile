# One file of commands; README explains each. Everything happens inside .venv.
PYTHON ?= python3
PORT ?= 8000
SIZE ?= national
BIN := .venv/bin
CATALOGUE := platsverket/translations/sv/LC_MESSAGES/messages

.PHONY: run test lint types format races bench growth messages assets lighthouse screenshots lock clean

# Set up, fill a demo market, run a first match round on it and serve the site.
run: .venv/run $(CATALOGUE).mo
	PORT=$(PORT) $(BIN)/platsverket demo --size $(SIZE) --serve

# The race for the last seats at the size that is promised: 10,000 accepts on both databases, beside its control; and
# 500 proposals answered by both sides at eight browsers.
races: .venv/test
	PLATSVERKET_RACE_ACCEPTS=10000 PLATSVERKET_DRIVE_PROPOSALS=500 $(BIN)/pytest tests/service/test_race.py tests/service/test_drive.py

# The engine beside its peers on drawn markets and published instances; table and picture go into README.
bench: .venv/test
	$(BIN)/python -m tests.bench --peers --write bench

# How its cost grows with the market; table and picture go into README.
growth: .venv/test
	$(BIN)/python -m tests.bench --write growth "scale 500" "scale 1000" "scale 2000" "scale 5000" "scale 10000" \
		"scale 20000"

# Set up and run everything: style, types, contracts, translations, pytest on SQLite and PostgreSQL.
test: .venv/test $(CATALOGUE).mo lint types
	$(BIN)/pytest -n 2 --dist worksteal

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

# Collect the texts of code and templates into the Swedish catalogue; new ones are left empty, and tests say which.
messages: .venv/run
	mkdir -p var
	$(BIN)/pybabel -q extract --mapping platsverket/translations/babel.cfg --keywords _ --omit-header --no-location --sort-output --output var/messages.pot platsverket
	$(BIN)/pybabel -q update --input-file var/messages.pot --output-file $(CATALOGUE).po --locale sv --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date

# Build the front end (needs Node); the result is committed.
assets:
	cd platsverket/assets && npm ci --no-audit --no-fund && npm run build

# Take screenshots of the main pages at both widths into var/screenshots; the four that README shows are put in place.
screenshots: .venv/test $(CATALOGUE).mo
	$(BIN)/python -m tests.browser.screenshots

# Install Lighthouse for the test that measures pages with it (needs Node; CI does this).
lighthouse:
	cd tests/browser/lighthouse && npm ci --no-audit --no-fund

# Pin the libraries anew, with hashes and without naming where they come from (needs uv).
lock:
	uv pip compile -q --generate-hashes --no-header --universal --python-version 3.11 pyproject.toml -o requirements.txt
	uv pip compile -q --generate-hashes --no-header --universal --python-version 3.11 --extra test -c requirements.txt pyproject.toml -o requirements-test.txt

clean:
	rm -rf .venv var build *.egg-info
