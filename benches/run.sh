#!/bin/sh
# Builds the benchmark programs against this library's two ABIs and against Debian's libzmq5, runs all in turn, and
# prints one table with a row for each case and ABI.
#
#   BUILD=DIR          where lib/libzmq.so.1 and lib4/libzmq.so.5 of this library, and their headers in include/ and
#                      include/zmq4/, are (default: build)
#   BENCH_ABI=2|4|both what of this library is measured: the 2.x ABI, the 4.x ABI, or both in the same run (default)
#   BENCH_ROUNDS=N     rounds, in each of which every case runs once for each library (default: 5, if they fit)
#   BENCH_MINUTES=N    no further round begins that would end later than this (default: 15; with BENCH_ROUNDS: no end)
#   BENCH_QUICK=1      one round of short runs: about four minutes, for a first look
#   BENCH_ONLY=LIST    only these cases: names or name/bytes, with * and ?, separated by blanks or commas
#   BENCH_SKIP=LIST    all but these
#
# The table goes to DIR/bench.md, anew after each round. The exit status is 1 if a run of this library failed.
set -u

here=$(cd "$(dirname "$0")" && pwd) || exit 1
BUILD=${BUILD:-build}
BUILD=$(cd "$BUILD" && pwd) || exit 1
case ${BENCH_ABI:-both} in
2 | 4) ABIS=$BENCH_ABI ;;
both) ABIS='2 4' ;;
*) echo "bench: BENCH_ABI=$BENCH_ABI: there are 2, 4 and both" >&2; exit 2 ;;
esac
ONLY=$(echo "${BENCH_ONLY:-}" | tr ',' ' ')
SKIP=$(echo "${BENCH_SKIP:-}" | tr ',' ' ')
MINUTES=${BENCH_MINUTES:-}
[ -n "$MINUTES" ] || [ -n "${BENCH_ROUNDS:-}" ] || MINUTES=15
if [ "${BENCH_QUICK:-0}" = 1 ]; then
    ROUNDS=${BENCH_ROUNDS:-1} MS=300 SHORT_MS=300 DELIVERIES=2000000 STALL_MS=2000
else
    ROUNDS=${BENCH_ROUNDS:-5} MS=1000 SHORT_MS=500 DELIVERIES=8000000 STALL_MS=5000
fi
MANY_STALL_MS=20000
RUN_SECONDS_MAX=120
CC=${CC:-cc}
CFLAGS="-std=gnu11 -O2 -Wall -Wextra -Werror"
PROGRAMS="throughput calls latency trickle device fanout connections spread sockets subscribe instructions"
LIMITS="raw rawqueue queue"
. "$here/cases.sh"

work=$(mktemp -d "${TMPDIR:-/tmp}/bench.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
export TMPDIR="$work"
# Each program is to load the library that it was linked with.
unset LD_LIBRARY_PATH LD_PRELOAD

# Compiles all programs for one library: directory, then what the compiler needs to find it.
compile () {
    directory=$BUILD/bench/$1
    shift
    mkdir -p "$directory" || exit 1
    for program in $PROGRAMS; do
        "$CC" $CFLAGS -o "$directory/$program" "$here/$program.c" "$here/bench.c" "$here/flow.c" "$@" -pthread || exit 1
    done
}

# What the compiler needs to find one ABI of this library.
linked () {
    case $1 in
    2) echo "-I$BUILD/include $BUILD/lib/libzmq.so.1 -Wl,-rpath,$BUILD/lib" ;;
    4) echo "-I$BUILD/include/zmq4 $BUILD/lib4/libzmq.so.5 -Wl,-rpath,$BUILD/lib4" ;;
    esac
}

