#!/bin/sh
# Installs what the build needs and this machine lacks, or says how; for `setup.sh programs`, also the programs that
# are run on the library, and for `setup.sh all-programs` what only the long tests of those need.
set -eu

extent=${1:-build}

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
# What CURVE is made of.
need_file libsodium-dev /usr/include/sodium.h /usr/local/include/sodium.h
# The original, for the tests and measurements that put the two side by side.
need_file libzmq3-dev /usr/include/zmq.h
need_file libzmq5 /usr/lib/*/libzmq.so.5 /usr/lib/libzmq.so.5 /usr/lib64/libzmq.so.5
packages=/usr/lib/python3/dist-packages
if [ "$extent" != build ]; then
    need_file cppzmq-dev /usr/include/zmq_addon.hpp
    need_file libczmq-dev /usr/include/czmq.h
    need_file python3-zmq $packages/zmq/__init__.py
    need_file python3-pytest $packages/pytest/__init__.py
    need_file python3-pytest-timeout $packages/pytest_timeout.py
    need_file python3-tornado $packages/tornado/__init__.py
    need_file python3-ipykernel $packages/ipykernel/__init__.py
    need_file python3-jupyter-client $packages/jupyter_client/__init__.py
fi
if [ "$extent" = all-programs ]; then
    need_file python3-gevent $packages/gevent/__init__.py
    need_file python3-numpy $packages/numpy/__init__.py
    need_file python3-pip $packages/pip/__init__.py
    need_file python3-dev /usr/include/python3*/Python.h
    need_file cython3 $packages/pyximport/__init__.py
fi

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
