/* Options of the commands that ask one peer for something: info, read, write, subscribe. */
#ifndef TOOLS_ASK_OPTIONS_H
#define TOOLS_ASK_OPTIONS_H

#include <argp.h>

#include "client.h"
#include "search.h"

typedef struct {
    client_options client;
    bool no_pair;
} ask_options;

void ask_options_init(ask_options *options, const errand *what, void *self);

/* A child parser: its input is an ask_options. */
extern const struct argp ask_options_parser;

/* What each of them says at the end of its help, in a paragraph each. */
#define ASK_OPTIONS_HELP                                                                                               \
    "PEER is " SEARCH_HELP ".  It is looked for and connected to; a "                                                  \
    "peer that is bonded has to prove it, by encryption, before anything is asked.  Bonds are those of `kith pair'.  " \
    "What a bonded peer has is kept beside its bond, and looked through anew only when it has changed; the peer is "   \
    "asked to tell of that (Service Changed).\n"                                                                       \
    "\n"
#define ASK_OPTIONS_PAIRING                                                                                            \
    "What the peer refuses because the link is not protected is asked once more when it is: a peer without a bond is " \
    "paired with, as `kith pair' does it, with the same questions; --no-pair only reports.  A bonded peer is never "   \
    "paired with anew by itself: where it has lost its keys that is asked about.  With --level the link is secured "   \
    "before anything is asked.\n"                                                                                      \
    "\n"
#define ASK_OPTIONS_WHAT                                                                                               \
    "WHAT is the handle of an attribute, as 0x0010 or 16, or the UUID of a characteristic, as 2a19 or in its long "    \
    "form, or with its service as 180f/2a19.  Four digits alone are a UUID.\n"                                         \
    "\n"
#define ASK_OPTIONS_EXIT                                                                                               \
    "1 it was not, and a sentence on stderr says why and what can be done; 2 wrong use; 130 Ctrl-C."

/* After parsing.  false: a sentence was printed. */
bool ask_options_complete(ask_options *options);

#endif
