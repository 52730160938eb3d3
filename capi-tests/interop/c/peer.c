/* A peer that does what the lines on its standard input say, on any libzmq: the 2.x or the 4.x ABI.
 *
 * Each line is one command; the answer is one line: "ok", "ok ..." or "fail ...". Message parts are written
 * in hexadecimal, an empty part as ".". Sockets are numbered by whoever gives the commands.
 *
 *   version                          the library's version
 *   open ID TYPE                     a socket, PUSH say
 *   identity|subscribe|unsubscribe ID PART
 *   bytes ID OPTION PART             sets an option, given by its number
 *   number ID OPTION VALUE           the same, an int
 *   bind ID ENDPOINT                 answers with the endpoint that was bound
 *   connect ID ENDPOINT
 *   send ID PART...                  one message
 *   recv ID                          answers with the parts of one message
 *   produce ID SEED COUNT PART...    COUNT generated messages, the PARTs ahead of each
 *   consume ID SEED COUNT SKIP       receives and compares the same, after SKIP parts
 *   request ID SEED COUNT PART...    like both in turn, each message coming back before the next is sent
 *   echo ID COUNT                    sends COUNT messages back, all parts of each
 *   flood ID PART...                 sends the message again and again until the next command is there
 *   await ID PART...                 receives until this message comes
 *   relay FRONT BACK                 moves messages both ways until the next command is there
 *   close ID
 *   quit                             closes all, terminates, and accounts for the memory it lent
 */

#include "generated.h"

#include <zmq.h>

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if ZMQ_VERSION_MAJOR >= 4
#define message_send(socket, message, flags) (zmq_msg_send ((message), (socket), (flags)) < 0 ? -1 : 0)
#define message_recv(socket, message, flags) (zmq_msg_recv ((message), (socket), (flags)) < 0 ? -1 : 0)
#define POLL_UNITS_A_MS 1L
typedef int more_t;
#else
#define message_send(socket, message, flags) zmq_send ((socket), (message), (flags))
#define message_recv(socket, message, flags) zmq_recv ((socket), (message), (flags))
#define POLL_UNITS_A_MS 1000L
typedef int64_t more_t;
#endif

#ifndef ZMQ_LAST_ENDPOINT
#define ZMQ_LAST_ENDPOINT 32
#endif

#define SOCKETS_MAX 16
#define LINE_MAX_BYTES 4096
#define WORDS_MAX 64
#define PART_MAX 512
#define PARTS_MAX 32

/* How long one send or receive may take before the peer gives up, in milliseconds. */
static const int patience_ms = 60000;

static void *context;
static void *sockets[SOCKETS_MAX];

/* Prints the one line of an answer. */
static void answer (const char *format, ...)
{
    va_list arguments;
    va_start (arguments, format);
    vprintf (format, arguments);
    va_end (arguments);
    putchar ('\n');
    fflush (stdout);
}

static int failed (const char *what)
{
    answer ("fail %s: %s", what, zmq_strerror (zmq_errno ()));
    return -1;
}

/* ---- Commands: lines, words, parts ---- */

/* Reads a line without taking more than it from the file descriptor, so that "is a command waiting" can be
 * asked of the file descriptor itself. */
