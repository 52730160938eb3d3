/* zmq_utils.h: the stopwatch counts microseconds, and a sleep lasts. */
#include "check.h"
#include <time.h>
#include <zmq_utils.h>

static long long microseconds (void)
{
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

int main (void)
{
    void *outer, *inner;
    unsigned long outer_us, inner_us;
    long long start, end;

    limit_time ();
    start = microseconds ();
    outer = zmq_stopwatch_start ();
    inner = zmq_stopwatch_start ();
    CHECK (outer != NULL && inner != NULL);
    zmq_sleep (1);
    inner_us = zmq_stopwatch_stop (inner);
    outer_us = zmq_stopwatch_stop (outer);
    end = microseconds ();
    /* Give or take the microseconds that rounding takes. */
    CHECK (inner_us + 2 >= 1000000 && outer_us + 2 >= inner_us);
    CHECK ((long long) outer_us <= end - start + 2);

    CHECK (zmq_stopwatch_stop (zmq_stopwatch_start ()) < 10000000);
    start = microseconds ();
    zmq_sleep (0);
    zmq_sleep (-5);
    CHECK (microseconds () - start < 10000000);
    return 0;
}
