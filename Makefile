# Everything that CI runs is a target here; `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := bash

# The machine's own tools come first; `tests/install` fills the gaps.
export PATH := $(PATH):$(CURDIR)/.cache/cargo/bin
extension = cd directus-extension && PATH="$(CURDIR)/.cache/node/node_modules/.bin:$$PATH" npm run --silent
# An error says where it happened by its context; anyhow would add fifty lines of the runtime.
export RUST_LIB_BACKTRACE = 0
nextest = cargo nextest run --locked --config-file tests/nextest.toml
build = cargo build --locked --package sidecar --package e2e --package aws-stub --bins

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: install ## the whole system at work on this machine (ONCE=1: ends by itself)
	@$(build) --quiet
	@"$${CARGO_TARGET_DIR:-target}/debug/demo" $(if $(ONCE),--once)

.PHONY: test
test: lint unit terraform-test container-test e2e ## everything that CI runs

.PHONY: lint
lint: tools ## formats, lints, types, licences, banned crates
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets --all-features -- -D warnings
	cargo fetch --locked --quiet && cargo deny --offline --log-level error check bans licenses sources
	$(extension) format:check
	$(extension) lint
	$(extension) typecheck

.PHONY: unit
unit: tools ## the tests that need no other process: sidecar, AWS stub, bench and extension
	$(nextest) --package sidecar --package aws-stub --package bench --features sidecar/comprehend --status-level slow
	$(extension) test

.PHONY: terraform-test
terraform-test: tools ## the Terraform module: form, examples, its own tests, checkov; needs no AWS
	@terraform/test

.PHONY: container-test
container-test: tools ## what can be known of Dockerfile and compose.yaml where no container runs
	$(build) --quiet
	.cache/checkov/bin/python tests/compose "$${CARGO_TARGET_DIR:-target}/debug/sidecar"
	.cache/checkov/bin/python -m checkov.main --file sidecar/Dockerfile --framework dockerfile --compact --quiet --skip-download

.PHONY: e2e
e2e: tools ## the stories: real Directus, local AWS, sidecar (E2E=name runs those that match)
	$(build)
	$(nextest) --package e2e --test-threads $$(($$(nproc) + 1)) $(E2E)

.PHONY: screenshots
screenshots: tools ## the pictures of the Studio in docs/images, from its story
	$(build)
	STUDIO_SCREENSHOTS=docs/images $(nextest) --package e2e --test studio

.PHONY: chaos
chaos: tools ## kill parts and let AWS fail for 10 minutes: nothing is lost, nothing doubled (CHAOS_SECONDS=60, CHAOS_SEED=1)
	@$(build) --quiet
	@"$${CARGO_TARGET_DIR:-target}/debug/chaos" $(if $(CHAOS_SECONDS),--seconds $(CHAOS_SECONDS)) \
		$(if $(CHAOS_SEED),--seed $(CHAOS_SEED))

.PHONY: bench-outbound
bench-outbound: ## measure Directus → AWS: make the figures and pictures of docs/benchmarks.md
	@tests/install bench
	cargo build --locked --release --package sidecar --package aws-stub --package bench --bins
	@"$${CARGO_TARGET_DIR:-target}/release/bench" outbound

.PHONY: bench-inbound
bench-inbound: ## measure AWS → Directus: make the figures and pictures of docs/benchmarks.md
	@tests/install bench
	cargo build --locked --release --package sidecar --package aws-stub --package bench --bins
	@"$${CARGO_TARGET_DIR:-target}/release/bench" inbound

.PHONY: catalogue
catalogue: ## write docs/events.md from schemas, examples and configuration
	cargo run --locked --quiet --package sidecar -- catalogue > .cache/events.md
	mv .cache/events.md docs/events.md

.PHONY: fuzz
fuzz: ## what reads others' bytes, fuzzed for 10 minutes (FUZZ_SECONDS=60: for less)
	@sidecar/fuzz/run

.PHONY: fmt
fmt: tools ## format Rust and TypeScript
	cargo fmt --all
	$(extension) format

.PHONY: clean
clean: ## remove what was built, keep what was downloaded
	cargo clean
	rm -rf .cache/stamps/build_rust .cache/extension.tgz directus-extension/dist

.PHONY: install
install:
	@tests/install

.PHONY: tools
tools:
	@tests/install checks