build () {
    LIBS='' beside='no libzmq5'
    if printf '#include <zmq.h>\n#if ZMQ_VERSION_MAJOR < 4\n#error too old\n#endif\n#include <stdio.h>\nint main (void)
        { int a, b, c; zmq_version (&a, &b, &c); return printf ("%%d.%%d.%%d", a, b, c) < 0; }\n' |
        "$CC" -x c -o "$work/probe" - -lzmq 2> "$work/err"; then
        compile libzmq5 -lzmq
        LIBS=libzmq5
        beside="libzmq5 is $("$work/probe"), $(ldd "$work/probe" | awk '/libzmq/ { print $3 }')"
    else
        echo "bench: no libzmq5 with its header (Debian: libzmq3-dev): this library is measured alone" >&2
    fi
    for abi in $ABIS; do
        ours=$(linked "$abi")
        compile "oxmq$abi" $ours
        LIBS="$LIBS oxmq$abi"
    done
    mkdir -p "$BUILD/bench/limit" || exit 1
    for program in $LIMITS; do
        "$CC" $CFLAGS -o "$BUILD/bench/limit/$program" "$here/$program.c" "$here/bench.c" $ours -pthread || exit 1
    done
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
    fi
}

# One bounded run; leaves what it printed in a file, which is empty if it failed.
run_bounded () { # file library program arguments...
    file=$1 library=$2 program=$3
    shift 3
    if ! timeout -k 5 $RUN_SECONDS_MAX "$BUILD/bench/$library/$program" "$@" > "$file" 2> "$work/err" < /dev/null; then
        echo "bench: $library: $program $*: failed: $(tr '\n' ' ' < "$work/err")" >&2
        : > "$file"
    fi
}

# Prints the metric's value, or the word "fails". In a round, all rows that want the same run share it, but for those of
# a limit: that is measured beside each.
run_program () { # library metric program arguments...
    library=$1 metric=$2
    shift 2
    run=$work/runs/$library-$(echo "$*" | tr ' ' '-')
    if [ "$library" = limit ] || [ ! -e "$run" ]; then
        case $1 in
        instructions) run_instructions "$run" "$library" "$2" "$3" ;;
        *) run_bounded "$run" "$library" "$@" ;;
        esac
    fi
    value=$(awk -v m="$metric" '$1 == m { print $2 }' "$run")
    echo "${value:-fails}"
}

# The instructions that callgrind counts in one run of the program: "sender" in that process, "receiver" in the other;
# and how many "messages" that was for.
count_instructions () { # library options... -- arguments...
    count_library=$1
    shift
    rm -f "$work"/callgrind.*
    if ! timeout -k 5 $RUN_SECONDS_MAX valgrind -q --tool=callgrind --callgrind-out-file="$work/callgrind.%p" "$@" \
        > "$work/out" 2> "$work/err" < /dev/null; then
        echo "bench: $count_library: instructions: failed: $(tr '\n' ' ' < "$work/err")" >&2
        return 1
    fi
    awk '$1 == "messages" { print; next }
        $1 == "sender" { pid = $2; next }
        $1 == "totals:" { print (FILENAME ~ "[.]" pid "$" ? "sender" : "receiver"), $2 }' "$work/out" "$work"/callgrind.*
}

# Instructions for each message. Over inproc: inside the calls. Otherwise: the difference of two runs, the second with
# twice the messages, so that nothing else counts.
run_instructions () { # file library transport bytes
    file=$1 library=$2 transport=$3 bytes=$4 binary=$BUILD/bench/$2/instructions few=200 many=400
    : > "$file"
    if [ "$transport" = inproc ]; then
        for call in send recv; do
            count_instructions "$library" --toggle-collect=burst_$call "$binary" inproc "$bytes" $few > "$work/counts" ||
                return
            awk -v call=$call '{ sum[$1] = $2 } END { printf "%s %.1f\n", call, sum["sender"] / sum["messages"] }' \
                "$work/counts" >> "$file"
        done
    elif count_instructions "$library" "$binary" "$transport" "$bytes" $few > "$work/counts.few" &&
        count_instructions "$library" "$binary" "$transport" "$bytes" $many > "$work/counts.many"; then
        awk '{ sum[$1] += FILENAME == ARGV[1] ? -$2 : $2 }
            END { s = sum["sender"] / sum["messages"]; r = sum["receiver"] / sum["messages"]
                printf "sender %.1f\nreceiver %.1f\nwhole %.1f\n", s, r, s + r }' \
            "$work/counts.few" "$work/counts.many" > "$file"
    fi
}

