# Every target does all that it needs, and nothing when nothing changed. `make demo` and `make test` are the two to know.

PYTHON := $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
SOURCES := $(shell find crawler indexer webapp -type f -not -name '*.pyc') pyproject.toml README.md LICENSE
APT := apt-get install -y -q --no-install-recommends

.PHONY: setup demo test check bench bench-crawl bench-extract serve clean browser lock translations

setup: .venv/wheel

.venv/python:
	@test -n "$(PYTHON)" || { echo "tratin needs Python 3.11, 3.12 or 3.13 (Debian: apt install python3 python3-venv)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { test "$$(id -u)" = 0 && apt-get update -q && $(APT) python3-venv; } \
		|| { echo "Python has no venv module: install it first (Debian: apt install python3-venv)"; exit 1; }
	$(PYTHON) -m venv --clear .venv
	@touch $@

.venv/dependencies: .venv/python requirements-dev.lock
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

.venv/wheel: .venv/dependencies $(SOURCES)
	@rm -rf dist
	$(BIN)/python -m build --wheel --no-isolation --outdir dist . > .venv/build.log 2>&1 || { cat .venv/build.log; exit 1; }
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --force-reinstall dist/*.whl
	@touch $@

demo: setup
	@$(BIN)/tratin demo || test $$? = 130  # Ctrl-C is how it ends

serve: setup
	@test -e tratin.toml || $(BIN)/tratin init
	@$(BIN)/tratin serve || test $$? = 130

# The tests run against the installed wheel: `pytest` itself does not put this folder on the path.
test: setup browser
	$(BIN)/pytest

browser:
	@test -x /usr/bin/chromium || { test "$$(id -u)" = 0 && apt-get update -q && $(APT) chromium fonts-dejavu-core; } \
		|| echo "No /usr/bin/chromium: the browser's tests will be skipped (Debian: apt install chromium)"

check: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup
	$(BIN)/python bench/pipeline.py

# Installs Scrapy beside; the second one takes ten minutes.
bench-crawl: setup
	$(BIN)/python bench/crawl.py
	$(BIN)/python bench/crawl.py --memory

# Installs trafilatura beside.
bench-extract: setup
	$(BIN)/python bench/extract.py

# After a change of the dependencies in pyproject.toml.
lock: .venv/dependencies
	$(BIN)/pip install -q uv
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 pyproject.toml --group dev \
		-o requirements-dev.lock

# After a change of the texts in webapp/.
translations: .venv/dependencies
	$(BIN)/pybabel compile -d webapp/translations

clean:
	rm -rf .venv dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
