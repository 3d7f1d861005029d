/* The command: finds out which one is meant and hands over.  Options of a command are the command's own. */
#define _XOPEN_SOURCE 700 /* SIGXFSZ */
#include <argp.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "kith/kith.h"

const char *argp_program_version = "kith " KITH_VERSION;

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"demo", demo_main},         {"controller", controller_main},
    {"serve", serve_main},       {"pair", pair_main},
    {"scan", scan_main},         {"connect", connect_main},
    {"info", info_main},         {"read", read_main},
    {"write", write_main},       {"subscribe", subscribe_main},
    {"bonds", bonds_main},       {"matrix", matrix_main},
    {"capacity", capacity_main}, {"lint", lint_main},
};

typedef struct {
    int first; /* of argv: the command */
} arguments;

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    arguments *a = state->input;

    (void)arg;
    if (key != ARGP_KEY_ARG)
        return ARGP_ERR_UNKNOWN;
    a->first = state->next - 1;
    state->next = state->argc; /* the rest is the command's */
    return 0;
}

static const struct argp parser = {
    NULL,
    take_option,
    "COMMAND [OPTION...]",
    "Bluetooth LE security, on a virtual radio or on a live controller."
    "\v"
    "Commands:\n"
    "  demo        tells the story of one secure link; needs nothing\n"
    "  controller  serves the virtual radio to hosts of any make, over sockets\n"
    "  serve       serves an attribute table, or is a lamp, on any controller\n"
    "  pair        finds that lamp, or another peer, pairs, and reads a value\n"
    "  scan        tells who is there\n"
    "  connect     connects to a peer, stays, and tells how the link is\n"
    "  info        lists what a peer has: services, characteristics, descriptors\n"
    "  read        reads values of a peer\n"
    "  write       writes a value of a peer, in each of the ways there are\n"
    "  subscribe   prints each value that a peer tells of\n"
    "  bonds       lists, shows, forgets and checks what was paired; imports and exports it\n"
    "  matrix      tells by which method two devices pair, and how secure that is\n"
    "  capacity    tells how many bonds a flash holds, and for how many years\n"
    "  lint        tells what is likely to be wrong with an attribute table\n"
    "\n"
    "`kith COMMAND --help' tells the options of each.  A good start: `kith demo'; then, in three terminals, "
    "`kith controller', `kith serve' and `kith pair lamp'.\n"
    "\n"
    "Exit status: 0 done, or (controller, serve) ended by SIGTERM; 1 it failed, and a sentence on stderr says why, or "
    "(lint) errors were found; "
    "2 unknown command, option or argument; 3 (bonds import, export) a part of it was done; 4 (scan) who was sought "
    "was not heard; 130 ended by Ctrl-C.",
    NULL,
    NULL,
    NULL,
};

static int run_command(int argc, char **argv)
{
    char name[32];

    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(argv[0], commands[i].name) != 0)
            continue;
        (void)snprintf(name, sizeof name, "kith %s", argv[0]);
        argv[0] = name;
        return commands[i].run(argc, argv);
    }
    (void)complain("there is no command '%s'; `kith --help' lists them", argv[0]);
    return EXIT_WRONG_USE;
}

/* A descriptor that is opened later must not become somebody's stdin, or what is printed. */
static void fill_missing_streams(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        (void)close(fd);
}

int main(int argc, char **argv)
{
    arguments a = {0};
    char name[] = "kith"; /* wherever it lies */

    fill_missing_streams();
    (void)signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error to tell, not an end */
    if (argc > 0)
        argv[0] = name;
    argp_err_exit_status = EXIT_WRONG_USE;
    argp_parse(&parser, argc, argv, ARGP_IN_ORDER, NULL, &a);
    if (a.first == 0) {
        (void)complain("which command? `kith --help' lists them; `kith demo' is a good start");
        return EXIT_WRONG_USE;
    }
    return run_command(argc - a.first, argv + a.first);
}