static int read_line (char *line)
{
    size_t size = 0;
    while (size < LINE_MAX_BYTES - 1) {
        ssize_t got = read (0, line + size, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return -1;
        if (line [size] == '\n') {
            line [size] = 0;
            return 0;
        }
        size++;
    }
    return -1;
}

static int hex_digit (char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

/* The bytes of a part that is written in hexadecimal; -1 if it is not. */
static int part_bytes (const char *word, unsigned char *bytes)
{
    int size = 0;
    if (strcmp (word, ".") == 0)
        return 0;
    while (*word) {
        int high = hex_digit (word [0]);
        int low = high < 0 ? -1 : hex_digit (word [1]);
        if (low < 0 || size == PART_MAX)
            return -1;
        bytes [size++] = (unsigned char) (high << 4 | low);
        word += 2;
    }
    return size;
}

static int socket_type (const char *name)
{
    static const char *const names [] = {"PAIR", "PUB", "SUB", "REQ", "REP", "DEALER",
                                         "ROUTER", "PULL", "PUSH", "XPUB", "XSUB"};
    static const int types [] = {ZMQ_PAIR, ZMQ_PUB, ZMQ_SUB, ZMQ_REQ, ZMQ_REP, ZMQ_DEALER,
                                 ZMQ_ROUTER, ZMQ_PULL, ZMQ_PUSH, ZMQ_XPUB, ZMQ_XSUB};
    size_t i;
    for (i = 0; i < sizeof types / sizeof types [0]; i++)
        if (strcmp (name, names [i]) == 0)
            return types [i];
    return -1;
}

static void *socket_of (const char *word)
{
    int id = word ? atoi (word) : -1;
    return id >= 0 && id < SOCKETS_MAX ? sockets [id] : NULL;
}

/* ---- Messages ---- */

static int has_more (void *socket)
{
    more_t more = 0;
    size_t size = sizeof more;
    if (zmq_getsockopt (socket, ZMQ_RCVMORE, &more, &size) != 0)
        return -1;
    return more != 0;
}

static int send_bytes (void *socket, const unsigned char *bytes, size_t size, int flags)
{
    zmq_msg_t message;
    int rc;
    if (zmq_msg_init_size (&message, size) != 0)
        return -1;
    if (size)
        memcpy (zmq_msg_data (&message), bytes, size);
    rc = message_send (socket, &message, flags);
    zmq_msg_close (&message);
    return rc;
}

/* Sends the parts that the words stand for; `flags` hold for the last of them. */
static int send_words (void *socket, char **words, int flags)
{
    for (; *words; words++) {
        unsigned char bytes [PART_MAX];
        int size = part_bytes (*words, bytes);
        if (size < 0 || send_bytes (socket, bytes, (size_t) size, words [1] ? ZMQ_SNDMORE : flags) != 0)
            return -1;
    }
    return 0;
}

/* Receives all parts of one message; their number. On failure, and with too many, none is left to close. */
static int recv_parts (void *socket, zmq_msg_t *parts)
{
    int count = 0, more = 1;
    while (more == 1) {
        if (count == PARTS_MAX)
            break;
        zmq_msg_init (&parts [count]);
        if (message_recv (socket, &parts [count++], 0) != 0)
            break;
        more = has_more (socket);
    }
    if (more == 0)
        return count;
    while (count > 0)
        zmq_msg_close (&parts [--count]);
    return -1;
}

static int send_generated (void *socket, uint32_t seed, uint32_t number, char **envelope)
{
    unsigned parts = parts_of (seed, number);
    unsigned part;
    if (send_words (socket, envelope, ZMQ_SNDMORE) != 0)
        return -1;
    for (part = 0; part < parts; part++) {
        zmq_msg_t message;
        if (make_part (&message, seed, number, part) != 0)
            return -1;
        if (message_send (socket, &message, part + 1 < parts ? ZMQ_SNDMORE : 0) != 0) {
            zmq_msg_close (&message);
            return -1;
        }
        zmq_msg_close (&message);
    }
    return 0;
}

/* Receives a generated message behind `skip` other parts. NULL if it is as it should be. */
static const char *recv_generated (void *socket, uint32_t seed, uint32_t number, unsigned skip)
{
    unsigned parts = skip + parts_of (seed, number);
    unsigned part;
    for (part = 0; part < parts; part++) {
        const char *wrong = NULL;
        zmq_msg_t message;
        zmq_msg_init (&message);
        if (message_recv (socket, &message, 0) != 0)
            wrong = zmq_strerror (zmq_errno ());
        else if (part >= skip)
            wrong = compare_part (&message, seed, number, part - skip);
        zmq_msg_close (&message);
        if (!wrong && has_more (socket) != (part + 1 < parts))
            wrong = "another number of parts";
        if (wrong)
            return wrong;
    }
    return NULL;
}

/* ---- What the commands do ---- */

static int do_open (char **words)
{
    int id = atoi (words [0]);
    int type = socket_type (words [1]);
    void *socket;
    if (id < 0 || id >= SOCKETS_MAX || type < 0 || !(socket = zmq_socket (context, type)))
        return failed ("open");
    sockets [id] = socket;
    if (zmq_setsockopt (socket, ZMQ_SNDTIMEO, &patience_ms, sizeof patience_ms) != 0
        || zmq_setsockopt (socket, ZMQ_RCVTIMEO, &patience_ms, sizeof patience_ms) != 0)
        return failed ("timeouts");
#if ZMQ_VERSION_MAJOR >= 4
    {
        /* As in 2.x: no high-water mark. */
        int none = 0;
        if (zmq_setsockopt (socket, ZMQ_SNDHWM, &none, sizeof none) != 0
            || zmq_setsockopt (socket, ZMQ_RCVHWM, &none, sizeof none) != 0)
            return failed ("options");
    }
#endif
    answer ("ok");
    return 0;
}

static int do_number (void *socket, char **words)
{
    int value = atoi (words [2]);
    if (zmq_setsockopt (socket, atoi (words [1]), &value, sizeof value) != 0)
        return failed ("setsockopt");
    answer ("ok");
    return 0;
}

static int do_option (void *socket, int option, char **words)
{
    unsigned char bytes [PART_MAX];
    int size = part_bytes (words [1], bytes);
    if (size < 0 || zmq_setsockopt (socket, option, bytes, (size_t) size) != 0)
        return failed ("setsockopt");
    answer ("ok");
    return 0;
}

/* IPv6 endpoints need to be asked for in 4.x. */
static int prepare_for (void *socket, const char *endpoint)
{
#if ZMQ_VERSION_MAJOR >= 4
    int yes = 1;
    if (strchr (endpoint, '['))
        return zmq_setsockopt (socket, ZMQ_IPV6, &yes, sizeof yes);
#endif
    (void) socket;
    (void) endpoint;
    return 0;
}

static int do_connect (void *socket, char **words)
{
    if (prepare_for (socket, words [1]) != 0 || zmq_connect (socket, words [1]) != 0)
        return failed ("connect");
    answer ("ok");
    return 0;
}

static int do_bind (void *socket, char **words)
{
    char endpoint [512];
    size_t size = sizeof endpoint;
    if (prepare_for (socket, words [1]) != 0 || zmq_bind (socket, words [1]) != 0)
        return failed ("bind");
    if (zmq_getsockopt (socket, ZMQ_LAST_ENDPOINT, endpoint, &size) != 0)
        return failed ("last endpoint");
    answer ("ok %.*s", (int) size, endpoint);
    return 0;
}

/* Prints the bytes of a part. */
static void print_part (zmq_msg_t *message)
{
    const unsigned char *data = zmq_msg_data (message);
    size_t size = zmq_msg_size (message);
    size_t at;
    printf (size ? " " : " .");
    for (at = 0; at < size; at++)
        printf ("%02x", data [at]);
}

static int do_recv (void *socket)
{
    zmq_msg_t parts [PARTS_MAX];
    int count = recv_parts (socket, parts);
    int i;
    if (count < 0)
        return failed ("recv");
    printf ("ok");
    for (i = 0; i < count; i++) {
        print_part (&parts [i]);
        zmq_msg_close (&parts [i]);
    }
    answer ("");
    return 0;
}

static int do_produce (void *socket, char **words)
{
    uint32_t seed = (uint32_t) atoi (words [1]);
    uint32_t count = (uint32_t) atoi (words [2]);
    uint32_t number;
    for (number = 0; number < count; number++)
        if (send_generated (socket, seed, number, words + 3) != 0)
            return failed ("produce");
    answer ("ok");
    return 0;
}

static int do_consume (void *socket, char **words)
{
    uint32_t seed = (uint32_t) atoi (words [1]);
    uint32_t count = (uint32_t) atoi (words [2]);
    unsigned skip = (unsigned) atoi (words [3]);
    uint32_t number;
    for (number = 0; number < count; number++) {
        const char *wrong = recv_generated (socket, seed, number, skip);
        if (wrong) {
            answer ("fail message %u: %s", (unsigned) number, wrong);
            return -1;
        }
    }
    answer ("ok");
    return 0;
}

static int do_request (void *socket, char **words)
{
    uint32_t seed = (uint32_t) atoi (words [1]);
    uint32_t count = (uint32_t) atoi (words [2]);
    unsigned skip = 0;
    uint32_t number;
    while (words [3 + skip])
        skip++;
    for (number = 0; number < count; number++) {
        const char *wrong;
        if (send_generated (socket, seed, number, words + 3) != 0)
            return failed ("request");
        wrong = recv_generated (socket, seed, number, skip);
        if (wrong) {
            answer ("fail reply %u: %s", (unsigned) number, wrong);
            return -1;
        }
    }
    answer ("ok");
    return 0;
}

/* Moves one whole message. It is received as a whole first, since REP answers only then. */
static int move_message (void *from, void *to)
{
    zmq_msg_t parts [PARTS_MAX];
    int count = recv_parts (from, parts);
    int rc = count < 0 ? -1 : 0;
    int i;
    for (i = 0; i < count; i++) {
        if (rc == 0)
            rc = message_send (to, &parts [i], i + 1 < count ? ZMQ_SNDMORE : 0);
        zmq_msg_close (&parts [i]);
    }
    return rc;
}

static int do_echo (void *socket, char **words)
{
    int count = atoi (words [1]);
    for (; count > 0; count--)
        if (move_message (socket, socket) != 0)
            return failed ("echo");
    answer ("ok");
    return 0;
}

static int do_flood (void *socket, char **words)
{
    zmq_pollitem_t command = {NULL, 0, ZMQ_POLLIN, 0};
    int ready = 0;
    while (ready == 0) {
        if (send_words (socket, words + 1, 0) != 0)
            return failed ("flood");
        command.fd = 0;
        ready = zmq_poll (&command, 1, 5 * POLL_UNITS_A_MS);
    }
    if (ready < 0)
        return failed ("poll");
    answer ("ok");
    return 0;
}

/* Receives one message. 1 if it has just these parts, 0 if others, -1 if none came. */
static int recv_is (void *socket, char **words)
{
    int more = 1, equal = 1;
    while (more == 1) {
        unsigned char bytes [PART_MAX];
        zmq_msg_t message;
        int size = *words ? part_bytes (*words++, bytes) : -1;
        zmq_msg_init (&message);
        if (message_recv (socket, &message, 0) != 0)
            return -1;
        if (size < 0 || zmq_msg_size (&message) != (size_t) size
            || memcmp (zmq_msg_data (&message), bytes, (size_t) size) != 0)
            equal = 0;
        zmq_msg_close (&message);
        more = has_more (socket);
    }
    return equal && !*words;
}

static int do_await (void *socket, char **words)
{
    int found = 0;
    while (found == 0)
        found = recv_is (socket, words + 1);
    if (found < 0)
        return failed ("await");
    answer ("ok");
    return 0;
}

static int do_relay (char **words)
{
    void *front = socket_of (words [0]);
    void *back = socket_of (words [1]);
    if (!front || !back)
        return failed ("relay");
    for (;;) {
        zmq_pollitem_t items [3] = {{NULL, 0, ZMQ_POLLIN, 0}, {NULL, 0, ZMQ_POLLIN, 0}, {NULL, 0, ZMQ_POLLIN, 0}};
        items [0].socket = front;
        items [1].socket = back;
        if (zmq_poll (items, 3, -1) < 0)
            return failed ("poll");
        if (items [0].revents & ZMQ_POLLIN && move_message (front, back) != 0)
            return failed ("relay forth");
        if (items [1].revents & ZMQ_POLLIN && move_message (back, front) != 0)
            return failed ("relay back");
        if (items [2].revents & ZMQ_POLLIN)
            break;
    }
    answer ("ok");
    return 0;
}

static int do_close (char **words)
{
    int id = atoi (words [0]);
    if (!socket_of (words [0]) || zmq_close (sockets [id]) != 0)
        return failed ("close");
    sockets [id] = NULL;
    answer ("ok");
    return 0;
}

static int do_quit (void)
{
    int id;
    for (id = 0; id < SOCKETS_MAX; id++)
        if (sockets [id] && zmq_close (sockets [id]) != 0)
            return failed ("close");
    if (zmq_term (context) != 0)
        return failed ("term");
    if (lent != returned) {
        answer ("fail memory lent %ld times, given back %ld times", lent, returned);
        return -1;
    }
    answer ("ok");
    return 0;
}

static int do_version (void)
{
    int major, minor, patch;
    zmq_version (&major, &minor, &patch);
    answer ("ok %d.%d.%d", major, minor, patch);
    return 0;
}

/* Does one command on a socket. */
static int do_socket_command (const char *name, char **words)
{
    void *socket = socket_of (words [0]);
    if (!socket)
        answer ("fail no socket for %s", name);
    else if (strcmp (name, "identity") == 0 && words [1])
        return do_option (socket, ZMQ_IDENTITY, words);
    else if (strcmp (name, "subscribe") == 0 && words [1])
        return do_option (socket, ZMQ_SUBSCRIBE, words);
    else if (strcmp (name, "unsubscribe") == 0 && words [1])
        return do_option (socket, ZMQ_UNSUBSCRIBE, words);
    else if (strcmp (name, "bytes") == 0 && words [1] && words [2])
        return do_option (socket, atoi (words [1]), words + 1);
    else if (strcmp (name, "number") == 0 && words [1] && words [2])
        return do_number (socket, words);
    else if (strcmp (name, "bind") == 0 && words [1])
        return do_bind (socket, words);
    else if (strcmp (name, "connect") == 0 && words [1])
        return do_connect (socket, words);
    else if (strcmp (name, "send") == 0 && words [1]) {
        if (send_words (socket, words + 1, 0) != 0)
            return failed ("send");
        answer ("ok");
        return 0;
    } else if (strcmp (name, "recv") == 0)
        return do_recv (socket);
    else if (strcmp (name, "produce") == 0 && words [1] && words [2])
        return do_produce (socket, words);
    else if (strcmp (name, "consume") == 0 && words [1] && words [2] && words [3])
        return do_consume (socket, words);
    else if (strcmp (name, "request") == 0 && words [1] && words [2])
        return do_request (socket, words);
    else if (strcmp (name, "echo") == 0 && words [1])
        return do_echo (socket, words);
    else if (strcmp (name, "flood") == 0)
        return do_flood (socket, words);
    else if (strcmp (name, "await") == 0)
        return do_await (socket, words);
    else
        answer ("fail no command %s", name);
    return -1;
}

/* Does one command. */
static int do_command (char *line)
{
    char *words [WORDS_MAX + 4] = {NULL};
    size_t count = 0;
    char *word;
    for (word = strtok (line, " "); word && count < WORDS_MAX; word = strtok (NULL, " "))
        words [count++] = word;
    if (count == 0)
        return 0;
    if (strcmp (words [0], "version") == 0)
        return do_version ();
    if (strcmp (words [0], "open") == 0 && count == 3)
        return do_open (words + 1);
    if (strcmp (words [0], "relay") == 0 && count == 3)
        return do_relay (words + 1);
    if (strcmp (words [0], "close") == 0 && count == 2)
        return do_close (words + 1);
    return do_socket_command (words [0], words + 1);
}

int main (void)
{
    char line [LINE_MAX_BYTES];
    context = zmq_init (1);
    if (!context)
        return failed ("init") != 0;
    while (read_line (line) == 0) {
        if (strcmp (line, "quit") == 0)
            return do_quit () != 0;
        if (do_command (line) != 0)
            return 1;
    }
    return 1;
}
