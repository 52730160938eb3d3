#!/bin/sh
# Builds the benchmark programs against this library and against Debian's libzmq5, runs both in turn, prints one table.
#
#   BUILD=DIR          where lib/libzmq.so.1 and include/zmq.h of this library are (default: build)
#   BENCH_ROUNDS=N     runs of each case for each library (default: 5)
#   BENCH_QUICK=1      one short run each: about two minutes, for a first look
#   BENCH_ONLY=LIST    only these cases: names or name/bytes, with * and ?, separated by blanks or commas
#   BENCH_SKIP=LIST    all but these
#
# The table goes to DIR/bench.md as well. The exit status is 1 if a run of this library failed.
set -u

here=$(cd "$(dirname "$0")" && pwd) || exit 1
BUILD=${BUILD:-build}
BUILD=$(cd "$BUILD" && pwd) || exit 1
ONLY=$(echo "${BENCH_ONLY:-}" | tr ',' ' ')
SKIP=$(echo "${BENCH_SKIP:-}" | tr ',' ' ')
if [ "${BENCH_QUICK:-0}" = 1 ]; then
    ROUNDS=${BENCH_ROUNDS:-1} MS=300 DELIVERIES=2000000 STALL_MS=2000
else
    ROUNDS=${BENCH_ROUNDS:-5} MS=1000 DELIVERIES=8000000 STALL_MS=5000
fi
RUN_SECONDS_MAX=120
CC=${CC:-cc}
CFLAGS="-std=gnu11 -O2 -Wall -Wextra -Werror"
PROGRAMS="throughput latency device fanout connections subscribe instructions"
. "$here/cases.sh"

