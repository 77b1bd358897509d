# Everything a person or CI runs goes through here: `make help` lists it.
# Written for GNU make 3.81 and later, which is what macOS ships.

MAKEFLAGS += --no-print-directory --no-builtin-rules
.DEFAULT_GOAL := all
.NOTPARALLEL:

BIN := .venv/bin
INSTALLED := .venv/.installed
DEVELOPED := .venv/.developed

# Where data lives, and which environment in it: see docs/architecture.md.
MUSTER_HOME ?= warehouse
MUSTER_ENV ?= dev
# The port of `make docs`, the days of `make advance`.
PORT ?= 8080
DAYS ?= 1
# Whose systems are read: the demo company's, or, when empty, those that .dlt/ and the
# environment name.
MUSTER_DEMO ?= yes
# Where `make rehearse` builds; `make test` goes on from there.
REHEARSED := target/rehearsed
# The text that `make comment` puts beside a pull request.
COMMENT ?= target/comment.md

export MUSTER_HOME
# Nobody is told what is run here.
export DO_NOT_TRACK := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export RUNTIME__DLTHUB_TELEMETRY := false
# Tools keep what they cache in the virtual environment.
export PRE_COMMIT_HOME := $(CURDIR)/.venv/.pre-commit
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONUTF8 := 1
export PYTHONUNBUFFERED := 1
# Whoever has no home folder, as in some containers, has a cache all the same.
ifeq ($(shell test -w "$$HOME" || echo none),none)
export UV_CACHE_DIR := $(CURDIR)/.venv/.uv-cache
endif
# A sandbox, a container or root must not make a difference. Python keeps what it compiled:
# every command would compile a thousand modules again, and take twice as long.
unexport PYTHONDONTWRITEBYTECODE PYTHONHOME PYTHONPATH VIRTUAL_ENV

bold = if [ -t 1 ]; then printf '\n\033[1m── %s\033[0m\n' '$(1)'; else printf '\n── %s\n' '$(1)'; fi
heading = @$(bold)
# $(call patiently,what is happening,command): a dot a second until it is done.
patiently = printf '%s ' '$(1)'; ( $(2) ) & task=$$!; \
	while sleep 1 && kill -0 $$task 2>/dev/null; do printf .; done; \
	wait $$task && printf ' done\n' || { printf ' failed\n'; exit 1; }

