/* The tests that libczmq carries with it, one by name: `selftest zauth`. Without a name, the names.
 *
 * Not that of zgossip, which takes for granted that a thread has run before others that were started later have:
 * actors.c uses zgossip instead. Nor that of zbeacon, which broadcasts, and of zdir, which has nothing to do with
 * sockets. */
#include <czmq.h>

static const struct {
    const char *name;
    void (*run) (bool verbose);
} tests [] = {
#define T(name) {#name, name##_test}
    T (zactor), T (zarmour), T (zauth), T (zcert), T (zcertstore), T (zchunk), T (zclock), T (zconfig), T (zdigest),
    T (zfile), T (zframe), T (zhash), T (zhashx), T (ziflist), T (zlist), T (zlistx), T (zloop),
    T (zmonitor), T (zmsg), T (zpoller), T (zproxy), T (zrex), T (zsock), T (zstr), T (zsys), T (zuuid),
#undef T
};

int main (int argc, char **argv)
{
    size_t i;
    for (i = 0; i < sizeof tests / sizeof tests [0]; i++) {
        if (argc < 2)
            puts (tests [i].name);
        else if (streq (argv [1], tests [i].name)) {
            tests [i].run (false);
            return 0;
        }
    }
    return argc < 2 ? 0 : 2;
}
