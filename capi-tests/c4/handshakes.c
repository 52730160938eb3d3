/* Handshakes that go wrong, seen from both ends: what each mechanism makes of commands that are malformed, unexpected or
   not to be decrypted, and what its monitor says. */
#include "monitor.h"
#include "raw.h"

static char server_public [41], server_secret [41], client_public [41], client_secret [41];

typedef struct {
    const char *title, *body;
    size_t size;
    /* If not 0, what this library says, which is more exact than what the original does. */
    unsigned event;
    int value;
} command_t;

#define COMMAND(title, body) {title, body, sizeof (body) - 1, 0, 0}
#define BETTER(title, body, value) {title, body, sizeof (body) - 1, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, value}

/* What is said of a connection that does not come about. */
static void print_end (int fd, void *pair, const command_t *command)
{
    if (command->event) {
        event_t event = next_handshake (pair);
        CHECK (!ours () || (event.event == command->event && event.value == command->value));
    } else {
        char name [300];
        sprintf (name, "  %s", command->title);
        print_handshake (pair, name);
    }
    raw_until_end (fd);
    close (fd);
}

static void send_greeting (int fd, const char *mechanism, int as_server)
{
    unsigned char greeting [64];
    make_greeting (greeting, 0, mechanism, as_server);
    raw_send (fd, greeting, sizeof greeting);
    CHECK (raw_recv (fd, greeting, sizeof greeting) == sizeof greeting);
}

/* A server that is sent these commands, each on a connection of its own. */
static void to_server (void *s, void *context, const char *mechanism, const char *before, size_t before_size,
                       const command_t *commands, size_t count)
{
    void *pair = watch (context, s, ZMQ_EVENT_ALL);
    char endpoint [256];
    size_t i;
    bind_tcp (s, endpoint);
    for (i = 0; i < count; i++) {
        int fd = raw_connect (endpoint);
        send_greeting (fd, mechanism, 0);
        if (before) {
            send_frame (fd, 4, before, before_size);
            print_frame (fd, "  answer");
        }
        send_frame (fd, 4, commands [i].body, commands [i].size);
        print_end (fd, pair, &commands [i]);
    }
    close_watched (s, pair);
}

/* A client whose server answers so. The original's tries no more after that, so each has one of its own. */
static void to_client (void *(*client) (void *), void *context, const char *mechanism, size_t first_size,
                       const command_t *commands, size_t count)
{
    char endpoint [256];
    unsigned char first [300];
    size_t i;
    int listener = raw_listen (endpoint);
    for (i = 0; i < count; i++) {
        void *s = client (context), *pair = watch (context, s, ZMQ_EVENT_ALL);
        int fd;
        set_int (s, ZMQ_RECONNECT_IVL, -1);
        OK (zmq_connect (s, endpoint));
        fd = raw_accept (listener);
        send_greeting (fd, mechanism, 1);
        CHECK (raw_recv (fd, first, first_size) == first_size);
        send_frame (fd, 4, commands [i].body, commands [i].size);
        print_end (fd, pair, &commands [i]);
        close_watched (s, pair);
    }
    close (listener);
}

#define COUNT(array) (sizeof (array) / sizeof *(array))

static void null (void *context)
{
    static const command_t commands [] = {
        BETTER ("a name without an end", "\377READY", ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED),
        COMMAND ("an unknown command", "\4NOPE"),
        COMMAND ("ERROR without a reason", "\5ERROR"),
        COMMAND ("ERROR whose reason ends early", "\5ERROR\10no")};
    printf ("NULL\n");
    to_server (new_socket (context, ZMQ_DEALER), context, "NULL", NULL, 0, commands, COUNT (commands));
}

static void *plain_server (void *context)
{
    void *s = new_socket (context, ZMQ_DEALER);
    set_int (s, ZMQ_PLAIN_SERVER, 1);
    return s;
}

static void *plain_client (void *context)
{
    void *s = new_socket (context, ZMQ_DEALER);
    set_text (s, ZMQ_PLAIN_USERNAME, "admin");
    set_text (s, ZMQ_PLAIN_PASSWORD, "secret");
    return s;
}

/* Lets everybody in. */
static void *handle (void *rep)
{
    char part [256], id [256];
    int size, id_size;
    for (;;) {
        if (zmq_recv (rep, part, sizeof part, 0) == -1) {
            CHECK (errno == ETERM);
            OK (zmq_close (rep));
            return NULL;
        }
        id_size = zmq_recv (rep, id, sizeof id, 0);
        CHECK (id_size >= 0 && id_size < 256);
        while (get_int (rep, ZMQ_RCVMORE)) {
            size = zmq_recv (rep, part, sizeof part, 0);
            CHECK (size >= 0);
        }
        SEND (rep, "1.0", ZMQ_SNDMORE);
        CHECK (zmq_send (rep, id, (size_t) id_size, ZMQ_SNDMORE) == id_size);
        SEND (rep, "200", ZMQ_SNDMORE);
        SEND (rep, "OK", ZMQ_SNDMORE);
        SEND (rep, "", ZMQ_SNDMORE);
        SEND (rep, "", 0);
    }
}

