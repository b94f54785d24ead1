# make run    open the studio (without a display: train the quickstart preset, print its table)
# make test   run the whole test suite
# make lint   ruff, import-linter, mypy, typos
# make bench  print the benchmarks' tables
# make screenshots  take the guide's pictures again; .ci/screenshots says what it can be given
.PHONY: run test lint bench screenshots clean

PYTHON_ENV := .venv/bin

run:
	@.ci/setup run
	@.ci/start

test:
	@.ci/setup test
	$(PYTHON_ENV)/python -m pytest

lint:
	@.ci/setup test
	$(PYTHON_ENV)/ruff check .
	$(PYTHON_ENV)/ruff format --check .
	$(PYTHON_ENV)/lint-imports
	$(PYTHON_ENV)/mypy
	$(PYTHON_ENV)/typos

bench:
	@.ci/setup test
	$(PYTHON_ENV)/python -m pytest tests/benchmarks --benchmark-only -s -o addopts=

screenshots:
	@.ci/setup run
	@OURS="$(OURS)" DIRECT="$(DIRECT)" DEPTH="$(DEPTH)" FIGURE="$(FIGURE)" DATA="$(DATA)" UNVERIFIED="$(UNVERIFIED)" \
		OUT="$(OUT)" .ci/screenshots

clean:
	rm -rf .venv build dist
