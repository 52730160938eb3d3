#!/bin/sh
# Puts the libraries that cargo built where C programs find them: stage-lib.sh BUILT LIB SONAME LINK...
# BUILT is the path of what cargo built, without .so or .a.
set -eu

built=$1 lib=$2 soname=$3
shift 3
mkdir -p "$lib"

# A program may be running from the old file: it is replaced, not written over.
replace() {
    cp "$1" "$2.new.$$"
    mv -f "$2.new.$$" "$2"
}

if ! cmp -s "$built.so" "$lib/$soname"; then
    replace "$built.so" "$lib/$soname"
fi
for link in "$@"; do
    [ "$(readlink "$lib/$link")" = "$soname" ] || ln -sf "$soname" "$lib/$link"
done

# The archive of a Rust library shows the symbols of Rust's own library as well, and two such archives do not
# link into one program. So it is made one object, with only our functions global.
if [ ! -e "$lib/libzmq.a" ] || [ "$built.a" -nt "$lib/libzmq.a" ]; then
    work=$(mktemp -d "$lib/archive.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    ld -r -o "$work/zmq.o" --whole-archive "$built.a"
    # The bitcode in it is of no use to C, and tools with a plugin for LLVM stumble over it.
    objcopy --wildcard --keep-global-symbol='zmq_*' --strip-debug \
        --remove-section=.llvmbc --remove-section=.llvmcmd "$work/zmq.o"
    ar rcs "$work/libzmq.a" "$work/zmq.o"
    mv -f "$work/libzmq.a" "$lib/libzmq.a"
fi