work=$(mktemp -d "${TMPDIR:-/tmp}/bench.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
export TMPDIR="$work"

# Compiles all programs for one library: directory, then what the compiler needs to find it.
compile () {
    directory=$BUILD/bench/$1
    shift
    mkdir -p "$directory" || exit 1
    for program in $PROGRAMS; do
        "$CC" $CFLAGS -o "$directory/$program" "$here/$program.c" "$here/bench.c" "$here/flow.c" "$@" -pthread || exit 1
    done
}

build () {
    LIBS=
    if printf '#include <zmq.h>\n#if ZMQ_VERSION_MAJOR < 4\n#error too old\n#endif\nint main (void) { return zmq_errno (); }\n' |
        "$CC" -x c -o "$work/probe" - -lzmq 2> "$work/err"; then
        compile libzmq5 -lzmq
        LIBS=libzmq5
    else
        echo "bench: no libzmq5 with its header (Debian: libzmq3-dev): this library is measured alone" >&2
    fi
    compile oxmq -I"$BUILD/include" "$BUILD/lib/libzmq.so.1" -Wl,-rpath,"$BUILD/lib"
    LIBS="$LIBS oxmq"
    mkdir -p "$BUILD/bench/limit" || exit 1
    "$CC" $CFLAGS -o "$BUILD/bench/limit/raw" "$here/raw.c" "$here/bench.c" -I"$BUILD/include" \
        "$BUILD/lib/libzmq.so.1" -Wl,-rpath,"$BUILD/lib" -pthread || exit 1
}

# Whether name/bytes is in a list of patterns.
listed () {
    set -f
    for pattern in $2; do
        case $1 in
        $pattern | $pattern/*) set +f; return 0 ;;
        esac
    done
    set +f
    return 1
}

selected () {
    if [ -n "$SKIP" ] && listed "$1" "$SKIP"; then
        return 1
    fi
    if [ -n "$ONLY" ]; then
        listed "$1" "$ONLY"
    else
        case $1 in instructions-*) return 1 ;; esac
    fi
}

# One bounded run; prints the metric's value, or the word "fails".
run_program () { # library metric program arguments...
    library=$1 metric=$2 program=$3
    shift 3
    if timeout -k 5 $RUN_SECONDS_MAX "$BUILD/bench/$library/$program" "$@" > "$work/out" 2> "$work/err" < /dev/null &&
        value=$(awk -v m="$metric" '$1 == m { print $2 }' "$work/out") && [ -n "$value" ]; then
        echo "$value"
    else
        echo "bench: $library: $program $*: failed: $(tr '\n' ' ' < "$work/err")" >&2
        echo fails
    fi
}

# The instructions that callgrind counts in one run of the program, in all of its processes that collect.
count_instructions () { # library options... -- arguments...
    count_library=$1
    shift
    rm -f "$work"/callgrind.*
    timeout -k 5 $RUN_SECONDS_MAX valgrind -q --tool=callgrind --callgrind-out-file="$work/callgrind.%p" "$@" \
        > "$work/out" 2> "$work/err" < /dev/null || return 1
    cat "$work"/callgrind.* | awk '/^(summary|totals):/ { if ($1 == "totals:") sum += $2 } END { printf "%.0f\n", sum }'
}

# Instructions for each message. "all" is the difference of two runs, so that the set-up does not count. It includes
# the peer process, which callgrind follows as a fork, so that one message's whole way is seen.
run_instructions () { # library metric program direction transport bytes
    library=$1 metric=$2 binary=$BUILD/bench/$1/$3 direction=$4 transport=$5 bytes=$6
    bursts=25 per_burst=200
    if [ "$metric" = app ]; then
        small=0
        large=$(count_instructions "$library" --toggle-collect=burst_"$direction" \
            "$binary" "$direction" "$transport" "$bytes" $bursts) || { echo fails; return; }
    else
        small=$(count_instructions "$library" "$binary" "$direction" "$transport" "$bytes" $bursts) &&
            large=$(count_instructions "$library" "$binary" "$direction" "$transport" "$bytes" $((2 * bursts))) ||
            { echo fails; return; }
    fi
    awk -v a="$small" -v b="$large" -v n=$((bursts * per_burst)) 'BEGIN { printf "%.1f\n", (b - a) / n }'
}

run_case () { # library metric command...
    case $3 in
    instructions) run_instructions "$@" ;;
    *) run_program "$@" ;;
    esac
}

describe () {
    echo "Taken $(date -u +%Y-%m-%d), $(uname -sr) $(uname -m), $(nproc) cores," \
        "$(awk -F': ' '/model name/ { print $2; exit }' /proc/cpuinfo), load $(cut -d' ' -f1 /proc/loadavg) at the start;" \
        "$ROUNDS rounds of $MS ms, medians."
    echo
    printf '| %-28s | %7s | %-12s | %-12s | %6s | %-15s | %-7s | %-24s | %-24s | %-10s | %5s |\n' case bytes libzmq5 oxmq \
        ratio 'first goal' reached 'libzmq5 min .. max' 'oxmq min .. max' limit share
    echo '|---|--:|---|---|--:|---|---|---|---|---|--:|'
}

measure () {
    while IFS='|' read -r name bytes unit metric goal command limit; do
        selected "$name/$bytes" || continue
        if [ "${command%% *}" = instructions ] && ! command -v valgrind > /dev/null; then
            echo "bench: no valgrind: $name is left out" >&2
            continue
        fi
        : > "$work/values"
        round=0
        while [ $round -lt "$ROUNDS" ]; do
            for library in $LIBS; do
                echo "$library $(run_case "$library" "$metric" $command)" >> "$work/values"
            done
            [ -z "$limit" ] || echo "limit $(run_program limit "$metric" raw $limit)" >> "$work/values"
            round=$((round + 1))
        done
        grep -q '^oxmq fails' "$work/values" && : > "$work/failed"
        awk -v name="$name" -v bytes="$bytes" -v unit="$unit" -v goal="$goal" -f "$here/row.awk" "$work/values"
    done
}

build
all_cases > "$work/cases"
{ describe && measure < "$work/cases"; } | tee "$work/table"
mv "$work/table" "$BUILD/bench.md" || exit 1
echo
awk -F' *[|] *' '$8 == "yes" { y++ } $8 == "no" { n++ } END { printf "first goals reached: %d of %d\n", y, y + n }' "$BUILD/bench.md"
[ ! -e "$work/failed" ]
