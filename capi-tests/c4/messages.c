/* Messages: how they are made, moved, copied and ended, what they say of themselves, and what is no message. */
#include "check.h"

static const int sizes [] = {0, 1, 10, 30, 100, 1000, 5000, 100000};
#define SIZES (sizeof sizes / sizeof sizes [0])

static int freed;

static void count_free (void *data, void *hint)
{
    CHECK (data != NULL);
    freed += *(int *) hint;
}

static void fill (zmq_msg_t *msg, int size)
{
    int i;
    unsigned char *data;
    OK (zmq_msg_init_size (msg, size));
    data = zmq_msg_data (msg);
    for (i = 0; i < size; i++)
        data [i] = (unsigned char) (i * 7);
}

static void check_filled (zmq_msg_t *msg, int size)
{
    int i;
    const unsigned char *data = zmq_msg_data (msg);
    CHECK (zmq_msg_size (msg) == (size_t) size);
    for (i = 0; i < size; i++)
        CHECK (data [i] == (unsigned char) (i * 7));
}

static void life (void)
{
    zmq_msg_t a, b;
    size_t i;
    puts ("life");
    TRY (zmq_msg_init (&a));
    TRY (zmq_msg_size (&a));
    TRY (zmq_msg_more (&a));
    TRY_POINTER (zmq_msg_data (&a));
    TRY (zmq_msg_close (&a));
    for (i = 0; i < SIZES; i++) {
        fill (&a, sizes [i]);
        OK (zmq_msg_init (&b));
        OK (zmq_msg_copy (&b, &a));
        check_filled (&a, sizes [i]);
        check_filled (&b, sizes [i]);
        OK (zmq_msg_close (&a));
        check_filled (&b, sizes [i]);
        OK (zmq_msg_init_size (&a, 3));
        OK (zmq_msg_move (&a, &b));
        check_filled (&a, sizes [i]);
        CHECK (zmq_msg_size (&b) == 0);
        /* The structure can be moved as it is. */
        b = a;
        check_filled (&b, sizes [i]);
        OK (zmq_msg_close (&b));
    }
    TRY (zmq_msg_init_size (&a, (size_t) -1));
    TRY (zmq_msg_init_size (&a, (size_t) 1 << 60));
}

static void lent (void)
{
    zmq_msg_t a, b;
    int one = 1, ten = 10;
    char text [100] = "lent";
    puts ("lent");
    TRY (zmq_msg_init_data (&a, text, sizeof text, count_free, &one));
    CHECK (zmq_msg_data (&a) == text);
    OK (zmq_msg_init (&b));
    OK (zmq_msg_copy (&b, &a));
    CHECK (zmq_msg_data (&b) == text && zmq_msg_size (&b) == sizeof text);
    OK (zmq_msg_close (&a));
    printf ("freed: %d\n", freed);
    OK (zmq_msg_close (&b));
    printf ("freed: %d\n", freed);
    OK (zmq_msg_init_data (&a, text, 3, count_free, &ten));
    OK (zmq_msg_init (&b));
    OK (zmq_msg_move (&b, &a));
    OK (zmq_msg_close (&a));
    printf ("freed: %d\n", freed);
    /* Something is put in its place. */
    OK (zmq_msg_init (&a));
    OK (zmq_msg_move (&b, &a));
    printf ("freed: %d\n", freed);
    OK (zmq_msg_close (&a));
    OK (zmq_msg_close (&b));
    TRY (zmq_msg_init_data (&a, text, 50, NULL, NULL));
    TRY (zmq_msg_get (&a, ZMQ_SHARED));
    TRY (zmq_msg_close (&a));
}

static void properties (void)
{
    zmq_msg_t a, b;
    puts ("properties");
    fill (&a, 100);
    OK (zmq_msg_init (&b));
    TRY (zmq_msg_get (&a, ZMQ_MORE));
    TRY (zmq_msg_get (&a, ZMQ_SHARED));
    TRY (zmq_msg_get (&a, ZMQ_SRCFD));
    TRY (zmq_msg_get (&a, 0));
    TRY (zmq_msg_get (&a, 99));
    TRY (zmq_msg_set (&a, ZMQ_MORE, 1));
    TRY (zmq_msg_set (&a, 99, 1));
    TRY_POINTER (zmq_msg_gets (&a, "Socket-Type"));
    TRY_POINTER (zmq_msg_gets (&a, ""));
    OK (zmq_msg_copy (&b, &a));
    TRY (zmq_msg_get (&a, ZMQ_SHARED));
    TRY (zmq_msg_get (&b, ZMQ_SHARED));
    OK (zmq_msg_close (&a));
    fill (&a, 10);
    OK (zmq_msg_copy (&b, &a));
    TRY (zmq_msg_get (&a, ZMQ_SHARED));
    TRY (zmq_msg_get (&b, ZMQ_SHARED));
    OK (zmq_msg_close (&a));
    OK (zmq_msg_close (&b));
}