# $(call locked,lock): the packages of a lock and no others, and Muster itself.
locked = $(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes $(1) \
	&& $(BIN)/uv pip install --quiet --python $(BIN)/python --offline --no-deps \
		--no-build-isolation --editable .

.PHONY: all
all: setup demo ## The whole thing: demo company, ingestion, build, docs and a summary (default)
	$(call heading,Ingest: from the company to raw)
	@$(BIN)/muster ingest --demo --env $(MUSTER_ENV)
	$(call heading,Build: from raw to tested marts)
	@$(BIN)/muster build --env $(MUSTER_ENV)
	$(call heading,Summary)
	@$(BIN)/muster summary --env $(MUSTER_ENV)

.PHONY: help
help: ## List what there is
	@printf 'make [target], where target is one of:\n\n'
	@grep -E '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) \
		| sed -e 's/:.*## /|/' \
		| while IFS='|' read -r name text; do printf '  %-10s %s\n' "$$name" "$$text"; done
	@printf '\nMUSTER_HOME=%s (data), MUSTER_ENV=%s (environment), PORT=%s (docs), DAYS=%s (advance)\n' \
		'$(MUSTER_HOME)' '$(MUSTER_ENV)' '$(PORT)' '$(DAYS)'

.PHONY: setup
setup: $(INSTALLED) ## Create .venv with the locked packages that running needs

$(INSTALLED): requirements.lock requirements/uv.txt pyproject.toml
	@if ! [ -w . ]; then \
		echo 'Cannot write in $(CURDIR): make it writable, or clone Muster elsewhere.' >&2; exit 1; fi
	@if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
		for python in $(or $(PYTHON),python3 python3.13 python3.12 python3.11); do \
			if $$python -c 'import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
				>/dev/null 2>&1; then found=$$python; break; fi; \
		done; \
		if [ -z "$${found:-}" ]; then \
			echo 'Muster needs Python 3.11, 3.12 or 3.13 with its venv module, and $(or $(PYTHON),none) $(if $(PYTHON),is not one,was found): install one (Debian, Ubuntu: apt install python3 python3-venv), or say which: make PYTHON=/path/to/python3.12' >&2; \
			exit 1; \
		fi; \
		echo "Creating .venv with $$($$found --version)"; \
		rm -rf .venv && $$found -m venv .venv; \
	fi
	@$(call patiently,Bringing uv into .venv,$(BIN)/python -m pip install --quiet --no-cache-dir --require-hashes --requirement requirements/uv.txt)
	@$(call patiently,Installing what running needs,$(call locked,requirements.lock))
	@touch $@

.PHONY: develop
develop: $(DEVELOPED) ## Add to .venv what tests and linters need, locked too

$(DEVELOPED): $(INSTALLED) requirements/dev.lock requirements/package-lock.json
	@$(call patiently,Installing what tests and linters need,$(call locked,requirements/dev.lock))
	@mkdir -p .venv/npm && cp requirements/package.json requirements/package-lock.json .venv/npm
	@if command -v npm >/dev/null; then \
		$(call patiently,Bringing axe-core into .venv,cd .venv/npm && npm ci --silent --ignore-scripts --no-audit --no-fund --cache cache); \
	else echo 'There is no npm here: what axe-core tests of the site is skipped, but in CI.'; fi
	@touch $@

.PHONY: browser
browser: ## Install the browser that tests of the site need, if there is none (Debian, as root)
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null \
		|| { apt-get update -qq && apt-get install -qq --no-install-recommends chromium; }

.PHONY: demo
demo: setup ## Create the demo company, if there is none
	@if ! [ -e "$(MUSTER_HOME)/demo/state.json" ]; then \
		$(call bold,Demo company: what truly happened and the systems that tell it); \
		$(BIN)/muster demo create; fi

.PHONY: ingest
ingest: setup $(if $(MUSTER_DEMO),demo) ## Load what is new in the demo company's systems (MUSTER_DEMO=: in yours)
	@$(BIN)/muster ingest $(if $(MUSTER_DEMO),--demo) --env $(MUSTER_ENV)

.PHONY: build
build: setup ## Run dbt build, with all its tests, and generate the docs
	@$(BIN)/muster build --force --env $(MUSTER_ENV)

.PHONY: docs
docs: setup ## Build what changed, and serve the docs until Ctrl-C (PORT=8080)
	@$(BIN)/muster build --env $(MUSTER_ENV)
	@$(BIN)/muster docs --env $(MUSTER_ENV) --port $(PORT)

.PHONY: report
report: setup ## Build what changed, and open the site for everybody
	@$(BIN)/muster build --env $(MUSTER_ENV)
	@$(BIN)/muster report --env $(MUSTER_ENV)

.PHONY: summary
summary: setup ## Show again what was loaded, what was rejected, and headcount
	@$(BIN)/muster summary --env $(MUSTER_ENV)

.PHONY: advance
advance: setup demo ## Let the demo company live on (DAYS=1); `make` then loads it
	@$(BIN)/muster demo advance --days $(DAYS)

.PHONY: test
test: develop ## Everything CI runs: lint, a build from an empty warehouse, and pytest
	@started=$$(date +%s); told=$$(mktemp); $(MAKE) lint >"$$told" 2>&1 & linting=$$!; \
		trap 'kill $$linting; exit 130' INT TERM; \
		$(MAKE) rehearse && MUSTER_REHEARSED="$(CURDIR)/$(REHEARSED)" $(MAKE) pytest; tested=$$?; \
		wait $$linting; linted=$$?; cat "$$told"; rm "$$told"; \
		[ "$$tested$$linted" = 00 ] \
		&& printf '\nAll passed in %d s.\n' $$(( $$(date +%s) - started ))

.PHONY: check
check: develop ## Lint, build and test what differs from main, in a minute; the rest is CI's
	@$(BIN)/python -m tools.check

.PHONY: lint
lint: develop ## Check SQL, Python, YAML and the workflows
	$(call heading,Lint)
	@$(BIN)/pre-commit run --all-files --show-diff-on-failure

# Tests wait for servers and other processes: three workers keep two cores busy.
.PHONY: pytest
pytest: develop ## Run the Python tests
	$(call heading,Python tests)
	@$(BIN)/python -m pytest -n 3 --dist loadgroup --no-loadscope-reorder --durations 25

.PHONY: rehearse
rehearse: setup ## Build a small company from an empty warehouse, in target/rehearsed
	$(call heading,A build from an empty warehouse)
	@rm -rf $(REHEARSED) && export MUSTER_HOME="$(CURDIR)/$(REHEARSED)" \
		MUSTER_PSEUDONYM_KEY='the key of the acceptance tests, worth nothing elsewhere' \
		&& $(BIN)/muster demo create --employees 150 --months 18 \
		&& { $(BIN)/muster ingest --demo --env dev >$(REHEARSED)/summary.txt; \
			ingested=$$?; cat $(REHEARSED)/summary.txt; [ $$ingested = 0 ]; } \
		&& $(BIN)/muster build --env dev

.PHONY: format
format: develop ## Put SQL and Python into the house's form
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .
	@$(BIN)/python -m tools.lint_sql fix

# What running needs has the versions that tests run with: the larger lock comes first.
compile = $(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	--override requirements/overrides.txt --no-header
extras = --extra kafka --extra lake --extra s3 --extra setup

.PHONY: lock
lock: setup ## Renew the locks from pyproject.toml
	@$(compile) $(extras) --extra dev --output-file requirements/dev.lock pyproject.toml
	@$(compile) $(extras) --constraint requirements/dev.lock --output-file requirements.lock pyproject.toml
	@$(compile) --extra spark --constraint requirements/dev.lock --output-file requirements/spark.lock pyproject.toml
	@echo 'Renewed requirements.lock, requirements/dev.lock and requirements/spark.lock: run make test before committing them.'

# Slim CI works on a small company of its own, alike on every machine. Of its two years the
# second has what a year before it takes: turnover, pay gaps, movements.
# What makes and reads it says whether it is still the same.
small = by=$$(find demo environment ingestion -name '*.py' -o -name '*.sql' | sort | xargs cat | sha256sum) \
	&& if [ "$$by" != "$$(cat target/ci/made-by 2>/dev/null)" ]; then rm -rf target/ci \
	&& $(BIN)/muster demo create --employees 300 --months 24 \
	&& $(BIN)/muster ingest --demo --env ci && echo "$$by" > target/ci/made-by; fi \
	&& $(BIN)/muster slim
slim state: override export MUSTER_HOME := target/ci
# Main's state, from CI or made here: the newer.
basis = $(firstword $(patsubst %/state.json,%,$(shell ls -t target/main/state.json target/state/state.json 2>/dev/null)) target/main)

.PHONY: slim
slim: setup ## Build a small company as far as this branch changes it, and tell the data diff
	@$(small) --state $(basis) --comment target/data-diff/comment.md
	@if [ -n "$${GITHUB_STEP_SUMMARY:-}" ]; then \
		cat target/data-diff/comment.md >> "$$GITHUB_STEP_SUMMARY"; fi

.PHONY: state
state: setup ## Build a small company whole, and keep in target/state what make slim starts from
	@$(small) --save target/state

.PHONY: fetch
fetch: ## Bring the state of main's last build to target/main, if there is one (needs gh)
	@rm -rf target/main
	@run=$$(gh run list --workflow ci.yml --branch main --event push --status success --limit 1 \
			--json databaseId --jq '.[].databaseId') \
		&& if [ -n "$$run" ] && gh run download "$$run" --name state --dir target/main; then \
			echo "Brought the state of main's run $$run to target/main."; \
		else echo 'Main has left no state: everything will be built.'; fi

.PHONY: attack
attack: setup ## Attack what companies of several sizes publish, and measure what is told (an hour)
	$(call heading,Attack: companies of several sizes)
	@$(BIN)/python -m operations.attack

# The tests that make more trials each night: see tests/python/trial_kit.py.
NIGHTLY := $(addprefix tests/python/,acceptance properties \
	$(addprefix ingestion/test_,answers.py fuzz.py payroll.py) \
	store/test_mirror.py operations/monitoring/test_trouble.py \
	$(addprefix operations/release/test_,lake.py release_kills.py release_readers.py))

.PHONY: spark
spark: develop ## See that Spark gives the same tables (needs Java; some 10 minutes)
	@command -v java >/dev/null || { echo 'Spark needs Java 17 or 21: install it (Debian: apt install openjdk-17-jre-headless).' >&2; exit 1; }
	@$(call patiently,Installing Spark,$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --no-deps --requirement requirements/spark.lock)
	$(call heading,Spark beside DuckDB)
	@$(BIN)/python -m pytest -m spark tests/python/acceptance/test_spark.py

.PHONY: faults
faults: develop ## Kill ingestion at 200 moments, fill disks, fuzz 10,000 inputs, and other trials (hours)
	$(call heading,Faults: kills and full disks)
	@$(BIN)/python -m pytest -n 2 --timeout 3600 tests/faults
	$(call heading,More trials of what is drawn at random)
	@MUSTER_NIGHTLY=yes $(BIN)/python -m pytest -n 2 --dist loadgroup --timeout 3600 $(NIGHTLY)

.PHONY: audit
audit: develop ## Look up known weaknesses of the locked packages (needs the network)
	@$(BIN)/pip-audit --requirement requirements/dev.lock --requirement requirements/spark.lock --require-hashes --disable-pip --progress-spinner off

.PHONY: sbom
sbom: develop ## List what running needs as target/sbom.json (CycloneDX)
	@rm -rf target/running && $(BIN)/uv venv --quiet --python $(BIN)/python target/running
	@$(BIN)/uv pip sync --quiet --python target/running/bin/python --require-hashes requirements.lock
	@$(BIN)/cyclonedx-py environment --output-reproducible --no-validate --pyproject pyproject.toml --output-file target/sbom.json target/running/bin/python
	@echo 'Listed what running needs in target/sbom.json.'

# The version of the product itself, and what a release of it is called.
version = $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)

.PHONY: wheel
wheel: setup ## Build the wheel, with all that running needs, in target/wheel
	@rm -rf target/wheel && $(BIN)/python -m hatchling build -t wheel -d target/wheel

.PHONY: image
image: ## Build the container's image, muster, from the Dockerfile (needs docker)
	@docker build --tag muster:$(version) .

.PHONY: product
product: wheel sbom image ## Gather in target/product what a version of Muster is released with
	@rm -rf target/product && mkdir -p target/product
	@python3 -m tools.notes $(version) > target/product/notes.md
	@cp target/wheel/*.whl target/sbom.json requirements.lock target/product
	@docker save muster:$(version) | gzip > target/product/muster-$(version)-image.tar.gz

# A tag can stand anywhere: what is not on main is not published.
.PHONY: publish
publish: ## Publish target/product as version v..., with its image, on GitHub (needs gh and docker)
	@[ "$${GITHUB_REF_NAME:-v$(version)}" = "v$(version)" ] || { \
		echo "The tag $$GITHUB_REF_NAME is not v$(version), which pyproject.toml says." >&2; exit 1; }
	@case "$$(gh api "repos/$$GITHUB_REPOSITORY/compare/main...$$(git rev-parse HEAD)" --jq .status)" in \
		identical|behind) ;; \
		*) echo 'This revision is not on main: merge it first.' >&2; exit 1;; esac
	@if [ -n "$$MUSTER_REGISTRY" ]; then \
		image="$$MUSTER_REGISTRY/$$(printf %s "$$GITHUB_REPOSITORY" | tr '[:upper:]' '[:lower:]'):$(version)" \
		&& printf %s "$$GH_TOKEN" | docker login "$$MUSTER_REGISTRY" --username "$$GITHUB_ACTOR" --password-stdin \
		&& docker load --input target/product/muster-$(version)-image.tar.gz \
		&& docker tag muster:$(version) "$$image" && docker push "$$image"; \
	else echo 'MUSTER_REGISTRY names no registry: the image is attached, and pushed nowhere.'; fi
	@gh release create "v$(version)" --verify-tag --title "Muster $(version)" \
		--notes-file target/product/notes.md \
		target/product/*.whl target/product/*.tar.gz target/product/sbom.json target/product/requirements.lock

.PHONY: release
release: ingest ## Load what is new and release it to MUSTER_ENV, with its evidence in target/release
	@$(BIN)/muster release $(MUSTER_ENV)
	@$(BIN)/python -m operations.release.evidence $(MUSTER_ENV) target/release

.PHONY: evidence
evidence: setup ## Bring what the current release of MUSTER_ENV tells of itself to target/release
	@$(BIN)/python -m operations.release.evidence $(MUSTER_ENV) target/release

.PHONY: site
site: ## Gather docs and report of MUSTER_ENV in target/site, as Pages shows them
	@rm -rf target/site && mkdir -p target/site
	@cp -R "$(MUSTER_HOME)/$(MUSTER_ENV)/docs" "$(MUSTER_HOME)/$(MUSTER_ENV)/report" target/site
	@printf '<!doctype html><meta charset="utf-8"><title>Workforce report</title><meta http-equiv="refresh" content="0; url=report/index.html"><a href="report/index.html">Workforce report</a>\n' > target/site/index.html

.PHONY: tag
tag: ## Tag this revision with the release in target/release, on GitHub (needs gh)
	@release=$$(python3 -c 'import json; print(json.load(open("target/release/release.json"))["release"])') \
		&& gh release create "prod-$$release" --target "$$(git rev-parse HEAD)" --title "$$release" \
			--notes-file target/release/requirements.md target/release/release.json target/sbom.json

.PHONY: comment
comment: ## Put the data diff COMMENT beside its pull request (in GitHub Actions)
	@python3 -m tools.comment "$(COMMENT)"

.PHONY: pages
pages: develop ## Renew what docs say from models, contract and benchmarks: the ERD, what each figure means
	@$(BIN)/python -m tools.pages
	@$(BIN)/python -m benchmarks.page

.PHONY: picture
picture: develop ## Take again the picture of the report that the README shows
	@$(BIN)/python -m tools.picture $(MUSTER_ENV)

.PHONY: rivals
rivals: develop ## Install what benchmarks compare Muster with, until the lock changes
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --requirement requirements/benchmarks.txt

.PHONY: benchmark
benchmark: rivals ## Measure speed and memory, beside other tools, a slim build, and a day more
	@$(BIN)/python -m benchmarks
	@$(BIN)/python -m benchmarks.files
	@$(BIN)/python -m benchmarks.databases
	@$(BIN)/python -m benchmarks.side_by_side
	@$(BIN)/python -m benchmarks.onboarding --people 30000
	@$(BIN)/python -m benchmarks.follow
	@$(BIN)/python -m benchmarks.slim
	@$(BIN)/python -m benchmarks.day
	@$(BIN)/python -m benchmarks.working_time --punches 10000000

.PHONY: clean
clean: ## Remove caches and dbt's output; data and .venv stay
	@rm -rf target logs dbt_packages .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
	@echo 'Removed caches and dbt output. Data stays in $(MUSTER_HOME)/, tools in .venv/.'

.PHONY: reset
reset: ## Delete the demo company and what was loaded from it into MUSTER_ENV
	@if [ -e "$(MUSTER_HOME)/demo/state.json" ]; then \
		rm -rf "$(MUSTER_HOME)/demo" "$(MUSTER_HOME)/$(MUSTER_ENV)" \
		&& echo 'Deleted $(MUSTER_HOME)/demo and $(MUSTER_HOME)/$(MUSTER_ENV).'; \
	else echo 'No demo company in $(MUSTER_HOME)/: nothing deleted.'; fi
