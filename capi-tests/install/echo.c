/* What a program does at the least, in both C and C++: a request and its reply over TCP. */
#include <zmq.h>
#include <string.h>

int main (void)
{
    char endpoint [64], buffer [8];
    size_t length = sizeof endpoint;
    int major = 0;
    void *context = zmq_ctx_new ();
    void *rep = zmq_socket (context, ZMQ_REP);
    void *req = zmq_socket (context, ZMQ_REQ);

    zmq_version (&major, NULL, NULL);
    if (major != ZMQ_VERSION_MAJOR)
        return 1;
    if (zmq_bind (rep, "tcp://127.0.0.1:*") != 0 ||
        zmq_getsockopt (rep, ZMQ_LAST_ENDPOINT, endpoint, &length) != 0 || zmq_connect (req, endpoint) != 0)
        return 2;
    if (zmq_send (req, "hello", 5, 0) != 5 || zmq_recv (rep, buffer, sizeof buffer, 0) != 5 ||
        zmq_send (rep, buffer, 5, 0) != 5 || zmq_recv (req, buffer, sizeof buffer, 0) != 5)
        return 3;
    if (memcmp (buffer, "hello", 5) != 0)
        return 4;
    zmq_close (req);
    zmq_close (rep);
    return zmq_ctx_term (context);
}
