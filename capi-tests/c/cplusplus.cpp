// The header from C++: the program links only if the functions are declared extern "C".
#include <zmq.h>
#include <zmq_utils.h>
#include <cstdio>
#include <cstring>

static void free_bytes (void *data, void *)
{
    delete [] static_cast<char *> (data);
}

int main ()
{
    zmq_free_fn *ffn = free_bytes;
    void *context = zmq_init (0);
    void *one = zmq_socket (context, ZMQ_PAIR);
    void *two = zmq_socket (context, ZMQ_PAIR);
    if (zmq_bind (one, "inproc://cxx") != 0 || zmq_connect (two, "inproc://cxx") != 0)
        return 1;

    zmq_msg_t msg;
    if (zmq_msg_init_data (&msg, new char [100] (), 100, ffn, NULL) != 0 || zmq_send (one, &msg, 0) != 0)
        return 2;
    zmq_msg_close (&msg);
    zmq_msg_init (&msg);
    if (zmq_recv (two, &msg, 0) != 0 || zmq_msg_size (&msg) != 100)
        return 3;
    zmq_msg_close (&msg);

    zmq_stopwatch_stop (zmq_stopwatch_start ());
    zmq_close (one);
    zmq_close (two);
    return zmq_term (context);
}
