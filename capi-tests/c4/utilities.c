/* What the library has beside messages: Z85, keys, counters, timers, threads, stopwatches. */
#include "check.h"

static void z85 (void)
{
    static const char *const bad [] = {"Hell", "", "Hel o", "Hel\"o", "#####", "%nSc1", "Hel\x80o", "Hel\x1fo",
        "HelloHell", "Hel,o", "HelloHel,o"};
    const uint8_t bytes [8] = {0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b};
    char text [21];
    uint8_t back [16];
    size_t i;
    CHECK (zmq_z85_encode (text, bytes, 8) == text);
    printf ("%s\n", text);
    CHECK (zmq_z85_decode (back, text) == back && memcmp (back, bytes, 8) == 0);
    CHECK (zmq_z85_encode (text, bytes, 0) == text && text [0] == 0);
    TRY_POINTER (zmq_z85_encode (text, bytes, 7));
    for (i = 0; i < sizeof bad / sizeof bad [0]; i++)
        TRY_POINTER (zmq_z85_decode (back, bad [i]));
    CHECK (zmq_z85_decode (back, "%nSc0") == back && memcmp (back, "\xff\xff\xff\xff", 4) == 0);
}

static void keys (void)
{
    char public_key [41], secret_key [41], derived [41];
    TRY (zmq_curve_keypair (public_key, secret_key));
    CHECK (strlen (public_key) == 40 && strlen (secret_key) == 40 && strcmp (public_key, secret_key) != 0);
    TRY (zmq_curve_public (derived, secret_key));
    CHECK (strcmp (derived, public_key) == 0);
    TRY (zmq_curve_public (derived, "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"));
    printf ("%s\n", derived);
    TRY (zmq_curve_public (derived, "too short"));
    TRY (zmq_curve_public (derived, ""));
    TRY (zmq_curve_public (derived, "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8\"yf7"));
    if (ours ()) {
        /* The original writes past its buffer, or reads through NULL. */
        FAILS (zmq_curve_public (derived, "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7rq:rM"), EINVAL);
        FAILS (zmq_curve_public (derived, NULL), EFAULT);
        FAILS (zmq_curve_keypair (NULL, secret_key), EFAULT);
    }
}

static void count_up (void *counter)
{
    int i;
    for (i = 0; i < 10000; i++)
        zmq_atomic_counter_inc (counter);
}

static void counters (void)
{
    void *counter = zmq_atomic_counter_new (), *threads [4];
    int i;
    TRY (zmq_atomic_counter_value (counter));
    TRY (zmq_atomic_counter_inc (counter));
    TRY (zmq_atomic_counter_inc (counter));
    TRY (zmq_atomic_counter_dec (counter));
    TRY (zmq_atomic_counter_dec (counter));
    TRY (zmq_atomic_counter_dec (counter));
    TRY (zmq_atomic_counter_value (counter) + 10);
    zmq_atomic_counter_set (counter, 0x7fffffff);
    TRY (zmq_atomic_counter_inc (counter));
    CHECK (zmq_atomic_counter_value (counter) == -0x7fffffff - 1);
    zmq_atomic_counter_set (counter, 5);
    for (i = 0; i < 4; i++)
        threads [i] = zmq_threadstart (count_up, counter);
    for (i = 0; i < 4; i++)
        zmq_threadclose (threads [i]);
    TRY (zmq_atomic_counter_value (counter));
    zmq_atomic_counter_destroy (&counter);
    CHECK (counter == NULL);
    if (ours ()) {
        CHECK (zmq_atomic_counter_inc (NULL) == 0 && errno == EFAULT);
        zmq_atomic_counter_destroy (&counter);
        zmq_threadclose (NULL);
        CHECK (zmq_threadstart (NULL, NULL) == NULL && errno == EFAULT);
    }
}

static void *timers;

static void say (int id, void *text)
{
    printf ("timer %d: %s\n", id, (const char *) text);
}

