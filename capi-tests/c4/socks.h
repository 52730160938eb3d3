/* A proxy of SOCKS version 5, for one connection. */
#ifndef SOCKS_H
#define SOCKS_H

#include "raw.h"

/* It notes what it is asked, and connects to where the server really is. */
typedef struct {
    int listener;
    char endpoint [256];
    /* What it answers instead, if not 0. */
    int refusal;
    /* The name and password that it wants to be told, if any. */
    int wants_name;
    unsigned char greeting [300], name [300], request [300];
    size_t greeting_size, name_size, request_size;
} proxy_t;

static MAYBE_UNUSED void *pass_on (void *argument)
{
    int *ends = argument;
    char bytes [4096];
    ssize_t got;
    while ((got = recv (ends [0], bytes, sizeof bytes, 0)) > 0)
        if (send (ends [1], bytes, (size_t) got, MSG_NOSIGNAL) != got)
            break;
    shutdown (ends [1], SHUT_RDWR);
    return NULL;
}

/* So many bytes more. */
static MAYBE_UNUSED void take (int fd, unsigned char *bytes, size_t *size, size_t more)
{
    CHECK (*size + more <= 300 && raw_recv (fd, bytes + *size, more) == more);
    *size += more;
}

static MAYBE_UNUSED void *run_proxy (void *argument)
{
    proxy_t *proxy = argument;
    int there [2], back [2];
    pthread_t thread;
    int fd = raw_accept (proxy->listener);
    take (fd, proxy->greeting, &proxy->greeting_size, 2);
    take (fd, proxy->greeting, &proxy->greeting_size, proxy->greeting [1]);
    if (proxy->wants_name) {
        raw_send (fd, "\5\2", 2);
        take (fd, proxy->name, &proxy->name_size, 2);
        take (fd, proxy->name, &proxy->name_size, proxy->name [1] + 1u);
        take (fd, proxy->name, &proxy->name_size, proxy->name [proxy->name_size - 1]);
        raw_send (fd, "\1\0", 2);
    } else
        raw_send (fd, "\5\0", 2);
    take (fd, proxy->request, &proxy->request_size, 5);
    take (fd, proxy->request, &proxy->request_size, proxy->request [3] == 1 ? 3 : proxy->request [4]);
    /* Not the port, which is another one each time. */
    {
        unsigned char port [2];
        CHECK (raw_recv (fd, port, 2) == 2 && port [0] * 256 + port [1] == port_of (proxy->endpoint));
    }
    if (proxy->refusal) {
        unsigned char refusal [10] = {5, 0, 0, 1};
        refusal [1] = (unsigned char) proxy->refusal;
        raw_send (fd, refusal, sizeof refusal);
        raw_until_end (fd);
        close (fd);
        return NULL;
    }
    there [0] = back [1] = fd;
    there [1] = back [0] = raw_connect (proxy->endpoint);
    raw_send (fd, "\5\0\0\1\177\0\0\1\0\1", 10);
    thread = start (pass_on, there);
    pass_on (back);
    end (thread);
    close (fd);
    close (there [1]);
    return NULL;
}

static MAYBE_UNUSED void print_asked (const proxy_t *proxy)
{
    printf ("asked: [");
    print_bytes (proxy->greeting, proxy->greeting_size);
    printf ("] [");
    print_bytes (proxy->name, proxy->name_size);
    printf ("] [");
    print_bytes (proxy->request, proxy->request_size);
    printf ("]\n");
}

#endif
