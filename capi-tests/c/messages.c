/* zmq_msg_t: what each function does to a message, and what is not a message. Needs no socket. */
#include "check.h"
#include <pthread.h>

static int freed;
static void *freed_data;
static void *freed_hint;

static void count_free (void *data, void *hint)
{
    freed++;
    freed_data = data;
    freed_hint = hint;
}

static int in_structure (zmq_msg_t *msg)
{
    char *data = zmq_msg_data (msg);
    return data >= (char *) msg && data < (char *) (msg + 1);
}

static void sizes (void)
{
    static const size_t lengths [] = {0, 1, 29, 30, 31, 32, 100, 1024, 1025, 65536, 10000000};
    size_t i;
    zmq_msg_t msg;

    OK (zmq_msg_init (&msg));
    CHECK (zmq_msg_size (&msg) == 0 && zmq_msg_data (&msg) != NULL);
    CHECK (msg.flags == (unsigned char) ~ZMQ_MSG_MASK);
    CHECK (msg.content == (void *) ZMQ_VSM && msg.vsm_size == 0);
    OK (zmq_msg_close (&msg));

    for (i = 0; i < sizeof lengths / sizeof lengths [0]; i++) {
        size_t length = lengths [i], at;
        unsigned char *data;
        OK (zmq_msg_init_size (&msg, length));
        CHECK (zmq_msg_size (&msg) == length);
        CHECK (msg.flags == (unsigned char) ~ZMQ_MSG_MASK);
        CHECK (in_structure (&msg) == (length <= ZMQ_MAX_VSM_SIZE));
        data = zmq_msg_data (&msg);
        /* Applications put structures there. */
        CHECK (length <= ZMQ_MAX_VSM_SIZE || (size_t) data % 16 == 0);
        for (at = 0; at < length; at++)
            data [at] = (unsigned char) at;
        CHECK (zmq_msg_data (&msg) == data);
        for (at = 0; at < length; at++)
            CHECK (data [at] == (unsigned char) at);
        OK (zmq_msg_close (&msg));
    }
    FAILS (zmq_msg_init_size (&msg, (size_t) -1), ENOMEM);
    FAILS (zmq_msg_init_size (&msg, (size_t) -1 / 2), ENOMEM);
    FAILS (zmq_msg_init_size (&msg, (size_t) -1 / 2 - 100), ENOMEM);
}

static void own_memory (void)
{
    char bytes [1000];
    int hint;
    size_t length;
    zmq_msg_t msg;

    for (length = 1; length <= sizeof bytes; length += 7) {
        freed = 0;
        OK (zmq_msg_init_data (&msg, bytes, length, count_free, &hint));
        CHECK (zmq_msg_data (&msg) == bytes && zmq_msg_size (&msg) == length && freed == 0);
        OK (zmq_msg_close (&msg));
        CHECK (freed == 1 && freed_data == bytes && freed_hint == &hint);
    }
    freed = 0;
    OK (zmq_msg_init_data (&msg, NULL, 0, count_free, NULL));
    CHECK (zmq_msg_size (&msg) == 0);
    OK (zmq_msg_close (&msg));
    CHECK (freed == 1 && freed_data == NULL && freed_hint == NULL);

    OK (zmq_msg_init_data (&msg, bytes, 5, NULL, NULL));
    CHECK (zmq_msg_data (&msg) == bytes && zmq_msg_size (&msg) == 5);
    OK (zmq_msg_close (&msg));

    freed = 0;
    FAILS (zmq_msg_init_data (&msg, NULL, 10, count_free, NULL), EFAULT);
    FAILS (zmq_msg_init_data (NULL, bytes, 10, count_free, NULL), EFAULT);
    FAILS (zmq_msg_init_data (&msg, bytes, (size_t) -1, count_free, NULL), ENOMEM);
    CHECK (freed == 0);
}

