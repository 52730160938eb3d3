/* Every function that sends or receives, with its results and its errors. */
#include "check.h"
#include <sys/uio.h>

static void *left, *right;

static void buffers (void)
{
    char got [8];
    static const char constant [] = "constant";
    TRY (zmq_send (left, "hello", 5, 0));
    TRY (zmq_recv (right, got, sizeof got, 0));
    CHECK (memcmp (got, "hello", 5) == 0);
    /* Longer than the buffer: cut, and the whole length told. */
    TRY (zmq_send (left, "longer than that", 16, 0));
    memset (got, '.', sizeof got);
    TRY (zmq_recv (right, got, 4, 0));
    CHECK (memcmp (got, "long....", 8) == 0);
    TRY (zmq_send (left, NULL, 0, 0));
    TRY (zmq_recv (right, NULL, 0, 0));
    TRY (zmq_send (left, "x", 1, 0));
    TRY (zmq_recv (right, got, 0, 0));
    TRY (zmq_send_const (left, constant, sizeof constant, 0));
    TRY (zmq_recv (right, got, sizeof got, 0));
    TRY (zmq_send_const (left, NULL, 0, ZMQ_DONTWAIT));
    TRY (zmq_recv (right, got, sizeof got, 0));
}

static void parts (void)
{
    TRY (zmq_send (left, "a", 1, ZMQ_SNDMORE));
    print_quiet (right, "half a message");
    TRY (zmq_send (left, "", 0, ZMQ_SNDMORE));
    TRY (zmq_send (left, "c", 1, 0));
    TRY (get_int (right, ZMQ_RCVMORE));
    EXPECT (right, "a", 1);
    EXPECT (right, "", 1);
    EXPECT (right, "c", 0);
}

static void messages (void)
{
    zmq_msg_t msg, other;
    OK (zmq_msg_init_size (&msg, 3));
    memcpy (zmq_msg_data (&msg), "abc", 3);
    OK (zmq_msg_init (&other));
    TRY (zmq_msg_send (&msg, left, ZMQ_SNDMORE));
    /* What was sent is empty now, and may be sent. */
    TRY (zmq_msg_size (&msg));
    TRY (zmq_msg_send (&msg, left, 0));
    TRY (zmq_msg_recv (&other, right, 0));
    TRY (zmq_msg_more (&other));
    TRY (zmq_msg_get (&other, ZMQ_MORE));
    TRY (zmq_msg_recv (&other, right, 0));
    TRY (zmq_msg_more (&other));
    /* The old names. */
    TRY (zmq_sendmsg (left, &other, 0));
    TRY (zmq_recvmsg (right, &msg, 0));
    TRY (zmq_msg_recv (&msg, right, ZMQ_DONTWAIT));
    TRY (zmq_msg_close (&msg));
    if (ours ()) {
        /* No message any more. The original aborts when it is to receive into one. */
        FAILS (zmq_msg_send (&msg, left, 0), EFAULT);
        FAILS (zmq_msg_recv (&msg, right, ZMQ_DONTWAIT), EFAULT);
    }
    TRY (zmq_msg_close (&msg));
    TRY (zmq_msg_close (&other));
}

static void vectors (void)
{
    char one [] = "one", two [] = "two";
    struct iovec out [3], in [4];
    size_t count;
    int i;
    out [0].iov_base = one;
    out [0].iov_len = 3;
    out [1].iov_base = two;
    out [1].iov_len = 3;
    out [2].iov_base = NULL;
    out [2].iov_len = 0;
    /* With ZMQ_SNDMORE they are the parts of one message, and the last of them ends it. */
    TRY (zmq_sendiov (left, out, 3, ZMQ_SNDMORE));
    count = 4;
    TRY (zmq_recviov (right, in, &count, 0));
    TRY (count);
    for (i = 0; i < (int) count; i++) {
        printf ("%d: ", i);
        print_bytes (in [i].iov_base, in [i].iov_len);
        printf ("\n");
        free (in [i].iov_base);
    }
    /* Without it, each is a message. */
    TRY (zmq_sendiov (left, out, 2, 0));
    print_message (right, "first");
    print_message (right, "second");
    /* What does not fit comes next. */
    TRY (zmq_sendiov (left, out, 3, ZMQ_SNDMORE));
    count = 2;
    TRY (zmq_recviov (right, in, &count, 0));
    TRY (count);
    for (i = 0; i < (int) count; i++)
        free (in [i].iov_base);
    print_message (right, "rest");
    TRY (zmq_recviov (right, in, &count, ZMQ_DONTWAIT));
    TRY (zmq_sendiov (left, NULL, 1, 0));
    TRY (zmq_sendiov (NULL, out, 1, 0));
    TRY (zmq_recviov (right, NULL, &count, ZMQ_DONTWAIT));
    TRY (zmq_recviov (NULL, in, &count, ZMQ_DONTWAIT));
    count = 0;
    TRY (zmq_recviov (right, in, &count, ZMQ_DONTWAIT));
    TRY (zmq_recviov (right, in, NULL, ZMQ_DONTWAIT));
    print_quiet (right, "nothing");
}

