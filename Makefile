# The front door. `make help` lists the targets; CI calls only these.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

wasm := wasm32-wasip1
target := $(or $(CARGO_TARGET_DIR),target)

# Every folder under filters/ is a filter; nothing else names them.
filters := $(notdir $(patsubst %/Cargo.toml,%,$(wildcard filters/*/Cargo.toml)))
test_modules := $(patsubst %/Cargo.toml,%,$(wildcard tests/policies/*/Cargo.toml))

# The name of the crate in a folder.
crate = $$(sed -n 's/^name = "\(.*\)"/\1/p' $(1)/Cargo.toml | head -n 1)

# The sum of a module must not depend on where it was built: no paths of this machine in it.
cargo_home := $(or $(CARGO_HOME),$(HOME)/.cargo)
wasm_flags := --remap-path-prefix=$(cargo_home)=cargo --remap-path-prefix=$(CURDIR)=verdict
# Left alone, the linker writes every address and every function's number in five bytes, whatever it needs: 7 % of a module.
wasm_flags += -C link-arg=--compress-relocations

# The smallest code where a module's size is promised, the fastest elsewhere (docs/costs.md).
opt_level.ip-allowlist := z
opt_level = $(or $(opt_level.$(notdir $(1))),3)
# Small: SHA-256 in its compact form, which is used once there, for the hash of the configuration. Fast: the vectors of WebAssembly 2.0, for
# the hashes of keys and tokens, and for searching bytes.
flags.z := --cfg sha2_backend=\"soft\" --cfg sha2_backend_soft=\"compact\"
flags.3 := -C target-feature=+simd128
flags = $(wasm_flags) $(flags.$(opt_level))

# Builds the crate in folder $(1) with the profile $(3) and puts its module at $(2). One at a time: built together, the crates would share the
# features of their dependencies, and the size of one filter would depend on the others. And as a module only: a crate that is built
# as a library too keeps every function that some other crate could call, which is 15 % of a module.
define module
crate=$(call crate,$(1)); \
RUSTFLAGS="$$RUSTFLAGS $(call flags,$(1))" CARGO_PROFILE_RELEASE_OPT_LEVEL="$(call opt_level,$(1))" cargo rustc --quiet --profile $(3) --lib --crate-type cdylib --target $(wasm) --package "$$crate" && \
mkdir -p "$$(dirname "$(2)")" && cp "$(target)/$(wasm)/$(3)/$$(echo "$$crate" | tr - _).wasm" "$(2)"
endef

.PHONY: help
help: ## Lists the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

.PHONY: demo
demo: toolchain envoy-path build ## Starts Envoy with the filters, sends a tour of requests, shows what was decided and why; nothing keeps running
	@cargo build --quiet --package verdict-gateway
	@ENVOY="$$(envoy/get-envoy)" && export ENVOY && exec $(target)/debug/verdict-gateway demo

.PHONY: run
run: toolchain envoy-path build ## Starts the same gateway and keeps it up until Ctrl-C
	@cargo build --quiet --package verdict-gateway
	@ENVOY="$$(envoy/get-envoy)" && export ENVOY && exec $(target)/debug/verdict-gateway run

.PHONY: build
build: toolchain ## Builds every filter into dist/<filter>.wasm, with sizes and SHA-256 sums
	@mkdir -p dist
	@$(foreach filter,$(filters),echo "Building the filter $(filter) ..." && $(call module,filters/$(filter),dist/$(filter).wasm,release) || exit 1;)
	@cd dist && sha256sum $(filters:%=%.wasm) >SHA256SUMS
	@cd dist && while read -r sum file; do \
	  printf '  %-24s %5d KB  %s\n' "dist/$$file" $$(($$(wc -c <"$$file") / 1000)) "$$sum"; \
	done <SHA256SUMS

# Tests are linted while they are compiled: to check first and to compile then reads every crate twice.
linted := RUSTC_WORKSPACE_WRAPPER="$(CURDIR)/tests/rustc-with-lints"

.PHONY: test
test: ## Formatting, lints, and every test: unit, scenarios on every engine, end to end on the real Envoy
	@# Linking a module takes one core for a while: what is native is built meanwhile.
	@$(MAKE) --jobs=2 check-formatting build test-modules envoy-path tests
	@echo "Running the tests ..."
	@# Most of them wait for Envoy, for a clock or for a source: more at once than there are cores.
	@ENVOY="$$(envoy/get-envoy)" && export ENVOY && \
	RUST_TEST_THREADS="$$((2 * $$(getconf _NPROCESSORS_ONLN) + 1))" $(linted) cargo test --quiet --workspace --no-fail-fast

# The Core Rule Set as a folder, a tarball, or Debian's package `modsecurity-crs` unpacked. Leaves its folder in $$folder.
crs_folder := $(target)/crs
define rule_set
[ -e "$(CRS)" ] || { echo "$@ needs the OWASP Core Rule Set$(1): make $@ CRS=<folder or tarball>" >&2; exit 1; }; \
if [ -d "$(CRS)" ]; then folder="$(CRS)"; else \
  rm -rf $(crs_folder) && mkdir -p $(crs_folder) && tar -xzf "$(CRS)" -C $(crs_folder) && folder="$(abspath $(crs_folder))" || exit 1; \
fi; \
folder="$$(cd "$$folder" && find "$$PWD" -name crs-setup.conf.example -exec dirname {} + | head -n 1)"; \
[ -d "$$folder/rules" ] || { echo "$(CRS) has no crs-setup.conf.example with a folder of rules beside it; name a release of the Core Rule Set" >&2; exit 1; }
endef

.PHONY: waf
waf: toolchain ## Builds the filter waf with a rule set inside, dist/waf-crs.wasm: CRS=<folder or tarball>
	@$(call rule_set,); echo "Building the filter waf with the rules of $(CRS) ..." && export VERDICT_CRS="$$folder" && \
	$(call module,filters/waf,dist/waf-crs.wasm,release) && cd dist && \
	printf '  dist/waf-crs.wasm %5d KB  %s\n' $$(($$(wc -c <waf-crs.wasm) / 1000)) $$(sha256sum <waf-crs.wasm | cut -d' ' -f1)

.PHONY: test-crs
test-crs: clippy waf envoy-path ## The Core Rule Set's own regression cases, natively and in the real Envoy: CRS=<folder or tarball>
	@$(call rule_set, with its tests); export CRS="$$folder"; \
	echo "Running the cases of the Core Rule Set natively ..." && \
	export $(linted) && cargo test --quiet --package verdict-seclang --test crs -- --ignored --nocapture && \
	echo "Pasting the exceptions to its rules back ..." && \
	cargo test --quiet --package verdict-tests --test exclusions -- --ignored --nocapture && \
	echo "Running its cases in Envoy ..." && \
	ENVOY="$$(envoy/get-envoy)" cargo test --quiet --package verdict-tests --test crs -- --ignored --nocapture

.PHONY: test-browser
test-browser: browser clippy build envoy-path ## Tests in a real browser, headless (needs chromium and chromedriver)
	@echo "Running the tests in the browser ..."
	@ENVOY="$$(envoy/get-envoy)" && export ENVOY && $(linted) cargo test --quiet --package verdict-tests --test browser

.PHONY: check
check: check-formatting check-modules clippy ## Formatting and lints only
	@echo "Checking the lints of the native crates ..."
	@cargo clippy --quiet --workspace --all-targets -- -D warnings

.PHONY: check-formatting
check-formatting: toolchain
	@cargo fmt --version >/dev/null 2>&1 || { echo "rustfmt is missing; add it with: rustup component add rustfmt" >&2; exit 1; }
	@echo "Checking the formatting ..."
	@cargo fmt --all --check

# Only verdict-host is another crate in a module than natively (tests/house.rs); the test modules are there for what it exports.
# `make test` has them linted while it builds them.
.PHONY: check-modules
check-modules: toolchain clippy
	@echo "Checking the lints of the modules ..."
	@packages="--package verdict-host"; \
	for folder in $(test_modules); do packages="$$packages --package $(call crate,$$folder)"; done; \
	cargo clippy --quiet --lib --target $(wasm) $$packages -- -D warnings

.PHONY: clippy
clippy: toolchain
	@cargo clippy --version >/dev/null 2>&1 || { echo "clippy is missing; add it with: rustup component add clippy" >&2; exit 1; }

.PHONY: bench
bench: build envoy-path $(if $(CRS),bench-payload) ## Measures what the filters cost in the real Envoy; with CRS=<folder or tarball> also what payloads do, beside libmodsecurity
	@$(call module,tests/bench/empty,target/test-modules/empty.wasm,release)
	@cargo build --quiet --package verdict-tests --bin cost
	@ENVOY="$$(envoy/get-envoy)" $(target)/debug/cost
	@cargo bench --quiet --package verdict-ip-allowlist --bench lists
	@cargo bench --quiet --package verdict-subscription --bench book

# The peer comes from PyPI, into a virtual environment of its own.
peer := $(target)/libmodsecurity

.PHONY: bench-payload
bench-payload: waf envoy-path
	@[ -x $(peer)/bin/python ] || { echo "Fetching libmodsecurity ..." && python3 -m venv $(peer) && $(peer)/bin/pip install --quiet libmodsecurity==3.0.15 || rm -rf $(peer); }
	@cargo build --quiet --package verdict-tests --bin payload
	@$(call rule_set,); CRS="$$folder" PYTHON="$(abspath $(peer))/bin/python" ENVOY="$$(envoy/get-envoy)" $(target)/debug/payload
	@$(call rule_set,); CRS="$$folder" cargo bench --quiet --package verdict-seclang --bench crs

# How long each target runs, in seconds.
FUZZ_SECONDS ?= 60

.PHONY: fuzz
fuzz: ## Feeds rubbish to whatever reads the network, FUZZ_SECONDS each (needs cargo-fuzz)
	@command -v cargo-fuzz >/dev/null 2>&1 || { echo "cargo-fuzz is missing; install it: cargo install cargo-fuzz" >&2; exit 1; }
	@python3 tests/fuzz/seeds.py
	@cd tests && for target in $(notdir $(basename $(wildcard tests/fuzz/targets/*.rs))); do \
	  cargo fuzz run --sanitizer none --fuzz-dir fuzz $$target -- -max_total_time=$(FUZZ_SECONDS) -max_len=8192 -print_final_stats=1 || exit 1; \
	done

.PHONY: docs
docs: ## Writes the generated parts of the documentation anew
	@cargo run --quiet --package verdict-docs

.PHONY: clean
clean: ## Removes what was built and fetched: target/, dist/, .envoy/
	@cargo clean --quiet
	@rm -rf dist .envoy

# The modules that only the tests and the benchmarks load.
.PHONY: test-modules
test-modules: toolchain clippy
	@export $(linted); for folder in $(test_modules); do \
	  echo "Building the test module $${folder##*/} ..." && $(call module,$$folder,target/test-modules/$${folder##*/}.wasm,test-module) || exit 1; \
	done

# Builds the tests and the benchmarks, and runs none.
.PHONY: tests
tests: clippy
	@echo "Building the tests ..."
	@$(linted) cargo test --quiet --workspace --no-run --lib --bins --examples --tests --benches

# Finds or fetches the Envoy beforehand, so that a failure ends here with its one sentence.
.PHONY: envoy-path
envoy-path:
	@envoy/get-envoy >/dev/null

.PHONY: browser
browser:
	@for tool in chromium chromedriver; do command -v $$tool >/dev/null 2>&1 || \
	  { echo "$$tool is missing; install both, on Debian with: apt-get install chromium chromium-driver" >&2; exit 1; }; \
	done

.PHONY: toolchain
toolchain:
	@command -v cargo >/dev/null 2>&1 || { echo "cargo is missing; install Rust, for example with rustup (https://rustup.rs)" >&2; exit 1; }
	@[ -d "$$(rustc --print target-libdir --target $(wasm) 2>/dev/null)" ] || if command -v rustup >/dev/null 2>&1; then \
	  echo "Adding the target $(wasm) to the installed Rust ..." && rustup --quiet target add $(wasm) || \
	  { echo "rustup could not add $(wasm); connect to the network and run: rustup target add $(wasm)" >&2; exit 1; }; \
	else \
	  echo "This Rust has no $(wasm) and there is no rustup to add it; install your system's package for it, or Rust with rustup (https://rustup.rs)" >&2; exit 1; \
	fi
	@said="$$(cargo fetch --locked --quiet 2>&1)" || \
	{ echo "Cargo could not fetch the crates that Cargo.lock names; connect to the network and run make again. It says: $$(echo "$$said" | grep -m 1 ^error)" >&2; exit 1; }
