/*
 * Prints what a library says about itself: which socket types, options, context options, transports and mechanisms it
 * has. names.h, which is made from the header, says which there may be: as TYPE (t), OPTION (o), CONTEXT (o),
 * TRANSPORT (name, address).
 */
#define ZMQ_BUILD_DRAFT_API
#include <zmq.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if ZMQ_VERSION_MAJOR == 2
#define zmq_ctx_new() zmq_init (1)
#define zmq_ctx_term zmq_term
#endif

#define COUNT(array) (sizeof (array) / sizeof *(array))

static void *context;

/* The types that there are. */
static int types [64];
static size_t type_count;

static void type (const char *name, int number)
{
    void *s = zmq_socket (context, number);
    printf ("%s %d\n", name, s != NULL);
    if (s) {
        types [type_count++] = number;
        zmq_close (s);
    }
}

/* Whether a socket lets the option be set to anything. */
static int is_set (void *s, int option)
{
    static const int ints [] = {0, 1};
    static const int64_t longs [] = {0, 1};
    static const char *const texts [] = {"x", "X-name:value", "127.0.0.1", "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"};
    size_t i;
    /* Only what is subscribed to can be cancelled. */
    zmq_setsockopt (s, ZMQ_SUBSCRIBE, texts [0], 1);
    for (i = 0; i < COUNT (ints); i++)
        if (zmq_setsockopt (s, option, &ints [i], sizeof ints [i]) == 0)
            return 1;
    for (i = 0; i < COUNT (longs); i++)
        if (zmq_setsockopt (s, option, &longs [i], sizeof longs [i]) == 0)
            return 1;
    for (i = 0; i < COUNT (texts); i++)
        if (zmq_setsockopt (s, option, texts [i], strlen (texts [i])) == 0)
            return 1;
    return 0;
}

static int is_got (void *s, int option)
{
    static const size_t rooms [] = {256, 41, 8, 4};
    char value [256];
    size_t i;
    for (i = 0; i < COUNT (rooms); i++) {
        size_t room = rooms [i];
        if (zmq_getsockopt (s, option, value, &room) == 0)
            return 1;
        if (zmq_errno () != EINVAL) {
            fprintf (stderr, "option %d: %s\n", option, zmq_strerror (zmq_errno ()));
            exit (1);
        }
    }
    return 0;
}

/* An option is there if a socket of any type has it. */
static void option (const char *name, int number)
{
    int is_there = 0;
    size_t i;
    for (i = 0; i < type_count && !is_there; i++) {
        void *s = zmq_socket (context, types [i]);
        is_there = is_got (s, number) || is_set (s, number);
        zmq_close (s);
    }
    printf ("%s %d\n", name, is_there);
}

static void transport (const char *name, const char *address)
{
    char endpoint [200];
    int is_there = 0, is_unknown = 1;
    size_t i;
    sprintf (endpoint, "%s://%s", name, address);
    for (i = 0; i < type_count && !is_there; i++) {
        void *s = zmq_socket (context, types [i]);
        is_there = zmq_bind (s, endpoint) == 0;
        is_unknown &= zmq_errno () == EPROTONOSUPPORT;
        zmq_close (s);
    }
    if (!is_there && !is_unknown) {
        fprintf (stderr, "%s is absent, but not unknown\n", endpoint);
        exit (1);
    }
    printf ("%s %d\n", endpoint, is_there);
}

#if ZMQ_VERSION_MAJOR > 2
static void context_option (const char *name, int number)
{
    int value = 1;
    void *other = zmq_ctx_new ();
    char text [64];
    size_t size = sizeof text;
    int is_there;
    /* Only what was added can be removed. */
    zmq_ctx_set (other, ZMQ_THREAD_AFFINITY_CPU_ADD, value);
    is_there = zmq_ctx_get (other, number) != -1 || zmq_ctx_set (other, number, value) == 0
        || zmq_ctx_get_ext (other, number, text, &size) == 0;
    printf ("%s %d\n", name, is_there);
    zmq_ctx_term (other);
}

/* A mechanism is there if an option that belongs to it makes it the socket's. */
static void mechanism (const char *name, int option, int number)
{
    int one = 1, got = -1;
    size_t size = sizeof got;
    void *s = zmq_socket (context, ZMQ_PULL);
    if (option)
        zmq_setsockopt (s, option, &one, sizeof one);
    zmq_getsockopt (s, ZMQ_MECHANISM, &got, &size);
    printf ("%s %d\n", name, got == number);
    zmq_close (s);
}
#endif

#define TYPE(name) type (#name, name);
#define OPTION(name) option (#name, name);
#define CONTEXT(name) context_option (#name, name);
#define TRANSPORT(name, address) transport (name, address);

int main (void)
{
    context = zmq_ctx_new ();
#include "names.h"
#if ZMQ_VERSION_MAJOR > 2
    mechanism ("NULL", 0, ZMQ_NULL);
    mechanism ("PLAIN", ZMQ_PLAIN_SERVER, ZMQ_PLAIN);
    mechanism ("CURVE", ZMQ_CURVE_SERVER, ZMQ_CURVE);
    mechanism ("GSSAPI", ZMQ_GSSAPI_SERVER, ZMQ_GSSAPI);
#endif
    return zmq_ctx_term (context);
}
