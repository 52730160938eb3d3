//
//  Weather update client
//  Connects a SUB socket to the weather server, or to a proxy in front of it, collects updates for one zip code and
//  prints the averages.
//
#include "helpers.h"

int main (int argc, char *argv [])
{
    const char *endpoint, *zip;
    char filter [16], text [64];
    long updates, update_nbr;
    long long temperature_total = 0, humidity_total = 0;
    void *context, *subscriber;

    check_usage (argc, argv, 3, "[ZIP [UPDATES [ENDPOINT]]]\n"
        "  ZIP       code to ask the weather for (10001, New York)\n"
        "  UPDATES   to collect, at least 1 (100)\n"
        "  ENDPOINT  of the weather server (tcp://localhost:5556)");
    zip = text_argument (argc, argv, 1, "10001");
    updates = number_argument (argc, argv, 2, 100);
    endpoint = text_argument (argc, argv, 3, "tcp://localhost:5556");
    if (strlen (zip) != 5 || strspn (zip, "0123456789") != 5 || updates == 0) {
        fprintf (stderr, "error: a zip code has five digits, and at least one update is needed\n");
        return 2;
    }

    context = new_context ();
    subscriber = new_socket (context, ZMQ_SUB);
    connect_to (subscriber, endpoint);
    //  The space keeps the filter from matching anything but the whole zip code
    snprintf (filter, sizeof filter, "%s ", zip);
    subscribe (subscriber, filter);

    for (update_nbr = 0; update_nbr < updates; update_nbr++) {
        long temperature, humidity;

        if (recv_text (subscriber, text, sizeof text) != 0)
            die ("receive", "an update");
        if (sscanf (text + strlen (filter), "%ld %ld", &temperature, &humidity) != 2) {
            fprintf (stderr, "error: an update must be 'zip temperature humidity', not '%s'\n", text);
            return 1;
        }
        temperature_total += temperature;
        humidity_total += humidity;
    }
    printf ("Averages for zip code %s over %ld updates: temperature %.1f F, humidity %.1f %%\n", zip, updates,
        (double) temperature_total / updates, (double) humidity_total / updates);

    close_socket (subscriber);
    end_context (context);
    return 0;
}
