# Builds, checks and installs the C libraries. "make help" lists what can be made.

ABI ?= 2
BENCH_ABI ?= both
PREFIX ?= /usr/local
DESTDIR ?=
CARGO ?= cargo
CC ?= cc
INSTALL ?= install

LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
CMAKEDIR ?= $(LIBDIR)/cmake/ZeroMQ

ROOT := $(CURDIR)
BUILD := $(ROOT)/build
CARGO_TARGET_DIR ?= $(ROOT)/target
export CARGO_TARGET_DIR

# What each ABI is: its package and what cargo names the libraries, its soname and other names of it, its version,
# its headers; and where they are put: the libraries, the headers that were just generated, those that are checked in;
# and what programs need that are linked to the archive.
PACKAGE_2 := oxmq-zmq2
CRATE_2 := zmq
SONAME_2 := libzmq.so.1
# Programs of 2.0 ask for libzmq.so.0: the calls are the same.
LINKS_2 := libzmq.so libzmq.so.0
VERSION_2 := 2.2.0
HEADERS_2 := zmq.h zmq_utils.h
LIB_2 := $(BUILD)/lib
GENERATED_2 := $(BUILD)/include
INCLUDE_2 := $(ROOT)/include
LIBS_2 := -lpthread -ldl -lrt -lm

PACKAGE_4 := oxmq-zmq4
CRATE_4 := zmq5
SONAME_4 := libzmq.so.5
LINKS_4 := libzmq.so
VERSION_4 := 4.3.5
HEADERS_4 := zmq.h zmq_utils.h
LIB_4 := $(BUILD)/lib4
GENERATED_4 := $(BUILD)/include/zmq4
INCLUDE_4 := $(ROOT)/include/zmq4
LIBS_4 := -lsodium $(LIBS_2)
CMAKE_4 := ZeroMQConfig.cmake ZeroMQConfigVersion.cmake

ifeq ($(PACKAGE_$(ABI)),)
$(error ABI=$(ABI): there are ABI=2 and ABI=4)
endif

PACKAGE := $(PACKAGE_$(ABI))
SONAME := $(SONAME_$(ABI))
LINKS := $(LINKS_$(ABI))
VERSION := $(VERSION_$(ABI))
HEADERS := $(HEADERS_$(ABI))
CMAKE := $(CMAKE_$(ABI))

