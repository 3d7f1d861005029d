/* Bonds from other systems and for them: docs/exchange.md.  Link: -lkith-exchange -ljansson
 *
 *   kith_exchange_result got = {0};
 *   kith_exchange_options options = {.path = "/var/lib/bluetooth/11:22:33:44:55:66/C0:11:22:33:44:55/info"};
 *   if (kith_exchange_read(kith_exchange_guess(octets, len), octets, len, &options, &got) == KITH_OK)
 *       ... got.bonds[0] to got.bonds[got.count - 1], of which each encodes (kith_record_encode_bond()) ...
 *   for (size_t i = 0; i < got.finding_count; i++)
 *       puts(got.findings[i].sentence);
 *   kith_exchange_free(&got);
 *
 * It works on texts in memory, and opens no files.  THE TEXTS AND THE BONDS ARE KEYS: whoever has read or written one
 * overwrites it afterwards; the two calls that free do so.  No sentence of a finding shows a key or a part of one.
 *
 * No claim of a file is believed.  Legacy keys come in unauthenticated, whatever the file says, and so do Secure
 * Connections keys unless options.trust_levels is set.  Keys that everybody knows are refused, and so are private
 * addresses as identities.  A bond of which nobody says whose it was (which local identity) is not handed out.
 * A bad entry takes no good one with it.  Whatever was refused, left out, assumed or changed is a finding.
 *
 * Memory comes from malloc.  Owner: the caller.  Threads: any, one at a time per result. */
#ifndef KITH_PORT_EXCHANGE_H
#define KITH_PORT_EXCHANGE_H

#include "kith/codec/record.h"

typedef enum {
    KITH_EXCHANGE_NONE,    /* not recognised */
    KITH_EXCHANGE_JSON,    /* "json": Kith's own */
    KITH_EXCHANGE_BLUEZ,   /* "bluez": the file `info` of one peer */
    KITH_EXCHANGE_AIOBLE,  /* "aioble": ble_secrets.json */
    KITH_EXCHANGE_BUMBLE,  /* "bumble": its JSON key store */
    KITH_EXCHANGE_ANDROID, /* "android": bt_config.conf */
    KITH_EXCHANGE_WINDOWS, /* "windows": an export of the registry, UTF-16LE with a byte order mark, or ASCII */
    KITH_EXCHANGE_FORMATS
} kith_exchange_format;

const char *kith_exchange_format_name(kith_exchange_format format); /* "json"; "none" */
kith_exchange_format kith_exchange_format_of(const char *name);     /* NONE: no such name */
kith_exchange_format kith_exchange_guess(const void *octets, size_t len);

/* Does a text of it hold the bond of one peer alone?  (BlueZ.) */
bool kith_exchange_is_for_one(kith_exchange_format format);

enum {
    KITH_EXCHANGE_OCTETS = 4 * 1024 * 1024, /* a text has at most */
    KITH_EXCHANGE_BONDS = 4096,             /* a result has at most; so has a text written */
    KITH_EXCHANGE_FINDINGS = 8192           /* a result has at most; what is more is counted */
};

/* ---- what was found ---- */

typedef enum {
    KITH_EXCHANGE_NOTED,   /* the entry was taken, and this is worth knowing */
    KITH_EXCHANGE_CHANGED, /* it was taken otherwise than it stands there, or something was assumed */
    KITH_EXCHANGE_LEFT,    /* this part of it was left out; the rest was taken */
    KITH_EXCHANGE_REFUSED, /* the entry was not taken */
    KITH_EXCHANGE_UNUSABLE /* the entry was not taken: it is sound, but nobody says which local identity it belongs to;
                              options.local does */
} kith_exchange_effect;

const char *kith_exchange_effect_name(kith_exchange_effect effect); /* "noted" */

typedef struct {
    kith_exchange_effect effect;
    unsigned line;      /* of the text, from 1; 0: not of one line */
    char entry[32];     /* the peer, "C0:11:22:33:44:55 random"; or its place, "entry 3"; "": the whole text */
    char field[48];     /* as the format names it: "LE_KEY_PENC"; "": the whole entry */
    char sentence[280]; /* all of it for people: "C0:11:22:33:44:55 random: LE_KEY_PENC: is not 28 octets" */
} kith_exchange_finding;

