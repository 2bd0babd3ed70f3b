# The environment is made on first use; `make PYTHON=python3.12 demo` makes it with another interpreter.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
FAST := not slow and not gpu and not ray and not slurm and not browser
SLOW ?= slow or gpu or ray or slurm or browser
# Two at a time with a thread each; programs that start hundreds of times are compiled once.
TWO := PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal

.PHONY: demo test test-slow check bench setup clean

demo: $(VENV)/.runtime
	$(BIN)/python Scripts/main.py

setup: $(VENV)/.runtime $(VENV)/.tools

test: $(VENV)/.tools
	$(TWO) -m "$(FAST)"

test-slow: $(VENV)/.tools
	$(TWO) -m "$(SLOW)" -rs

check: $(VENV)/.tools
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.tools
	for each in $(filter-out %/bench_against.py,$(wildcard benchmarks/bench_*.py)); do $(BIN)/python $$each || exit 1; done

clean:
	rm -rf $(VENV) build figures .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.runtime: requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet -r requirements.txt
	touch $@

$(VENV)/.tools: pyproject.toml setup.py $(VENV)/.runtime
	$(BIN)/python -m pip install --quiet -e '.[dev,tensorboard,timm]'
	touch $@