static void copies (void)
{
    char bytes [100];
    zmq_msg_t one, two, three;

    /* A long body is shared, and freed with the last copy. */
    freed = 0;
    OK (zmq_msg_init_data (&one, bytes, sizeof bytes, count_free, NULL));
    OK (zmq_msg_init (&two));
    OK (zmq_msg_init_size (&three, 50));
    OK (zmq_msg_copy (&two, &one));
    OK (zmq_msg_copy (&three, &two));
    CHECK (zmq_msg_data (&two) == bytes && zmq_msg_data (&three) == bytes);
    CHECK (zmq_msg_size (&three) == sizeof bytes && zmq_msg_size (&one) == sizeof bytes);
    CHECK (one.flags & ZMQ_MSG_SHARED && two.flags & ZMQ_MSG_SHARED && three.flags & ZMQ_MSG_SHARED);
    OK (zmq_msg_close (&one));
    OK (zmq_msg_close (&three));
    CHECK (freed == 0);
    OK (zmq_msg_close (&two));
    CHECK (freed == 1);

    /* A short one is copied. */
    OK (zmq_msg_init_size (&one, 3));
    memcpy (zmq_msg_data (&one), "abc", 3);
    OK (zmq_msg_init (&two));
    OK (zmq_msg_copy (&two, &one));
    CHECK (!(one.flags & ZMQ_MSG_SHARED));
    memcpy (zmq_msg_data (&one), "xyz", 3);
    CHECK (zmq_msg_size (&two) == 3 && memcmp (zmq_msg_data (&two), "abc", 3) == 0);
    OK (zmq_msg_close (&one));

    /* What the destination held is let go, once. */
    freed = 0;
    OK (zmq_msg_init_data (&one, bytes, sizeof bytes, count_free, NULL));
    OK (zmq_msg_copy (&one, &two));
    CHECK (freed == 1 && zmq_msg_size (&one) == 3);

    /* Onto itself: nothing happens. */
    OK (zmq_msg_copy (&one, &one));
    CHECK (zmq_msg_size (&one) == 3 && memcmp (zmq_msg_data (&one), "abc", 3) == 0);
    OK (zmq_msg_close (&one));
    OK (zmq_msg_close (&two));
}

static void moves (void)
{
    char bytes [100];
    zmq_msg_t one, two;

    freed = 0;
    OK (zmq_msg_init_data (&one, bytes, sizeof bytes, count_free, NULL));
    OK (zmq_msg_init_data (&two, bytes, 10, count_free, NULL));
    OK (zmq_msg_move (&two, &one));
    CHECK (freed == 1 && freed_data == bytes);
    CHECK (zmq_msg_size (&one) == 0 && zmq_msg_size (&two) == sizeof bytes && zmq_msg_data (&two) == bytes);
    OK (zmq_msg_move (&two, &two));
    CHECK (zmq_msg_size (&two) == sizeof bytes && freed == 1);
    /* The one that is left empty is a message like any other. */
    OK (zmq_msg_move (&one, &two));
    OK (zmq_msg_close (&two));
    CHECK (freed == 1);
    OK (zmq_msg_close (&one));
    CHECK (freed == 2);

    /* A failed move or copy changes nothing. */
    OK (zmq_msg_init_data (&one, bytes, sizeof bytes, count_free, NULL));
    FAILS (zmq_msg_move (&two, &one), EFAULT);
    FAILS (zmq_msg_copy (&one, &two), EFAULT);
    CHECK (freed == 2 && zmq_msg_data (&one) == bytes && zmq_msg_size (&one) == sizeof bytes);
    OK (zmq_msg_close (&one));
}

/* Every function refuses it. */
static void not_a_message (zmq_msg_t *bad)
{
    zmq_msg_t good;
    OK (zmq_msg_init (&good));
    FAILS (zmq_msg_close (bad), EFAULT);
    FAILS (zmq_msg_move (bad, &good), EFAULT);
    FAILS (zmq_msg_move (&good, bad), EFAULT);
    FAILS (zmq_msg_copy (bad, &good), EFAULT);
    FAILS (zmq_msg_copy (&good, bad), EFAULT);
    FAILS (zmq_msg_move (bad, bad), EFAULT);
    NULL_FOR (zmq_msg_data (bad), EFAULT);
    errno = 0;
    CHECK (zmq_msg_size (bad) == 0 && errno == EFAULT);
    OK (zmq_msg_close (&good));
}

