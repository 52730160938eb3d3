/* Messages of several parts: the flags, ZMQ_RCVMORE, and all or nothing. */
#include "check.h"

static void parts_in_order (void *push, void *pull)
{
    zmq_msg_t msg;

    CHECK (!more_follows (pull));
    send_text (push, "one", ZMQ_SNDMORE);
    send_text (push, "", ZMQ_SNDMORE);
    send_text (push, "a part that is too long to be in the structure", ZMQ_SNDMORE);
    /* Not before the last. */
    OK (zmq_msg_init (&msg));
    FAILS (zmq_recv (pull, &msg, ZMQ_NOBLOCK), EAGAIN);
    send_text (push, "end", 0);

    OK (zmq_recv (pull, &msg, 0));
    CHECK (msg.flags == (unsigned char) (~ZMQ_MSG_MASK | ZMQ_MSG_MORE));
    CHECK (more_follows (pull) && zmq_msg_size (&msg) == 3);
    EXPECT_TEXT (pull, "", 1);
    EXPECT_TEXT (pull, "a part that is too long to be in the structure", 1);
    OK (zmq_recv (pull, &msg, 0));
    CHECK (msg.flags == (unsigned char) ~ZMQ_MSG_MASK);
    CHECK (!more_follows (pull) && memcmp (zmq_msg_data (&msg), "end", 3) == 0);

    FAILS (zmq_recv (pull, &msg, ZMQ_NOBLOCK), EAGAIN);
    CHECK (!more_follows (pull));
    OK (zmq_msg_close (&msg));
}

/* Whether more follow is said by the flags of zmq_send, not by the message. */
static void passed_on (void *push, void *pull)
{
    zmq_msg_t msg;
    send_text (push, "more", ZMQ_SNDMORE);
    send_text (push, "last", 0);
    OK (zmq_msg_init (&msg));
    OK (zmq_recv (pull, &msg, 0));
    CHECK (msg.flags & ZMQ_MSG_MORE);
    OK (zmq_send (push, &msg, 0));
    CHECK (!(msg.flags & ZMQ_MSG_MORE));
    EXPECT_TEXT (pull, "last", 0);
    EXPECT_TEXT (pull, "more", 0);
    OK (zmq_msg_close (&msg));
}

/* Who closes in the middle of a message has sent none of it. */
static void unfinished (void *context, const char *endpoint, void *pull)
{
    void *push = new_socket (context, ZMQ_PUSH);
    OK (zmq_connect (push, endpoint));
    send_text (push, "whole", 0);
    send_text (push, "half", ZMQ_SNDMORE);
    send_text (push, "of it", ZMQ_SNDMORE);
    OK (zmq_close (push));
    EXPECT_TEXT (pull, "whole", 0);

    push = new_socket (context, ZMQ_PUSH);
    OK (zmq_connect (push, endpoint));
    send_text (push, "next", 0);
    EXPECT_TEXT (pull, "next", 0);
    OK (zmq_close (push));
}

static void many_parts (void *push, void *pull)
{
    int i, parts = 5000;
    char text [16];
    for (i = 0; i < parts; i++) {
        sprintf (text, "%d", i);
        send_text (push, text, i + 1 < parts ? ZMQ_SNDMORE : 0);
    }
    for (i = 0; i < parts; i++) {
        sprintf (text, "%d", i);
        EXPECT_TEXT (pull, text, i + 1 < parts);
    }
}

static void over (void *context, const char *endpoint)
{
    char tcp [64];
    void *pull = new_socket (context, ZMQ_PULL), *push = new_socket (context, ZMQ_PUSH);
    if (endpoint)
        OK (zmq_bind (pull, endpoint));
    else
        endpoint = bind_tcp (pull, tcp);
    OK (zmq_connect (push, endpoint));
    parts_in_order (push, pull);
    passed_on (push, pull);
    many_parts (push, pull);
    OK (zmq_close (push));
    unfinished (context, endpoint, pull);
    OK (zmq_close (pull));
}

int main (void)
{
    void *context;
    limit_time ();
    context = zmq_init (1);
    CHECK (context != NULL);
    over (context, "inproc://multipart");
    over (context, NULL);
    over (context, "ipc://multipart.ipc");
    OK (zmq_term (context));
    return 0;
}
