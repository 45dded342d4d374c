# Everything a person or CI runs. `make help` lists it.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := libs/qmcore services/replay services/engine services/gateway services/harness services/registry deploy/local
KERNELS := $(wildcard libs/qmcore/src/qmcore/kernels/*.pyx libs/qmcore/src/qmcore/kernels/*.pxd libs/qmcore/src/qmcore/kernels/*.h)
FRONTEND := $(shell find frontend -path frontend/node_modules -prune -o -path frontend/dist -prune -o -type f -print)
PY_SOURCES := libs services deploy tests
LANES := -n 2 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help setup run dev check lint types imports unit test browser docker-engine containers gen gen-check bench faults fuzz soak audit lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*?## ' $(MAKEFILE_LIST) | awk -F ':.*?## ' '{printf "  make %-14s %s\n", $$1, $$2}'

$(VENV)/.installed: requirements/dev.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: python3.11 was not found"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/.packages: $(VENV)/.installed $(KERNELS) libs/qmcore/setup.py $(addsuffix /pyproject.toml,$(PACKAGES))
	@echo "building the Cython kernels and installing the packages"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps \
		$(foreach package,$(PACKAGES),--editable $(package))
	@touch $@

frontend/node_modules/.installed: frontend/package-lock.json
	@command -v npm > /dev/null || { echo "Node 20 or newer with npm is needed: npm was not found"; exit 1; }
	cd frontend && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

frontend/dist/.built: frontend/node_modules/.installed $(FRONTEND)
	cd frontend && npm run --silent build
	@touch $@

setup: $(VENV)/.packages frontend/node_modules/.installed ## make .venv with qm in it, build the kernels, install the front end

run: $(VENV)/.packages frontend/dist/.built ## start everything with sample data and print the URL
	$(BIN)/qm up

dev: setup ## the same with hot reload: Vite on 5174 in front of the gateway on 8002
	$(BIN)/qm up --dev

lint: setup
	$(BIN)/ruff check $(PY_SOURCES)
	$(BIN)/ruff format --check $(PY_SOURCES)
	PATH="$(CURDIR)/$(BIN):$$PATH" cython-lint --max-line-length 120 libs/qmcore/src/qmcore/kernels
	cd frontend && npm run --silent lint

types: setup
	$(BIN)/mypy $(foreach package,$(PACKAGES),$(package)/src)
	cd frontend && npm run --silent typecheck

imports: setup
	$(BIN)/lint-imports

gen: setup ## write the generated files (kernel enums, TypeScript, docs/wire.md)
	$(BIN)/python -m qmcore.contracts.codegen

gen-check: setup
	$(BIN)/python -m qmcore.contracts.codegen --check

unit: setup
	$(BIN)/pytest -q $(LANES) tests/unit
	cd frontend && npm run --silent test

check: lint types imports gen-check unit ## the inner loop: lint, types, unit tests

browser: ## install Chromium for the browser tests where that is possible (Debian, root)
	@command -v chromium > /dev/null || { test "$$(id -u)" = 0 && command -v apt-get > /dev/null \
		&& apt-get update -qq && apt-get install -y -qq chromium > /dev/null; } \
		|| echo "no Chromium: browser tests will be skipped (install Debian's package chromium)"

docker-engine: ## start a Docker engine where a tool for it is at hand
	@docker info > /dev/null 2>&1 || { test "$$(id -u)" = 0 && test -x ../shared/tools/container-engine \
		&& ../shared/tools/container-engine up; } || echo "no Docker engine: container tests will be skipped"

containers: setup browser docker-engine ## build the images, start the compose file, test it
	$(BIN)/pytest tests/containers

test: check containers frontend/dist/.built ## everything that CI runs
	cd frontend && npm run --silent test:browser
	$(BIN)/pytest $(LANES) tests --ignore=tests/unit --ignore=tests/bench --ignore=tests/containers

bench: setup ## measure against the baselines
	$(BIN)/qm bench

faults: setup ## 50 faults on 8 sessions and 40 viewers; QM_FAULTS_SEED=2 for others
	$(BIN)/pytest -s -m slow_faults tests/faults

fuzz: setup ## ten million damaged records, thousands of damaged messages and checkpoints; seeds are printed
	QM_FUZZ_RECORDS=10000000 QM_FUZZ_CHECKPOINTS=5000 QM_FUZZ_MESSAGES=50000 QM_FUZZ_EXAMPLES=30 \
		$(BIN)/pytest -q -rA --timeout=0 tests/fuzz

soak: setup ## 500 viewers of 4 sessions for a quarter of an hour
	$(BIN)/qm bench soak --minutes 15

audit: setup ## ask PyPI and npm for known vulnerabilities of what is locked; says so where they do not answer
	$(BIN)/python .ci/audit

lock: $(VENV)/.installed ## re-compile the hashed requirement locks (needs uv on the PATH)
	@for set in dev harness core build; do \
		test $$set = dev && same= || same="--constraints requirements/dev.txt"; \
		uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
			--no-header $$same requirements/$$set.in -o requirements/$$set.txt || exit 1; \
	done

clean: ## remove everything that was built
	rm -rf $(VENV) frontend/node_modules frontend/dist .run .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find libs services deploy -name '*.so' -o -name '*.egg-info' -o -name build -prune | xargs rm -rf
	find libs -name '*.cpp' | xargs rm -f
