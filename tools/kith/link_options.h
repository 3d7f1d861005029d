/* Options of every command that puts a host on a controller: where it is, where bonds are kept, who answers what. */
#ifndef TOOLS_LINK_OPTIONS_H
#define TOOLS_LINK_OPTIONS_H

#include <argp.h>
#include <stdbool.h>

#include "kith/privacy.h"
#include "kith/security.h"

enum { LINK_OPTIONS_HCI = 256, LINK_OPTIONS_STORE = 4096, LINK_OPTIONS_CROWD = 2000 };

typedef struct {
    const char *hci;     /* as kith_posix_open() wants it, or "sim" */
    int fd;              /* of a controller that is open already; -1: none, hci tells */
    unsigned crowd;      /* of "sim": so many advertisers besides */
    const char *store;   /* a path; NULL: bonds are kept nowhere */
    const char *btsnoop; /* NULL: none */
    kith_io_capability io;
    kith_level level;
    bool is_public;           /* this device is the controller's public address, and not the store's static one */
    bool is_private;          /* it is seen under resolvable private addresses, */
    uint16_t private_cycle_s; /* each for so long at most; 0: the default */
    bool yes;                 /* consents to pairing */
    bool legacy;              /* LE legacy pairing is allowed */
    bool signing;             /* signing keys are exchanged, signed writes are made and taken */
    bool insecure_confirm;    /* confirms numbers unseen */
    bool json, show_keys;
    char hci_text[LINK_OPTIONS_HCI];
    char store_text[LINK_OPTIONS_STORE];
} link_options;

/* No option given. */
void link_options_init(link_options *options);

/* Child parsers: their input is a link_options.  The first has what concerns the device alone, the second the security
 * of links, too. */
extern const struct argp device_options_parser;
extern const struct argp link_options_parser;

/* After parsing: defaults that depend on the environment.  stem: of the default store's name.
 * false: a sentence was printed. */
bool link_options_complete(link_options *options, const char *stem);

/* Is the controller a virtual radio of the command's own? */
bool link_options_are_sim(const link_options *options);

/* A whole number from 0 to most, or argp's error, which names the option. */
unsigned link_options_number(const char *option, const char *arg, unsigned most, struct argp_state *state);

#endif
