# The front door. Everything real is in Meson and in scripts/; this file only names the usual ways in.
#
#   make             install what is missing and build build/secchi
#   make demo        build, make a home from the sample data, serve it on 127.0.0.1:8000 (PORT=...)
#   make test        every test; the last line is "N passed, N failed"
#   make help        the rest

BUILD ?= build
CC ?= cc
CLANG ?= clang-14
PREFIX ?= /usr/local
DESTDIR ?=
PORT ?= 8000
FUZZ_SECONDS ?= 60
JOBS ?= $(shell nproc)
BENCH ?=

export BUILD
.PHONY: all setup build demo test test-quick test-long bench check-style format sanitize asan tsan fuzz install clean help

all: build

setup:
	@scripts/setup

build:
	@scripts/setup
	@scripts/build-page
	@[ -f $(BUILD)/build.ninja ] || CC=$(CC) meson setup $(BUILD)
	@ninja -C $(BUILD) -j $(JOBS)

demo: build
	@PORT=$(PORT) scripts/demo

test: build
	@scripts/setup test
	@scripts/test full

test-quick: build
	@scripts/setup test
	@scripts/test quick

test-long: build
	@scripts/setup test
	@scripts/test long

# All benches, or one at another size: make bench BENCH=year BENCH_DAYS=30 (the head of bench/bench_year.py names its variables).
bench: build
	@scripts/setup test
	@scripts/bench $(BENCH)

check-style:
	@scripts/setup test
	@scripts/test --only style,rooms,format

format:
	@scripts/format

# Room tests under address and undefined behaviour sanitizers, then under the thread sanitizer.
sanitize:
	@scripts/setup test
	@scripts/sanitize

asan tsan:
	@scripts/setup test
	@scripts/sanitize $@

# Each fuzz target for FUZZ_SECONDS; new inputs land in build-fuzz/corpus.
fuzz:
	@scripts/setup test
	@FUZZ_SECONDS=$(FUZZ_SECONDS) scripts/fuzz

install: build
	@meson configure $(BUILD) -Dprefix=$(abspath $(PREFIX)) -Dlibdir=lib
	@DESTDIR=$(DESTDIR) meson install -C $(BUILD) --quiet
	@echo "installed below $(DESTDIR)$(abspath $(PREFIX))"

# Keeps the fetched libraries; they are in build/lib and cost nothing to keep.
clean:
	@find $(BUILD) -mindepth 1 -maxdepth 1 ! -name lib ! -name venv -exec rm -rf {} + 2>/dev/null || true
	@rm -rf build-asan build-tsan build-clang build-fuzz

help:
	@sed -n 's/^# \{0,1\}//; 1,/^$$/p' Makefile
	@echo "  make test-quick  unit tests, golden cases and style in under a minute"
	@echo "  make test-long   also soak, every kill point and longer fuzzing"
	@echo "  make bench       timings against the peers, table at the end"
	@echo "  make sanitize    room tests under address, undefined and thread sanitizers"
	@echo "  make fuzz        every fuzz target for FUZZ_SECONDS=$(FUZZ_SECONDS)"
	@echo "  make check-style style and order of rooms;  make format  rewrites with clang-format"
	@echo "  make install     PREFIX=$(PREFIX)   make clean"
