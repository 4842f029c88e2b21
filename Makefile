# `make run` and `make test` are all that a fresh machine needs: Python 3.11 or newer and make, no root, no server.
# A target is listed by `make help` when a comment stands behind it.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

export HRASSIST_ENV ?= development
export HRASSIST_PORT ?= 8000
BIN := .venv/bin
# Tests use every core; the last one is not left idle, nothing else runs meanwhile.
CORES ?= $(shell nproc 2>/dev/null || echo 2)
# Who has nothing left takes from the other: with shares that are fixed the last tenth of the tests ran on one core.
SPREAD := -n $(CORES) --dist worksteal
COMPILE := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock"
PACKAGES := hrassist candidates jobs audit
WITH_DATABASE := deploy/scripts/with-database
# What has a target of its own below.
RESTORE := tests/hrassist/ops/backup tests/hrassist/ops/fsck tests/hrassist/ops/migrating
ELSEWHERE := storage or browser or chaos or alone or crawl or deploy or rollout or image or machine or restore or model or word

# Tests are full of made-up passwords and checksums; keys of known makes are looked for there too.
MADE_UP := $(addprefix --disable-plugin ,KeywordDetector BasicAuthDetector HexHighEntropyString Base64HighEntropyString)

.PHONY: run
run: install ## Start everything with demo data: web, worker and stream; Ctrl-C stops all of it
	@$(WITH_DATABASE) deploy/scripts/run-local

.PHONY: test
test: install ## Run all tests that need nothing but Python
	$(WITH_DATABASE) $(BIN)/pytest -rs --durations=25 $(SPREAD) -m "not ($(ELSEWHERE))" $(addprefix --ignore=,$(RESTORE))
	$(WITH_DATABASE) $(BIN)/pytest -rs -m alone tests/audit tests/hrassist/ops/fsck

.PHONY: test-authorisation
test-authorisation: install ## Ask for every address as every role: what it shows, records, changes and leaks (some seven minutes)
	$(WITH_DATABASE) $(BIN)/pytest -rs $(SPREAD) -m crawl tests/authorisation

.PHONY: test-storage
test-storage: install ## Run the upload tests against a real S3 server (Ceph's gateway)
	@deploy/scripts/needs test-storage radosgw ceph-mon ceph-osd ceph-mgr ceph radosgw-admin \
	  && { $(WITH_DATABASE) tests/storage/with-object-store $(BIN)/pytest -rs -m storage tests/storage; } || [[ $$? == 77 ]]

.PHONY: test-browser
test-browser: export HRASSIST_SLOW_SECONDS = $(SLOW)
test-browser: install ## Run the tests that drive Chromium through the admin; SLOW=0.5 delays every request and answer up to that long
	@deploy/scripts/needs test-browser chromium \
	  && { $(WITH_DATABASE) $(BIN)/pytest -rs $(SPREAD) -m "browser and not accessibility" tests/browser; } || [[ $$? == 77 ]]

.PHONY: test-accessibility
test-accessibility: install ## Let axe look at every page of every role, in light and dark, and click what opens there (some minutes)
	@deploy/scripts/needs test-accessibility chromium \
	  && { $(WITH_DATABASE) $(BIN)/pytest -rs $(SPREAD) -m accessibility tests/browser; } || [[ $$? == 77 ]]

# The longest first: a host without power holds its work until the lease of it ends.
.PHONY: test-chaos
test-chaos: install ## Run the tests that kill processes in the middle of their work
	$(WITH_DATABASE) $(BIN)/pytest -rs $(SPREAD) -m chaos tests/deploy/test_hosts.py tests/chaos

.PHONY: test-model
test-model: install ## Let a real small language model tailor resumes: nothing that it invents is on paper (some ten minutes)
	$(WITH_DATABASE) $(BIN)/pytest -rs -m model tests/model

.PHONY: load
load: install ## Fifty clients on the web process; OPTIONS="--strict --clients 50 --seconds 60" fails on a missed bound
	@$(WITH_DATABASE) $(BIN)/python -m tests.load.site $(OPTIONS)

.PHONY: test-word
test-word: install ## Ask the Open XML SDK and LibreOffice about every kind of Word file that we make (a minute)
	@deploy/scripts/needs test-word npm soffice \
	  && { $(WITH_DATABASE) $(BIN)/pytest -rs -m word tests/word; } || [[ $$? == 77 ]]

