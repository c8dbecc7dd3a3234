# Works from any folder: make -C path demo, make -f path/Makefile demo. Needs make and Python 3.11 to 3.13.
# More words for a command go into ARGS: make demo ARGS="--fresh --port 8100"

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo test check fmt run worker migrate bench

# The folder of this file, also where its name has spaces.
here := $(shell file='$(MAKEFILE_LIST)'; cd "$$(dirname "$${file# }")" && pwd -P)
bin := $(here)/.venv/bin
runtime := sh "$(here)/scripts/environment" runtime
dev := sh "$(here)/scripts/environment" dev
SIZE ?= 1
ARGS ?=

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1@\2/p' "$(here)/Makefile" | awk -F@ '{ printf "%-16s %s\n", $$1, $$2 }'

demo: ## try everything: own PostgreSQL, two years of sample data, website and worker
	@$(runtime) && exec "$(bin)/assay" demo $(ARGS)

test: ## install what the tests need and run them
	@exec sh "$(here)/scripts/test" $(ARGS)

check: ## what continuous integration checks besides: style, types, templates, layers, dependencies
	@exec sh "$(here)/scripts/check"

fmt: ## put the code into its common form
	@$(dev) && cd "$(here)" && .venv/bin/python -m ruff check --fix --exit-zero --quiet && .venv/bin/python -m ruff format

run: ## the website alone
	@$(runtime) && exec "$(bin)/assay" serve $(ARGS)

worker: ## the worker alone
	@$(runtime) && exec "$(bin)/assay" worker $(ARGS)

migrate: ## bring the database to the version of this code
	@$(runtime) && exec "$(bin)/assay" migrate $(ARGS)

bench: ## speed and memory at SIZE million delivery lines (1)
	@$(dev) && cd "$(here)" && export PYTHONPATH=. && exec .venv/bin/python benchmarks --size "$(SIZE)" $(ARGS)
