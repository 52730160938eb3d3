#!/bin/sh
# Runs the examples that `make demo` does not, over ipc in a directory of its own, and fails if one does not do its part.
#
# BUILD names the directory with lib/ and examples/ (build). Run by hand, or by whoever checks the whole.

set -u
LC_ALL=C
export LC_ALL

PATIENCE=60             # seconds that any one program may take

build=$(cd "${BUILD:-build}" 2>/dev/null && pwd) || build=
if [ -z "$build" ] || [ ! -x "$build/examples/queue" ]; then
    printf 'examples: FAILED: %s/examples/queue is missing: build the examples first (make examples)\n' \
        "${BUILD:-build}" >&2
    exit 1
fi
LD_LIBRARY_PATH=$build/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH

pids=
cleanup () {
    trap - EXIT INT TERM HUP
    for pid in $pids; do kill "$pid" 2>/dev/null; done
    for pid in $pids; do wait "$pid" 2>/dev/null; done
    rm -rf "$work"
}
work=$(mktemp -d) || exit 1
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

fail () {
    printf 'examples: FAILED: %s\n' "$*" >&2
    for log in "$work"/*.out "$work"/*.err; do
        [ -s "$log" ] && tail -n 5 "$log" | sed "s|^|examples: $(basename "$log"): |" >&2
    done
    exit 1
}

# Starts an example in the background, its output in files of the given name; leaves its process id in $pid.
start () { # NAME EXAMPLE ARGUMENT ...
    name=$1
    example=$2
    shift 2
    timeout -k 5 $PATIENCE "$build/examples/$example" "$@" >"$work/$name.out" 2>"$work/$name.err" &
    pid=$!
    pids="$pids $pid"
}

# Runs an example to its end, which must be a good one.
run () { # NAME EXAMPLE ARGUMENT ...
    start "$@"
    finish "$1" "$pid"
}

finish () { # NAME PID
    wait "$2" || fail "$1 ended with status $?"
}

stop () { # NAME PID
    kill "$2" 2>/dev/null || fail "$1 did not keep running"
    wait "$2" 2>/dev/null
}

# Waits until an example has printed something.
await_output () { # NAME PATTERN
    tries=0
    until grep -q "$2" "$work/$1.out"; do
        tries=$((tries + 1))
        [ $tries -lt $((PATIENCE * 10)) ] || fail "$1 does not print '$2'"
        sleep 0.1
    done
}

# Checks how many lines of an example's output match.
expect () { # NAME COUNT PATTERN
    count=$(grep -c "$3" "$work/$1.out")
    [ "$count" -eq "$2" ] || fail "$1 printed $count lines with '$3', not $2"
}

# Ends a group; should a later one fail, only that one's output is of interest.
passed () {
    rm -f "$work"/*.out "$work"/*.err
    printf '   %s\n' "$*"
}

printf 'Examples, one group after the other:\n'

start rrclient rrclient "ipc://$work/rr"                # the client may come before its service
client=$pid
run rrserver rrserver "ipc://$work/rr" bind 1
finish rrclient "$client"
expect rrclient 1 'Received reply: \[World\]'
passed "rrclient, rrserver: a request and its reply"

start queue queue "ipc://$work/clients" "ipc://$work/services"
queue=$pid
start service rrserver "ipc://$work/services" connect
service=$pid
run client hwclient "ipc://$work/clients" 20
expect client 20 '\[World\]'
expect service 20 '\[Hello\]'
stop rrserver "$service"
stop queue "$queue"
passed "hwclient, queue, rrserver: 20 requests through the queue"

start pubmin pubmin "ipc://$work/updates" 0 5
publisher=$pid
run submin-temp submin "ipc://$work/updates" 5
run submin-both submin "ipc://$work/updates" 10 rh temp
stop pubmin "$publisher"
expect submin-temp 5 '^temp=33$'
expect submin-both 5 '^rh=60$'
passed "pubmin, submin: one filter, then two"

start tasksink1 tasksink1 "ipc://$work/results"
sink=$pid
start taskwork1 taskwork1 "ipc://$work/tasks" "ipc://$work/results" 101
worker=$pid
run taskvent taskvent "ipc://$work/tasks" 100 3 now
finish taskwork1 "$worker"
finish tasksink1 "$sink"
expect tasksink1 1 'Results: 100, total elapsed time'
passed "taskvent, taskwork1, tasksink1: a batch of 100 tasks"

start wuserver wuserver "ipc://$work/weather" 20000 10001 10002
weather=$pid
start mspoller mspoller "ipc://$work/poller-tasks" "ipc://$work/weather"
poller=$pid
run poller-taskvent taskvent "ipc://$work/poller-tasks" 30 10 now
await_output mspoller '^weather: 10001 '
tries=0
until [ "$(grep -c '^task: ' "$work/mspoller.out")" -eq 31 ]; do
    tries=$((tries + 1))
    [ $tries -lt $((PATIENCE * 10)) ] || fail "mspoller did not get its 31 tasks"
    sleep 0.1
done
stop mspoller "$poller"
stop wuserver "$weather"
passed "taskvent, wuserver, mspoller: 31 tasks and the weather on one poll"

start durapub durapub 10 300 0 "ipc://$work/durable" "ipc://$work/sync"
publisher=$pid
run durasub-first durasub Hello 3 "ipc://$work/durable" "ipc://$work/sync"
expect durasub-first 3 '^Update [012]$'    # none is missed at the beginning
await_output durapub '^All updates sent'
run durasub-second durasub Hello 0 "ipc://$work/durable" "ipc://$work/sync"
finish durapub "$publisher"
# All that was sent while it was away, up to the end and without a gap. (An update that had reached the first process
# when it ended is gone, so that the first number is not certain.)
awk '/^Update/ { if ($2 < 3 || (n++ && $2 != last + 1)) bad = 1; last = $2 }
     /^END$/ { end = NR }
     END { exit bad || end != NR || (n && last != 9) }' "$work/durasub-second.out" ||
    fail "durasub did not get what it had missed"
passed "durapub, durasub: what was sent while the subscriber was away"

if "$build/examples/rrserver" nonsense 2>"$work/nonsense.err"; then fail "rrserver took 'nonsense' for an endpoint"; fi
grep -q '^error: cannot bind to nonsense: ' "$work/nonsense.err" || fail "rrserver did not say what is wrong"
passed "rrserver: a bad endpoint is an error with a message"
printf 'All examples did their part.\n'
