#!/bin/sh
# Runs the guide's applications as separate processes over TCP, shows what each did, and fails if anything is missing.
#
# BUILD names the directory with lib/, include/ and examples/ (build). Where the system allows it, all of it runs in
# a network namespace of its own, so that no port or address of this machine matters and the guide's programs run
# as they are. Elsewhere, or with OXMQ_DEMO_NETWORK=shared, it runs on loopback, with copies of those programs whose
# addresses are not this machine's.

set -u
LC_ALL=C
export LC_ALL

PATIENCE=60             # seconds that any one program may take
WORKERS=3
TASKS=100               # what guide/tasksink counts
WEATHER_CLIENTS=3
WEATHER_UPDATES=500     # for each client
SERVICE_CLIENTS=4
SERVICE_REQUESTS=10     # of each client

SERVER_ADDRESS=192.168.55.210   # where guide/wuproxy looks for the weather server
PROXY_ADDRESS=10.1.1.0          # where guide/wuproxy serves

root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
build=$(cd "${BUILD:-build}" 2>/dev/null && pwd) || build=
network=${OXMQ_DEMO_NETWORK:-}

say () { printf '%s\n' "$*"; }
row () { printf '   %-11s %s\n' "$1" "$2"; }

# --- The network -----------------------------------------------------------------------------------------------

# Prepares the loopback interface of a new namespace; fails where that is not permitted.
prepare_namespace () {
    ip link set lo up && ip addr add $SERVER_ADDRESS/32 dev lo && ip addr add $PROXY_ADDRESS/32 dev lo
}

# Starts this script again in a namespace of its own, as root or as an ordinary user, if either is permitted.
enter_namespace () {
    command -v unshare >/dev/null && command -v ip >/dev/null || return 0
    for options in -n -rn; do
        if OXMQ_DEMO_NETWORK=probe unshare $options sh "$0" >/dev/null 2>&1; then
            OXMQ_DEMO_NETWORK=private exec unshare $options sh "$0"
        fi
    done
}

# Counts the sockets with this local port in this state: 01 established, 0A listening.
count_sockets () { # PORT STATE
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
        awk -v port="$(printf ':%04X' "$1")" -v state="$2" \
            '$4 == state && substr($2, length($2) - 4) == port { n++ } END { print n + 0 }'
}

# The ports of the list that somebody listens on.
taken_ports () {
    for port in "$@"; do
        [ "$(count_sockets "$port" 0A)" -eq 0 ] || printf ' %s' "$port"
    done
}

choose_ports () {
    service=5555 weather=5556 ventilator=5557 sink=5558 control=5559 proxy=8100
    [ "$network" = private ] && return
    taken=$(taken_ports $service $weather $ventilator $sink $control $proxy)
    [ -z "$taken" ] && return
    base=$((20000 + $$ % 1000 * 10))
    while [ -n "$(taken_ports $base $((base + 1)) $((base + 2)) $((base + 3)) $((base + 4)) $((base + 5)))" ]; do
        base=$((base + 10))
        [ $base -lt 32000 ] || fail "ports$taken are taken, and no others are free"
    done
    service=$base weather=$((base + 1)) ventilator=$((base + 2)) sink=$((base + 3)) control=$((base + 4))
    proxy=$((base + 5))
}

# --- Processes -------------------------------------------------------------------------------------------------

pids=
cleanup () {
    trap - EXIT INT PIPE TERM HUP
    for pid in $pids; do kill "$pid" 2>/dev/null; done
    for pid in $pids; do wait "$pid" 2>/dev/null; done
    rm -rf "$work"
}

