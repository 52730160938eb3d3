// C++ with cppzmq: sockets, options, multipart messages, polling, monitors, proxies, authentication by name.
#include <zmq.hpp>
#include <zmq_addon.hpp>

#include <array>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

static void check (bool condition, const char *what, int line)
{
    if (!condition) {
        std::cerr << "line " << line << ": not so: " << what << std::endl;
        std::exit (1);
    }
}
#define CHECK(condition) check ((condition), #condition, __LINE__)

static const int patience = 60000;

static zmq::socket_t open (zmq::context_t &context, zmq::socket_type type)
{
    zmq::socket_t s (context, type);
    s.set (zmq::sockopt::rcvtimeo, patience);
    s.set (zmq::sockopt::sndtimeo, patience);
    s.set (zmq::sockopt::linger, 0);
    return s;
}

static void messages ()
{
    zmq::message_t empty, text (std::string ("some text")), copy;
    CHECK (empty.empty () && text.size () == 9 && text.to_string () == "some text");
    copy.copy (text);
    CHECK (copy == text && copy.str ().find ("some text") != std::string::npos);
    zmq::message_t moved (std::move (copy));
    CHECK (moved == text && copy.empty ());
    static bool freed = false;
    static char lent [] = "lent";
    {
        zmq::message_t message (lent, 4, [] (void *, void *) { freed = true; }, nullptr);
        CHECK (message.to_string_view () == "lent");
    }
    CHECK (freed);
    int seen = 0;
    zmq::message_t number (&seen, sizeof seen);
    CHECK (number.size () == sizeof seen);
}

static void requests (zmq::context_t &context)
{
    auto rep = open (context, zmq::socket_type::rep), req = open (context, zmq::socket_type::req);
    rep.bind ("tcp://127.0.0.1:*");
    req.connect (rep.get (zmq::sockopt::last_endpoint));
    CHECK (req.send (zmq::str_buffer ("question"), zmq::send_flags::sndmore) == size_t (8));
    req.send (zmq::buffer (std::string ("rest")), zmq::send_flags::none);
    std::vector<zmq::message_t> got;
    CHECK (zmq::recv_multipart (rep, std::back_inserter (got)) == size_t (2));
    CHECK (got [0].to_string () == "question" && got [0].more () && got [1].to_string () == "rest");
    CHECK (std::string (got [0].gets ("Socket-Type")) == "REQ");
    CHECK (zmq::send_multipart (rep, got) == size_t (2));
    zmq::multipart_t reply (req);
    CHECK (reply.size () == 2 && reply.peekstr (0) == "question" && reply.popstr () == "question");
    std::array<char, 3> small;
    req.send (zmq::str_buffer ("longer"));
    auto cut = rep.recv (zmq::buffer (small));
    CHECK (cut && cut->truncated () && cut->untruncated_size == 6);
    bool refused = false;
    try {
        req.send (zmq::str_buffer ("too early"));
    } catch (const zmq::error_t &error) {
        refused = error.num () == EFSM;
    }
    CHECK (refused);
}

static void options (zmq::context_t &context)
{
    auto s = open (context, zmq::socket_type::router);
    s.set (zmq::sockopt::router_mandatory, true);
    s.set (zmq::sockopt::sndhwm, 7);
    s.set (zmq::sockopt::routing_id, "me");
    s.set (zmq::sockopt::immediate, true);
    s.set (zmq::sockopt::maxmsgsize, int64_t (1000));
    s.set (zmq::sockopt::affinity, uint64_t (1));
    CHECK (s.get (zmq::sockopt::sndhwm) == 7 && s.get (zmq::sockopt::routing_id) == "me");
    CHECK (s.get (zmq::sockopt::immediate) && s.get (zmq::sockopt::maxmsgsize) == 1000);
    CHECK (s.get (zmq::sockopt::affinity) == 1 && s.get (zmq::sockopt::linger) == 0);
    CHECK (s.get (zmq::sockopt::type) == ZMQ_ROUTER && !s.get (zmq::sockopt::rcvmore));
    bool unroutable = false;
    try {
        s.send (zmq::str_buffer ("nobody"), zmq::send_flags::sndmore);
    } catch (const zmq::error_t &error) {
        unroutable = error.num () == EHOSTUNREACH;
    }
    CHECK (unroutable);
    context.set (zmq::ctxopt::blocky, false);
    CHECK (context.get (zmq::ctxopt::blocky) == 0);
}

static void published (zmq::context_t &context)
{
    auto pub = open (context, zmq::socket_type::xpub), sub = open (context, zmq::socket_type::sub);
    pub.bind ("inproc://published");
    sub.set (zmq::sockopt::subscribe, "news");
    sub.connect ("inproc://published");
    zmq::message_t message;
    CHECK (pub.recv (message) && message.to_string () == std::string ("\1news"));
    pub.send (zmq::str_buffer ("weather"));
    pub.send (zmq::str_buffer ("newspaper"));
    CHECK (sub.recv (message) && message.to_string () == "newspaper");
    CHECK (!sub.recv (message, zmq::recv_flags::dontwait));
    std::vector<zmq::pollitem_t> items = {{sub.handle (), 0, ZMQ_POLLIN, 0}};
    CHECK (zmq::poll (items, std::chrono::milliseconds (10)) == 0);
    pub.send (zmq::str_buffer ("news"));
    CHECK (zmq::poll (items, std::chrono::milliseconds (patience)) == 1 && items [0].revents == ZMQ_POLLIN);
}

