#!/bin/sh
# Runs the engine's tests where mistakes with memory and threads are found out: under Miri, under
# AddressSanitizer (with its leak check) and ThreadSanitizer, and under Valgrind. Says of each whether it is
# there; fails when one finds something, or when none is there.
#
# usage: scripts/sanitize.sh [miri|address|thread|valgrind]...     (all of them by default)
set -eu
cd "$(dirname "$0")/.."

base="${CARGO_TARGET_DIR:-target}"
host=$(rustc -vV | sed -n 's/^host: //p')
# Where threads meet. Tests of one thread's logic would only take time.
modules="message:: pipe:: socket:: io:: context:: transport::"
ran=""

note() { printf '\n== %s\n' "$*"; }

have_nightly() { cargo +nightly --version >/dev/null 2>&1; }

# The unsafe code itself, as the language defines it: provenance, aliasing, uninitialised memory, races. Tests that
# need the kernel (swap files, sockets) are beyond it.
run_miri() {
    if ! cargo +nightly miri --version >/dev/null 2>&1; then
        note "Miri: not installed (rustup component add miri --toolchain nightly); skipped"
        return 0
    fi
    note "Miri"
    CARGO_TARGET_DIR="$base/miri" cargo +nightly miri test --package oxmq --lib -- message:: pipe::queue:: pipe::tests::
    ran="$ran miri"
}

# usage: tests_with KIND EXTRA-RUSTFLAGS CARGO-TEST-ARGUMENT...
tests_with() {
    kind=$1 flags=$2
    shift 2
    CARGO_TARGET_DIR="$base/$kind-sanitizer" RUSTFLAGS="-Zsanitizer=$kind $flags" \
        cargo +nightly test --package oxmq --target "$host" "$@"
}

run_address() {
    have_nightly || { note "AddressSanitizer: needs a nightly toolchain; skipped"; return 0; }
    note "AddressSanitizer"
    # Some tests ask for more memory than there is, to see that refused.
    export ASAN_OPTIONS="allocator_may_return_null=1 ${ASAN_OPTIONS:-}"
    tests_with address "" --lib --test '*' -- --skip nothing_is_left
    # What counts the memory of the process would count what the sanitizer holds back, to find later uses of it.
    ASAN_OPTIONS="$ASAN_OPTIONS quarantine_size_mb=1" tests_with address "" --test leaks
    ran="$ran address"
}

run_thread() {
    have_nightly || { note "ThreadSanitizer: needs a nightly toolchain; skipped"; return 0; }
    note "ThreadSanitizer"
    # The standard library is not instrumented, hence the flag, the suppressions, and one test at a time.
    export TSAN_OPTIONS="suppressions=$PWD/scripts/tsan-suppressions.txt allocator_may_return_null=1 ${TSAN_OPTIONS:-}"
    # shellcheck disable=SC2086 # the modules are several words
    tests_with thread "-Cunsafe-allow-abi-mismatch=sanitizer" --lib -- --test-threads=1 $modules
    # What counts the descriptors of the process would count the sanitizer's own.
    tests_with thread "-Cunsafe-allow-abi-mismatch=sanitizer" --test '*' -- --test-threads=1 --skip nothing_is_left
    ran="$ran thread"
}

# Memcheck, for leaks and uninitialised memory; its thread checkers do not understand atomics.
run_valgrind() {
    if ! command -v valgrind >/dev/null 2>&1; then
        note "Valgrind: not installed; skipped"
        return 0
    fi
    note "Valgrind"
    # shellcheck disable=SC2086 # the options and the modules are several words
    env "CARGO_TARGET_$(echo "$host" | tr 'a-z-' 'A-Z_')_RUNNER=valgrind --quiet --error-exitcode=9 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite --fair-sched=yes" \
        CARGO_TARGET_DIR="$base" cargo test --package oxmq --lib -- --test-threads=1 message:: pipe::queue:: pipe::tests::
    ran="$ran valgrind"
}

for tool in ${*:-miri address thread valgrind}; do
    case $tool in
    miri | address | thread | valgrind) "run_$tool" ;;
    *) echo "usage: $0 [miri|address|thread|valgrind]..." >&2 && exit 2 ;;
    esac
done

if [ -z "$ran" ]; then
    note "none of the tools is installed: nothing was checked"
    exit 1
fi
note "clean:$ran"