fail () {
    printf 'demo: FAILED: %s\n' "$*" >&2
    for log in "$work"/*.err; do
        [ -s "$log" ] && sed "s|^|demo: $(basename "$log" .err): |" "$log" >&2
    done
    exit 1
}

# Starts a program in the background, its output in files of the given name; leaves its process id in $pid.
start () { # NAME PROGRAM ARGUMENT ...
    name=$1
    shift
    timeout -k 5 $PATIENCE "$@" >"$work/$name.out" 2>"$work/$name.err" &
    pid=$!
    pids="$pids $pid"
}

# Waits for a program that ends by itself.
finish () { # NAME PID
    wait "$2"
    status=$?
    forget "$2"
    case $status in
        0) ;;
        124 | 137) fail "$1 did not end within $PATIENCE seconds" ;;
        *) fail "$1 ended with status $status" ;;
    esac
}

# Ends a server, which must still be running.
stop () { # NAME PID
    kill "$2" 2>/dev/null || fail "$1 did not keep running"
    wait "$2" 2>/dev/null
    forget "$2"
}

forget () { # PID
    kept=
    for pid in $pids; do [ "$pid" = "$1" ] || kept="$kept $pid"; done
    pids=$kept
}

# Waits until so many connections to a port of ours are open (and where that cannot be seen, does not wait).
await_connections () { # PORT COUNT
    [ -r /proc/net/tcp ] || return 0
    tries=0
    until [ "$(count_sockets "$1" 01)" -ge "$2" ]; do
        tries=$((tries + 1))
        [ $tries -lt $((PATIENCE * 10)) ] || fail "only $(count_sockets "$1" 01) of $2 connections to port $1 came"
        sleep 0.1
    done
}

count_characters () { # CHARACTERS FILE
    tr -cd "$1" <"$2" | wc -c | tr -d ' '
}

count_lines () { # PATTERN FILE
    grep -c "$1" "$2"
}

# The path of a program of the guide, or of a copy of it with the changes that this network needs.
guide_program () { # NAME
    if [ "$network" = private ] || { [ "$1" != wuproxy ] && [ "$ventilator" = 5557 ]; }; then
        printf '%s' "$build/examples/guide/$1"
        return
    fi
    sed -e "s|$SERVER_ADDRESS:5556|127.0.0.1:$weather|" -e "s|$PROXY_ADDRESS:8100|127.0.0.1:$proxy|" \
        -e "s|:5557|:$ventilator|" -e "s|:5558|:$sink|" -e "s|:5559|:$control|" \
        "$root/c-examples/guide/$1.c" >"$work/$1.c" &&
        ${CC:-cc} -Wall -Werror -I"$build/include" -L"$build/lib" -o "$work/$1" "$work/$1.c" -lzmq -lpthread \
            2>"$work/cc.err" || return 1
    printf '%s' "$work/$1"
}

# --- The three applications ------------------------------------------------------------------------------------

run_pipeline () {
    say
    say "Parallel pipeline: taskvent, $WORKERS x guide/taskwork, guide/tasksink with its KILL"
    worker_program=$(guide_program taskwork) || fail "the guide's taskwork does not compile"
    sink_program=$(guide_program tasksink) || fail "the guide's tasksink does not compile"
    mkfifo "$work/enter" || fail "cannot make a named pipe in $work"

    start tasksink "$sink_program"
    sink_pid=$pid
    worker_pids=
    n=0
    while [ $n -lt $WORKERS ]; do
        n=$((n + 1))
        start "worker $n" "$worker_program"
        worker_pids="$worker_pids $pid"
    done
    # The shell opens the pipe for reading here and for writing below, each waiting for the other
    timeout -k 5 $PATIENCE "$build/examples/taskvent" "tcp://*:$ventilator" $TASKS \
        <"$work/enter" >"$work/taskvent.out" 2>"$work/taskvent.err" &
    ventilator_pid=$!
    pids="$pids $ventilator_pid"
    exec 3>"$work/enter"

    # Press Enter when the workers are ready
    await_connections "$ventilator" $WORKERS
    await_connections "$sink" $WORKERS
    await_connections "$control" $WORKERS
    (echo >&3) 2>/dev/null
    exec 3>&-

    finish taskvent $ventilator_pid
    finish tasksink $sink_pid
    row taskvent "$(grep -o 'Tasks sent.*' "$work/taskvent.out")"
    done_in_all=0
    n=0
    for worker_pid in $worker_pids; do
        n=$((n + 1))
        finish "worker $n (has it got the KILL?)" "$worker_pid"
        tasks_done=$(count_characters . "$work/worker $n.out")
        done_in_all=$((done_in_all + tasks_done))
        row "worker $n" "tasks done: $tasks_done, ended by the KILL"
    done
    results=$(sed 's/Total.*//' "$work/tasksink.out" | tr -cd '.:' | wc -c | tr -d ' ')
    row tasksink "results: $results, $(grep -o 'Total elapsed time.*' "$work/tasksink.out")"
    [ "$results" -eq $TASKS ] || fail "the sink counted $results results, not $TASKS"
    # One more than the tasks: the start signal "0" travels through a worker too
    [ $done_in_all -eq $((TASKS + 1)) ] || fail "the workers did $done_in_all tasks, not $((TASKS + 1))"
}