class events_t : public zmq::monitor_t
{
  public:
    bool listening = false, accepted = false, succeeded = false;
    void on_event_listening (const zmq_event_t &, const char *) override { listening = true; }
    void on_event_accepted (const zmq_event_t &, const char *) override { accepted = true; }
    void on_event_handshake_succeeded (const zmq_event_t &, const char *) override { succeeded = true; }
};

static void monitored (zmq::context_t &context)
{
    auto server = open (context, zmq::socket_type::pull), client = open (context, zmq::socket_type::push);
    events_t events;
    events.init (server, "inproc://monitor", ZMQ_EVENT_ALL);
    server.bind ("tcp://127.0.0.1:*");
    client.connect (server.get (zmq::sockopt::last_endpoint));
    while (!events.succeeded)
        CHECK (events.check_event (patience));
    CHECK (events.listening && events.accepted);
}

static void proxied (zmq::context_t &context)
{
    auto frontend = open (context, zmq::socket_type::pull), backend = open (context, zmq::socket_type::push),
         push = open (context, zmq::socket_type::push), pull = open (context, zmq::socket_type::pull),
         proxy_control = open (context, zmq::socket_type::pair), control = open (context, zmq::socket_type::pair);
    frontend.bind ("inproc://frontend");
    backend.bind ("inproc://backend");
    control.bind ("inproc://control");
    proxy_control.connect ("inproc://control");
    push.connect ("inproc://frontend");
    pull.connect ("inproc://backend");
    std::thread thread ([&] { zmq::proxy_steerable (frontend, backend, zmq::socket_ref (), proxy_control); });
    for (int i = 0; i < 100; i++)
        push.send (zmq::buffer (std::to_string (i)));
    for (int i = 0; i < 100; i++) {
        zmq::message_t message;
        CHECK (pull.recv (message) && message.to_string () == std::to_string (i));
    }
    control.send (zmq::str_buffer ("TERMINATE"));
    thread.join ();
}

static void authenticated (zmq::context_t &context)
{
    std::array<char, 41> server_public, server_secret, client_public, client_secret;
    CHECK (zmq_curve_keypair (server_public.data (), server_secret.data ()) == 0);
    CHECK (zmq_curve_keypair (client_public.data (), client_secret.data ()) == 0);
    auto server = open (context, zmq::socket_type::rep), client = open (context, zmq::socket_type::req);
    server.set (zmq::sockopt::curve_server, true);
    server.set (zmq::sockopt::curve_secretkey, server_secret.data ());
    server.bind ("tcp://127.0.0.1:*");
    client.set (zmq::sockopt::curve_serverkey, server_public.data ());
    client.set (zmq::sockopt::curve_publickey, client_public.data ());
    client.set (zmq::sockopt::curve_secretkey, client_secret.data ());
    CHECK (client.get (zmq::sockopt::curve_publickey) == client_public.data ());
    client.connect (server.get (zmq::sockopt::last_endpoint));
    client.send (zmq::str_buffer ("secret"));
    zmq::message_t message;
    CHECK (server.recv (message) && message.to_string () == "secret");
}

#ifdef ZMQ_BUILD_DRAFT_API
// Declared only then, but always there in this library.
static void drafts (zmq::context_t &context)
{
    auto server = open (context, zmq::socket_type::server), client = open (context, zmq::socket_type::client);
    server.bind ("inproc://drafts");
    client.connect ("inproc://drafts");
    client.send (zmq::str_buffer ("hello"));
    zmq::message_t message;
    CHECK (server.recv (message) && message.routing_id () != 0);
    zmq::message_t reply (std::string ("reply"));
    reply.set_routing_id (message.routing_id ());
    server.send (reply, zmq::send_flags::none);
    zmq::active_poller_t poller;
    bool got = false;
    poller.add (client, zmq::event_flags::pollin, [&] (zmq::event_flags) {
        CHECK (client.recv (message) && message.to_string () == "reply");
        got = true;
    });
    CHECK (poller.wait (std::chrono::milliseconds (patience)) == 1 && got);

    auto radio = open (context, zmq::socket_type::radio), dish = open (context, zmq::socket_type::dish);
    dish.bind ("inproc://air");
    dish.join ("movies");
    radio.connect ("inproc://air");
    // A radio sends to nobody until it has heard of the group: it is said until it is heard.
    dish.set (zmq::sockopt::rcvtimeo, 20);
    do {
        zmq::message_t film (std::string ("a film"));
        film.set_group ("movies");
        radio.send (film, zmq::send_flags::none);
    } while (!dish.recv (message));
    CHECK (message.to_string () == "a film" && std::string (message.group ()) == "movies");
}
#endif

int main ()
{
    zmq::context_t context;
    messages ();
    requests (context);
    options (context);
    published (context);
    monitored (context);
    proxied (context);
    authenticated (context);
#ifdef ZMQ_BUILD_DRAFT_API
    drafts (context);
#endif
    std::cout << "all is well" << std::endl;
    return 0;
}