/* ---- who the bonds belong to ---- */

typedef struct {
    bool has_address, has_irk;
    kith_address address; /* public or static */
    uint8_t irk[16];      /* not one that everybody knows */
} kith_exchange_identity;

/* ---- reading ---- */

/* All zeros are the careful choice. */
typedef struct {
    bool trust_levels; /* believe a text that says that a Secure Connections key is authenticated */
    bool has_local;    /* `local` is whose bonds these are; against what the text says, which is reported */
    kith_address local;
    bool has_peer; /* for formats that do not name the peer (BlueZ) */
    kith_address peer;
    /* Bumble: this device was peripheral when these bonds were made.  Its file names legacy keys by the roles of then
     * and does not say which one it had; without this: central. */
    bool local_was_peripheral;
    /* Take signing keys (CSRK) too.  A bond record has no counters, and without the peer's counter whatever the peer
     * signed before can be played to us again; so they are left out otherwise, which is reported. */
    bool signing_keys;
    /* Where a BlueZ file lay: .../ADAPTER/PEER/info; says both where the above do not.  May be NULL. */
    const char *path;
} kith_exchange_options;

typedef struct {
    kith_bond_record *bonds; /* each with the peer's ID 1 and up, by its place; an importer gives its own */
    size_t count;
    size_t seen;                     /* entries that were there: count + refused + unusable + replaced */
    size_t refused;                  /* not taken, among them those of other radios (BR/EDR) */
    size_t unusable;                 /* KITH_EXCHANGE_UNUSABLE */
    size_t replaced;                 /* sound, and another one of the same peer and local identity was kept */
    kith_exchange_identity identity; /* what the texts say of this device itself */
    kith_exchange_finding *findings; /* in the order in which they were found */
    size_t finding_count, findings_lost;
} kith_exchange_result;

/* Adds what a text has to a result, which begins as zeros: a BlueZ adapter is a file for each peer.
 *
 *   KITH_OK           it was read; what became of each entry is in the result, which may be that none was taken
 *   KITH_ERR_DAMAGED  it is not this format at all: a finding says why; else nothing was added
 *   KITH_ERR_NEWER    a later version of it (JSON), likewise
 *   KITH_ERR_FULL     too long, too many bonds, or no memory: a finding says which (if there is memory for it); nothing
 *                     else was added
 *   KITH_ERR_VALUE    no such format; options.local or options.peer is no identity address.  Nothing was added */
KITH_MUST_USE kith_status kith_exchange_read(kith_exchange_format format, const void *octets, size_t len,
                                             const kith_exchange_options *options, kith_exchange_result *result);

/* Overwrites and frees; the result is zeros then. */
void kith_exchange_free(kith_exchange_result *result);

/* ---- writing ---- */

typedef struct {
    char *octets; /* malloc; closed with a zero that is not counted */
    size_t len;
    size_t written;                  /* bonds that are in it */
    kith_exchange_finding *findings; /* what the format cannot hold: LEFT, or REFUSED for a whole bond */
    size_t finding_count, findings_lost;
} kith_exchange_text;

/* Writes the bonds as a text of this format.  The identity is this device's; bonds of other local identities are
 * refused where the format has one for all, and named.  identity may be NULL: nothing is known of it.
 *
 *   KITH_OK         what is in it, and what is not, is in the text
 *   KITH_ERR_VALUE  no such format; more than KITH_EXCHANGE_BONDS; not exactly one bond for a format that is for one
 *   KITH_ERR_FULL   no memory
 * With an error the text is zeros. */
KITH_MUST_USE kith_status kith_exchange_write(kith_exchange_format format, const kith_bond_record *bonds, size_t count,
                                              const kith_exchange_identity *identity, kith_exchange_text *text);

/* Overwrites and frees; the text is zeros then. */
void kith_exchange_text_free(kith_exchange_text *text);

/* Where the other system looks for it: "11:22:33:44:55:66/C0:11:22:33:44:55/info" for BlueZ, "ble_secrets.json" for
 * aioble.  Cut at cap and closed with a zero; returns the length it needed without the zero.  bond may be NULL unless
 * the format is for one. */
size_t kith_exchange_file_name(kith_exchange_format format, const kith_bond_record *bond, char *name, size_t cap);

#endif
