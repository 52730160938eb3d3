//
//  Minimal publisher
//  Binds a PUB socket and broadcasts two kinds of updates, again and again.
//
#include "helpers.h"

int main (int argc, char *argv [])
{
    const char *endpoint;
    long rounds, pause_msec, round_nbr;
    void *context, *publisher;

    check_usage (argc, argv, 3, "[ENDPOINT [ROUNDS [PAUSE-MSEC]]]\n"
        "  ENDPOINT    to bind for the subscribers (tcp://*:5566)\n"
        "  ROUNDS      of updates before it ends (0: no end)\n"
        "  PAUSE-MSEC  after each round (100)");
    endpoint = text_argument (argc, argv, 1, "tcp://*:5566");
    rounds = number_argument (argc, argv, 2, 0);
    pause_msec = number_argument (argc, argv, 3, 100);

    context = new_context ();
    publisher = new_socket (context, ZMQ_PUB);
    //  A subscriber that is too slow loses updates rather than filling our memory
    set_high_water_mark (publisher, 10000);
    bind_to (publisher, endpoint);

    for (round_nbr = 0; rounds == 0 || round_nbr < rounds; round_nbr++) {
        send_text (publisher, "temp=33");
        send_text (publisher, "rh=60");
        sleep_msec (pause_msec);
    }
    close_socket (publisher);
    end_context (context);
    return 0;
}
