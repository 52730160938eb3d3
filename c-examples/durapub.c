//
//  Publisher for a durable subscriber
//  Waits until a subscriber says that it is there, then publishes numbered updates and "END". A subscriber that
//  has an identity may leave and come back: its queue is kept here, up to the high-water mark.
//
#include "helpers.h"

int main (int argc, char *argv [])
{
    const char *endpoint, *sync_endpoint;
    char text [64];
    long updates, pause_msec, hwm, update_nbr;
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

    //  Wait for the subscriber
    if (recv_text (sync, text, sizeof text) != 0)
        die ("receive", "the subscriber's signal");

    for (update_nbr = 0; update_nbr < updates; update_nbr++) {
        snprintf (text, sizeof text, "Update %ld", update_nbr);
        send_text (publisher, text);
        sleep_msec (pause_msec);
    }
    send_text (publisher, "END");

    //  What waits for a subscriber that is away keeps zmq_term, and so this program, waiting
    close_socket (sync);
    close_socket (publisher);
    end_context (context);
    return 0;
}