static void no_messages (void)
{
    zmq_msg_t a, b;
    puts ("no messages");
    OK (zmq_msg_init (&a));
    OK (zmq_msg_init (&b));
    TRY (zmq_msg_close (&a));
    TRY (zmq_msg_close (&a));
    TRY (zmq_msg_copy (&b, &a));
    TRY (zmq_msg_copy (&a, &b));
    TRY (zmq_msg_move (&b, &a));
    TRY (zmq_msg_move (&a, &b));
    TRY (zmq_msg_close (&b));
    memset (&a, 0, sizeof a);
    TRY (zmq_msg_close (&a));
    memset (&a, 0x5a, sizeof a);
    TRY (zmq_msg_close (&a));
    if (ours ()) {
        /* The original reads through NULL, asserts, or ends the message that is moved to itself. */
        FAILS (zmq_msg_init (NULL), EFAULT);
        FAILS (zmq_msg_close (NULL), EFAULT);
        FAILS (zmq_msg_init_data (&a, NULL, 1, NULL, NULL), EFAULT);
        CHECK (zmq_msg_data (&a) == NULL && errno == EFAULT);
        CHECK (zmq_msg_size (&a) == 0 && zmq_msg_more (&a) == 0);
        FAILS (zmq_msg_get (&a, ZMQ_MORE), EFAULT);
        FAILS (zmq_msg_set (&a, ZMQ_MORE, 1), EFAULT);
        CHECK (zmq_msg_gets (&a, "Identity") == NULL && errno == EFAULT);
        OK (zmq_msg_init (&a));
        CHECK (zmq_msg_gets (&a, NULL) == NULL && errno == EFAULT);
        OK (zmq_msg_close (&a));
        fill (&a, 100);
        OK (zmq_msg_copy (&a, &a));
        OK (zmq_msg_move (&a, &a));
        check_filled (&a, 100);
        OK (zmq_msg_close (&a));
    }
}

/* A message that is not aligned, as programs for libzmq 4.1 may have them. */
static void unaligned (void)
{
    char room [2 * sizeof (zmq_msg_t) + 16];
    zmq_msg_t *a = (zmq_msg_t *) (void *) (room + 3), *b = (zmq_msg_t *) (void *) (room + 3 + sizeof *a);
    size_t i;
    if (!ours ())
        return;
    for (i = 0; i < SIZES; i++) {
        fill (a, sizes [i]);
        OK (zmq_msg_init (b));
        OK (zmq_msg_copy (b, a));
        OK (zmq_msg_close (a));
        check_filled (b, sizes [i]);
        OK (zmq_msg_close (b));
    }
}

