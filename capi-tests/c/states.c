/* What each socket type can do, in which order, and what it says otherwise: ENOTSUP, EFSM, EAGAIN. */
#include "check.h"

static void cannot_send (void *s, int error)
{
    zmq_msg_t msg;
    OK (zmq_msg_init_size (&msg, 40));
    memset (zmq_msg_data (&msg), 'x', 40);
    FAILS (zmq_send (s, &msg, ZMQ_NOBLOCK), error);
    FAILS (zmq_send (s, &msg, ZMQ_NOBLOCK | ZMQ_SNDMORE), error);
    /* What was not sent is still there. */
    CHECK (zmq_msg_size (&msg) == 40 && ((char *) zmq_msg_data (&msg)) [39] == 'x');
    CHECK (!(msg.flags & ZMQ_MSG_MORE));
    OK (zmq_msg_close (&msg));
}

static void cannot_recv (void *s, int error)
{
    zmq_msg_t msg;
    OK (zmq_msg_init_size (&msg, 40));
    FAILS (zmq_recv (s, &msg, ZMQ_NOBLOCK), error);
    CHECK (zmq_msg_size (&msg) == 40);
    OK (zmq_msg_close (&msg));
}

/* A socket that has no peer. SENT: the message is dropped. */
#define SENT 0

static void without_peer (void *context, int type, int send_error, int recv_error)
{
    void *s = new_socket (context, type);
    if (send_error == SENT)
        send_text (s, "to nobody", ZMQ_NOBLOCK);
    else
        cannot_send (s, send_error);
    cannot_recv (s, recv_error);
    OK (zmq_close (s));
}

static void request_reply (void *context)
{
    void *rep = new_socket (context, ZMQ_REP), *req = new_socket (context, ZMQ_REQ);
    int round;
    OK (zmq_bind (rep, "inproc://states"));
    OK (zmq_connect (req, "inproc://states"));

    for (round = 0; round < 3; round++) {
        cannot_recv (req, EFSM);
        cannot_send (rep, EFSM);
        send_text (req, "question", 0);
        cannot_send (req, EFSM);
        cannot_send (rep, EFSM);
        EXPECT_TEXT (rep, "question", 0);
        cannot_recv (rep, EFSM);
        cannot_recv (req, EAGAIN);
        send_text (rep, "answer", 0);
        cannot_send (rep, EFSM);
        cannot_recv (rep, EAGAIN);
        EXPECT_TEXT (req, "answer", 0);
    }

    /* A request and a reply may have several parts; the turn changes with the last. */
    send_text (req, "a", ZMQ_SNDMORE);
    cannot_recv (req, EFSM);
    send_text (req, "b", 0);
    cannot_send (req, EFSM);
    EXPECT_TEXT (rep, "a", 1);
    cannot_send (rep, EFSM);
    EXPECT_TEXT (rep, "b", 0);
    send_text (rep, "c", ZMQ_SNDMORE);
    cannot_recv (rep, EFSM);
    send_text (rep, "", 0);
    EXPECT_TEXT (req, "c", 1);
    cannot_send (req, EFSM);
    EXPECT_TEXT (req, "", 0);
    OK (zmq_close (req));
    OK (zmq_close (rep));
}

/* The high-water mark holds a sender, and lets it go on when there is room again. */
static void full (void *context)
{
    void *push = new_socket (context, ZMQ_PUSH), *pull = new_socket (context, ZMQ_PULL);
    zmq_msg_t msg;
    int sent = 0, received = 0;

    set_hwm (push, 5);
    set_hwm (pull, 5);
    OK (zmq_bind (pull, "inproc://full"));
    OK (zmq_connect (push, "inproc://full"));
    OK (zmq_msg_init (&msg));
    while (zmq_send (push, &msg, ZMQ_NOBLOCK) == 0) {
        sent++;
        CHECK (sent <= 1000);
    }
    CHECK (errno == EAGAIN && sent >= 5);
    cannot_send (push, EAGAIN);
    while (received < sent) {
        OK (zmq_recv (pull, &msg, 0));
        received++;
    }
    cannot_recv (pull, EAGAIN);
    OK (zmq_send (push, &msg, 0));
    OK (zmq_recv (pull, &msg, 0));
    OK (zmq_msg_close (&msg));
    OK (zmq_close (push));
    OK (zmq_close (pull));
}

int main (void)
{
    void *context;
    zmq_msg_t closed;
    void *s;

    limit_time ();
    context = zmq_init (1);
    CHECK (context != NULL);
    without_peer (context, ZMQ_PAIR, EAGAIN, EAGAIN);
    without_peer (context, ZMQ_PUB, SENT, ENOTSUP);
    without_peer (context, ZMQ_SUB, ENOTSUP, EAGAIN);
    without_peer (context, ZMQ_REQ, EAGAIN, EFSM);
    without_peer (context, ZMQ_REP, EFSM, EAGAIN);
    without_peer (context, ZMQ_XREQ, EAGAIN, EAGAIN);
    without_peer (context, ZMQ_XREP, SENT, EAGAIN);
    without_peer (context, ZMQ_PULL, ENOTSUP, EAGAIN);
    without_peer (context, ZMQ_PUSH, EAGAIN, ENOTSUP);
    without_peer (context, ZMQ_XPUB, SENT, EAGAIN);
    request_reply (context);
    full (context);

    /* A message that is none. */
    s = new_socket (context, ZMQ_PAIR);
    OK (zmq_msg_init (&closed));
    OK (zmq_msg_close (&closed));
    FAILS (zmq_send (s, &closed, 0), EFAULT);
    FAILS (zmq_recv (s, &closed, 0), EFAULT);
    FAILS (zmq_send (s, NULL, 0), EFAULT);
    FAILS (zmq_recv (s, NULL, ZMQ_NOBLOCK), EFAULT);
    OK (zmq_close (s));
    OK (zmq_term (context));
    return 0;
}
