//
//  Reading from multiple sockets with zmq_poll
//  A worker for tasks (PULL) that also follows the weather (SUB): what guide/msreader.c does by trying in turn,
//  without its sleeps.
//
#include "helpers.h"

int main (int argc, char *argv [])
{
    const char *tasks_endpoint, *weather_endpoint;
    long messages, tasks = 0, updates = 0;
    void *context, *receiver, *subscriber;

    check_usage (argc, argv, 3, "[TASKS [WEATHER [MESSAGES]]]\n"
        "  TASKS     endpoint of the task ventilator (tcp://localhost:5557)\n"
        "  WEATHER   endpoint of the weather server (tcp://localhost:5556)\n"
        "  MESSAGES  to receive before it ends (0: no end)");
    tasks_endpoint = text_argument (argc, argv, 1, "tcp://localhost:5557");
    weather_endpoint = text_argument (argc, argv, 2, "tcp://localhost:5556");
    messages = number_argument (argc, argv, 3, 0);

    context = new_context ();
    receiver = new_socket (context, ZMQ_PULL);
    connect_to (receiver, tasks_endpoint);
    subscriber = new_socket (context, ZMQ_SUB);
    connect_to (subscriber, weather_endpoint);
    subscribe (subscriber, "10001 ");

    while (messages == 0 || tasks + updates < messages) {
        char text [64];
        zmq_pollitem_t items [] = {
            { receiver, 0, ZMQ_POLLIN, 0 },
            { subscriber, 0, ZMQ_POLLIN, 0 }
        };

        if (zmq_poll (items, 2, -1) < 0) {
            if (zmq_errno () == EINTR)
                continue;
            die ("poll", "the sockets");
        }
        if (items [0].revents & ZMQ_POLLIN) {
            if (recv_text (receiver, text, sizeof text) != 0)
                die ("receive", "a task");
            printf ("task: %s\n", text);
            tasks++;
        }
        if (items [1].revents & ZMQ_POLLIN) {
            if (recv_text (subscriber, text, sizeof text) != 0)
                die ("receive", "an update");
            printf ("weather: %s\n", text);
            updates++;
        }
        fflush (stdout);
    }
    printf ("Tasks: %ld, weather updates: %ld\n", tasks, updates);
    close_socket (receiver);
    close_socket (subscriber);
    end_context (context);
    return 0;
}
