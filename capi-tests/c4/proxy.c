/* Proxies: plain, with a capture socket, steered; and devices. */
#include "check.h"

typedef struct {
    void *frontend, *backend, *capture, *control;
    int steerable, device, result, error;
} proxy_t;

static void *run (void *argument)
{
    proxy_t *proxy = argument;
    errno = 0;
    if (proxy->steerable)
        proxy->result = zmq_proxy_steerable (proxy->frontend, proxy->backend, proxy->capture, proxy->control);
    else if (proxy->device)
        proxy->result = zmq_device (proxy->device, proxy->frontend, proxy->backend);
    else
        proxy->result = zmq_proxy (proxy->frontend, proxy->backend, proxy->capture);
    proxy->error = errno;
    OK (zmq_close (proxy->frontend));
    OK (zmq_close (proxy->backend));
    if (proxy->capture)
        OK (zmq_close (proxy->capture));
    if (proxy->control)
        OK (zmq_close (proxy->control));
    return NULL;
}

static void *echo (void *rep)
{
    int i;
    for (i = 0; i < 20; i++) {
        EXPECT (rep, "question", 1);
        EXPECT (rep, "rest", 0);
        SEND (rep, "answer", ZMQ_SNDMORE);
        SEND (rep, "rest", 0);
    }
    return NULL;
}

/* Requests through ROUTER and DEALER; the capture socket sees everything. Ends with its context. */
static void requests (int device)
{
    void *context = zmq_ctx_new (), *req = new_socket (context, ZMQ_REQ), *rep = new_socket (context, ZMQ_REP),
         *seen = new_socket (context, ZMQ_PULL);
    proxy_t proxy;
    pthread_t thread, server;
    int i;
    memset (&proxy, 0, sizeof proxy);
    proxy.device = device;
    proxy.frontend = new_socket (context, ZMQ_ROUTER);
    proxy.backend = new_socket (context, ZMQ_DEALER);
    OK (zmq_bind (proxy.frontend, "inproc://frontend"));
    OK (zmq_bind (proxy.backend, "inproc://backend"));
    OK (zmq_bind (seen, "inproc://capture"));
    if (!device) {
        proxy.capture = new_socket (context, ZMQ_PUSH);
        OK (zmq_connect (proxy.capture, "inproc://capture"));
    }
    OK (zmq_setsockopt (req, ZMQ_ROUTING_ID, "me", 2));
    OK (zmq_connect (req, "inproc://frontend"));
    OK (zmq_connect (rep, "inproc://backend"));
    thread = start (run, &proxy);
    server = start (echo, rep);
    for (i = 0; i < 20; i++) {
        SEND (req, "question", ZMQ_SNDMORE);
        SEND (req, "rest", 0);
        EXPECT (req, "answer", 1);
        EXPECT (req, "rest", 0);
        if (!device && i < 2) {
            print_message (seen, "captured");
            print_message (seen, "captured");
        }
    }
    end (server);
    OK (zmq_close (req));
    OK (zmq_close (rep));
    OK (zmq_close (seen));
    OK (zmq_ctx_term (context));
    end (thread);
    printf ("proxy gave %d, %s\n", proxy.result, error_name (proxy.error));
}

/* Subscriptions go up, what is published goes down. */
static void forwarding (void)
{
    void *context = zmq_ctx_new (), *pub = new_socket (context, ZMQ_XPUB), *sub = new_socket (context, ZMQ_SUB);
    proxy_t proxy;
    pthread_t thread;
    char in [256], out [256];
    memset (&proxy, 0, sizeof proxy);
    proxy.frontend = new_socket (context, ZMQ_XSUB);
    proxy.backend = new_socket (context, ZMQ_XPUB);
    bind_tcp (proxy.frontend, in);
    bind_tcp (proxy.backend, out);
    OK (zmq_connect (pub, in));
    OK (zmq_connect (sub, out));
    thread = start (run, &proxy);
    OK (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, "news", 4));
    print_message (pub, "subscription");
    SEND (pub, "weather", 0);
    SEND (pub, "news", ZMQ_SNDMORE);
    SEND (pub, "of today", 0);
    print_message (sub, "published");
    OK (zmq_setsockopt (sub, ZMQ_UNSUBSCRIBE, "news", 4));
    print_message (pub, "subscription");
    OK (zmq_close (pub));
    OK (zmq_close (sub));
    OK (zmq_ctx_term (context));
    end (thread);
    printf ("proxy gave %d, %s\n", proxy.result, error_name (proxy.error));
}

