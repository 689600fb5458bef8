# make demo, make test: each works on a bare clone with Python 3.11 or newer.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo recipes test lint bench bench-loading clean

demo: .venv/.installed
	$(BIN)/sigconv run eeg_motor_imagery

# every recipe on its offline default
recipes: .venv/.installed
	@for name in $(sort $(notdir $(wildcard recipes/*))); do $(BIN)/sigconv run $$name || exit 1; done

test: .venv/.installed lint
	$(BIN)/python -m pytest -n auto

lint: .venv/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/.installed
	$(BIN)/python -m tests.bench

bench-loading: .venv/.installed
	$(BIN)/python -m tests.bench.loading

.venv/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

clean:
	rm -rf .venv dist build runs .pytest_cache .mypy_cache .ruff_cache .hypothesis
