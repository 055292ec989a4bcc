# Every task; each sets up what it needs in .venv first.
SHELL := /bin/sh
.DEFAULT_GOAL := help
VENV := $(CURDIR)/.venv
export PATH := $(VENV)/bin:$(PATH)
export DVC_NO_ANALYTICS := 1
unexport PYTHONDONTWRITEBYTECODE PYTHONPATH VIRTUAL_ENV

.PHONY: help
help: ## list the tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/.base: requirements/base.txt requirements/setup.txt pyproject.toml
	@scripts/setup base

.venv/.dev: requirements/dev.txt requirements/setup.txt pyproject.toml
	@scripts/setup dev
	@touch .venv/.base

.PHONY: setup
setup: .venv/.base ## install what the pipeline needs into .venv

.PHONY: run
run: .venv/.base ## fetch the data, run every stage that changed, show the verdict
	@lockgate prepare
	@dvc repro || { lockgate summary --failed; exit 1; }
	@lockgate summary

.PHONY: report
report: .venv/.base ## open the report of the last run
	@lockgate report

.PHONY: diff
diff: .venv/.base ## what changed in params and metrics since the last commit
	@dvc params diff
	@dvc metrics diff

.PHONY: serve
serve: .venv/.base ## serve what is in production, else models/model, on http://127.0.0.1:8000
	@python -m lockgate.service

.PHONY: push
push: .venv/.base ## push data and models, and prove that a fresh clone can pull them
	@lockgate push

.PHONY: pull
pull: .venv/.base ## pull data and models, and make sure that all of them arrived
	@lockgate pull

.PHONY: doctor
doctor: .venv/.base ## say what is missing or wrong on this machine and in this checkout
	@lockgate doctor

.PHONY: test
test: .venv/.dev ## run the tests
	@pytest -q -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

.PHONY: check
check: .venv/.dev ## format, lint, types, order of the rooms
	@ruff format --check
	@ruff check
	@mypy
	@lint-imports

.PHONY: cover
cover: .venv/.dev ## run the tests and show what they do not reach
	@pytest -q -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder --cov --cov-report=term-missing

.PHONY: bench
bench: ROWS := 1000000
bench: run ## measure what everything costs, into docs/benchmarks.md (make bench ROWS=10000000)
	@python benchmarks/machine.py > docs/.benchmarks.md
	@python benchmarks/pipeline.py >> docs/.benchmarks.md
	@python benchmarks/predict.py >> docs/.benchmarks.md
	@python benchmarks/scale.py $(ROWS) >> docs/.benchmarks.md
	@python benchmarks/adopt.py $(ROWS) >> docs/.benchmarks.md
	@mv docs/.benchmarks.md docs/benchmarks.md

.PHONY: bench-serve
bench-serve: run ## measure the service beside plain ones, into docs/benchmarks-serving.md
	@python benchmarks/serve.py > docs/.benchmarks-serving.md
	@test ! -s docs/.benchmarks-serving.md || cp docs/.benchmarks-serving.md docs/benchmarks-serving.md
	@rm docs/.benchmarks-serving.md

.PHONY: soak
soak: MINUTES := 20
soak: .venv/.dev run ## try what the service survives, into docs/reliability.md (MINUTES=60)
	@python benchmarks/soak.py --minutes $(MINUTES) --json .lockgate/soak.json --page docs/reliability.md

.PHONY: verify
verify: .venv/.base ## rebuild everything in a temporary clone and compare the bytes
	@scripts/verify

.PHONY: story
story: .venv/.base ## play a year of releases in a temporary clone: rejected, rolled back, made again
	@python scripts/story.py

.PHONY: lock
lock: .venv/.dev ## resolve requirements/*.txt anew from pyproject.toml
	@scripts/lock
