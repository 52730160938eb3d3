# The list of what run.sh measures: one line a case, fields separated by "|".
#
#   case | bytes | unit | metric | first goal | ABIs | program and arguments | the limit: program and arguments
#
# Rows that take several metrics of one program are measured by the same runs. "once" before a program: in the first
# round only, since it is slow or says the same each time. Every case is for both ABIs, but CURVE, which 2.x has no
# options for. The goals were set for 2.x; the row of 4.x is held against the same.
#
# A goal xN asks for N times libzmq's result (of a latency: 1/N of it), maxN for at most N, "works" for any result;
# "-" says that the design sets none. Units us, us/s, ns, B, ms and instr are better when lower, all others when higher.

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
                [ $transport = inproc ] || limit="raw $transport 65536 $MS stream"
            elif [ "$transport" = inproc ] && [ "$bytes" -le 32 ]; then
                limit="queue $MS stream"
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
    for bytes in 1 64 1024; do
        for metric in make send recv; do
            echo "calls-$metric|$bytes|ns|$metric|-|2 4|calls $bytes $SHORT_MS|"
        done
    done
    echo "tcp-trickle-cpu|64|ns|cpu_ns|-|2 4|trickle tcp 64 $SHORT_MS|raw tcp 64 $SHORT_MS trickle"
    echo "inproc-trickle-cpu|64|ns|cpu_ns|-|2 4|trickle inproc 64 $SHORT_MS|"
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
            limit="queue $MS hot" limit_paced=
            [ $transport = inproc ] ||
                limit="raw $transport $bytes $MS hot" limit_paced="raw $transport $bytes $MS paced"
            echo "$transport-latency|$bytes|us|mean|$goal|2 4|latency $transport $bytes $MS hot|$limit"
            echo "$transport-latency-paced|$bytes|us|p50|-|2 4|latency $transport $bytes $MS paced|$limit_paced"
        done
    done
    for transport in tcp ipc; do
        for bytes in 1 1024; do
            echo "$transport-latency-nospin|$bytes|us|mean|-|2 4|\
latency $transport $bytes $SHORT_MS hot nospin|raw $transport $bytes $SHORT_MS hot"
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
    echo "queue-8-clients|40|req/s|rate|x1.5|2 4|device queue 40 $MS 8|rawqueue tcp 40 $MS 8"
}

subscription_cases () {
    for prefixes in 1000 100000 1000000; do
        command="subscribe $prefixes $STALL_MS 0"
        [ $prefixes != 1000000 ] || command="once subscribe $prefixes $MANY_STALL_MS 0"
        echo "subscribing-$prefixes|8|sub/s|rate|-|2 4|$command|"
        echo "matching-$prefixes|8|msg/s|matched_rate|-|2 4|$command|"
        echo "cancelling-$prefixes|8|sub/s|cancel_rate|-|2 4|$command|"
    done
    echo "memory-prefix-publisher|8|B|publisher_bytes|-|2 4|$command|"
    echo "memory-prefix-subscriber|8|B|subscriber_bytes|-|2 4|$command|"
    echo "subscribing-100000-hwm|8|sub/s|rate|works|2 4|subscribe 100000 $STALL_MS 1000|"
}

# What grows with the number of connections and sockets, and what should not.
scale_cases () {
    for connections in 1 100 5000; do
        command="spread $connections $SHORT_MS 0"
        echo "spread-$connections|64|msg/s|rate|-|2 4|$command|"
        echo "spread-$connections-cpu|64|ns|cpu_ns|-|2 4|$command|"
    done
    echo "connecting-5000|64|ms|connect_ms|-|2 4|$command|"
    echo "idle-1000|64|us/s|idle_us|-|2 4|once spread 1000 1 10000|"
    echo "memory-server|16|B|server_bytes|max12000|2 4|connections 2000|"
    echo "memory-client|16|B|client_bytes|-|2 4|connections 2000|"
    echo "memory-socket|0|B|socket_bytes|-|2 4|once sockets 1000|"
    echo "connecting|16|ms|connect_ms|-|2 4|connections 2000|"
}

# Counted under callgrind: inside the calls of the application's thread where that does all, and in all threads of each
# process over tcp, where who does what is the library's choice.
instruction_cases () {
    for bytes in 1 64 1024; do
        for metric in send recv; do
            echo "instructions-inproc-$metric|$bytes|instr|$metric|-|2 4|once instructions inproc $bytes|"
        done
        for metric in sender receiver whole; do
            echo "instructions-tcp-$metric|$bytes|instr|$metric|-|2 4|once instructions tcp $bytes|"
        done
    done
}

all_cases () {
    throughput_cases
    cost_cases
    curve_cases
    latency_cases
    pattern_cases
    subscription_cases
    scale_cases
    instruction_cases
}
