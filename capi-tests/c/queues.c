/* What waits for a peer: the high-water mark, the swap behind it, order, and peers that come and go. */
#include "check.h"
#include <dirent.h>

#define BODY 200

static void fill (zmq_msg_t *msg, int number)
{
    OK (zmq_msg_init_size (msg, BODY));
    memset (zmq_msg_data (msg), number & 0x7f, BODY);
    memcpy (zmq_msg_data (msg), &number, sizeof number);
}

static void expect_number (void *s, int number)
{
    zmq_msg_t msg;
    int found;
    OK (zmq_msg_init (&msg));
    OK (zmq_recv (s, &msg, 0));
    CHECK (zmq_msg_size (&msg) == BODY);
    memcpy (&found, zmq_msg_data (&msg), sizeof found);
    CHECK (found == number && ((char *) zmq_msg_data (&msg)) [BODY - 1] == (number & 0x7f));
    OK (zmq_msg_close (&msg));
}

/* As many as the queue takes. */
static int send_until_full (void *s, int limit)
{
    int number = 0;
    zmq_msg_t msg;
    for (;;) {
        int rc;
        fill (&msg, number);
        rc = zmq_send (s, &msg, ZMQ_NOBLOCK);
        CHECK (rc == 0 || errno == EAGAIN);
        OK (zmq_msg_close (&msg));
        if (rc != 0)
            return number;
        number++;
        CHECK (number <= limit);
    }
}

static int files_here (void)
{
    DIR *dir = opendir (".");
    int count = 0;
    CHECK (dir != NULL);
    while (readdir (dir))
        count++;
    closedir (dir);
    return count;
}

/* Nobody is there yet: the mark is what counts, and with a swap, its bytes. */
static void waiting (void *context, const char *endpoint, int64_t swap)
{
    const uint64_t hwm = 10;
    void *push = new_socket (context, ZMQ_PUSH), *pull = new_socket (context, ZMQ_PULL);
    int files = files_here (), sent, number;
    set_hwm (push, hwm);
    OK (zmq_setsockopt (push, ZMQ_SWAP, &swap, sizeof swap));
    set_int (push, ZMQ_RECONNECT_IVL, 10);
    OK (zmq_connect (push, endpoint));
    sent = send_until_full (push, 100000);
    CHECK (sent >= 10);
    if (swap == 0)
        CHECK (sent == 10);
    else
        /* A message may take some more bytes on disk than it has. */
        CHECK (sent > 10 + swap / (2 * BODY) && sent <= 10 + swap / BODY + 1);
    CHECK (files_here () == files);

    OK (zmq_bind (pull, endpoint));
    for (number = 0; number < sent; number++)
        expect_number (pull, number);
    /* The queue can be filled and emptied again. */
    for (number = 0; number < 1000; number++) {
        zmq_msg_t msg;
        fill (&msg, number);
        OK (zmq_send (push, &msg, 0));
        OK (zmq_msg_close (&msg));
        expect_number (pull, number);
    }
    OK (zmq_close (push));
    OK (zmq_close (pull));
}

/* No mark: no limit. */
static void unlimited (void *context)
{
    void *push = new_socket (context, ZMQ_PUSH), *pull = new_socket (context, ZMQ_PULL);
    int number;
    OK (zmq_connect (push, "ipc://unlimited.ipc"));
    for (number = 0; number < 50000; number++) {
        zmq_msg_t msg;
        fill (&msg, number);
        OK (zmq_send (push, &msg, ZMQ_NOBLOCK));
        OK (zmq_msg_close (&msg));
    }
    OK (zmq_bind (pull, "ipc://unlimited.ipc"));
    for (number = 0; number < 50000; number++)
        expect_number (pull, number);
    OK (zmq_close (push));
    OK (zmq_close (pull));
}

/* A publisher does not wait: who is slow misses whole messages, and gets the others in order. */
static void slow_subscriber (void *context)
{
    void *pub = new_socket (context, ZMQ_PUB), *slow = new_socket (context, ZMQ_SUB),
         *quick = new_socket (context, ZMQ_SUB);
    zmq_msg_t msg;
    int number, got = 0, last = -1;
    set_hwm (pub, 10);
    set_hwm (slow, 10);
    OK (zmq_bind (pub, "inproc://slow"));
    OK (zmq_setsockopt (slow, ZMQ_SUBSCRIBE, "", 0));
    OK (zmq_setsockopt (quick, ZMQ_SUBSCRIBE, "", 0));
    OK (zmq_connect (slow, "inproc://slow"));
    OK (zmq_connect (quick, "inproc://slow"));
    for (number = 0; number < 1000; number++) {
        fill (&msg, number);
        OK (zmq_send (pub, &msg, ZMQ_SNDMORE));
        fill (&msg, number);
        OK (zmq_send (pub, &msg, 0));
        expect_number (quick, number);
        expect_number (quick, number);
    }
    OK (zmq_msg_init (&msg));
    while (zmq_recv (slow, &msg, ZMQ_NOBLOCK) == 0) {
        memcpy (&number, zmq_msg_data (&msg), sizeof number);
        CHECK (number > last && more_follows (slow));
        expect_number (slow, number);
        CHECK (!more_follows (slow));
        last = number;
        got++;
    }
    CHECK (errno == EAGAIN && got >= 5 && got <= 40);
    OK (zmq_msg_close (&msg));
    OK (zmq_close (pub));
    OK (zmq_close (slow));
    OK (zmq_close (quick));
}

/* The one who binds goes, and another comes in its place: who connected is served again. */
static void reconnect (void *context)
{
    char endpoint [64];
    void *pull = new_socket (context, ZMQ_PULL), *push = new_socket (context, ZMQ_PUSH);
    int round, tries;
    OK (zmq_bind (pull, own_endpoint (endpoint)));
    set_int (push, ZMQ_RECONNECT_IVL, 5);
    set_int (push, ZMQ_RECONNECT_IVL_MAX, 20);
    set_int (push, ZMQ_LINGER, 0);
    OK (zmq_connect (push, endpoint));
    send_text (push, "first", 0);
    EXPECT_TEXT (pull, "first", 0);
    for (round = 0; round < 5; round++) {
        int rc;
        zmq_msg_t msg;
        OK (zmq_close (pull));
        pull = new_socket (context, ZMQ_PULL);
        /* The old one lets go of the port in its own time. */
        for (tries = 0; (rc = zmq_bind (pull, endpoint)) != 0 && tries < 10000; tries++) {
            CHECK (errno == EADDRINUSE);
            zmq_poll (NULL, 0, 1000);
        }
        OK (rc);
        /* What was on its way to the old one may be lost: it is said until it is heard. */
        set_int (pull, ZMQ_RCVTIMEO, 20);
        OK (zmq_msg_init (&msg));
        do
            send_text (push, "again", 0);
        while ((rc = zmq_recv (pull, &msg, 0)) != 0 && errno == EAGAIN);
        OK (rc);
        CHECK (zmq_msg_size (&msg) == 5);
        OK (zmq_msg_close (&msg));
    }
    OK (zmq_close (push));
    OK (zmq_close (pull));
}

int main (void)
{
    void *context;
    limit_time ();
    context = zmq_init (1);
    CHECK (context != NULL);
    waiting (context, "ipc://plain.ipc", 0);
    waiting (context, "ipc://swap.ipc", 200000);
    unlimited (context);
    slow_subscriber (context);
    reconnect (context);
    OK (zmq_term (context));
    return 0;
}