run_weather () {
    say
    server_host=127.0.0.1 proxy_host=127.0.0.1
    [ "$network" = private ] && server_host=$SERVER_ADDRESS proxy_host=$PROXY_ADDRESS
    say "Weather: wuserver on $server_host:$weather, guide/wuproxy on $proxy_host:$proxy, $WEATHER_CLIENTS x wuclient"
    proxy_program=$(guide_program wuproxy) || fail "the guide's wuproxy does not compile"

    start wuserver "$build/examples/wuserver" "tcp://$server_host:$weather" 20000 10001 10005
    server_pid=$pid
    start wuproxy "$proxy_program"
    proxy_pid=$pid
    client_pids=
    n=0
    while [ $n -lt $WEATHER_CLIENTS ]; do
        n=$((n + 1))
        start "wuclient $n" "$build/examples/wuclient" 1000$n $WEATHER_UPDATES "tcp://$proxy_host:$proxy"
        client_pids="$client_pids $pid"
    done
    n=0
    for client_pid in $client_pids; do
        n=$((n + 1))
        finish "wuclient $n" "$client_pid"
        averages=$(grep "^Averages for zip code 1000$n over $WEATHER_UPDATES updates" "$work/wuclient $n.out") ||
            fail "wuclient $n printed no averages"
        row "wuclient $n" "$averages"
    done
    stop wuproxy $proxy_pid
    stop wuserver $server_pid
}

run_service () {
    say
    say "Multithreaded service: mtserver with 5 worker threads, $SERVICE_CLIENTS x hwclient"
    start mtserver "$build/examples/mtserver" "tcp://*:$service" 5 50
    service_pid=$pid
    client_pids=
    n=0
    while [ $n -lt $SERVICE_CLIENTS ]; do
        n=$((n + 1))
        start "hwclient $n" "$build/examples/hwclient" "tcp://localhost:$service" $SERVICE_REQUESTS
        client_pids="$client_pids $pid"
    done
    replies_in_all=0
    n=0
    for client_pid in $client_pids; do
        n=$((n + 1))
        finish "hwclient $n" "$client_pid"
        replies=$(count_lines 'Received reply .*\[World\]' "$work/hwclient $n.out")
        replies_in_all=$((replies_in_all + replies))
        row "hwclient $n" "replies received: $replies"
        [ "$replies" -eq $SERVICE_REQUESTS ] || fail "hwclient $n got $replies replies, not $SERVICE_REQUESTS"
    done
    requests=$(count_lines 'Received request: \[Hello\]' "$work/mtserver.out")
    row mtserver "requests served: $requests"
    [ "$requests" -eq $replies_in_all ] || fail "mtserver served $requests requests for $replies_in_all replies"
    stop mtserver $service_pid
}

# --- All of it -------------------------------------------------------------------------------------------------

case $network in
    probe)
        prepare_namespace
        exit
        ;;
    private) prepare_namespace || exit 1 ;;
    shared) ;;
    *)
        enter_namespace
        network=shared
        ;;
esac

for file in lib/libzmq.so.1 examples/taskvent examples/guide/taskwork examples/guide/wuproxy; do
    if [ -z "$build" ] || [ ! -e "$build/$file" ]; then
        printf 'demo: FAILED: %s/%s is missing: build the library and the examples first (make examples)\n' \
            "${BUILD:-build}" "$file" >&2
        exit 1
    fi
done
LD_LIBRARY_PATH=$build/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH

work=$(mktemp -d) || exit 1
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 141' PIPE
trap 'exit 143' TERM HUP
choose_ports

if [ "$network" = private ]; then
    say "Network: a namespace of its own, with the guide's addresses; the guide's programs run unchanged."
else
    say "Network: loopback (a network namespace is not permitted here, or 'unshare' or 'ip' is missing)."
    say "   guide/wuproxy runs as a copy with its two addresses replaced by 127.0.0.1:$weather and 127.0.0.1:$proxy."
    [ $ventilator = 5557 ] ||
        say "   Ports$taken are taken, so that copies of the guide's programs use $service to $proxy instead."
fi
run_pipeline
run_weather
run_service
say
say "Everything arrived."
