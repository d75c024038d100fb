# Two commands: `make demo` shows it, `make test` checks it. Each sets up what it needs and is quick the second time.

PYTHON ?= python3
VENV := .venv
SECOND := .venv-ipykernel72
OTHER := .venv-second-python
RUN := $(VENV)/bin/python
SETUP := $(PYTHON) tests/tools/environment.py $(VENV)

# What an installed environment was made from: a change in src/ counts at once, one in these means installing again.
SOURCES := pyproject.toml js/package.json $(shell find js/src -type f 2>/dev/null)

.PHONY: demo test bench lint types javascript python second-python programs pictures js clean
.DEFAULT_GOAL := help

help: ## the commands
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 26

demo: $(VENV)/.installed-lab ## run the quickstart notebook against the embedded gateway, then open it in JupyterLab
	@$(RUN) tests/tools/demo.py

test: programs $(VENV)/.installed-test $(SECOND)/.installed ## check everything: lint, types, JavaScript, Python (two of them), JupyterLab in a browser
	@$(RUN) tests/tools/environment.py $(VENV) second-python
	@$(RUN) tests/tools/steps.py lint types javascript python second-python

lint types javascript python: $(VENV)/.installed-test ## only this part of the checks
	@$(RUN) tests/tools/steps.py $@

second-python: $(VENV)/.installed-test ## only the tests on a second Python, where there is one (PVIDEO_TEST_PYTHON names it)
	@$(RUN) tests/tools/environment.py $(VENV) second-python
	@$(RUN) tests/tools/steps.py second-python

bench: programs $(VENV)/.installed-test $(SECOND)/.installed ## measure everything (fifteen minutes); the table is kept in tests/bench/RESULTS.md
	@$(RUN) -m tests.bench

pictures: programs $(VENV)/.installed-test $(SECOND)/.installed ## take the README's pictures again
	@$(RUN) tests/tools/pictures.py

js: $(VENV)/.installed-test ## bundle the widget again
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" npm --prefix js run build

clean: ## remove what these commands made
	rm -rf $(VENV) $(SECOND) $(OTHER) .demo .test-artifacts js/node_modules src/pvideo/static

programs:
	@$(PYTHON) tests/tools/programs.py browser strace

$(VENV)/.installed-lab: $(SOURCES)
	@$(SETUP) lab

$(VENV)/.installed-test: $(SOURCES)
	@$(SETUP) test

$(SECOND)/.installed: $(VENV)/.installed-test
	@$(RUN) tests/tools/environment.py $(VENV) second-kernel
