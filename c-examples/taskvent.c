//
//  Task ventilator
//  Binds a PUSH socket for the workers and sends them a batch: the signal "0", which travels through a worker to
//  the sink and starts its clock, then 100 tasks. Each task is a number of milliseconds of work.
//
#include "helpers.h"

int main (int argc, char *argv [])
{
    const char *endpoint;
    long tasks, msec_max, task_nbr, interactive;
    long total_msec = 0;    //  Expected cost of the batch in msecs
    void *context, *sender;
    char workload [32];

    check_usage (argc, argv, 4, "[ENDPOINT [TASKS [MSEC-MAX [now]]]]\n"
        "  ENDPOINT  to bind for the workers (tcp://*:5557)\n"
        "  TASKS     in the batch (100)\n"
        "  MSEC-MAX  each task takes from 1 to this many milliseconds (100)\n"
        "  now       start without waiting for Enter");
    endpoint = text_argument (argc, argv, 1, "tcp://*:5557");
    tasks = number_argument (argc, argv, 2, 100);
    msec_max = number_argument (argc, argv, 3, 100);
    interactive = strcmp (text_argument (argc, argv, 4, ""), "now") != 0;
    if (msec_max == 0) {
        fprintf (stderr, "error: a task takes at least one millisecond\n");
        return 2;
    }

    context = new_context ();
    sender = new_socket (context, ZMQ_PUSH);
    bind_to (sender, endpoint);

    //  Tasks are spread over the workers that are connected: those that come later find none left
    if (interactive) {
        printf ("Press Enter when the workers are ready: ");
        fflush (stdout);
        if (getchar () == EOF) {
            fprintf (stderr, "\nerror: nobody pressed Enter; use 'now' to start without\n");
            return 1;
        }
    }
    printf ("Sending tasks to workers...\n");
    fflush (stdout);

    //  The first message is "0" and signals the start of the batch
    send_text (sender, "0");

    //  Send the tasks
    srandom ((unsigned) time (NULL));
    for (task_nbr = 0; task_nbr < tasks; task_nbr++) {
        long msec = random_below (msec_max) + 1;
        total_msec += msec;
        snprintf (workload, sizeof workload, "%ld", msec);
        send_text (sender, workload);
    }
    printf ("Tasks sent: %ld, total expected cost: %ld msec\n", tasks, total_msec);

    //  zmq_term returns once the workers have got everything
    close_socket (sender);
    end_context (context);
    return 0;
}
