#!/bin/sh
# Installs what the build and its checks need and this machine lacks, or says how.
set -eu

missing=
# need COMMAND PACKAGE: the Debian package, when there is no such command.
need() {
    command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
# need_file PACKAGE FILE...: the Debian package, when there is none of the files.
need_file() {
    package=$1
    shift
    for file in "$@"; do
        if [ -e "$file" ]; then return; fi
    done
    missing="$missing $package"
}

if ! command -v cargo >/dev/null 2>&1; then
    echo "Rust is missing: install it as https://www.rust-lang.org/tools/install says." >&2
    exit 1
fi
need make make
need cc gcc
need g++ g++
need ld binutils
need pkg-config pkg-config
need cmake cmake
# The original, for the tests and measurements that put the two side by side.
need_file libzmq3-dev /usr/include/zmq.h
need_file libzmq5 /usr/lib/*/libzmq.so.5 /usr/lib/libzmq.so.5 /usr/lib64/libzmq.so.5

if [ -z "$missing" ]; then
    exit 0
fi
command="apt-get install -y --no-install-recommends$missing"
if ! command -v apt-get >/dev/null 2>&1; then
    echo "Missing, by the names that Debian gives them:$missing" >&2
    exit 1
elif [ "$(id -u)" = 0 ]; then
    as_root=
elif sudo -n true 2>/dev/null || { [ -t 0 ] && command -v sudo >/dev/null 2>&1; }; then
    # Without a terminal, nobody could answer when it asks for a password.
    as_root=sudo
else
    echo "Missing:$missing. Run this and try again:" >&2
    echo "    sudo $command" >&2
    exit 1
fi
echo "Installing:$missing"
# An old list may name packages that are gone: it is fetched anew when the first try fails.
export DEBIAN_FRONTEND=noninteractive
$as_root $command || { $as_root apt-get update && $as_root $command; }
