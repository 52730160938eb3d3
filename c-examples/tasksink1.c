//
//  Task sink, first design
//  Collects the results of a batch on a PULL socket and says how long the batch took. The workers go on waiting;
//  the second design, guide/tasksink.c, tells them to stop.
//
#include "helpers.h"

int main (int argc, char *argv [])
{
    const char *endpoint;
    long tasks, task_nbr, start_msec;
    void *context, *receiver;
    char result [32];

    check_usage (argc, argv, 2, "[ENDPOINT [TASKS]]\n"
        "  ENDPOINT  to bind for the workers (tcp://*:5558)\n"
        "  TASKS     in the batch, the start signal not counted (100)");
    endpoint = text_argument (argc, argv, 1, "tcp://*:5558");
    tasks = number_argument (argc, argv, 2, 100);

    context = new_context ();
    receiver = new_socket (context, ZMQ_PULL);
    bind_to (receiver, endpoint);

    //  Wait for the start of the batch, and start our clock
    if (recv_text (receiver, result, sizeof result) != 0)
        die ("receive", "the start signal");
    start_msec = now_msec ();

    for (task_nbr = 0; task_nbr < tasks; task_nbr++) {
        if (recv_text (receiver, result, sizeof result) != 0)
            die ("receive", "a result");
        printf (task_nbr % 10 == 0 ? ":" : ".");
        fflush (stdout);
    }
    printf ("\nResults: %ld, total elapsed time: %ld msec\n", tasks, now_msec () - start_msec);

    close_socket (receiver);
    end_context (context);
    return 0;
}
