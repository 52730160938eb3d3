//
//  Publisher for a durable subscriber
//  Publishes "WELCOME" until a subscriber signals that it gets it, then numbered updates, then "END" until the
//  subscriber signals again. A subscriber that has an identity may leave and come back meanwhile: its queue is kept
//  here, up to the high-water mark.
//
#include "helpers.h"

//  That a subscriber is connected does not show; that it signals does, and it does so once it gets the text
static void publish_until_signal (void *publisher, const char *text, void *sync, long every_msec)
{
    char signal [8];
    int arrived = 0;

    while (arrived == 0) {
        zmq_pollitem_t item = { sync, 0, ZMQ_POLLIN, 0 };

        send_text (publisher, text);
        arrived = zmq_poll (&item, 1, every_msec * 1000);
        if (arrived < 0) {
            if (zmq_errno () != EINTR)
                die ("poll", "for the subscriber's signal");
            arrived = 0;
        }
    }
    if (recv_text (sync, signal, sizeof signal) != 0)
        die ("receive", "the subscriber's signal");
}

int main (int argc, char *argv [])
{
    const char *endpoint, *sync_endpoint;
    char text [64];
    long updates, pause_msec, hwm, update_nbr;
    int no_linger = 0;
    void *context, *sync, *publisher;

    check_usage (argc, argv, 5, "[UPDATES [PAUSE-MSEC [HWM [ENDPOINT [SYNC]]]]]\n"
        "  UPDATES     to publish (10)\n"
        "  PAUSE-MSEC  after each (1000)\n"
        "  HWM         updates that wait for a subscriber that is away (0: no limit)\n"
        "  ENDPOINT    to bind for the subscriber (tcp://*:5565)\n"
        "  SYNC        to bind for its signal (tcp://*:5564)");
    updates = number_argument (argc, argv, 1, 10);
    pause_msec = number_argument (argc, argv, 2, 1000);
    hwm = number_argument (argc, argv, 3, 0);
    endpoint = text_argument (argc, argv, 4, "tcp://*:5565");
    sync_endpoint = text_argument (argc, argv, 5, "tcp://*:5564");

    context = new_context ();
    sync = new_socket (context, ZMQ_PULL);
    bind_to (sync, sync_endpoint);
    publisher = new_socket (context, ZMQ_PUB);
    set_high_water_mark (publisher, hwm);
    bind_to (publisher, endpoint);

    publish_until_signal (publisher, "WELCOME", sync, 20);

    for (update_nbr = 0; update_nbr < updates; update_nbr++) {
        snprintf (text, sizeof text, "Update %ld", update_nbr);
        send_text (publisher, text);
        sleep_msec (pause_msec);
    }
    printf ("All updates sent; waiting until the subscriber has them\n");
    fflush (stdout);
    publish_until_signal (publisher, "END", sync, 1000);

    //  The subscriber has all it needs: an "END" too many need not be delivered
    if (zmq_setsockopt (publisher, ZMQ_LINGER, &no_linger, sizeof no_linger) != 0)
        die ("set", "the linger period");
    close_socket (sync);
    close_socket (publisher);
    end_context (context);
    return 0;
}
