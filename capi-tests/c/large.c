/* A message of one gigabyte, from the application's memory, over tcp. */
#include "check.h"
#include <sys/mman.h>

#define SIZE ((size_t) 1 << 30)

static int freed;

static void unmap (void *data, void *hint)
{
    (void) hint;
    OK (munmap (data, SIZE));
    __sync_fetch_and_add (&freed, 1);
}

int main (void)
{
    static const size_t marks [] = {0, 1, 4095, 12345678, SIZE / 2, SIZE - 2, SIZE - 1};
    char endpoint [64], *bytes, *found;
    void *context, *push, *pull;
    zmq_msg_t msg;
    size_t i;

    limit_time ();
    context = zmq_init (1);
    push = new_socket (context, ZMQ_PUSH);
    pull = new_socket (context, ZMQ_PULL);
    OK (zmq_connect (push, bind_tcp (pull, endpoint)));

    /* Pages that are only read take no memory: there is one such message in memory, not two. */
    bytes = mmap (NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK (bytes != MAP_FAILED);
    for (i = 0; i < sizeof marks / sizeof marks [0]; i++)
        bytes [marks [i]] = (char) (i + 1);
    OK (zmq_msg_init_data (&msg, bytes, SIZE, unmap, NULL));
    OK (zmq_send (push, &msg, 0));
    send_text (push, "and a small one", 0);
    OK (zmq_recv (pull, &msg, 0));
    CHECK (zmq_msg_size (&msg) == SIZE);
    found = zmq_msg_data (&msg);
    for (i = 0; i < sizeof marks / sizeof marks [0]; i++)
        CHECK (found [marks [i]] == (char) (i + 1));
    CHECK (found [2] == 0 && found [SIZE / 3] == 0);
    OK (zmq_msg_close (&msg));
    EXPECT_TEXT (pull, "and a small one", 0);
    OK (zmq_close (push));
    OK (zmq_close (pull));
    OK (zmq_term (context));
    CHECK (freed == 1);
    return 0;
}
