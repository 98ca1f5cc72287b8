# The ways into the project; each target prepares what it needs by itself.

.DEFAULT_GOAL := help
.PHONY: help drill follow-demo test test-faults test-approvals test-drills test-examples test-hostile test-hosts test-people test-screens test-host-files test-pythons test-zones check bench screenshots recording lock wheel clean run-environment dev-environment bench-environment
MAKEFLAGS += --no-print-directory
# `make test PYTHON=python3.13` runs under another Python, in an environment of its own.
export PYTHON
VENV := $(shell tools/venv)

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r target text; do \
		printf '  make %-12s %s\n' "$$target" "$$text"; done

drill: run-environment ## try the whole thing: the terminal UI on an embedded host that executes nothing
	@$(VENV)/bin/runbook drill $(ARGS)

follow-demo: dev-environment ## two terminals in tmux: a drill, and somebody who follows it by way of an embedded Redis and bucket
	@$(VENV)/bin/python -m tools.follow_demo $(ARGS)

test: dev-environment ## run the tests, installing the servers they need where this machine allows it
	@tools/test $(ARGS)

test-faults: dev-environment ## make every fault of tests/faults/, of which the tests make a part
	@RUNBOOK_FAULTS=long tools/test tests/faults $(ARGS)

test-drills: dev-environment ## solve every rehearsal by keys through the whole application, of which the tests play one that is solved and one that is rolled back, and every fault's solutions
	@RUNBOOK_DRILLS=long tools/test tests/tui/keys/test_drill_solved_by_keys.py tests/drill/troubles/test_trouble_solutions.py $(ARGS)

test-screens: dev-environment ## draw every screen and dialog at every size in every look, of which the tests draw a part: after a screen has changed, with ARGS=--snapshot-update, and then read the difference
	@RUNBOOK_SCREENS=long tools/test tests/tui $(ARGS)

test-people: dev-environment ## every race for a lease, every take-over and every tampered message of tests/sharing/, of which the tests make a part
	@RUNBOOK_FAULTS=long tools/test tests/sharing $(ARGS)

test-approvals: dev-environment ## 10,000 tampered approvals and 10,000 tampered messages of people who follow, of which the tests make a part
	@RUNBOOK_APPROVALS=long tools/test -s tests/execution/approving/test_approvals.py tests/sharing/relay/test_messages.py $(ARGS)

test-hosts: dev-environment ## every known_hosts and ssh_config of tests/hosts/ beside `ssh`, of which the tests make a part; each login by both ways; aws, gcloud, sops, bao for secrets, those that are there
	@RUNBOOK_HOSTS=long tools/test tests/hosts tests/headless/test_login_matrix.py tests/execution/secrecy/test_secret_programs.py $(ARGS)

test-model: dev-environment ## roll back every stop point of a deployment with every decision about the database, of which the tests take one each; 20,000 histories on a host that restarts
	@RUNBOOK_MODEL=long tools/test -s tests/session/rollback/test_rollback_model.py tests/session/rollback/test_rollback_restarts.py $(ARGS)

test-groups: dev-environment ## 500 sessions on 40 hosts with random faults, decisions and kills, of which the tests make six on 12; 40 sshds at once; 20 by Systems Manager; a drill of 1,000
	@RUNBOOK_GROUPS=long tools/test -s tests/execution/groups/test_groups_by_chance.py tests/execution/groups/test_turns_by_chance.py tests/execution/groups/test_monitors_by_chance.py tests/transports/test_groups_over_ssh.py tests/transports/ssm/test_turns_by_ssm.py tests/drill/test_groups_drilled.py $(ARGS)

test-triggers: dev-environment ## how soon random errors are noticed and how often a rate within the bound looks beyond it: the table of docs/runbook-format.md
	@RUNBOOK_TRIGGERS=long tools/test -s tests/session/measured/test_triggers_by_chance.py $(ARGS)

test-hostile: dev-environment ## 40,000 values a shell that try to break out of the quoting (minutes), 10,400 episodes of random keys (an hour on 2 cores), each dialog at 260 sizes, exports of hostile sessions, 5,000 damaged bytes, every command in a terminal
	@RUNBOOK_HOSTILE=long tools/test -s tests/runbook/shell/test_quoting_hostile.py tests/tui/keys/test_mashing_hostile.py \
		tests/exports/test_exports_hostile.py tests/tui/looks/test_foreign_text.py tests/tui/dialogs/test_dialogs_settle.py \
		tests/session/journal/test_verifying.py tests/session/archive/test_bundle_hostile.py tests/program/test_commands_hostile.py tests/program/test_standard_output.py $(ARGS)

test-host-files: dev-environment ## environment files beside python-dotenv, 2,000 of each kind a shell and awk (minutes)
	@RUNBOOK_HOST_FILES=2000 tools/test tests/execution/secrecy/test_host_file.py --hypothesis-show-statistics $(ARGS)

test-examples: dev-environment ## every example of the properties that Hypothesis tries, of which the tests try one in four
	@RUNBOOK_EXAMPLES=long tools/test -m hypothesis $(ARGS)

test-zones: dev-environment ## windows around every change of clocks of ten years, of which the tests make a part (minutes)
	@RUNBOOK_ZONES=long tools/test tests/runbook/windows/test_window_zones.py $(ARGS)

test-pythons: ## run the tests under every Python that this machine has and the project promises (long)
	@tools/pythons $(ARGS)

check: dev-environment ## style, format, types and import direction
	$(VENV)/bin/ruff check --no-cache .
	$(VENV)/bin/ruff format --check --no-cache .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-logo

bench: bench-environment ## measure speed and memory beside OpenSSH and a bare Textual app
	@$(VENV)/bin/python -m bench $(ARGS)

screenshots: dev-environment ## draw every screen from the drill into screenshots/
	@$(VENV)/bin/python -m tools.screenshots $(ARGS)

recording: dev-environment ## draw the recording of the README: a drill that goes wrong and is rolled back
	@$(VENV)/bin/python -m tools.recording

lock: dev-environment ## write requirements/*.txt again (ARGS=--upgrade takes newer versions)
	@tools/lock $(ARGS)

wheel: dev-environment ## build the wheel into dist/
	@$(VENV)/bin/python -m hatchling build -t wheel

clean: ## remove what the other targets made
	rm -rf .venv .venv-* dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

bench-environment:
	@tools/environment bench

run-environment:
	@tools/environment run

dev-environment:
	@tools/environment dev
