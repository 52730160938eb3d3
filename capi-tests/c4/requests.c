/* REQ and REP: their states, REQ_RELAXED, REQ_CORRELATE, envelopes, and replies that nobody asked for. */
#include "check.h"
#include "raw.h"

static void states (void *context)
{
    void *req = new_socket (context, ZMQ_REQ), *rep = new_socket (context, ZMQ_REP);
    char byte;
    OK (zmq_bind (rep, "inproc://states"));
    OK (zmq_connect (req, "inproc://states"));
    TRY (zmq_recv (req, &byte, 1, ZMQ_DONTWAIT));
    TRY (zmq_send (rep, "x", 1, ZMQ_DONTWAIT));
    TRY (zmq_recv (rep, &byte, 1, ZMQ_DONTWAIT));
    TRY (zmq_send (req, "a", 1, ZMQ_SNDMORE));
    TRY (zmq_recv (req, &byte, 1, ZMQ_DONTWAIT));
    TRY (zmq_send (req, "b", 1, 0));
    TRY (zmq_send (req, "c", 1, 0));
    TRY (zmq_recv (req, &byte, 1, ZMQ_DONTWAIT));
    TRY (zmq_recv (rep, &byte, 1, 0));
    TRY (zmq_send (rep, "too early", 9, 0));
    TRY (zmq_recv (rep, &byte, 1, 0));
    TRY (zmq_recv (rep, &byte, 1, ZMQ_DONTWAIT));
    TRY (zmq_send (rep, "d", 1, ZMQ_SNDMORE));
    TRY (zmq_recv (rep, &byte, 1, ZMQ_DONTWAIT));
    TRY (zmq_send (rep, "e", 1, 0));
    TRY (zmq_send (rep, "f", 1, 0));
    TRY (zmq_recv (req, &byte, 1, 0));
    TRY (zmq_send (req, "too early", 9, 0));
    TRY (zmq_recv (req, &byte, 1, 0));
    TRY (zmq_recv (req, &byte, 1, ZMQ_DONTWAIT));
    TRY (get_int (req, ZMQ_EVENTS));
    TRY (get_int (rep, ZMQ_EVENTS));
    SEND (req, "again", 0);
    TRY (get_int (req, ZMQ_EVENTS));
    print_message (rep, "rep");
    OK (zmq_close (req));
    OK (zmq_close (rep));
}

/* Envelopes as a DEALER writes them and a ROUTER sees them. */
static void envelopes (void *context)
{
    void *dealer = new_socket (context, ZMQ_DEALER), *rep = new_socket (context, ZMQ_REP),
         *req = new_socket (context, ZMQ_REQ), *router = new_socket (context, ZMQ_ROUTER);
    OK (zmq_bind (rep, "inproc://rep"));
    OK (zmq_connect (dealer, "inproc://rep"));
    SEND (dealer, "far", ZMQ_SNDMORE);
    SEND (dealer, "near", ZMQ_SNDMORE);
    SEND (dealer, "", ZMQ_SNDMORE);
    SEND (dealer, "question", ZMQ_SNDMORE);
    SEND (dealer, "", 0);
    print_message (rep, "rep");
    SEND (rep, "answer", 0);
    print_message (dealer, "dealer");
    /* Without a delimiter it is no request. */
    SEND (dealer, "no delimiter", 0);
    SEND (dealer, "none", ZMQ_SNDMORE);
    SEND (dealer, "here either", 0);
    SEND (dealer, "", ZMQ_SNDMORE);
    SEND (dealer, "good", 0);
    print_message (rep, "rep");
    SEND (rep, "answer", 0);
    print_message (dealer, "dealer");
    OK (zmq_setsockopt (req, ZMQ_ROUTING_ID, "req", 3));
    OK (zmq_bind (router, "inproc://router"));
    OK (zmq_connect (req, "inproc://router"));
    SEND (req, "question", 0);
    print_message (router, "router");
    /* A reply without a delimiter is none; the next one is. */
    SEND (router, "req", ZMQ_SNDMORE);
    SEND (router, "no delimiter", 0);
    SEND (router, "req", ZMQ_SNDMORE);
    SEND (router, "", ZMQ_SNDMORE);
    SEND (router, "reply", 0);
    print_message (req, "req");
    OK (zmq_close (dealer));
    OK (zmq_close (rep));
    OK (zmq_close (req));
    OK (zmq_close (router));
}

