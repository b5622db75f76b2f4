# Everything happens in a local virtual environment; PYTHON chooses what makes it.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# The developers' packages are 1.5 GB, the package alone is 280 MB: a demo waits for no more than that.
STAMP := $(VENV)/.installed
PACKAGE := $(if $(wildcard $(STAMP)),$(STAMP),$(VENV)/.package)
SOURCES := pyproject.toml setup.py $(wildcard dedupe/sketch/*.pyx dedupe/sketch/*.h dedupe/sketch/vendor/*.h)

.PHONY: demo test test-one check docs format bench wheel test-plain test-wheel test-pythons table clean

demo: $(PACKAGE)  ## scan the project's own articles
	$(BIN)/dedupe scan fixtures/articles

test: $(STAMP)  ## all tests, the quick first; make test TESTS=tests/cli: some
	$(BIN)/python -m pytest $(TESTS)

test-one: $(STAMP)  ## what is quick of one folder of tests: make test-one PART=sketch
	$(BIN)/python -m pytest -m "not slow" tests/$(or $(PART),$(error set PART=folder))

check: $(STAMP)  ## lint, format, types, import contract, what GitHub reads
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/check_github.py

docs: $(STAMP)  ## the documentation site in build/site; a link that leads nowhere is an error
	$(BIN)/python scripts/make_site.py

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP)  ## side by side with peers, and stage by stage: make bench CORPUS=file.jsonl
	$(BIN)/python benchmarks/compare.py $(or $(CORPUS),$(error set CORPUS=file.jsonl))
	$(BIN)/python benchmarks/signing.py $(CORPUS)
	$(BIN)/python benchmarks/stages.py $(CORPUS)

wheel: $(STAMP)  ## a wheel for this platform, in dist/
	DEDUPE_REQUIRE_KERNELS=1 $(BIN)/python -m build --wheel --outdir dist

test-wheel: wheel  ## the wheel in a fresh environment without a compiler
	$(BIN)/python scripts/try_wheel.py dist

# Tests of what begins with a report, or ends with texts: the kernels between make no difference;
# and of documentation, benchmarks and checked builds, which are of the compiled ones. The same is true
# of what carries sketches from one process of Spark to another, and of terminals and notebooks.
# (Limits count tokens and diffs are made of them, so those of both stay.)
WITHOUT_KERNELS := applying gate notebook renderers review \
	$(addprefix cli/test_,check.py outputs.py terminal.py) \
	$(addprefix pipeline/test_,all_in_files.py recluster.py) \
	$(addprefix engines/test_spark_,failures.py forms.py report.py scan.py session.py tables.py tasks.py) \
	matching/test_hidden.py \
	$(filter-out %/test_limits.py,$(patsubst tests/%,%,$(wildcard tests/sources/test_*.py))) \
	$(addprefix whole/test_,benchmarks.py checked_builds.py ci_files.py docs.py every_format.py examples.py \
	ordering.py own_outputs.py mutants.py remote_corpora.py sizes.py whole_scans.py)

test-plain:  ## install without a compiler, in a copy, and run the tests on the plain path
	rm -rf build/plain && mkdir -p build/plain
	git ls-files -z | xargs -0 cp --parents --target-directory=build/plain
	CC=false CXX=false $(MAKE) -C build/plain VENV=.venv test \
		TESTS="$(WITHOUT_KERNELS:%=--ignore=tests/%)"
	cd build/plain && .venv/bin/python -c "import dedupe.sketch as s; assert s.load_kernels().name == 'plain'"

test-pythons:  ## the kernels on every other supported Python that is installed
	$(PYTHON) scripts/try_pythons.py

table:  ## regenerate the token table: make table UCD=/usr/share/unicode
	$(BIN)/python scripts/make_token_table.py $(or $(UCD),$(error set UCD=folder))

$(VENV)/.package: $(SOURCES)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --editable .
	touch $@

$(STAMP): $(SOURCES)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --no-compile --editable ".[dev]"
	touch $@

clean:
	rm -rf .venv build dist *.egg-info dedupe/sketch/_kernels.c dedupe/sketch/*.so
