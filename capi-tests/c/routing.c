/* Who gets a message: fair queuing, load balancing, and the envelopes of requests and replies. */
#include "check.h"

static void fair_queuing (void *context)
{
    void *pull = new_socket (context, ZMQ_PULL), *push [3];
    int i, round;
    OK (zmq_bind (pull, "inproc://fair"));
    for (i = 0; i < 3; i++) {
        push [i] = new_socket (context, ZMQ_PUSH);
        OK (zmq_connect (push [i], "inproc://fair"));
        for (round = 0; round < 100; round++) {
            char text [2] = {(char) ('a' + i), 0};
            send_text (push [i], text, ZMQ_SNDMORE);
            send_text (push [i], "rest", 0);
        }
    }
    /* All have much to say: in each round, each is heard once. */
    for (round = 0; round < 100; round++) {
        int heard = 0;
        for (i = 0; i < 3; i++) {
            zmq_msg_t msg;
            OK (zmq_msg_init (&msg));
            OK (zmq_recv (pull, &msg, 0));
            heard |= 1 << (*(char *) zmq_msg_data (&msg) - 'a');
            OK (zmq_msg_close (&msg));
            EXPECT_TEXT (pull, "rest", 0);
        }
        CHECK (heard == 7);
    }
    for (i = 0; i < 3; i++)
        OK (zmq_close (push [i]));
    OK (zmq_close (pull));
}

static void load_balancing (void *context)
{
    void *push = new_socket (context, ZMQ_PUSH), *pull [3];
    zmq_msg_t msg;
    int i, round;
    for (i = 0; i < 3; i++) {
        char endpoint [32];
        sprintf (endpoint, "inproc://balance-%d", i);
        pull [i] = new_socket (context, ZMQ_PULL);
        OK (zmq_bind (pull [i], endpoint));
        OK (zmq_connect (push, endpoint));
    }
    for (round = 0; round < 300; round++) {
        send_text (push, "to whom", ZMQ_SNDMORE);
        send_text (push, "it may concern", 0);
    }
    OK (zmq_msg_init (&msg));
    for (i = 0; i < 3; i++) {
        for (round = 0; round < 100; round++) {
            EXPECT_TEXT (pull [i], "to whom", 1);
            EXPECT_TEXT (pull [i], "it may concern", 0);
        }
        FAILS (zmq_recv (pull [i], &msg, ZMQ_NOBLOCK), EAGAIN);
        OK (zmq_close (pull [i]));
    }
    OK (zmq_msg_close (&msg));
    OK (zmq_close (push));
}

/* An XREP says whom each message is from, and sends to whom it is told. */
static void addresses (void *context, const char *endpoint)
{
    char tcp [64];
    void *xrep = new_socket (context, ZMQ_XREP), *alice = new_socket (context, ZMQ_XREQ),
         *bob = new_socket (context, ZMQ_XREQ);
    OK (zmq_setsockopt (alice, ZMQ_IDENTITY, "alice", 5));
    OK (zmq_setsockopt (bob, ZMQ_IDENTITY, "bob", 3));
    if (endpoint)
        OK (zmq_bind (xrep, endpoint));
    else
        endpoint = bind_tcp (xrep, tcp);
    OK (zmq_connect (alice, endpoint));
    send_text (alice, "here", 0);
    EXPECT_TEXT (xrep, "alice", 1);
    EXPECT_TEXT (xrep, "here", 0);
    OK (zmq_connect (bob, endpoint));
    send_text (bob, "there", 0);
    EXPECT_TEXT (xrep, "bob", 1);
    EXPECT_TEXT (xrep, "there", 0);

    send_text (xrep, "carol", ZMQ_SNDMORE);
    send_text (xrep, "is not known, and this dropped", 0);
    send_text (xrep, "bob", ZMQ_SNDMORE);
    send_text (xrep, "for", ZMQ_SNDMORE);
    send_text (xrep, "bob", 0);
    send_text (xrep, "alice", ZMQ_SNDMORE);
    send_text (xrep, "for alice", 0);
    EXPECT_TEXT (alice, "for alice", 0);
    EXPECT_TEXT (bob, "for", 1);
    EXPECT_TEXT (bob, "bob", 0);
    OK (zmq_close (alice));
    OK (zmq_close (bob));
    OK (zmq_close (xrep));
}

/* Moves one message, of as many parts as it has. */
static void pass_on (void *from, void *to)
{
    int more = 1;
    zmq_msg_t msg;
    OK (zmq_msg_init (&msg));
    while (more) {
        OK (zmq_recv (from, &msg, 0));
        more = more_follows (from);
        OK (zmq_send (to, &msg, more ? ZMQ_SNDMORE : 0));
    }
    OK (zmq_msg_close (&msg));
}