LIB := $(LIB_$(ABI))
INCLUDE := $(GENERATED_$(ABI))
BIN := $(BUILD)/bin
RELEASE := $(CARGO_TARGET_DIR)/release
MANUALS := $(wildcard docs/man/*.1)
EXAMPLES := $(patsubst c-examples/%.c,$(BUILD)/examples/%,$(wildcard c-examples/*.c c-examples/guide/*.c))

# The build scripts write the headers there, always: were it not the same in all calls, cargo would build anew.
export OXMQ_HEADER_DIR := $(BUILD)/include
# The tests of the C libraries take them from here.
export OXMQ_LIB_DIR := $(LIB_2)
export OXMQ_LIB4_DIR := $(LIB_4)

# Cargo uses all processors as it is, and what a fresh machine lacks must be there first.
.NOTPARALLEL:
.PHONY: all lib lib2 lib4 both deviced headers headers-current compatibility examples demo bench check setup install \
	uninstall loom soak sanitize realworld clean help

all: lib deviced

help:
	@echo "make              build/lib, build/include and build/bin: the ABI of 0MQ 2.x"
	@echo "make ABI=4        build/lib4, build/include/zmq4 and build/bin: the ABI of libzmq 4.3"
	@echo "make demo         build the guide's programs and run them together"
	@echo "make check        everything that must hold before a change goes in"
	@echo "make bench        throughput, latency and the rest of both ABIs (BENCH_ABI=2, 4 or both), beside the"
	@echo "                  system's libzmq: about a quarter of an hour; BENCH_QUICK=1 for a first look"
	@echo "make examples     build/examples, from c-examples/"
	@echo "make install      into PREFIX ($(PREFIX)), below DESTDIR; ABI=2 or ABI=4"
	@echo "make uninstall    the reverse, with the same PREFIX, DESTDIR and ABI"
	@echo "make headers      generate the headers of include/, or with ABI=4 of include/zmq4/, again"
	@echo "make compatibility  generate docs/compatibility.md again"
	@echo "make setup        install what a fresh machine lacks"
	@echo "make loom         check the queue in every order of thread steps"
	@echo "make soak         mixed traffic of all kinds, for MINUTES=2"
	@echo "make sanitize     run the tests under sanitizers"
	@echo "make realworld    all tests of the programs that run on the library, the long ones too"
	@echo "make clean"

# Cargo knows best what is out of date, so it is always asked. What is in place already is left as it is:
# a program may be running from it.
lib:
	$(CARGO) build --release --package $(PACKAGE)
	@scripts/stage-lib.sh "$(RELEASE)/lib$(CRATE_$(ABI))" "$(LIB)" $(SONAME) $(LINKS)

# The examples are for 2.x, and the checks for both.
lib2:
	@$(MAKE) --no-print-directory ABI=2 lib

lib4:
	@$(MAKE) --no-print-directory ABI=4 lib

both:
	@$(MAKE) --no-print-directory ABI=2 headers-current
	@$(MAKE) --no-print-directory ABI=4 headers-current

deviced:
	$(CARGO) build --release --package deviced
	@mkdir -p "$(BIN)"
	@cmp -s "$(RELEASE)/zmq_deviced" "$(BIN)/zmq_deviced" || \
		{ $(INSTALL) -m 755 "$(RELEASE)/zmq_deviced" "$(BIN)/zmq_deviced.$$$$" && \
		mv -f "$(BIN)/zmq_deviced.$$$$" "$(BIN)/zmq_deviced"; }

headers: lib
	@for header in $(HEADERS); do cp "$(INCLUDE)/$$header" "$(INCLUDE_$(ABI))/$$header" || exit 1; done

headers-current: lib
	@for header in $(HEADERS); do \
		diff -u "$(INCLUDE_$(ABI))/$$header" "$(INCLUDE)/$$header" || { \
			echo "$(INCLUDE_$(ABI))/$$header is not what the Rust source says: run 'make headers'." >&2; \
			exit 1; }; \
	done

compatibility: both
	$(CARGO) run --package oxmq-capi-tests --bin compatibility

setup:
	@scripts/setup.sh

examples: $(EXAMPLES)

# As anybody would compile them: they find the library where it is installed, or through LD_LIBRARY_PATH.
$(BUILD)/examples/%: c-examples/%.c $(wildcard c-examples/*.h) | lib2
	@mkdir -p "$(@D)"
	$(CC) -Wall -Werror -I"$(GENERATED_2)" -L"$(LIB_2)" -o $@ $< -lzmq -lpthread

demo: setup deviced examples
	@BUILD="$(BUILD)" scripts/demo.sh

BENCH_LIBS_2 := lib2
BENCH_LIBS_4 := lib4
BENCH_LIBS_both := lib2 lib4

bench: setup $(BENCH_LIBS_$(BENCH_ABI))
	@BUILD="$(BUILD)" BENCH_ABI="$(BENCH_ABI)" benches/run.sh

loom:
	@scripts/loom.sh

MINUTES ?= 2

soak:
	$(CARGO) run --release --package oxmq --example soak -- --minutes $(MINUTES)

sanitize:
	@scripts/sanitize.sh

realworld: both
	@scripts/setup.sh all-programs
	$(CARGO) test --package oxmq-realworld -- --include-ignored --nocapture

check: setup both deviced examples
	@scripts/setup.sh programs
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	$(CARGO) clippy --package oxmq --no-default-features -- -D warnings
	$(CARGO) test --workspace
	@c-examples/check.sh

# Root may have no cargo: then what has been built is installed.
# The pkg-config file names where the files will be, so it is made anew for each installation. Those of CMake find
# the others from where they are themselves.
install:
	@if command -v "$(CARGO)" >/dev/null 2>&1; then $(MAKE) all; else \
		test -e "$(LIB)/$(SONAME)" || { echo "Nothing is built: run 'make' first." >&2; exit 1; }; fi
	$(INSTALL) -d "$(DESTDIR)$(LIBDIR)/pkgconfig" "$(DESTDIR)$(INCLUDEDIR)" "$(DESTDIR)$(BINDIR)" \
		"$(DESTDIR)$(MANDIR)/man1"
	$(INSTALL) -m 755 "$(LIB)/$(SONAME)" "$(DESTDIR)$(LIBDIR)/$(SONAME)"
	for link in $(LINKS); do ln -sf $(SONAME) "$(DESTDIR)$(LIBDIR)/$$link" || exit 1; done
	$(INSTALL) -m 644 "$(LIB)/libzmq.a" "$(DESTDIR)$(LIBDIR)/libzmq.a"
	for header in $(HEADERS); do \
		$(INSTALL) -m 644 "$(INCLUDE)/$$header" "$(DESTDIR)$(INCLUDEDIR)/$$header" || exit 1; done
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@INCLUDEDIR@|$(INCLUDEDIR)|' \
		-e 's|@VERSION@|$(VERSION)|' -e 's|@LIBS@|$(LIBS_$(ABI))|' capi/libzmq.pc.in \
		> "$(DESTDIR)$(LIBDIR)/pkgconfig/libzmq.pc"
	chmod 644 "$(DESTDIR)$(LIBDIR)/pkgconfig/libzmq.pc"
	if [ -n "$(CMAKE)" ]; then $(INSTALL) -d "$(DESTDIR)$(CMAKEDIR)" || exit 1; fi
	include=$$(realpath -m -s --relative-to="$(CMAKEDIR)" "$(INCLUDEDIR)") && \
	for file in $(CMAKE); do \
		sed -e "s|@INCLUDEDIR@|$$include|" -e 's|@SONAME@|$(SONAME)|' -e 's|@VERSION@|$(VERSION)|' \
			"capi/zmq$(ABI)/cmake/$$file.in" > "$(DESTDIR)$(CMAKEDIR)/$$file" && \
			chmod 644 "$(DESTDIR)$(CMAKEDIR)/$$file" || exit 1; done
	$(INSTALL) -m 755 "$(BIN)/zmq_deviced" "$(DESTDIR)$(BINDIR)/zmq_deviced"
	for manual in $(MANUALS); do \
		$(INSTALL) -m 644 "$$manual" "$(DESTDIR)$(MANDIR)/man1/" || exit 1; done

uninstall:
	rm -f "$(DESTDIR)$(LIBDIR)/$(SONAME)" "$(DESTDIR)$(LIBDIR)/libzmq.a" \
		"$(DESTDIR)$(LIBDIR)/pkgconfig/libzmq.pc" "$(DESTDIR)$(BINDIR)/zmq_deviced"
	for link in $(LINKS); do rm -f "$(DESTDIR)$(LIBDIR)/$$link"; done
	for header in $(HEADERS); do rm -f "$(DESTDIR)$(INCLUDEDIR)/$$header"; done
	for file in $(CMAKE); do rm -f "$(DESTDIR)$(CMAKEDIR)/$$file"; done
	for manual in $(notdir $(MANUALS)); do rm -f "$(DESTDIR)$(MANDIR)/man1/$$manual"; done

clean:
	$(CARGO) clean
	rm -rf "$(BUILD)"
