# make run          install what is missing, then the whole main job: notebook 10 on the pendulum
# make test         install what is missing, then unit tests and every notebook (smoke profile)
# make reproduce    the paper's comparison again, on all cores or a cluster (hours)
# make site         course and documentation as web pages, links checked, in site/
# make graded       a graded course for nbgrader in FOLDER (its old name, make labs: in labs)
# make colab        every notebook, short, with the versions that Google Colab has
# All set themselves up; no other command has to come first.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
# Two workers with one thread each beat one worker with two threads on networks this small.
WORKERS ?= 2
TESTS   ?= tests
SEED    ?= 0
PROFILE ?= lab
OUT     ?= outputs/reproduction
FOLDER  ?= $(or $(LABS),graded)
COLAB   ?= .colab

.DEFAULT_GOAL := run
.PHONY: setup run test lab graded labs notebooks reproduce site colab clean

# What notebooks need, and that with the developers' tools. A stamp is made last, so an interrupted
# set-up is taken up again.
READY := $(VENV)/.ready
TOOLS := $(VENV)/.ready-with-tools

setup: $(READY)

$(READY): pyproject.toml .ci/setup
	PYTHON="$(PYTHON)" VENV="$(VENV)" sh .ci/setup notebooks
	@touch $@

$(TOOLS): pyproject.toml .ci/setup
	PYTHON="$(PYTHON)" VENV="$(VENV)" sh .ci/setup notebooks,dev
	@touch $(READY) $@

run: $(READY)
	$(BIN)/python -m symtut.lab.run notebooks/10_symbolic_mbpo.ipynb --out outputs --html \
		-p PROFILE $(PROFILE) -p SEED $(SEED)

test: $(TOOLS)
	OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) $(TESTS)

lab: $(READY)
	$(BIN)/python -m jupyter lab notebooks/00_start_here.ipynb

# FOLDER is renewed where nobody has changed it; edits and submissions are kept.
labs: FOLDER = $(or $(LABS),labs)
graded labs: $(READY)
	@$(BIN)/python -c 'import nbgrader' 2>/dev/null || $(BIN)/python -m pip install --quiet -e ".[labs]"
	$(BIN)/python -m tools.graded $(FOLDER)

notebooks: $(TOOLS)
	$(BIN)/python -m tools.build

site: $(READY)
	@$(BIN)/python -c 'import myst_nb' 2>/dev/null || $(BIN)/python -m pip install --quiet -e ".[site]"
	rm -rf site build/site
	$(BIN)/python -m sphinx --fail-on-warning --fresh-env --quiet \
		-c docs -d build/doctrees . build/site
	mv build/site site
	@echo "open site/index.html"

# One after the other: the notebooks share the environment that they set themselves up in.
colab: $(TOOLS)
	PYTHON="$(PYTHON)" sh .ci/colab $(COLAB)
	SYMTUT_COLAB=$(COLAB) OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/lab/test_colab.py

# Hours of work; the same command goes on where it was cut. Honours OUT, JOBS, SEEDS, ONLY and
# SCHEDULER (a dask cluster's address); ARGS="--dry-run" only says how much there is to do.
reproduce: $(TOOLS)
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/reproduce.py --out $(OUT) \
		$(if $(JOBS),--jobs $(JOBS)) $(if $(SEEDS),--seeds $(SEEDS)) $(if $(ONLY),--only $(ONLY)) \
		$(if $(SCHEDULER),--scheduler $(SCHEDULER)) $(ARGS)

clean:
	rm -rf $(VENV) $(COLAB) outputs site .pytest_cache .ruff_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