#define HOPS 5

/* A request goes through any number of relays, and the reply finds its way back. */
static void hops (void *context)
{
    void *req [2], *rep = new_socket (context, ZMQ_REP), *front [HOPS], *back [HOPS];
    char endpoint [HOPS + 1] [32];
    int i, who;
    for (i = 0; i < HOPS; i++) {
        sprintf (endpoint [i], "inproc://hop-%d", i);
        sprintf (endpoint [i + 1], "inproc://hop-%d", i + 1);
        front [i] = new_socket (context, ZMQ_XREP);
        back [i] = new_socket (context, ZMQ_XREQ);
        OK (zmq_bind (front [i], endpoint [i]));
        OK (zmq_connect (back [i], endpoint [i + 1]));
    }
    OK (zmq_bind (rep, endpoint [HOPS]));
    for (who = 0; who < 2; who++) {
        req [who] = new_socket (context, ZMQ_REQ);
        OK (zmq_connect (req [who], endpoint [0]));
    }
    /* The first asks first, and is answered last. */
    for (who = 0; who < 2; who++)
        send_text (req [who], who ? "second" : "first", 0);
    for (i = 0; i < HOPS; i++)
        for (who = 0; who < 2; who++)
            pass_on (front [i], back [i]);
    for (who = 0; who < 2; who++) {
        zmq_msg_t msg;
        OK (zmq_msg_init (&msg));
        OK (zmq_recv (rep, &msg, 0));
        OK (zmq_send (rep, &msg, 0));
        OK (zmq_msg_close (&msg));
    }
    for (i = HOPS - 1; i >= 0; i--)
        for (who = 0; who < 2; who++)
            pass_on (back [i], front [i]);
    for (who = 1; who >= 0; who--)
        EXPECT_TEXT (req [who], who ? "second" : "first", 0);
    for (i = 0; i < HOPS; i++) {
        OK (zmq_close (front [i]));
        OK (zmq_close (back [i]));
    }
    OK (zmq_close (rep));
    OK (zmq_close (req [0]));
    OK (zmq_close (req [1]));
}

/* The envelope, part by part: it ends with an empty part, and comes back as it went. */
static void envelopes (void *context)
{
    void *xreq = new_socket (context, ZMQ_XREQ), *rep = new_socket (context, ZMQ_REP),
         *req = new_socket (context, ZMQ_REQ), *xrep = new_socket (context, ZMQ_XREP);
    zmq_msg_t address;
    OK (zmq_bind (rep, "inproc://envelope"));
    OK (zmq_connect (xreq, "inproc://envelope"));
    send_text (xreq, "outer", ZMQ_SNDMORE);
    send_text (xreq, "inner", ZMQ_SNDMORE);
    send_text (xreq, "", ZMQ_SNDMORE);
    send_text (xreq, "body", ZMQ_SNDMORE);
    send_text (xreq, "", 0);
    EXPECT_TEXT (rep, "body", 1);
    EXPECT_TEXT (rep, "", 0);
    send_text (rep, "reply", 0);
    EXPECT_TEXT (xreq, "outer", 1);
    EXPECT_TEXT (xreq, "inner", 1);
    EXPECT_TEXT (xreq, "", 1);
    EXPECT_TEXT (xreq, "reply", 0);

    OK (zmq_bind (xrep, "inproc://request"));
    OK (zmq_connect (req, "inproc://request"));
    send_text (req, "question", 0);
    OK (zmq_msg_init (&address));
    OK (zmq_recv (xrep, &address, 0));
    CHECK (more_follows (xrep) && zmq_msg_size (&address) > 0);
    EXPECT_TEXT (xrep, "", 1);
    EXPECT_TEXT (xrep, "question", 0);
    OK (zmq_send (xrep, &address, ZMQ_SNDMORE));
    send_text (xrep, "", ZMQ_SNDMORE);
    send_text (xrep, "answer", 0);
    EXPECT_TEXT (req, "answer", 0);
    OK (zmq_msg_close (&address));
    OK (zmq_close (xreq));
    OK (zmq_close (rep));
    OK (zmq_close (req));
    OK (zmq_close (xrep));
}

int main (void)
{
    void *context;
    limit_time ();
    context = zmq_init (1);
    CHECK (context != NULL);
    fair_queuing (context);
    load_balancing (context);
    addresses (context, "inproc://addresses");
    addresses (context, NULL);
    addresses (context, "ipc://addresses.ipc");
    envelopes (context);
    hops (context);
    OK (zmq_term (context));
    return 0;
}
