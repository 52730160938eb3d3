/* A peer that is a plain TCP connection: what the library says on the wire, byte by byte. */
#ifndef RAW_H
#define RAW_H

#include "check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

static MAYBE_UNUSED void patience (int fd)
{
    struct timeval limit = {MS_MAX / 1000, 0};
    OK (setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit));
    OK (setsockopt (fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit));
}

static MAYBE_UNUSED int raw_connect (const char *endpoint)
{
    struct sockaddr_in address;
    int fd = socket (AF_INET, SOCK_STREAM, 0);
    CHECK (fd >= 0);
    memset (&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
    address.sin_port = htons ((uint16_t) port_of (endpoint));
    OK (connect (fd, (struct sockaddr *) &address, sizeof address));
    patience (fd);
    return fd;
}

/* A listening descriptor, and the endpoint to connect to. */
static MAYBE_UNUSED int raw_listen (char endpoint [256])
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    int fd = socket (AF_INET, SOCK_STREAM, 0);
    CHECK (fd >= 0);
    memset (&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
    OK (bind (fd, (struct sockaddr *) &address, sizeof address));
    OK (listen (fd, 8));
    OK (getsockname (fd, (struct sockaddr *) &address, &size));
    sprintf (endpoint, "tcp://127.0.0.1:%d", ntohs (address.sin_port));
    patience (fd);
    return fd;
}

static MAYBE_UNUSED int raw_accept (int listener)
{
    int fd = accept (listener, NULL, NULL);
    CHECK (fd >= 0);
    patience (fd);
    return fd;
}

static MAYBE_UNUSED void raw_send (int fd, const void *bytes, size_t size)
{
    CHECK (send (fd, bytes, size, MSG_NOSIGNAL) == (ssize_t) size);
}

/* This many bytes, or fewer when the connection ends. */
static MAYBE_UNUSED size_t raw_recv (int fd, void *bytes, size_t size)
{
    size_t got = 0;
    while (got < size) {
        ssize_t n = recv (fd, (char *) bytes + got, size - got, 0);
        if (n < 0 && errno == ECONNRESET)
            break;
        CHECK (n >= 0);
        if (n == 0)
            break;
        got += (size_t) n;
    }
    return got;
}

/* Waits for bytes. The original does some of its work for a socket only in the socket's next call. */
static MAYBE_UNUSED void await_bytes (int fd, void *s)
{
    struct pollfd item;
    int tries;
    item.fd = fd;
    item.events = POLLIN;
    for (tries = 0; poll (&item, 1, 5) == 0; tries++) {
        CHECK (tries < MS_MAX / 5);
        get_int (s, ZMQ_EVENTS);
    }
}

/* Reads until the connection ends. */
static MAYBE_UNUSED void raw_until_end (int fd)
{
    char bytes [256];
    while (raw_recv (fd, bytes, sizeof bytes) == sizeof bytes)
        ;
}

/* The greeting of ZMTP 3.x for a mechanism. */
static MAYBE_UNUSED void make_greeting (unsigned char greeting [64], int minor, const char *mechanism, int as_server)
{
    memset (greeting, 0, 64);
    greeting [0] = 0xff;
    greeting [9] = 0x7f;
    greeting [10] = 3;
    greeting [11] = (unsigned char) minor;
    strncpy ((char *) greeting + 12, mechanism, 20);
    greeting [32] = (unsigned char) as_server;
}

/* Exchanges greetings, and prints the peer's. */
static MAYBE_UNUSED void greet (int fd, int minor, const char *mechanism)
{
    unsigned char greeting [64];
    make_greeting (greeting, minor, mechanism, 0);
    raw_send (fd, greeting, sizeof greeting);
    CHECK (raw_recv (fd, greeting, sizeof greeting) == sizeof greeting);
    /* The padding of the signature is not the same everywhere, and need not be. Of PLAIN and CURVE the original never
       says that it is the server. */
    CHECK (greeting [0] == 0xff && greeting [9] == 0x7f);
    CHECK (greeting [32] == 0 || (ours () && strcmp (mechanism, "NULL") != 0));
    printf ("greeting: version %d.%d, mechanism ", greeting [10], greeting [11]);
    print_bytes (greeting + 12, strlen ((char *) greeting + 12));
    printf ("\n");
}

/* Writes a frame of at most 255 bytes; 4 is the flag of a command. */
static MAYBE_UNUSED void send_frame (int fd, int flags, const void *body, size_t size)
{
    unsigned char frame [257];
    CHECK (size <= 255);
    frame [0] = (unsigned char) flags;
    frame [1] = (unsigned char) size;
    memcpy (frame + 2, body, size);
    raw_send (fd, frame, size + 2);
}

/* Reads a frame and prints it; gives its size, or -1 when the connection has ended. */
static MAYBE_UNUSED int print_frame (int fd, const char *name)
{
    unsigned char head [2], body [255];
    if (raw_recv (fd, head, 2) < 2) {
        printf ("%s: closed\n", name);
        return -1;
    }
    CHECK ((head [0] & 2) == 0);
    if (raw_recv (fd, body, head [1]) < head [1]) {
        printf ("%s: closed\n", name);
        return -1;
    }
    printf ("%s: flags %d [", name, head [0]);
    print_bytes (body, head [1]);
    printf ("]\n");
    return head [1];
}

/* A READY command with the type of socket. */
static MAYBE_UNUSED void send_ready (int fd, const char *type)
{
    unsigned char body [64];
    size_t length = strlen (type), size = 0;
    memcpy (body, "\5READY\13Socket-Type\0\0\0", 21);
    size = 21;
    body [size++] = (unsigned char) length;
    memcpy (body + size, type, length);
    send_frame (fd, 4, body, size + length);
}

/* A whole handshake with the mechanism NULL. */
static MAYBE_UNUSED void shake_hands (int fd, int minor, const char *type)
{
    greet (fd, minor, "NULL");
    send_ready (fd, type);
    print_frame (fd, "ready");
}

#endif