/* What happens to a message that is sent, received, and not sent. */
static void through (void *context)
{
    void *left = new_socket (context, ZMQ_PAIR), *right = new_socket (context, ZMQ_PAIR);
    void *alone = new_socket (context, ZMQ_PUSH);
    zmq_msg_t a, b;
    int one = 1;
    size_t i;
    puts ("through");
    OK (zmq_bind (left, "inproc://through"));
    OK (zmq_connect (right, "inproc://through"));
    OK (zmq_msg_init (&b));
    for (i = 0; i < SIZES; i++) {
        fill (&a, sizes [i]);
        TRY (zmq_msg_send (&a, left, i + 1 < SIZES ? ZMQ_SNDMORE : 0));
        CHECK (zmq_msg_size (&a) == 0);
        OK (zmq_msg_close (&a));
    }
    for (i = 0; i < SIZES; i++) {
        TRY (zmq_msg_recv (&b, right, 0));
        check_filled (&b, sizes [i]);
        TRY (zmq_msg_more (&b));
        TRY (zmq_msg_get (&b, ZMQ_MORE));
        OK (zmq_msg_init (&a));
        OK (zmq_msg_copy (&a, &b));
        CHECK (zmq_msg_more (&a) == zmq_msg_more (&b));
        OK (zmq_msg_close (&a));
    }
    /* Long bodies are passed on, not copied; who has another copy is told. */
    freed = 0;
    {
        static char text [5000];
        OK (zmq_msg_init_data (&a, text, sizeof text, count_free, &one));
        OK (zmq_msg_send (&a, left, 0) - (int) sizeof text);
        TRY (zmq_msg_recv (&b, right, 0));
        CHECK (zmq_msg_data (&b) == text);
        TRY (zmq_msg_get (&b, ZMQ_SHARED));
        printf ("freed: %d\n", freed);
        OK (zmq_msg_init (&a));
        OK (zmq_msg_copy (&a, &b));
        OK (zmq_msg_send (&a, left, 0) - (int) sizeof text);
        OK (zmq_msg_close (&b));
        OK (zmq_msg_init (&b));
        TRY (zmq_msg_recv (&b, right, 0));
        TRY (zmq_msg_get (&b, ZMQ_SHARED));
        printf ("freed: %d\n", freed);
        OK (zmq_msg_close (&b));
        OK (zmq_msg_close (&a));
        printf ("freed: %d\n", freed);
    }
    fill (&a, 100);
    TRY (zmq_msg_send (&a, alone, ZMQ_DONTWAIT | ZMQ_SNDMORE));
    check_filled (&a, 100);
    TRY (zmq_msg_more (&a));
    TRY (zmq_msg_recv (&a, alone, 0));
    TRY (zmq_msg_recv (&a, right, ZMQ_DONTWAIT));
    if (ours ())
        /* In the original, it may be empty now. */
        check_filled (&a, 100);
    OK (zmq_msg_close (&a));
    fill (&a, 100);
    TRY (zmq_msg_send (&a, NULL, 0));
    TRY (zmq_msg_recv (&a, NULL, 0));
    TRY (zmq_sendmsg (NULL, &a, 0));
    TRY (zmq_recvmsg (NULL, &a, 0));
    TRY (zmq_sendmsg (left, &a, 0));
    TRY (zmq_recvmsg (right, &a, 0));
    check_filled (&a, 100);
    OK (zmq_msg_close (&a));
    if (ours ()) {
        /* The original asserts. */
        FAILS (zmq_msg_send (&a, left, 0), EFAULT);
        FAILS (zmq_msg_recv (&a, right, 0), EFAULT);
        FAILS (zmq_msg_send (NULL, left, 0), EFAULT);
        FAILS (zmq_msg_send (&a, NULL, 0), ENOTSOCK);
        FAILS (zmq_send (left, NULL, 1, 0), EFAULT);
        FAILS (zmq_send_const (left, NULL, 100, 0), EFAULT);
        FAILS (zmq_recv (right, NULL, 1, 0), EFAULT);
    }
    OK (zmq_close (left));
    OK (zmq_close (right));
    OK (zmq_close (alone));
}

/* The peer's properties go with each message, its copies, and no further. */
static void metadata (void *context, const char *transport)
{
    void *router = new_socket (context, ZMQ_ROUTER), *dealer = new_socket (context, ZMQ_DEALER);
    char endpoint [256];
    zmq_msg_t a, b;
    int part;
    printf ("metadata over %s\n", transport);
    set_text (dealer, ZMQ_ROUTING_ID, "me");
    OK (zmq_bind (router, transport));
    OK (zmq_connect (dealer, last_endpoint (router, endpoint)));
    SEND (dealer, "hello", 0);
    OK (zmq_msg_init (&a));
    OK (zmq_msg_init (&b));
    for (part = 0; part < 2; part++) {
        CHECK (zmq_msg_recv (&a, router, 0) > 0);
        printf ("Socket-Type: %s\n", zmq_msg_gets (&a, "Socket-Type"));
        printf ("Identity: %s\n", zmq_msg_gets (&a, "Identity"));
        if (strncmp (transport, "tcp", 3) == 0)
            printf ("Peer-Address: %s\n", zmq_msg_gets (&a, "Peer-Address"));
        CHECK (zmq_msg_get (&a, ZMQ_SRCFD) > 2);
        TRY_POINTER (zmq_msg_gets (&a, "socket-type"));
        TRY_POINTER (zmq_msg_gets (&a, "User-Id"));
        TRY_POINTER (zmq_msg_gets (&a, "X-Nothing"));
        if (ours ())
            /* The documentation's name: the original knows the old one only. */
            CHECK (strcmp (zmq_msg_gets (&a, "Routing-Id"), "me") == 0);
    }
    OK (zmq_msg_copy (&b, &a));
    OK (zmq_msg_close (&a));
    printf ("Socket-Type: %s\n", zmq_msg_gets (&b, "Socket-Type"));
    OK (zmq_msg_init (&a));
    OK (zmq_msg_move (&a, &b));
    TRY_POINTER (zmq_msg_gets (&b, "Socket-Type"));
    OK (zmq_close (dealer));
    OK (zmq_close (router));
    printf ("Socket-Type: %s\n", zmq_msg_gets (&a, "Socket-Type"));
    OK (zmq_msg_close (&a));
    OK (zmq_msg_close (&b));
}

int main (void)
{
    void *context;
    begin ();
    life ();
    lent ();
    properties ();
    no_messages ();
    unaligned ();
    context = zmq_ctx_new ();
    through (context);
    metadata (context, "tcp://127.0.0.1:*");
    metadata (context, "ipc://*");
    OK (zmq_ctx_term (context));
    return 0;
}
