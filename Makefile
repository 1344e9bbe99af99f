# Everything is reached from here; each target does its own set-up. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

TARGET := $(or $(CARGO_TARGET_DIR),target)
# Where there is no prebuilt DuckDB it is compiled from source.
FEATURES := $(if $(filter x86_64,$(shell uname -m)),,--features runnel/bundled)
DATA ?= data
HITS ?= 1000000
DELIVERIES ?= 1000000
REPORT_CASES ?= 300
FUZZ_CASES ?= 100000
SEEDS ?= 20000
FUZZ_SECONDS ?= 120

.PHONY: help setup run test check build bench scale deliveries soak fuzz

help: ## lists the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: ## fetches what a build needs into .setup/ (quick when done)
	@scripts/setup.sh

run: setup ## starts the tracker with demo data
	cargo run --locked $(FEATURES) --bin runnel -- serve --demo --data $(DATA)

test: ## runs all tests, those in a browser too
	@scripts/setup.sh tests
	@rust=0; tag=0; \
	if cargo nextest --version >/dev/null 2>&1; then \
		cargo nextest run --locked --workspace --no-fail-fast $(FEATURES) || rust=$$?; \
	else \
		cargo test --locked --workspace --no-fail-fast $(FEATURES) || rust=$$?; \
	fi; \
	npm --prefix tag test --silent || tag=$$?; \
	exit $$((rust | tag))

check: setup ## formatting, lints, licences and advisories
	cargo fmt --all -- --check
	cargo clippy --locked --workspace --all-targets $(FEATURES) -- -D warnings
	cargo metadata --locked --format-version 1 --manifest-path fuzz/Cargo.toml >/dev/null
	@if cargo deny --version >/dev/null 2>&1; then \
		cargo deny --locked check licenses bans sources && cargo deny --locked check advisories; \
	else echo "cargo-deny is not installed: sources, bans and advisories were not checked (licences are, by make test)"; fi

build: setup ## leaves the program with all it needs in target/release/
	cargo build --locked --release $(FEATURES) --bin runnel

bench: build ## measures the program beside a bare server, and its parts (about four minutes)
	cargo build --locked --release -p bench
	BENCH_PROGRAM=$(TARGET)/release/runnel $(TARGET)/release/bench
	cargo run --locked --release -p journal --example bench
	cargo run --locked --release -p rules --example route
	cargo run --locked --release $(FEATURES) -p runnel --example enrich_cost

scale: build ## what HITS stored hits cost: bytes, rebuild, start, look-ups, memory, reports
	SCALE_PROGRAM=$(TARGET)/release/runnel \
		cargo run --locked --release $(FEATURES) -p runnel --example scale -- $(HITS)

deliveries: setup ## drains DELIVERIES (1000000) to four destinations; then one dead destination beside 99 others
	cargo build --locked --release $(FEATURES) -p runnel --example deliveries
	$(TARGET)/release/examples/deliveries drain $(DELIVERIES)
	$(TARGET)/release/examples/deliveries dead

soak: build ## a million guesses; kills, power cuts, ill disks, each for SOAK_SECONDS (60); 20,000 seeds of the simulated disk; all IPv4 addresses; fuzzing
	JOURNAL_SEEDS=$(SEEDS) cargo test --locked --release -p journal --lib hostile
	SOAK_PROGRAM=$(TARGET)/release/runnel cargo run --locked --release -p proof
	cargo run --locked --release $(FEATURES) -p runnel --example addresses
	SECONDS_EACH=$(FUZZ_SECONDS) scripts/fuzz.sh
	REPORT_CASES=$(REPORT_CASES) cargo test --locked $(FEATURES) -p runnel --test it reports::

fuzz: setup ## runs the property tests of the rules with many more cases
	PROPTEST_CASES=$(FUZZ_CASES) cargo test --locked --release -p rules -p journal
