# Everything a newcomer types. `make help` lists the targets; each sets up what it needs first.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo test check fix serve ui run report dashboards self-test bench bench-generator bench-accuracy bench-memory clean setup-demo setup-dev

BIN := .venv/bin
SCENARIO ?= demo
RUN ?= runs/latest
PORT ?= 8080
WEB_PORT ?= 8089
PROFILE ?= optimized
ARGS ?=

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "Variables: SCENARIO=$(SCENARIO) RUN=$(RUN) PORT=$(PORT) WEB_PORT=$(WEB_PORT) PROFILE=$(PROFILE) ARGS='--help'"

setup-demo:
	@deploy/setup.sh demo

setup-dev:
	@deploy/setup.sh dev

demo: setup-demo ## set everything up, then judge the bundled service before and after (some 5 minutes)
	@$(BIN)/tenfold demo $(ARGS)

test: setup-dev ## set everything up, then run all tests
	@if [ -n "$(ARGS)" ]; then $(BIN)/pytest $(ARGS); else \
	    $(BIN)/pytest -q -n 2 --dist loadfile --ignore=tests/end_to_end && \
	    $(BIN)/pytest -q tests/end_to_end; fi  # real loads take both cores: one after another, and nothing beside them

check: setup-dev ## style, types, layers, generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/tenfold dashboards --check

fix: setup-dev ## let the tools mend what they can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/tenfold dashboards

serve: setup-demo ## start the bundled search service on PORT with PROFILE
	@$(BIN)/tenfold serve --profile $(PROFILE) --port $(PORT) $(ARGS)

ui: setup-demo ## offer SCENARIO from Locust's web page on WEB_PORT
	@$(BIN)/tenfold ui $(SCENARIO) --web-port $(WEB_PORT) $(ARGS)

run: setup-demo ## run SCENARIO and judge it
	@$(BIN)/tenfold run $(SCENARIO) $(ARGS)

report: setup-demo ## judge RUN again and write its report
	@$(BIN)/tenfold report $(RUN) $(ARGS)

dashboards: setup-demo ## write dashboards/generated/
	@$(BIN)/tenfold dashboards $(ARGS)

self-test: setup-demo ## break the bundled service on purpose: does the gate say so?
	@$(BIN)/tenfold self-test $(ARGS)

bench: setup-dev ## run the benchmarks: paired, figures only, no verdict
	@$(BIN)/python -m tests.benchmarks $(ARGS)

bench-generator: setup-dev ## the highest rate of one core, beside k6, Locust, wrk and hey (ARGS=--quick: 4 minutes)
	@$(BIN)/python -m tests.benchmarks.generator $(ARGS)

bench-accuracy: setup-dev ## each tool's percentiles beside the truth; writes docs/accuracy.md (ARGS=--quick)
	@$(BIN)/python -m tests.benchmarks.accuracy $(ARGS)

bench-memory: setup-dev ## the generator's memory over 10 minutes at 5 000/s (ARGS='--seconds 60')
	@$(BIN)/python -m tests.benchmarks.memory $(ARGS)

clean: ## remove what was made here: environment, caches, runs
	rm -rf .venv .venv-bench .pytest_cache .mypy_cache .ruff_cache .import_linter_cache build dist runs