static void cancel_itself (int id, void *text)
{
    say (id, text);
    TRY (zmq_timers_cancel (timers, id));
    TRY (zmq_timers_cancel (timers, id));
}

static void cancel_next (int id, void *text)
{
    cancel_itself (id, text);
    TRY (zmq_timers_cancel (timers, id + 1));
}

static void add_another (int id, void *text)
{
    cancel_itself (id, text);
    TRY (zmq_timers_add (timers, 1, say, "another"));
}

static void change_itself (int id, void *text)
{
    say (id, text);
    TRY (zmq_timers_set_interval (timers, id, 1000000));
}

static void wait_and_execute (void)
{
    usleep (20000);
    TRY (zmq_timers_execute (timers));
}

static void timing (void)
{
    void *none = NULL;
    long left;
    TRY (zmq_timers_timeout (NULL));
    TRY (zmq_timers_execute (NULL));
    TRY (zmq_timers_add (NULL, 1, say, NULL));
    TRY (zmq_timers_cancel (NULL, 1));
    TRY (zmq_timers_reset (NULL, 1));
    TRY (zmq_timers_set_interval (NULL, 1, 1));
    TRY (zmq_timers_destroy (&none));
    timers = zmq_timers_new ();
    TRY (zmq_timers_timeout (timers));
    TRY (zmq_timers_execute (timers));
    TRY (zmq_timers_add (timers, 1, NULL, NULL));
    TRY (zmq_timers_cancel (timers, 1));
    TRY (zmq_timers_reset (timers, 1));
    TRY (zmq_timers_set_interval (timers, 1, 1));
    TRY (zmq_timers_add (timers, 1000000, say, "one"));
    left = zmq_timers_timeout (timers);
    CHECK (left > 900000 && left <= 1000000);
    TRY (zmq_timers_add (timers, 500000, say, "two"));
    left = zmq_timers_timeout (timers);
    CHECK (left > 400000 && left <= 500000);
    TRY (zmq_timers_execute (timers));
    TRY (zmq_timers_set_interval (timers, 1, 10));
    wait_and_execute ();
    wait_and_execute ();
    TRY (zmq_timers_reset (timers, 1));
    TRY (zmq_timers_execute (timers));
    TRY (zmq_timers_cancel (timers, 1));
    TRY (zmq_timers_cancel (timers, 2));
    TRY (zmq_timers_timeout (timers));
    TRY (zmq_timers_add (timers, 1, cancel_itself, "cancels itself"));
    wait_and_execute ();
    wait_and_execute ();
    TRY (zmq_timers_add (timers, 1, cancel_next, "cancels the next"));
    TRY (zmq_timers_add (timers, 2, say, "is cancelled"));
    wait_and_execute ();
    TRY (zmq_timers_timeout (timers));
    TRY (zmq_timers_add (timers, 1, add_another, "adds another"));
    wait_and_execute ();
    wait_and_execute ();
    TRY (zmq_timers_cancel (timers, 7));
    TRY (zmq_timers_add (timers, 1, change_itself, "changes itself"));
    wait_and_execute ();
    wait_and_execute ();
    left = zmq_timers_timeout (timers);
    CHECK (left > 900000 && left <= 1000000);
    if (ours ()) {
        /* The original calls this one for ever. */
        TRY (zmq_timers_add (timers, 0, say, "at once") - 9);
        OK (zmq_timers_execute (timers));
        FAILS (zmq_timers_destroy (NULL), EFAULT);
        FAILS (zmq_timers_execute (&none), EFAULT);
    } else {
        puts ("zmq_timers_add (timers, 0, say, \"at once\") - 9: 0");
        puts ("timer 9: at once");
    }
    TRY (zmq_timers_destroy (&timers));
    CHECK (timers == NULL);
    TRY (zmq_timers_destroy (&timers));
}

