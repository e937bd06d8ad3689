# Every target sets up what it needs in .venv; nothing but Python 3.11+, make and a C library is assumed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO ?= demo-out

.DEFAULT_GOAL := help
.PHONY: help demo test lint types bench template docs manual frozen clean

help:
	@echo "make demo      the whole term on a made-up school, into $(DEMO)/"
	@echo "make test      the test suite"
	@echo "make lint      ruff"
	@echo "make types     mypy"
	@echo "make bench     measured ratios (benchmarks/)"
	@echo "make template  rebuild workbook_template.xlsm from its sources"
	@echo "make docs      rebuild docs/policies.md from the policy files"
	@echo "make manual    the pictures of docs/教师手册.md, from a LibreOffice window (five minutes)"
	@echo "make frozen    one folder for people without Python, into dist/, and a trial of it"

$(VENV)/run: pyproject.toml requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e .
	touch $@

$(VENV)/dev: $(VENV)/run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e ".[dev]"
	touch $@

$(VENV)/frozen: $(VENV)/run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e ".[frozen]"
	touch $@

demo: $(VENV)/run
	$(BIN)/xlbangfu demo $(DEMO)

test: $(VENV)/dev
	$(BIN)/python -m pytest -q -n 2 --dist loadgroup $(TESTS)

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/dev
	$(BIN)/mypy

bench: $(VENV)/dev
	for script in benchmarks/*.py; do $(BIN)/python $$script || exit 1; done

template: $(VENV)/run
	$(BIN)/xlbangfu template build

docs: $(VENV)/dev
	$(BIN)/python docs/make_policies.py

manual: $(VENV)/dev
	$(BIN)/python tests/manual_pictures.py

frozen: $(VENV)/frozen
	$(BIN)/python -m PyInstaller --noconfirm --log-level WARN packaging/xlbangfu.spec
	$(BIN)/python packaging/smoke.py

clean:
	rm -rf $(VENV) $(DEMO) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
