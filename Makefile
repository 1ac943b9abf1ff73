# The same commands on a laptop and in CI. Needs Python 3.11, git and make.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 2

.PHONY: demo test check lint types house proof bench docs lock install dev

demo: install ## show the whole story in seconds
	@$(BIN)/spec-notify demo

test: dev ## every test
	@$(BIN)/python -m pytest -n $(JOBS) $(PYTEST)

check: dev lint types house ## what CI runs
	@$(MAKE) --no-print-directory test PYTEST="--cov --cov-report=term:skip-covered $(PYTEST)"

lint: dev
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: dev
	@$(BIN)/mypy

house: dev
	@$(BIN)/lint-imports

proof: dev ## what takes minutes to prove: kills, faults, load, long histories, fuzzing
	@$(BIN)/python -m pytest tests/proof -n $(JOBS) -rA $(PYTEST)

bench: dev ## ratios, taken side by side in one run
	@$(BIN)/python benchmarks/startup.py && $(BIN)/python benchmarks/hooks.py && $(BIN)/python benchmarks/latency.py && $(BIN)/python benchmarks/parsing.py && $(BIN)/python benchmarks/lanes.py

docs: dev ## write the generated parts of docs/ anew
	@$(BIN)/python docs/generate.py

lock: ## resolve the dependencies anew
	@$(PYTHON) -m venv $(VENV)/lock && $(VENV)/lock/bin/python -m pip install -q pip-tools
	@$(VENV)/lock/bin/pip-compile -q --generate-hashes --allow-unsafe --no-header --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --strip-extras --extra build -o requirements.lock pyproject.toml
	@$(VENV)/lock/bin/pip-compile -q --generate-hashes --allow-unsafe --no-header --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-strip-extras --extra build --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml

install: $(VENV)/.installed
dev: $(VENV)/.dev

$(VENV)/.installed: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.installed
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
