/* Attributes on the bench: a host that serves a value and a descriptor for every permission, and a peer that tries them
 * by every opcode, over links of every level.
 *
 *     meet(PERIPHERAL, JUST_WORKS, 16);
 *     peer_tries(BY_READ, value_of(AUTHENTICATED));
 *     we_refuse(KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
 *
 * Handles are those that the peer finds by Find Information. */
#ifndef CONFORMANCE_ATT_BENCH_H
#define CONFORMANCE_ATT_BENCH_H

#include "controller.h"
#include "kith/codec/att.h"
#include "peer.h"

/* ---- PDUs with handles in them: peer_asks_for("0a " LE, le(handle)) ---- */

#define LE    "%02x %02x"
#define le(n) (unsigned)((n)&0xff), (unsigned)((n) >> 8)

#define peer_asks_for(...)          (AT, att_peer_asks(__VA_ARGS__))
#define we_answer_with(...)         (AT, att_we_answer(__VA_ARGS__))
#define we_error(op, handle, error) we_answer_with("01 %02x " LE " %02x", (unsigned)(op), le(handle), (unsigned)(error))

__attribute__((format(printf, 1, 2))) void att_peer_asks(const char *format, ...);
__attribute__((format(printf, 1, 2))) void att_we_answer(const char *format, ...);
/* The next ATT PDU of ours, whatever it is; valid until the one after it. */
const packet *att_next_pdu(void);

/* ---- what is served ---- */

typedef enum {
    OPEN,
    ENCRYPTED,
    AUTHENTICATED,
    SC_AUTHENTICATED,
    READ_ONLY,
    WRITE_ONLY,
    COMMAND_ONLY, /* the value is written by Write Command alone */
    REQUEST_ONLY, /* by Write Request, and in parts */
    AUTHORIZED,   /* on any link */
    AUTHORIZED_AUTHENTICATED,
    KEY_SIZE_7, /* and so on: encrypted with a key of that many octets */
    KEY_SIZE_16 = KEY_SIZE_7 + 9,
    PERMISSIONS
} att_permission;

typedef enum { VALUE, DESCRIPTOR, TARGETS } att_target;

typedef struct {
    att_permission permission;
    att_target target;
} att_attribute;

#define value_of(permission)      ((att_attribute){permission, VALUE})
#define descriptor_of(permission) ((att_attribute){permission, DESCRIPTOR})

enum { SHORT = 4, LONG = 30, LONGEST = 48 }; /* OPEN has SHORT octets, every other one LONG; LONGEST may be written */

const char *att_name(att_attribute a);
uint16_t att_handle(att_attribute a);            /* as found on the wire */
uint16_t att_uuid(att_attribute a);              /* of 16 bits */
const kith_variable *att_value(att_attribute a); /* as the program has it */

/* From the next begin_serving() on values are the program's: the host has to ask for each, and where the program is
 * asked it answers with what att_value() has, and puts there what is written. */
extern bool att_program_serves;

/* The table, for tests that serve something besides. */
const kith_service *att_table(void);

/* ---- links ---- */

typedef enum {
    PLAIN,
    BONDED_PLAIN, /* paired with Just Works, and back without encryption */
    JUST_WORKS,
    COMPARED /* level 3, or 4 with a key of 16 octets */
} att_protection;

/* A host that serves the table and allows keys from 7 octets, and a peer that leads to this protection: everything may
 * still be changed before it is powered on. */
#define begin_serving(role, how, key_size) (AT, att_begin(role, how, key_size))
/* Powers on, connects, finds the table, and protects the link. */
#define protect_link(how) (AT, att_protect(how))
/* Both. */
#define meet(role, how, key_size) (AT, att_meet(role, how, key_size))
/* The link breaks and comes again, in plain. */
#define come_back() (AT, att_come_back())
/* The link is encrypted with the bond: we start it, or the peer asks for it, whoever is central. */
#define encrypt_with_bond() (AT, att_encrypt_with_bond(false))
/* And the program is told that the client had asked for values. */
#define encrypt_and_restore() (AT, att_encrypt_with_bond(true))
/* A second client connects, where we are peripheral and limits.links is 2; the script speaks of it until it says so. */
#define second_client_connects() (AT, att_second_connects())
#define speak_of_first()         (AT, att_speak(false))
#define speak_of_second()        (AT, att_speak(true))
/* Handles are looked up anew, over the wire. */
#define find_table() (AT, att_find())

void att_begin(bench_role role, att_protection how, uint8_t key_size);
void att_protect(att_protection how);
void att_meet(bench_role role, att_protection how, uint8_t key_size);
void att_come_back(void);
void att_encrypt_with_bond(bool restores);
void att_find(void);
void att_second_connects(void);
void att_speak(bool second);
/* Everything that Find Information lists, in order of handles; uuid has 2 or 16 octets. */
typedef void att_found(uint16_t handle, const uint8_t *uuid, size_t size);
void att_find_all(att_found *found);
/* The handle of the first attribute of this 16-bit type; 0: none. */
uint16_t att_find_type(uint16_t uuid);

/* ---- what the peer tries ---- */

typedef enum {
    BY_READ = KITH_ATT_READ_REQUEST,
    BY_TYPE = KITH_ATT_READ_BY_TYPE_REQUEST,
    BY_BLOB = KITH_ATT_READ_BLOB_REQUEST,
    BY_MULTIPLE = KITH_ATT_READ_MULTIPLE_REQUEST, /* behind OPEN */
    BY_VARIABLE = KITH_ATT_READ_MULTIPLE_VARIABLE_REQUEST,
    BY_WRITE = KITH_ATT_WRITE_REQUEST,
    BY_COMMAND = KITH_ATT_WRITE_COMMAND,
    BY_PREPARE = KITH_ATT_PREPARE_WRITE_REQUEST
} att_way;

/* What was tried last is refused, or done: the value that is there comes back, or the one that was sent is there and
 * the program was told.  A prepared write goes on to its second part, and is executed. */
#define peer_tries(way, attribute) (AT, att_try(way, attribute))
#define we_refuse(error)           (AT, att_refused(error))
#define we_allow()                 (AT, att_allowed())
/* The program is asked whether what was tried last may be. */
#define our_program_says(yes) (AT, att_authorize(yes))

void att_try(att_way way, att_attribute a);
void att_refused(kith_att_error error);
void att_allowed(void);
void att_authorize(bool yes);
void att_prepared(void); /* the response to the first part of a prepared write */

/* For the bench's own files. */
uint16_t att_id(att_attribute a);
kith_variable *att_variable(att_attribute a);
void att_begin_trying(void);

#endif
