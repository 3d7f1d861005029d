/* `kith controller`: its options.  The work is in radio.c. */
#include <argp.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "air_path.h"
#include "command.h"
#include "radio.h"

enum { OPTION_DECRYPTED = 256, OPTION_BTSNOOP, OPTION_PTY, OPTION_CORE };

typedef struct {
    radio_options radio;
    kith_sim_limits limits;
    door_plan *doors;   /* room for one of each argument */
    door_plan *unnamed; /* the pseudo terminal that the next word would be a name for; NULL: none */
} arguments;

static door_plan *add_door(arguments *a, door_kind kind, const char *where)
{
    door_plan *plan = &a->doors[a->radio.door_count++];

    *plan = (door_plan){kind, where};
    return plan;
}

/* A word that belongs to no option: `--pty LINK' is meant as `--pty=LINK' is. */
static void take_word(arguments *a, const char *word, struct argp_state *state)
{
    if (a->unnamed == NULL)
        argp_error(state, "'%s' is one argument too many", word);
    else
        a->unnamed->where = word;
    a->unnamed = NULL;
}

static uint64_t seed_of(const char *arg, struct argp_state *state)
{
    char *end;
    uint64_t seed = strtoull(arg, &end, 0);

    if (*arg < '0' || *arg > '9' || *end != '\0')
        argp_error(state, "--seed wants a number, not '%s'", arg);
    return seed;
}

static void take_core(arguments *a, const char *name, struct argp_state *state)
{
    for (int core = 0; core < KITH_SIM_CORES; core++) {
        if (strcmp(name, kith_sim_core_name((kith_sim_core)core)) == 0) {
            kith_sim_core_limits(&a->limits, (kith_sim_core)core);
            a->radio.limits = &a->limits;
            return;
        }
    }
    argp_error(state, "--core is one of 4.2-bare, 4.2, 5.0 and 5.4, not '%s'", name);
}

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    arguments *a = state->input;

    if (key == ARGP_KEY_ARG) {
        take_word(a, arg, state);
        return 0;
    }
    a->unnamed = NULL;
    switch (key) {
    case 'u':
        (void)add_door(a, DOOR_UNIX, arg);
        return 0;
    case 't':
        (void)add_door(a, DOOR_TCP, arg);
        return 0;
    case OPTION_PTY: {
        door_plan *plan = add_door(a, DOOR_PTY, arg);

        a->unnamed = arg == NULL ? plan : NULL;
        return 0;
    }
    case 'p':
        a->radio.pcap = arg;
        return 0;
    case OPTION_DECRYPTED:
        a->radio.decrypted = arg;
        return 0;
    case OPTION_BTSNOOP:
        a->radio.btsnoop = arg;
        return 0;
    case 's':
        a->radio.seed = seed_of(arg, state);
        return 0;
    case OPTION_CORE:
        take_core(a, arg, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option option_table[] = {
    {"unix", 'u', "PATH", 0, "listen on a unix socket, for this user alone (mode 0600)", 1},
    {"tcp", 't', "[HOST:]PORT", 0,
     "listen on TCP, on this machine alone (127.0.0.1 unless HOST says [::1] or localhost) but for every user of it; "
     "port 0: one that is free",
     1},
    {"pty", OPTION_PTY, "LINK", OPTION_ARG_OPTIONAL,
     "make a pseudo terminal that a host opens as its serial line, one host after the other; LINK, if given, becomes a "
     "name of it",
     1},
    {"pcap", 'p', "FILE", 0, "capture the air as an antenna hears it", 2},
    {"pcap-decrypted", OPTION_DECRYPTED, "FILE", 0, "capture the air with protected packets in plain", 2},
    {"btsnoop", OPTION_BTSNOOP, "PREFIX", 0, "capture the HCI traffic of client N in PREFIX-N.btsnoop", 2},
    {"core", OPTION_CORE, "AGE", 0,
     "every controller is as they were built at that Core version: 4.2-bare (nothing but encryption), 4.2 (privacy "
     "with "
     "lists of 8, long packets), 5.0 (extended advertising, 4 sets, LE 2M), 5.4 (16 sets, LE Coded, lists of 32); "
     "without it: a recent one without extended advertising",
     3},
    {"seed", 's', "N", 0, "of the radio's randomness, LE Rand included (default 1)", 3},
    {0},
};

static const struct argp parser = {
    option_table,
    take_option,
    NULL,
    "Serves the virtual radio to live hosts.  Each program that connects gets a Bluetooth LE controller of its own, "
    "with "
    "a public address of its own, and speaks HCI with H4 framing to it; all controllers are in one room and hear each "
    "other, in real time.  --unix, --tcp and --pty may be given any number of times; without any it listens where "
    "`kith "
    "serve' and `kith pair' look: at $XDG_RUNTIME_DIR/kith.sock, or /tmp/kith-UID/air.sock."
    "\v"
    "Prints `listening on WHERE' for each place when clients may come, then a line for each client that comes or goes. "
    " "
    "A client that goes takes its controller with it; its peers see a supervision timeout.  One that sends what is no "
    "H4 packet is told by Hardware Error and has to send HCI_Reset; one that does so for ever, or does not read, is "
    "let "
    "go.  A client of a pseudo terminal comes with the first octets that it sends.\n"
    "\n"
    "Ctrl-C or SIGTERM: sockets and names are removed, the captures are complete; exit status 130 or 0.  Exit status "
    "1: "
    "it cannot listen, or a capture is not whole; 2: wrong use.  Its randomness is seeded, so it is for trying out and "
    "testing, not for secrets.",
    NULL,
    NULL,
    NULL,
};

static int serve_at_default(arguments *a)
{
    char path[KITH_POSIX_PATH];

    if (!air_path(path, sizeof path))
        return EXIT_FAILED;
    (void)add_door(a, DOOR_UNIX, path);
    return radio_serve(&a->radio);
}

int controller_main(int argc, char **argv)
{
    arguments a = {.radio.seed = 1, .doors = calloc((size_t)argc + 1, sizeof *a.doors)};
    int status;

    if (a.doors == NULL)
        return complain("no memory");
    a.radio.doors = a.doors;
    argp_parse(&parser, argc, argv, ARGP_IN_ORDER, NULL, &a);
    status = a.radio.door_count > 0 ? radio_serve(&a.radio) : serve_at_default(&a);
    free(a.doors);
    return status;
}
