//
//  Minimal subscriber
//  Connects a SUB socket and prints the updates that begin with one of its filters.
//
#include "helpers.h"

int main (int argc, char *argv [])
{
    const char *endpoint;
    char update [64];
    long updates, update_nbr;
    int position;
    void *context, *subscriber;

    check_usage (argc, argv, 100, "[ENDPOINT [UPDATES [FILTER ...]]]\n"
        "  ENDPOINT  of the publisher (tcp://localhost:5566)\n"
        "  UPDATES   to receive before it ends (0: no end)\n"
        "  FILTER    begins the updates that are wanted; '' for all (temp)");
    endpoint = text_argument (argc, argv, 1, "tcp://localhost:5566");
    updates = number_argument (argc, argv, 2, 0);

    context = new_context ();
    subscriber = new_socket (context, ZMQ_SUB);
    connect_to (subscriber, endpoint);

    //  Filters add up: an update that matches any of them is received
    if (argc <= 3)
        subscribe (subscriber, "temp");
    for (position = 3; position < argc; position++)
        subscribe (subscriber, argv [position]);

    for (update_nbr = 0; updates == 0 || update_nbr < updates; update_nbr++) {
        if (recv_text (subscriber, update, sizeof update) != 0)
            die ("receive", "an update");
        printf ("%s\n", update);
        fflush (stdout);
    }
    close_socket (subscriber);
    end_context (context);
    return 0;
}
