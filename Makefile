# Slipway. The first two are for everybody; neither needs anything but Python 3.11 and make.

# The tests mostly wait for programs that they start: one worker more than there are cores, four at most.
WORKERS = $(shell n=$$(nproc); echo $$((n < 3 ? n + 1 : 4)))

.PHONY: help demo test run check bench prove install uninstall setup setup-dev lock clean

help:
	@echo 'make demo    set up, print the sample orders to folder printers, show what came of them'
	@echo 'make test    set up, install what the real CUPS tests need where it may, run everything'
	@echo 'make run     the service in the foreground, on var/'
	@echo 'make check   format, lint, types, import arrows'
	@echo 'make bench   figures of this machine, as ratios of one run; installs the peers for it'
	@echo 'make prove   ten minutes of faults; what came out is counted at the printers; BUDGET=3h, SEED=N, ONLY=kill, FULL=1, MUTANTS=1; SOAK=1h'
	@echo 'make install    on a Debian machine, as root: user, program, units, first check; docs/install.md'
	@echo 'make uninstall  takes all that away again; spool and configuration stay'

demo: setup
	@deploy/demo.sh

test:
	@tests/install_debian_packages.sh
	@deploy/setup.sh dev
	.venv/bin/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

run: setup
	.venv/bin/slipway run

check: setup-dev
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports

bench:
	@tests/install_debian_packages.sh
	@deploy/setup.sh dev
	@tests/bench/install_peers.sh
	.venv/bin/python -m tests.bench

prove:
	@tests/install_debian_packages.sh
	@deploy/setup.sh dev
	.venv/bin/python -m tests.prove --budget $(or $(BUDGET),$(if $(MUTANTS),15m,10m)) $(if $(SEED),--seed $(SEED)) \
	    $(if $(ONLY),--only $(ONLY)) $(if $(FULL),--full) $(if $(MUTANTS),--mutants) $(if $(SOAK),--soak $(SOAK)) \
	    $(if $(FAULT_EVERY),--fault-every $(FAULT_EVERY)) $(if $(JSON),--json $(JSON))

install:
	@deploy/install.sh

uninstall:
	@deploy/uninstall.sh

setup:
	@deploy/setup.sh

setup-dev:
	@deploy/setup.sh dev

lock: setup-dev
	.venv/bin/pip install --quiet pip-tools
	.venv/bin/pip-compile --quiet --upgrade --all-extras --strip-extras --no-annotate --no-header \
	    --no-emit-index-url --no-emit-find-links --no-emit-trusted-host -o requirements.lock pyproject.toml

clean:
	rm -rf .venv .venv-bench var build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
