//
//  Multithreaded service
//  Clients talk to an XREP socket over tcp; a queue device hands their requests, through an XREQ socket over
//  inproc, to worker threads, each with a REP socket of its own. No locks: the threads share only the context.
//
#include "helpers.h"
#include <pthread.h>

static long work_msec;

static void *worker_routine (void *context)
{
    void *socket = new_socket (context, ZMQ_REP);
    char request [64];

    connect_to (socket, "inproc://workers");
    while (recv_text (socket, request, sizeof request) == 0) {
        printf ("Received request: [%s]\n", request);
        fflush (stdout);
        //  Do some 'work', and reply
        sleep_msec (work_msec);
        send_text (socket, "World");
    }
    //  The context was terminated
    close_socket (socket);
    return NULL;
}

int main (int argc, char *argv [])
{
    const char *endpoint;
    long workers_count, worker_nbr;
    void *context, *clients, *workers;

    check_usage (argc, argv, 3, "[ENDPOINT [WORKERS [WORK-MSEC]]]\n"
        "  ENDPOINT   to bind for the clients (tcp://*:5555)\n"
        "  WORKERS    threads that serve requests, 1 to 1000 (5)\n"
        "  WORK-MSEC  that each request takes (1000)");
    endpoint = text_argument (argc, argv, 1, "tcp://*:5555");
    workers_count = number_argument (argc, argv, 2, 5);
    work_msec = number_argument (argc, argv, 3, 1000);
    if (workers_count < 1 || workers_count > 1000) {
        fprintf (stderr, "error: from 1 to 1000 workers, not %ld\n", workers_count);
        return 2;
    }

    context = new_context ();
    clients = new_socket (context, ZMQ_XREP);
    bind_to (clients, endpoint);
    workers = new_socket (context, ZMQ_XREQ);
    bind_to (workers, "inproc://workers");

    for (worker_nbr = 0; worker_nbr < workers_count; worker_nbr++) {
        pthread_t thread;
        int rc = pthread_create (&thread, NULL, worker_routine, context);
        if (rc == 0)
            rc = pthread_detach (thread);
        if (rc != 0) {
            fprintf (stderr, "error: cannot start worker %ld: %s\n", worker_nbr + 1, strerror (rc));
            return 1;
        }
    }
    printf ("Serving on %s with %ld workers\n", endpoint, workers_count);
    fflush (stdout);

    //  The device connects clients and workers until the program is stopped
    do
        zmq_device (ZMQ_QUEUE, clients, workers);
    while (zmq_errno () == EINTR);
    die ("run", "the queue device");
    return 1;
}
