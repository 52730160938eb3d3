/* Socket options that change each other, and those that are set late. (One by one they are in side_by_side/options.c.) */
#include "check.h"

/* Names and passwords choose the mechanism. */
static void mechanisms (void *context)
{
    void *s = new_socket (context, ZMQ_DEALER);
    char key [32], text [41];
    size_t size;
    TRY (get_int (s, ZMQ_MECHANISM));
    set_text (s, ZMQ_PLAIN_USERNAME, "name");
    TRY (get_int (s, ZMQ_MECHANISM));
    set_text (s, ZMQ_PLAIN_PASSWORD, "password");
    TRY (get_int (s, ZMQ_MECHANISM));
    set_int (s, ZMQ_PLAIN_SERVER, 0);
    TRY (get_int (s, ZMQ_MECHANISM));
    set_int (s, ZMQ_PLAIN_SERVER, 1);
    TRY (get_int (s, ZMQ_MECHANISM));
    set_int (s, ZMQ_CURVE_SERVER, 1);
    TRY (get_int (s, ZMQ_MECHANISM));
    memset (key, 'k', sizeof key);
    OK (zmq_setsockopt (s, ZMQ_CURVE_SERVERKEY, key, 32));
    TRY (get_int (s, ZMQ_MECHANISM));
    TRY (get_int (s, ZMQ_CURVE_SERVER));
    OK (zmq_setsockopt (s, ZMQ_CURVE_PUBLICKEY, "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7", 40));
    TRY (zmq_setsockopt (s, ZMQ_CURVE_SECRETKEY, "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs", 41));
    for (size = 30; size <= 42; size++) {
        size_t room = size;
        errno = 0;
        printf ("public key in %d: %s", (int) size,
                zmq_getsockopt (s, ZMQ_CURVE_PUBLICKEY, text, &room) == 0 ? "had" : error_name (errno));
        printf (", size %d\n", (int) room);
        if (size > 41)
            break;
    }
    size = 41;
    OK (zmq_getsockopt (s, ZMQ_CURVE_PUBLICKEY, text, &size));
    printf ("%s\n", text);
    OK (zmq_getsockopt (s, ZMQ_CURVE_SECRETKEY, text, &size));
    printf ("%s\n", text);
    OK (zmq_setsockopt (s, ZMQ_PLAIN_USERNAME, NULL, 0));
    TRY (get_int (s, ZMQ_MECHANISM));
    OK (zmq_close (s));
}

/* Once bound, what is set holds for endpoints that come later. */
static void afterwards (void *context)
{
    void *s = new_socket (context, ZMQ_ROUTER);
    char endpoint [256];
    bind_tcp (s, endpoint);
    TRY (zmq_setsockopt (s, ZMQ_ROUTING_ID, "late", 4));
    set_int (s, ZMQ_SNDHWM, 3);
    TRY (get_int (s, ZMQ_SNDHWM));
    set_int (s, ZMQ_ROUTER_MANDATORY, 1);
    OK (zmq_close (s));
}

/* What a context says of IPv6 holds for the sockets that come after. */
static void inherited (void)
{
    void *context = zmq_ctx_new (), *before = new_socket (context, ZMQ_PAIR), *after;
    OK (zmq_ctx_set (context, ZMQ_IPV6, 1));
    after = new_socket (context, ZMQ_PAIR);
    TRY (get_int (before, ZMQ_IPV6));
    TRY (get_int (after, ZMQ_IPV6));
    OK (zmq_close (before));
    OK (zmq_close (after));
    OK (zmq_ctx_term (context));
}

static void not_a_socket (void)
{
    char zeros [1024];
    int value = 0;
    size_t size = sizeof value;
    memset (zeros, 0, sizeof zeros);
    TRY (zmq_getsockopt (NULL, ZMQ_TYPE, &value, &size));
    TRY (zmq_setsockopt (NULL, ZMQ_LINGER, &value, sizeof value));
    TRY (zmq_getsockopt (zeros, ZMQ_TYPE, &value, &size));
    TRY (zmq_setsockopt (zeros, ZMQ_LINGER, &value, sizeof value));
}

int main (void)
{
    void *context;
    begin ();
    context = zmq_ctx_new ();
    mechanisms (context);
    afterwards (context);
    OK (zmq_ctx_term (context));
    inherited ();
    not_a_socket ();
    return 0;
}