static void plain (void *context)
{
    static const command_t hellos [] = {
        COMMAND ("another command", "\5READY"), COMMAND ("HELLO without a name", "\5HELLO"),
        COMMAND ("HELLO whose name ends early", "\5HELLO\11admin"), COMMAND ("HELLO without a password", "\5HELLO\5admin"),
        COMMAND ("HELLO whose password ends early", "\5HELLO\5admin\11secret"),
        COMMAND ("HELLO with more behind it", "\5HELLO\5admin\6secretmore"), COMMAND ("INITIATE too early", "\10INITIATE")};
    static const command_t initiates [] = {
        COMMAND ("HELLO again", "\5HELLO\5admin\6secret"), COMMAND ("an unknown command", "\4NOPE")};
    static const command_t welcomes [] = {
        COMMAND ("another command", "\5HELLO"), COMMAND ("READY too early", "\5READY"),
        COMMAND ("WELCOME with more behind it", "\7WELCOMEmore"),
        /* The original has another name for ERROR. */
        BETTER ("ERROR whose reason ends early", "\5ERROR\10no", ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_ERROR),
        {"ERROR of a handler's", "\5ERROR\3" "400", 10, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, 400}};
    printf ("PLAIN, the server\n");
    to_server (plain_server (context), context, "PLAIN", NULL, 0, hellos, COUNT (hellos));
    printf ("PLAIN, the server, once it has welcomed\n");
    to_server (plain_server (context), context, "PLAIN", "\5HELLO\5admin\6secret", 19, initiates, COUNT (initiates));
    printf ("PLAIN, the client\n");
    /* It has said HELLO. */
    to_client (plain_client, context, "PLAIN", 2 + 19, welcomes, COUNT (welcomes));
}

static void *curve_server (void *context)
{
    void *s = new_socket (context, ZMQ_DEALER);
    set_int (s, ZMQ_CURVE_SERVER, 1);
    OK (zmq_setsockopt (s, ZMQ_CURVE_SECRETKEY, server_secret, 41));
    return s;
}

static void *curve_client (void *context)
{
    void *s = new_socket (context, ZMQ_DEALER);
    OK (zmq_setsockopt (s, ZMQ_CURVE_PUBLICKEY, client_public, 41));
    OK (zmq_setsockopt (s, ZMQ_CURVE_SECRETKEY, client_secret, 41));
    OK (zmq_setsockopt (s, ZMQ_CURVE_SERVERKEY, server_public, 41));
    return s;
}

static void curve (void *context)
{
    /* HELLO: name, version, 72 bytes of nothing, key, nonce, box. */
    static char hello [200] = "\5HELLO\1\0", version [200] = "\5HELLO\2\0";
    /* WELCOME: name, nonce, box. */
    static char welcome [168] = "\7WELCOME";
    const command_t hellos [] = {COMMAND ("another command", "\5READY"), COMMAND ("HELLO that is too short", "\5HELLO\1\0"),
        {"HELLO of another version", version, sizeof version, 0, 0},
        {"HELLO that cannot be opened", hello, sizeof hello, 0, 0},
        COMMAND ("INITIATE too early", "\10INITIATE")};
    const command_t welcomes [] = {COMMAND ("another command", "\5HELLO"),
        BETTER ("WELCOME that is too short", "\7WELCOME", ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_WELCOME),
        {"WELCOME that cannot be opened", welcome, sizeof welcome, 0, 0},
        BETTER ("READY too early", "\5READY", ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND),
        COMMAND ("ERROR of a handler's", "\5ERROR\3" "400")};
    /* A key with which a secret can be made. */
    hello [80] = 9;
    printf ("CURVE, the server\n");
    to_server (curve_server (context), context, "CURVE", NULL, 0, hellos, COUNT (hellos));
    printf ("CURVE, the client\n");
    to_client (curve_client, context, "CURVE", 2 + 200, welcomes, COUNT (welcomes));
}

int main (void)
{
    void *context, *rep;
    pthread_t handler;
    begin ();
    OK (zmq_curve_keypair (server_public, server_secret));
    OK (zmq_curve_keypair (client_public, client_secret));
    context = zmq_ctx_new ();
    rep = zmq_socket (context, ZMQ_REP);
    CHECK (rep != NULL);
    OK (zmq_bind (rep, "inproc://zeromq.zap.01"));
    handler = start (handle, rep);
    null (context);
    plain (context);
    curve (context);
    OK (zmq_ctx_shutdown (context));
    end (handler);
    OK (zmq_ctx_term (context));
    return 0;
}