static void garbage (void)
{
    static const int fills [] = {0x00, 0xff, 0xa5, 0x7e, ZMQ_VSM};
    uint64_t random = 88172645463325252u;
    size_t i;
    int round;
    zmq_msg_t msg;

    not_a_message (NULL);
    FAILS (zmq_msg_init (NULL), EFAULT);
    FAILS (zmq_msg_init_size (NULL, 10), EFAULT);
    for (i = 0; i < sizeof fills / sizeof fills [0]; i++) {
        memset (&msg, fills [i], sizeof msg);
        not_a_message (&msg);
    }

    OK (zmq_msg_init_size (&msg, 100));
    OK (zmq_msg_close (&msg));
    not_a_message (&msg);
    OK (zmq_msg_init (&msg));
    OK (zmq_msg_close (&msg));
    not_a_message (&msg);

    /* A short body that is longer than there is room. */
    OK (zmq_msg_init (&msg));
    msg.vsm_size = ZMQ_MAX_VSM_SIZE + 1;
    not_a_message (&msg);

    /* Nothing but the flags is right. */
    for (round = 0; round < 10000; round++) {
        for (i = 0; i < sizeof msg; i++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            ((unsigned char *) &msg) [i] = (unsigned char) random;
        }
        msg.flags = (unsigned char) ~ZMQ_MSG_MASK;
        not_a_message (&msg);
    }

    /* A long message with one byte wrong. */
    for (i = 0; i < sizeof msg; i++) {
        zmq_msg_t kept;
        /* These bytes say nothing: vsm_size and what pads the structure. */
        if (i >= sizeof (void *) && i < 16)
            continue;
        OK (zmq_msg_init_size (&msg, 100));
        kept = msg;
        ((unsigned char *) &msg) [i] ^= 0x10;
        not_a_message (&msg);
        OK (zmq_msg_close (&kept));
    }

    /* An old message is not looked at: in programs of the time it often stays open. */
    freed = 0;
    OK (zmq_msg_init_data (&msg, &random, sizeof random, count_free, NULL));
    OK (zmq_msg_init (&msg));
    CHECK (freed == 0 && zmq_msg_size (&msg) == 0);
    OK (zmq_msg_close (&msg));
}

/* The structure may be moved about as C moves any other. */
static void relocation (void)
{
    zmq_msg_t *heap = malloc (sizeof *heap), stack;
    CHECK (heap != NULL);
    OK (zmq_msg_init_size (&stack, 3));
    memcpy (zmq_msg_data (&stack), "abc", 3);
    *heap = stack;
    memset (&stack, 0xff, sizeof stack);
    CHECK (memcmp (zmq_msg_data (heap), "abc", 3) == 0);
    OK (zmq_msg_close (heap));
    OK (zmq_msg_init_size (&stack, 300));
    memset (zmq_msg_data (&stack), 'x', 300);
    *heap = stack;
    memset (&stack, 0xff, sizeof stack);
    CHECK (zmq_msg_size (heap) == 300 && ((char *) zmq_msg_data (heap)) [299] == 'x');
    OK (zmq_msg_close (heap));
    free (heap);
}

/* The message may be part of what its own free function frees. */
struct self {
    zmq_msg_t msg;
    char body [50];
};

static void free_self (void *data, void *hint)
{
    (void) data;
    memset (hint, 0xff, sizeof (struct self));
    free (hint);
}

static void self_contained (void)
{
    struct self *self = malloc (sizeof *self);
    CHECK (self != NULL);
    OK (zmq_msg_init_data (&self->msg, self->body, sizeof self->body, free_self, self));
    OK (zmq_msg_close (&self->msg));
}

#define THREADS 8
#define ROUNDS 200

static void *close_copy (void *copy)
{
    OK (zmq_msg_close (copy));
    return NULL;
}

static void atomic_free (void *data, void *hint)
{
    (void) data;
    __sync_fetch_and_add ((int *) hint, 1);
}

static void copies_on_threads (void)
{
    static char bytes [64];
    int round, i, count = 0;
    for (round = 0; round < ROUNDS; round++) {
        zmq_msg_t copies [THREADS];
        pthread_t threads [THREADS];
        OK (zmq_msg_init_data (&copies [0], bytes, sizeof bytes, atomic_free, &count));
        for (i = 1; i < THREADS; i++) {
            OK (zmq_msg_init (&copies [i]));
            OK (zmq_msg_copy (&copies [i], &copies [0]));
        }
        for (i = 0; i < THREADS; i++)
            OK (pthread_create (&threads [i], NULL, close_copy, &copies [i]));
        for (i = 0; i < THREADS; i++)
            OK (pthread_join (threads [i], NULL));
        CHECK (count == round + 1);
    }
}

int main (void)
{
    limit_time ();
    sizes ();
    own_memory ();
    copies ();
    moves ();
    garbage ();
    relocation ();
    self_contained ();
    copies_on_threads ();
    return 0;
}
