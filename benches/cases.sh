# The list of what run.sh measures: one line a case, fields separated by "|".
#
#   case | bytes | unit | metric | first goal | ABIs | program and arguments | the kernel's limit: arguments of raw
#
# Rows that take several metrics of one program are measured by the same runs. Every case is for both ABIs, but CURVE,
# which 2.x has no options for. The goals were set for 2.x; the row of 4.x is held against the same.
#
# A goal xN asks for N times libzmq's result (of a latency: 1/N of it), maxN for at most N, "works" for any result;
# "-" says that the design sets none. Units us, ns, B, ms and instr are better when lower, all others when higher.

throughput_goal () { # transport bytes
    case $1/$2 in
    tcp/256 | tcp/1024) echo x1.5 ;;
    tcp/16384 | tcp/65536 | tcp/262144 | tcp/1048576) echo x1 ;;
    tcp/* | ipc/1 | ipc/8 | ipc/32 | ipc/64) echo x3 ;;
    inproc/1 | inproc/1024) echo x4 ;;
    *) echo - ;;
    esac
}

throughput_cases () {
    for transport in tcp ipc inproc; do
        for bytes in 1 8 32 64 256 1024 16384 65536 262144 1048576; do
            unit=msg/s metric=rate limit=
            if [ "$bytes" -ge 16384 ]; then
                unit=Gb/s metric=gbits
                [ $transport = inproc ] || limit="$transport 65536 $MS stream"
            fi
            echo "$transport-throughput|$bytes|$unit|$metric|$(throughput_goal $transport $bytes)|2 4|\
throughput $transport $bytes $MS|$limit"
        done
    done
}

# Processor time of all threads on both sides for a message: what throughput costs, whoever else uses the machine.
cost_cases () {
    for transport in tcp ipc inproc; do
        for bytes in 1 64 1024 65536; do
            echo "$transport-cpu-per-message|$bytes|ns|cpu_ns|-|2 4|throughput $transport $bytes $MS|"
        done
    done
}

# Encrypted, over tcp; both ends have keys from zmq_curve_keypair.
curve_cases () {
    for bytes in 64 1024 16384; do
        unit=msg/s metric=rate
        [ "$bytes" -lt 16384 ] || unit=Gb/s metric=gbits
        echo "curve-throughput|$bytes|$unit|$metric|-|4|throughput tcp $bytes $MS curve|"
    done
    for bytes in 64 1024 16384; do
        echo "curve-cpu-per-message|$bytes|ns|cpu_ns|-|4|throughput tcp $bytes $MS curve|"
    done
}

latency_cases () {
    for transport in tcp ipc inproc; do
        goal=x1.2 metric=mean
        [ $transport != ipc ] || goal=-
        for bytes in 1 64 1024; do
            limit= limit_paced=
            [ $transport = inproc ] || limit="$transport $bytes $MS hot" limit_paced="$transport $bytes $MS paced"
            echo "$transport-latency|$bytes|us|mean|$goal|2 4|latency $transport $bytes $MS hot|$limit"
            echo "$transport-latency-paced|$bytes|us|p50|-|2 4|latency $transport $bytes $MS paced|$limit_paced"
        done
    done
}

pattern_cases () {
    for subscribers in 1 8 64; do
        messages=$((DELIVERIES / subscribers)) goal=x2
        [ $subscribers != 64 ] || goal=-
        echo "fanout-$subscribers|64|msg/s|rate|$goal|2 4|fanout $subscribers 64 all $messages|"
        echo "fanout-$subscribers-dropping|64|msg/s|rate|-|2 4|fanout $subscribers 64 drop $MS|"
    done
    echo "proxy|40|msg/s|rate|x2|2 4|device stream 40 $MS|"
    echo "queue-8-clients|40|req/s|rate|x1.5|2 4|device queue 40 $MS 8|"
    for prefixes in 1000 100000; do
        echo "subscribing-$prefixes|8|sub/s|rate|-|2 4|subscribe $prefixes $STALL_MS 0|"
        echo "matching-$prefixes|8|msg/s|matched_rate|-|2 4|subscribe $prefixes $STALL_MS 0|"
    done
    echo "subscribing-100000-hwm|8|sub/s|rate|works|2 4|subscribe 100000 $STALL_MS 1000|"
    echo "memory-server|16|B|server_bytes|max12000|2 4|connections 2000|"
    echo "memory-client|16|B|client_bytes|-|2 4|connections 2000|"
    echo "connecting|16|ms|connect_ms|-|2 4|connections 2000|"
}

# Counted under callgrind, and only when BENCH_ONLY asks for them: "app" inside the calls of the application's thread,
# "all" in all threads of both processes, which is what one message costs on its whole way.
instruction_cases () {
    for bytes in 1 64 1024; do
        for transport in inproc tcp; do
            for direction in send recv; do
                echo "instructions-$transport-$direction|$bytes|instr|app|-|2 4|instructions $direction $transport $bytes|"
            done
        done
        echo "instructions-tcp-whole|$bytes|instr|all|-|2 4|instructions send tcp $bytes|"
    done
}

all_cases () {
    throughput_cases
    cost_cases
    curve_cases
    latency_cases
    pattern_cases
    instruction_cases
}