/* One socket as both ends: an echo. */
static void *run_echo (void *rep)
{
    TRY (zmq_device (ZMQ_QUEUE, rep, rep));
    OK (zmq_close (rep));
    return NULL;
}

static void echoing (void)
{
    void *context = zmq_ctx_new (), *req = new_socket (context, ZMQ_REQ), *rep = new_socket (context, ZMQ_REP);
    pthread_t thread;
    int i;
    OK (zmq_bind (rep, "inproc://echo"));
    OK (zmq_connect (req, "inproc://echo"));
    thread = start (run_echo, rep);
    for (i = 0; i < 3; i++) {
        SEND (req, "there and back", 0);
        print_message (req, "echo");
    }
    OK (zmq_close (req));
    OK (zmq_ctx_term (context));
    end (thread);
}

static void print_statistics (void *control)
{
    int i;
    SEND (control, "STATISTICS", 0);
    printf ("statistics:");
    for (i = 0; i < 8; i++) {
        uint64_t number = 0;
        CHECK (zmq_recv (control, &number, sizeof number, 0) == sizeof number);
        CHECK (get_int (control, ZMQ_RCVMORE) == (i < 7));
        printf (" %d", (int) number);
    }
    printf ("\n");
}

static void steered (void)
{
    void *context = zmq_ctx_new (), *push = new_socket (context, ZMQ_PUSH), *pull = new_socket (context, ZMQ_PULL),
         *control = new_socket (context, ZMQ_PAIR);
    proxy_t proxy;
    pthread_t thread;
    memset (&proxy, 0, sizeof proxy);
    proxy.steerable = 1;
    proxy.frontend = new_socket (context, ZMQ_PULL);
    proxy.backend = new_socket (context, ZMQ_PUSH);
    proxy.control = new_socket (context, ZMQ_PAIR);
    OK (zmq_bind (proxy.frontend, "inproc://frontend"));
    OK (zmq_bind (proxy.backend, "inproc://backend"));
    OK (zmq_bind (proxy.control, "inproc://control"));
    OK (zmq_connect (push, "inproc://frontend"));
    OK (zmq_connect (pull, "inproc://backend"));
    OK (zmq_connect (control, "inproc://control"));
    thread = start (run, &proxy);
    SEND (push, "one", ZMQ_SNDMORE);
    SEND (push, "two", 0);
    print_message (pull, "passed on");
    print_statistics (control);
    SEND (control, "PAUSE", 0);
    print_statistics (control);
    SEND (push, "held", 0);
    print_quiet (pull, "paused");
    SEND (control, "RESUME", 0);
    print_message (pull, "passed on");
    print_statistics (control);
    SEND (control, "TERMINATE", 0);
    end (thread);
    printf ("proxy gave %d\n", proxy.result);
    OK (zmq_close (push));
    OK (zmq_close (pull));
    OK (zmq_close (control));
    OK (zmq_ctx_term (context));
}

static void errors (void)
{
    void *context = zmq_ctx_new (), *s = new_socket (context, ZMQ_DEALER), *closed = new_socket (context, ZMQ_PAIR);
    OK (zmq_close (closed));
    TRY (zmq_proxy (NULL, s, NULL));
    TRY (zmq_proxy (s, NULL, NULL));
    TRY (zmq_proxy_steerable (NULL, s, NULL, NULL));
    if (ours ())
        /* The original does not look. */
        FAILS (zmq_device (ZMQ_QUEUE, NULL, s), EFAULT);
    OK (zmq_close (s));
    OK (zmq_ctx_term (context));
}

int main (void)
{
    begin ();
    requests (0);
    requests (ZMQ_QUEUE);
    forwarding ();
    echoing ();
    steered ();
    errors ();
    return 0;
}