static void capabilities (void)
{
    static const char *const same [] = {"ipc", "curve", "IPC", "tcp", "null", "plain", ""};
    size_t i;
    for (i = 0; i < sizeof same / sizeof same [0]; i++)
        printf ("has %s: %d\n", same [i], zmq_has (same [i]));
    if (ours ()) {
        CHECK (zmq_has ("draft") && !zmq_has ("gssapi") && !zmq_has ("pgm") && !zmq_has ("norm"));
        CHECK (!zmq_has ("tipc") && !zmq_has (NULL));
    }
}

/* What errors are called: the system's as the system does. Those of ZeroMQ each library says in words of its own. */
static void errors (void)
{
    static const int numbers [] = {0, EAGAIN, EINVAL, EFAULT, EINTR, EHOSTUNREACH, ENOTSUP, EPROTONOSUPPORT, ENOBUFS, ENETDOWN,
        EADDRINUSE, EADDRNOTAVAIL, ECONNREFUSED, EINPROGRESS, ENOTSOCK, EMSGSIZE, EAFNOSUPPORT, ENETUNREACH, ECONNABORTED,
        ECONNRESET, ENOTCONN, ETIMEDOUT, ENETRESET, -1, 99999};
    static const int own [] = {EFSM, ENOCOMPATPROTO, ETERM, EMTHREAD};
    size_t i, j;
    for (i = 0; i < sizeof numbers / sizeof numbers [0]; i++)
        printf ("%d: %s\n", numbers [i], zmq_strerror (numbers [i]));
    for (i = 0; i < sizeof own / sizeof own [0]; i++) {
        CHECK (strncmp (zmq_strerror (own [i]), "Unknown error", 13) != 0);
        for (j = 0; j < i; j++)
            CHECK (strcmp (zmq_strerror (own [i]), zmq_strerror (own [j])) != 0);
    }
    errno = ETERM;
    TRY (zmq_errno () == ETERM);
    errno = 0;
    TRY (zmq_errno ());
    CHECK (zmq_socket (NULL, ZMQ_PAIR) == NULL && zmq_errno () == errno && errno == EFAULT);
}

/* What the header says is what the library is. */
static void version (void)
{
    int major, minor, patch;
    zmq_version (&major, &minor, &patch);
    CHECK (ZMQ_MAKE_VERSION (major, minor, patch) == ZMQ_VERSION && major == 4 && minor == 3);
    CHECK (!ours () || patch == 5);
}

/* Former names of what is called otherwise now. */
static void old_names (void)
{
    static const int same [][2] = {{ZMQ_XREQ, ZMQ_DEALER}, {ZMQ_XREP, ZMQ_ROUTER}, {ZMQ_NOBLOCK, ZMQ_DONTWAIT},
        {ZMQ_IDENTITY, ZMQ_ROUTING_ID}, {ZMQ_CONNECT_RID, ZMQ_CONNECT_ROUTING_ID},
        {ZMQ_DELAY_ATTACH_ON_CONNECT, ZMQ_IMMEDIATE}, {ZMQ_FAIL_UNROUTABLE, ZMQ_ROUTER_MANDATORY},
        {ZMQ_ROUTER_BEHAVIOR, ZMQ_ROUTER_MANDATORY}};
    size_t i;
    for (i = 0; i < sizeof same / sizeof same [0]; i++)
        CHECK (same [i][0] == same [i][1]);
}

int main (void)
{
    void *watch;
    unsigned long between;
    begin ();
    watch = zmq_stopwatch_start ();
    z85 ();
    keys ();
    counters ();
    timing ();
    capabilities ();
    errors ();
    version ();
    old_names ();
    between = zmq_stopwatch_intermediate (watch);
    CHECK (between > 100000 && zmq_stopwatch_stop (watch) >= between);
    watch = zmq_stopwatch_start ();
    zmq_sleep (1);
    CHECK (zmq_stopwatch_stop (watch) >= 1000000);
    return 0;
}
