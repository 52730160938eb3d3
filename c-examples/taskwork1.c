//
//  Task worker, first design
//  Receives tasks on a PULL socket, does the work, and sends an empty message to the sink for each. It knows no
//  end: stop it from outside. The second design, guide/taskwork.c, stops at a signal from the sink.
//
#include "helpers.h"

int main (int argc, char *argv [])
{
    const char *source, *sink;
    long tasks, task_nbr;
    void *context, *receiver, *sender;
    char workload [32];

    check_usage (argc, argv, 3, "[SOURCE [SINK [TASKS]]]\n"
        "  SOURCE  of the tasks (tcp://localhost:5557)\n"
        "  SINK    for the results (tcp://localhost:5558)\n"
        "  TASKS   to do before it ends (0: no end)");
    source = text_argument (argc, argv, 1, "tcp://localhost:5557");
    sink = text_argument (argc, argv, 2, "tcp://localhost:5558");
    tasks = number_argument (argc, argv, 3, 0);

    context = new_context ();
    receiver = new_socket (context, ZMQ_PULL);
    connect_to (receiver, source);
    sender = new_socket (context, ZMQ_PUSH);
    connect_to (sender, sink);

    for (task_nbr = 0; tasks == 0 || task_nbr < tasks; task_nbr++) {
        char *end;
        long msec;

        if (recv_text (receiver, workload, sizeof workload) != 0)
            die ("receive", "a task");
        msec = strtol (workload, &end, 10);
        if (end == workload || msec < 0) {
            fprintf (stderr, "error: a task must be a number of milliseconds, not '%s'\n", workload);
            return 1;
        }
        //  Do the work, and show that we do
        printf ("%s.", workload);
        fflush (stdout);
        sleep_msec (msec);

        //  Send the result to the sink
        send_signal (sender);
    }
    printf ("\n");
    close_socket (receiver);
    close_socket (sender);
    end_context (context);
    return 0;
}
