//
//  Weather update server
//  Binds a PUB socket and publishes random weather: "zip temperature humidity". Subscribers pick a zip code by its
//  five digits and the space.
//
#include "helpers.h"

int main (int argc, char *argv [])
{
    const char *endpoint;
    long rate, zip_first, zip_last, start_msec;
    long long sent;
    void *context, *publisher;

    check_usage (argc, argv, 4, "[ENDPOINT [RATE [ZIP-FIRST ZIP-LAST]]]\n"
        "  ENDPOINT             to bind for the subscribers (tcp://*:5556)\n"
        "  RATE                 updates a second (0: as many as it can)\n"
        "  ZIP-FIRST, ZIP-LAST  the zip codes it has weather for (0 99999)");
    endpoint = text_argument (argc, argv, 1, "tcp://*:5556");
    rate = number_argument (argc, argv, 2, 0);
    zip_first = number_argument (argc, argv, 3, 0);
    zip_last = number_argument (argc, argv, 4, 99999);
    if (zip_first > zip_last || zip_last > 99999) {
        fprintf (stderr, "error: zip codes go from 0 to 99999, the first not above the last\n");
        return 2;
    }

    context = new_context ();
    publisher = new_socket (context, ZMQ_PUB);
    //  A subscriber that is too slow loses updates rather than filling our memory
    set_high_water_mark (publisher, 100000);
    bind_to (publisher, endpoint);
    printf ("Publishing weather on %s\n", endpoint);
    fflush (stdout);

    srandom ((unsigned) time (NULL));
    start_msec = now_msec ();
    for (sent = 0;; sent++) {
        char update [80];
        long zip = zip_first + random_below (zip_last - zip_first + 1);
        long temperature = random_below (215) - 80;
        long humidity = random_below (50) + 10;

        snprintf (update, sizeof update, "%05ld %ld %ld", zip, temperature, humidity);
        send_text (publisher, update);

        //  Keep to the rate: when ahead of it, wait a moment
        while (rate > 0 && sent * 1000 > (long long) rate * (now_msec () - start_msec))
            sleep_msec (1);
    }
}
