#!/bin/sh
# Model-checks the queue and the sleep/wake protocols with loom: every order of the threads' steps is tried,
# up to three forced switches (LOOM_MAX_PREEMPTIONS overrides).
#
# usage: scripts/loom.sh [TEST-FILTER]
set -eu
cd "$(dirname "$0")/.."

# The whole crate and all it uses are built for loom: in a directory of their own, and without the link-time
# optimisation that would take longer than the models.
export CARGO_TARGET_DIR="${LOOM_TARGET_DIR:-target/loom}"
export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
export RUSTFLAGS="${RUSTFLAGS:-} --cfg loom"

exec cargo test --release --package oxmq --lib "${1:-loom}"
