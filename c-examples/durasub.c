//
//  Durable subscriber
//  A SUB socket with an identity: the publisher keeps its queue while it is away, so stop this program and start
//  it again, and it goes on where it was. (What had already reached this process when it ended is gone.)
//
#include "helpers.h"

int main (int argc, char *argv [])
{
    const char *identity, *endpoint, *sync_endpoint;
    char update [64];
    long updates, update_nbr;
    int welcomed = 0;
    void *context, *subscriber, *sync;

    check_usage (argc, argv, 4, "[IDENTITY [UPDATES [ENDPOINT [SYNC]]]]\n"
        "  IDENTITY  of the subscriber, 1 to 255 bytes (Hello)\n"
        "  UPDATES   to receive before it leaves (0: until \"END\")\n"
        "  ENDPOINT  of the publisher (tcp://localhost:5565)\n"
        "  SYNC      where to signal that it gets what is published (tcp://localhost:5564)");
    identity = text_argument (argc, argv, 1, "Hello");
    updates = number_argument (argc, argv, 2, 0);
    endpoint = text_argument (argc, argv, 3, "tcp://localhost:5565");
    sync_endpoint = text_argument (argc, argv, 4, "tcp://localhost:5564");

    context = new_context ();
    subscriber = new_socket (context, ZMQ_SUB);
    //  The identity must be set before connecting
    if (zmq_setsockopt (subscriber, ZMQ_IDENTITY, identity, strlen (identity)) != 0)
        die ("take the identity", identity);
    subscribe (subscriber, "");
    connect_to (subscriber, endpoint);

    sync = new_socket (context, ZMQ_PUSH);
    connect_to (sync, sync_endpoint);

    for (update_nbr = 0; updates == 0 || update_nbr < updates;) {
        if (recv_text (subscriber, update, sizeof update) != 0)
            die ("receive", "an update");

        //  The publisher waits for us at the beginning and at the end: tell it, once, that we get what it publishes
        if (strcmp (update, "WELCOME") == 0) {
            if (!welcomed)
                send_signal (sync);
            welcomed = 1;
            continue;
        }
        printf ("%s\n", update);
        fflush (stdout);
        if (strcmp (update, "END") == 0) {
            send_signal (sync);
            break;
        }
        update_nbr++;
    }
    close_socket (subscriber);
    close_socket (sync);
    end_context (context);
    return 0;
}
