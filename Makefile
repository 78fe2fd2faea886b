# Each target does its own set-up. `make demo` and `make test` are all that a newcomer needs.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help demo test test-slow check format benchmark clean

help:
	@echo "make demo       the whole workflow on a synthetic fly, and a report to look at"
	@echo "make test       all tests but the slow ones"
	@echo "make test-slow  the slow ones"
	@echo "make check      style, types, import layers"
	@echo "make format     put the code in the house's style"
	@echo "make benchmark  speed and accuracy, as the README states them (needs the real recordings)"

$(READY): pyproject.toml constraints.txt
	@echo "making the environment in $(VENV), once (a few minutes)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --group dev --editable '.[all]'
	@touch $(READY)

demo: $(READY)
	@$(BIN)/oscine demo

# one thread for each worker: small networks lose more to waiting for each other than they gain
test: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n auto --dist loadfile

test-slow: $(READY)
	$(BIN)/python -m pytest -q -m slow

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

benchmark: $(READY)
	$(BIN)/python benchmarks/detection.py
	$(BIN)/python benchmarks/fly.py

clean:
	rm -rf $(VENV) demo dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