static void errors (void *context)
{
    char byte;
    zmq_msg_t msg;
    void *s;
    char zeros [1024];
    memset (zeros, 0, sizeof zeros);
    OK (zmq_msg_init (&msg));
    TRY (zmq_recv (right, &byte, 1, ZMQ_DONTWAIT));
    set_int (right, ZMQ_RCVTIMEO, 20);
    TRY (zmq_recv (right, &byte, 1, 0));
    set_int (right, ZMQ_RCVTIMEO, 0);
    TRY (zmq_recv (right, &byte, 1, 0));
    TRY (zmq_send (NULL, "x", 1, 0));
    TRY (zmq_send_const (NULL, "x", 1, 0));
    TRY (zmq_recv (NULL, &byte, 1, 0));
    TRY (zmq_msg_send (&msg, NULL, 0));
    TRY (zmq_msg_recv (&msg, NULL, 0));
    TRY (zmq_sendmsg (NULL, &msg, 0));
    TRY (zmq_recvmsg (NULL, &msg, 0));
    TRY (zmq_send (zeros, "x", 1, 0));
    TRY (zmq_recv (zeros, &byte, 1, 0));
    s = new_socket (context, ZMQ_PULL);
    TRY (zmq_send (s, "x", 1, 0));
    TRY (zmq_send (s, "x", 1, ZMQ_DONTWAIT));
    OK (zmq_close (s));
    s = new_socket (context, ZMQ_PUSH);
    TRY (zmq_recv (s, &byte, 1, 0));
    TRY (zmq_recv (s, &byte, 1, ZMQ_DONTWAIT));
    /* Nobody to send to. */
    TRY (zmq_send (s, "x", 1, ZMQ_DONTWAIT));
    TRY (zmq_send (s, "x", 1, ZMQ_DONTWAIT | ZMQ_SNDMORE));
    set_int (s, ZMQ_SNDTIMEO, 20);
    TRY (zmq_send (s, "x", 1, 0));
    OK (zmq_close (s));
    s = new_socket (context, ZMQ_SUB);
    TRY (zmq_send (s, "x", 1, 0));
    OK (zmq_close (s));
    s = new_socket (context, ZMQ_PUB);
    TRY (zmq_recv (s, &byte, 1, 0));
    TRY (zmq_send (s, "nobody listens", 14, 0));
    OK (zmq_close (s));
    s = new_socket (context, ZMQ_REQ);
    TRY (zmq_recv (s, &byte, 1, 0));
    OK (zmq_close (s));
    s = new_socket (context, ZMQ_REP);
    TRY (zmq_send (s, "x", 1, 0));
    OK (zmq_close (s));
    OK (zmq_msg_close (&msg));
}

/* A message is refused whole: what was begun is taken back. */
static void refused (void *context)
{
    void *push = new_socket (context, ZMQ_PUSH), *pull = new_socket (context, ZMQ_PULL);
    zmq_msg_t msg;
    int sent = 0;
    set_int (push, ZMQ_SNDHWM, 2);
    set_int (pull, ZMQ_RCVHWM, 2);
    OK (zmq_bind (pull, "inproc://refused"));
    OK (zmq_connect (push, "inproc://refused"));
    while (zmq_send (push, "full", 4, ZMQ_DONTWAIT) == 4)
        sent++;
    printf ("sent %d, then %s\n", sent, error_name (errno));
    OK (zmq_msg_init_size (&msg, 4));
    memcpy (zmq_msg_data (&msg), "kept", 4);
    TRY (zmq_msg_send (&msg, push, ZMQ_DONTWAIT));
    TRY (zmq_msg_size (&msg));
    OK (zmq_msg_close (&msg));
    while (sent--)
        EXPECT (pull, "full", 0);
    print_quiet (pull, "after");
    OK (zmq_close (push));
    OK (zmq_close (pull));
}

int main (void)
{
    void *context;
    begin ();
    context = zmq_ctx_new ();
    left = new_socket (context, ZMQ_PAIR);
    right = new_socket (context, ZMQ_PAIR);
    OK (zmq_bind (left, "inproc://pair"));
    OK (zmq_connect (right, "inproc://pair"));
    buffers ();
    parts ();
    messages ();
    vectors ();
    errors (context);
    refused (context);
    OK (zmq_close (left));
    OK (zmq_close (right));
    OK (zmq_ctx_term (context));
    return 0;
}