.PHONY: load-stream
load-stream: install ## A thousand clients on one stream process; OPTIONS=--strict fails on a missed bound
	@$(WITH_DATABASE) $(BIN)/python -m tests.load.streams $(OPTIONS)

.PHONY: test-deploy
test-deploy: install ## Read, start and overload what is shipped under deploy/ with the real tools (some minutes)
	@deploy/scripts/needs test-deploy nginx redis-server pgbouncer fail2ban-regex supervisord ufw logrotate systemd-analyze \
	  faketime promtool amtool monit prometheus prometheus-blackbox-exporter prometheus-node-exporter ip curl pebble certbot openssl sshd sudo \
	  && { tests/machine/debian || [[ $$? == 77 ]]; } \
	  && { $(WITH_DATABASE) $(BIN)/pytest -rs $(SPREAD) -m deploy tests/deploy; } || [[ $$? == 77 ]]

.PHONY: test-rollout
test-rollout: install ## Release, go back and roll over several machines while others ask (some minutes, as root for ssh)
	@deploy/scripts/needs test-rollout nginx curl sshd sudo unshare \
	  && { $(WITH_DATABASE) $(BIN)/pytest -rs -m rollout tests/deploy; } || [[ $$? == 77 ]]

.PHONY: test-image
test-image: install ## Build the image with buildah and run it, as root (some minutes)
	@deploy/scripts/needs test-image buildah debootstrap unshare setpriv \
	  && { $(WITH_DATABASE) $(BIN)/pytest -rs -m image tests/deploy; } || [[ $$? == 77 ]]

.PHONY: test-machine
test-machine: install ## Install onto a Debian with systemd and run every unit of it in its sandbox (some minutes, as root)
	@deploy/scripts/needs test-machine debootstrap unshare nsenter openssl \
	  && { tests/machine/tree && $(BIN)/pytest -rs -m machine tests/machine; } || [[ $$? == 77 ]]

.PHONY: test-restore
test-restore: install ## Back up, damage, restore and drill the database and files (some three minutes)
	$(WITH_DATABASE) $(BIN)/pytest -rs $(SPREAD) -m "not alone" $(RESTORE)

.PHONY: drill-full
drill-full: export HRASSIST_PROOF_MB ?= 2048
drill-full: export HRASSIST_PROOF_ARCHIVE_TIMEOUT ?= 45
drill-full: install ## Destroy a PostgreSQL of 2 GB with pgBackRest and two S3 servers, and bring it back (as root, most of an hour)
	@deploy/scripts/needs drill-full radosgw ceph-mon ceph-osd ceph-mgr ceph radosgw-admin debootstrap openssl \
	  && { tests/restore/pg-tree && $(BIN)/pytest -rs -m restore tests/restore; } || [[ $$? == 77 ]]

.PHONY: fuzz
fuzz: install ## Bend files and let the reader have them, in its cage; SECONDS=600, OPTIONS=--seed N repeats a run
	@$(BIN)/python -m tests.fuzz.run --seconds $(or $(SECONDS),600) $(OPTIONS)

.PHONY: bench
bench: install ## Compare what an API request costs with a bare WSGI function over the same SQL; OPTIONS=--strict holds the bounds
	@$(WITH_DATABASE) $(BIN)/python -m tests.bench.api_lists $(OPTIONS)

.PHONY: bench-admin
bench-admin: install ## Measure the admin's pages over 10,000 and 1,000,000 people; OPTIONS=--strict fails on a missed target
	@$(WITH_DATABASE) $(BIN)/python -m tests.bench.admin_pages $(OPTIONS)

.PHONY: bench-audit
bench-audit: install ## Measure searches of the audit log over ten million events; OPTIONS=--strict fails on a missed target
	@$(WITH_DATABASE) $(BIN)/python -m tests.bench.audit_search $(OPTIONS)

.PHONY: bench-facts
bench-facts: install ## Count what the checker of tailored resumes finds and where it is wrong; OPTIONS="--strict --show"
	@$(BIN)/python -m tests.bench.facts $(OPTIONS)