# The cases that are wanted and that an ABI among those measured has.
select_cases () {
    while IFS='|' read -r name bytes unit metric goal abis command limit; do
        selected "$name/$bytes" && [ -n "$(abis_of "$abis")" ] || continue
        case $command in
        "once instructions "*)
            if ! command -v valgrind > /dev/null; then
                echo "bench: no valgrind: $name/$bytes is left out" >&2
                continue
            fi
            ;;
        esac
        echo "$name|$bytes|$unit|$metric|$goal|$(abis_of "$abis")|$command|$limit"
    done
}

abis_of () { # the ABIs of a case
    for abi in $1; do
        case " $ABIS " in *" $abi "*) printf '%s ' "$abi" ;; esac
    done
}

run_round () {
    rm -rf "$work/runs"
    mkdir -p "$work/runs" "$work/values" || exit 1
    apart="$apart${apart:+, }$("$BUILD/bench/limit/queue" 100 hot | awk '$1 == "least" { printf "%.2f", $2 }') us"
    while IFS='|' read -r name bytes unit metric goal abis command limit; do
        case $command in
        "once "*)
            [ "$round" = 0 ] || continue
            command=${command#once }
            ;;
        esac
        values=$work/values/$name.$bytes
        for library in $LIBS; do
            case $library in
            oxmq*) case " $abis" in *" ${library#oxmq} "*) ;; *) continue ;; esac ;;
            esac
            value=$(run_program "$library" "$metric" $command)
            echo "$library $value" >> "$values"
            [ "$library $value" = "libzmq5 fails" ] || [ "$value" != fails ] || : > "$work/failed"
        done
        [ -z "$limit" ] || echo "limit $(run_program limit "$metric" $limit)" >> "$values"
    done < "$work/cases"
}

print_table () {
    echo "Taken $(date -u +%Y-%m-%d), $(uname -sr) $(uname -m), $(nproc) cores," \
        "$(awk -F': ' '/model name/ { print $2; exit }' /proc/cpuinfo), load $load at the start;" \
        "$round rounds of $MS ms, medians; $beside. Processors $apart apart (a word one way, when each round began)."
    echo
    printf '| %-25s | %7s | %3s | %-12s | %-12s | %6s | %-15s | %-7s | %-24s | %-24s | %-10s | %5s |\n' case bytes ABI \
        libzmq5 oxmq ratio 'first goal' reached 'libzmq5 min .. max' 'oxmq min .. max' limit share
    echo '|---|--:|--:|---|---|--:|---|---|---|---|---|--:|'
    while IFS='|' read -r name bytes unit metric goal abis command limit; do
        for abi in $abis; do
            awk -v name="$name" -v bytes="$bytes" -v unit="$unit" -v goal="$goal" -v abi="$abi" -f "$here/row.awk" \
                "$work/values/$name.$bytes"
        done
    done < "$work/cases"
}

# Rounds until all are done, or until another one would take too long.
measure () {
    began=$(date +%s)
    round=0 apart=
    while [ $round -lt "$ROUNDS" ]; do
        round_began=$(date +%s)
        run_round
        round=$((round + 1))
        print_table > "$work/table" && cp "$work/table" "$BUILD/bench.md" || exit 1
        now=$(date +%s)
        echo "bench: round $round of at most $ROUNDS took $((now - round_began)) seconds" >&2
        if [ -n "$MINUTES" ] && [ $((now - began + now - round_began)) -gt $((MINUTES * 60)) ]; then
            break
        fi
    done
}

build
all_cases | select_cases > "$work/cases"
load=$(cut -d' ' -f1 /proc/loadavg)
measure
cat "$BUILD/bench.md"
echo
for abi in $ABIS; do
    awk -F' *[|] *' -v abi="$abi.x" '$4 == abi && $9 == "yes" { y++ }
        $4 == abi && $9 == "no" { n++ }
        END { if (y + n > 0) printf "%s: first goals reached: %d of %d\n", abi, y, y + n }' "$BUILD/bench.md"
done
[ ! -e "$work/failed" ]