/* Asks again without an answer: the old one no longer counts. */
static void relaxed (void *context)
{
    void *req = new_socket (context, ZMQ_REQ), *router = new_socket (context, ZMQ_ROUTER);
    char endpoint [256], id [8], first [4], second [4];
    int size;
    set_int (req, ZMQ_REQ_RELAXED, 1);
    set_int (req, ZMQ_REQ_CORRELATE, 1);
    bind_tcp (router, endpoint);
    OK (zmq_connect (req, endpoint));
    SEND (req, "first", 0);
    size = zmq_recv (router, id, sizeof id, 0);
    CHECK (size == 5 && zmq_recv (router, first, 4, 0) == 4 && get_int (router, ZMQ_RCVMORE));
    EXPECT (router, "", 1);
    EXPECT (router, "first", 0);
    SEND (req, "second", 0);
    size = zmq_recv (router, id, sizeof id, 0);
    CHECK (size == 5 && zmq_recv (router, second, 4, 0) == 4 && get_int (router, ZMQ_RCVMORE));
    EXPECT (router, "", 1);
    EXPECT (router, "second", 0);
    CHECK (memcmp (first, second, 4) != 0);
    /* The late answer to the first question. */
    zmq_send (router, id, 5, ZMQ_SNDMORE);
    zmq_send (router, first, 4, ZMQ_SNDMORE);
    SEND (router, "", ZMQ_SNDMORE);
    SEND (router, "late", 0);
    zmq_send (router, id, 5, ZMQ_SNDMORE);
    zmq_send (router, second, 4, ZMQ_SNDMORE);
    SEND (router, "", ZMQ_SNDMORE);
    SEND (router, "in time", 0);
    print_message (req, "req");
    OK (zmq_close (req));
    OK (zmq_close (router));
}

/* Without RELAXED, with CORRELATE: an id that REP gives back unseen. */
static void correlate (void *context)
{
    void *req = new_socket (context, ZMQ_REQ), *rep = new_socket (context, ZMQ_REP);
    int i;
    set_int (req, ZMQ_REQ_CORRELATE, 1);
    OK (zmq_bind (rep, "inproc://correlate"));
    OK (zmq_connect (req, "inproc://correlate"));
    for (i = 0; i < 3; i++) {
        SEND (req, "question", 0);
        print_message (rep, "rep");
        TRY (zmq_send (req, "no", 2, 0));
        SEND (rep, "answer", 0);
        print_message (req, "req");
    }
    OK (zmq_close (req));
    OK (zmq_close (rep));
}

/* RELAXED alone: the peer that was asked does not answer, and another is asked. */
static void another (void *context)
{
    void *req = new_socket (context, ZMQ_REQ), *first = new_socket (context, ZMQ_REP),
         *second = new_socket (context, ZMQ_REP);
    OK (zmq_bind (first, "inproc://first"));
    OK (zmq_bind (second, "inproc://second"));
    set_int (req, ZMQ_REQ_RELAXED, 1);
    OK (zmq_connect (req, "inproc://first"));
    OK (zmq_connect (req, "inproc://second"));
    SEND (req, "one", 0);
    print_message (first, "first");
    SEND (req, "two", 0);
    print_message (second, "second");
    SEND (second, "answer", 0);
    print_message (req, "req");
    OK (zmq_close (req));
    OK (zmq_close (first));
    OK (zmq_close (second));
}

/* Requests go to each in turn. */
static void in_turn (void *context)
{
    void *req = new_socket (context, ZMQ_REQ), *reps [3];
    int i;
    for (i = 0; i < 3; i++) {
        char endpoint [32];
        sprintf (endpoint, "inproc://turn-%d", i);
        reps [i] = new_socket (context, ZMQ_REP);
        OK (zmq_bind (reps [i], endpoint));
        OK (zmq_connect (req, endpoint));
    }
    for (i = 0; i < 6; i++) {
        SEND (req, "question", 0);
        EXPECT (reps [i % 3], "question", 0);
        SEND (reps [i % 3], "answer", 0);
        EXPECT (req, "answer", 0);
    }
    for (i = 0; i < 3; i++)
        OK (zmq_close (reps [i]));
    OK (zmq_close (req));
}

/* What a REQ says on the wire, and what it makes of answers that are none. */
static void on_the_wire (void *context)
{
    void *req = new_socket (context, ZMQ_REQ);
    char endpoint [256];
    int listener = raw_listen (endpoint), fd;
    OK (zmq_connect (req, endpoint));
    fd = raw_accept (listener);
    shake_hands (fd, 0, "REP");
    SEND (req, "question", 0);
    print_frame (fd, "wire");
    print_frame (fd, "wire");
    send_frame (fd, 1, "", 0);
    send_frame (fd, 0, "answer", 6);
    print_message (req, "req");
    close (fd);
    close (listener);
    OK (zmq_close (req));
}

int main (void)
{
    void *context;
    begin ();
    context = zmq_ctx_new ();
    states (context);
    envelopes (context);
    relaxed (context);
    correlate (context);
    another (context);
    in_turn (context);
    on_the_wire (context);
    OK (zmq_ctx_term (context));
    return 0;
}