.PHONY: bench-reports
bench-reports: install ## Measure what each report as a document takes; OPTIONS=--strict fails on a missed target
	@$(WITH_DATABASE) bash -c '$(BIN)/python manage.py migrate -v0 && $(BIN)/python -m tests.bench.reports $(OPTIONS)'

.PHONY: bench-capacity
bench-capacity: install ## Measure what a request costs on this machine; OPTIONS=--write keeps it for manage.py capacity
	@$(WITH_DATABASE) $(BIN)/python -m tests.bench.capacity $(OPTIONS)

.PHONY: check
check: install ## Format, lint, types, layers, migrations, templates, secrets, house rules, licences, requirements
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(WITH_DATABASE) $(BIN)/python manage.py makemigrations --check --dry-run
	$(WITH_DATABASE) deploy/scripts/lint-migrations
	$(BIN)/djlint --quiet --check --lint $(PACKAGES)
	git ls-files -z -- ':!requirements*.txt' ':!.ci/scanners.txt' ':!.ci/model.txt' ':!tests' | xargs -0 $(BIN)/detect-secrets-hook
	git ls-files -z -- tests | xargs -0 $(BIN)/detect-secrets-hook $(MADE_UP)
	$(BIN)/bandit --quiet -c pyproject.toml -ll --recursive $(PACKAGES)
	deploy/scripts/scanner semgrep --config .ci/semgrep.yml $(PACKAGES)
	deploy/scripts/scanner zizmor .github
	deploy/scripts/scanner jactionlint
	$(BIN)/python .ci/sbom.py --check
	deploy/scripts/requirements-current

.PHONY: format
format: install ## Format code and templates, and mend what the linters can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/djlint --quiet --reformat $(PACKAGES) || true

.PHONY: lock
lock: install ## Resolve pyproject.toml into hashed requirements; UPGRADE=1 takes newer versions
	$(COMPILE) $(if $(UPGRADE),--upgrade) --output-file requirements.txt
	$(COMPILE) $(if $(UPGRADE),--upgrade) --extra dev --constraint requirements.txt --output-file requirements-dev.txt
	$(BIN)/uv pip compile .ci/scanners.in --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade) --output-file .ci/scanners.txt
	$(BIN)/uv pip compile .ci/model.in --no-deps --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade) --output-file .ci/model.txt

.PHONY: audit-packages
audit-packages: install ## Ask the public advisories about every locked package (needs the internet)
	deploy/scripts/scanner pip-audit --require-hashes --disable-pip --requirement requirements.txt $(OPTIONS)

.PHONY: sbom
sbom: install ## Write what is inside as CycloneDX JSON (sbom.cdx.json); stops at a licence that is not allowed
	@$(BIN)/python .ci/sbom.py

.PHONY: password
password: install ## Give the demo recruiter a new password and print it once
	@$(WITH_DATABASE) $(BIN)/python manage.py demo --new-password

.PHONY: psql
psql: install ## Open a database prompt
	@$(BIN)/python -m hrassist.lib.devdb psql

.PHONY: stop
stop: ## Stop what `make run` started, also after it was killed
	@deploy/scripts/stop-local

.PHONY: reset
reset: stop ## Stop, and delete the database, the stored files and the demo
	@[[ ! -x $(BIN)/python ]] || $(BIN)/python -m hrassist.lib.devdb reset
	rm -rf var/storage var/static var/devdb

# The password is not echoed, and an absent one ends in the script's own sentence on how it is called.
URL ?= http://127.0.0.1:$(HRASSIST_PORT)
.PHONY: screenshots
screenshots: install ## Take the README's pictures anew: make screenshots USERNAME=… PASSWORD=… [URL=…]
	@$(BIN)/python -m tests.browser.screenshots $(URL) $(USERNAME) $(PASSWORD)

.PHONY: screenshots-guide
screenshots-guide: install ## Take the admin guide's pictures anew: make screenshots-guide USERNAME=… PASSWORD=… [URL=…]
	@$(BIN)/python -m tests.browser.guide_pictures $(URL) $(USERNAME) $(PASSWORD)

.PHONY: system-packages
system-packages: ## Install Debian's packages for the storage and browser tests (as root)
	@deploy/scripts/system-packages

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1\t\2/' | expand -t 20

.PHONY: install
install:
	@deploy/scripts/install
