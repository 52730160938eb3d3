/* A program on libczmq: a proxy, an authenticated CURVE server, a monitor, a loop, gossip, each an actor with a thread. */
#include <czmq.h>

/* Sends and receives through a ROUTER-DEALER proxy that another thread runs. */
static void proxied (void)
{
    zactor_t *proxy = zactor_new (zproxy, NULL);
    zsock_t *client, *server;
    char *text;
    int i;
    assert (proxy);
    zstr_sendx (proxy, "FRONTEND", "ROUTER", "inproc://front", NULL);
    zsock_wait (proxy);
    zstr_sendx (proxy, "BACKEND", "DEALER", "inproc://back", NULL);
    zsock_wait (proxy);
    client = zsock_new_req (">inproc://front");
    server = zsock_new_rep (">inproc://back");
    for (i = 0; i < 100; i++) {
        zstr_sendf (client, "question %d", i);
        text = zstr_recv (server);
        zstr_sendx (server, text, "answer", NULL);
        zstr_free (&text);
        zmsg_t *reply = zmsg_recv (client);
        assert (zmsg_size (reply) == 2);
        text = zmsg_popstr (reply);
        assert (atoi (text + 9) == i);
        zstr_free (&text);
        zmsg_destroy (&reply);
    }
    zstr_sendx (proxy, "PAUSE", NULL);
    zsock_wait (proxy);
    zstr_sendx (proxy, "RESUME", NULL);
    zsock_wait (proxy);
    zactor_destroy (&proxy);
    zsock_destroy (&client);
    zsock_destroy (&server);
    puts ("proxied");
}

/* Only those whose certificate the server knows come in. */
static void authenticated (void)
{
    zactor_t *auth = zactor_new (zauth, NULL), *monitor;
    zcert_t *server_cert = zcert_new (), *known = zcert_new (), *stranger = zcert_new ();
    zsock_t *server = zsock_new (ZMQ_PULL), *client = zsock_new (ZMQ_PUSH), *refused = zsock_new (ZMQ_PUSH);
    char *text, *event, *id, *frame;
    int port;
    const char *place = "known-clients";
    assert (auth && server_cert && known && stranger);
    assert (zsys_dir_create (place) == 0);
    zcert_set_meta (known, "name", "somebody");
    assert (zcert_save_public (known, "known-clients/known.txt") == 0);
    zstr_sendx (auth, "CURVE", place, NULL);
    zsock_wait (auth);
    zcert_apply (server_cert, server);
    zsock_set_zap_domain (server, "global");
    zsock_set_curve_server (server, 1);
    port = zsock_bind (server, "tcp://127.0.0.1:*");
    assert (port > 0);

    zcert_apply (known, client);
    zsock_set_curve_serverkey (client, zcert_public_txt (server_cert));
    assert (zsock_connect (client, "tcp://127.0.0.1:%d", port) == 0);
    zstr_send (client, "from somebody");
    zframe_t *received = zframe_recv (server);
    assert (zframe_streq (received, "from somebody"));
    assert (streq (zframe_meta (received, "User-Id"), zcert_public_txt (known)));
    assert (streq (zframe_meta (received, "name"), "somebody"));
    assert (streq (zframe_meta (received, "Socket-Type"), "PUSH"));
    zframe_destroy (&received);

    monitor = zactor_new (zmonitor, refused);
    zstr_sendx (monitor, "LISTEN", "HANDSHAKE_FAILED_AUTH", "HANDSHAKE_SUCCEEDED", NULL);
    zstr_sendx (monitor, "START", NULL);
    zsock_wait (monitor);
    zcert_apply (stranger, refused);
    zsock_set_curve_serverkey (refused, zcert_public_txt (server_cert));
    assert (zsock_connect (refused, "tcp://127.0.0.1:%d", port) == 0);
    event = NULL;
    assert (zstr_recvx (monitor, &event, &id, &frame, NULL) >= 3);
    assert (streq (event, "HANDSHAKE_FAILED_AUTH") && streq (id, "400"));
    zstr_free (&event);
    zstr_free (&id);
    zstr_free (&frame);
    zactor_destroy (&monitor);

    zsock_set_rcvtimeo (server, 200);
    text = zstr_recv (server);
    assert (!text);
    zsock_destroy (&client);
    zsock_destroy (&refused);
    zsock_destroy (&server);
    zcert_destroy (&server_cert);
    zcert_destroy (&known);
    zcert_destroy (&stranger);
    zactor_destroy (&auth);
    puts ("authenticated");
}

/* A loop with timers, readers and a poller. */
static int on_timer (zloop_t *loop, int timer, void *argument)
{
    (void) loop;
    (void) timer;
    zstr_send (argument, "tick");
    return 0;
}

static int ticks;

static int on_message (zloop_t *loop, zsock_t *reader, void *argument)
{
    char *text = zstr_recv (reader);
    (void) loop;
    (void) argument;
    assert (streq (text, "tick"));
    zstr_free (&text);
    return ++ticks == 5 ? -1 : 0;
}

static void looped (void)
{
    zsock_t *left = zsock_new_pair ("@inproc://pair"), *right = zsock_new_pair (">inproc://pair");
    zloop_t *loop = zloop_new ();
    zpoller_t *poller = zpoller_new (right, NULL);
    zloop_timer (loop, 5, 0, on_timer, left);
    zloop_reader (loop, right, on_message, NULL);
    zloop_start (loop);
    assert (ticks == 5);
    zloop_destroy (&loop);
    while (zpoller_wait (poller, 0)) {
        char *text = zstr_recv (right);
        zstr_free (&text);
    }
    assert (zpoller_expired (poller));
    zstr_send (left, "one more");
    assert (zpoller_wait (poller, -1) == right);
    zpoller_destroy (&poller);
    zsock_destroy (&left);
    zsock_destroy (&right);
    puts ("looped");
}

/* Three nodes; each hears what the others publish, in whatever order. */
static void gossiped (void)
{
    zactor_t *base = zactor_new (zgossip, "base"), *nodes [2];
    int node, tuple;
    zstr_sendx (base, "BIND", "inproc://base", NULL);
    for (node = 0; node < 2; node++) {
        char name [8];
        sprintf (name, "node-%d", node);
        nodes [node] = zactor_new (zgossip, name);
        zstr_sendx (nodes [node], "CONNECT", "inproc://base", NULL);
        for (tuple = 0; tuple < 2; tuple++) {
            char key [16];
            sprintf (key, "%d-%d", node, tuple);
            zstr_sendx (nodes [node], "PUBLISH", key, "value", NULL);
        }
    }
    for (node = 0; node < 2; node++) {
        int heard = 0;
        while (heard != 15) {
            char *command, *key, *value;
            assert (zstr_recvx (nodes [node], &command, &key, &value, NULL) == 3);
            assert (streq (command, "DELIVER") && strlen (key) == 3 && streq (value, "value"));
            heard |= 1 << ((key [0] - '0') * 2 + key [2] - '0');
            zstr_free (&command);
            zstr_free (&key);
            zstr_free (&value);
        }
    }
    zactor_destroy (&nodes [0]);
    zactor_destroy (&nodes [1]);
    zactor_destroy (&base);
    puts ("gossiped");
}

int main (void)
{
    zsys_init ();
    proxied ();
    authenticated ();
    looped ();
    gossiped ();
    zsys_shutdown ();
    return 0;
}
