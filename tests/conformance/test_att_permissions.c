/* GATT/SR/GAR and GATT/SR/GAW: who may read and write what, by each opcode.  Core Vol 3 Part C 10.3, Part F 3.4, 4.
 * Every round has values that may be had beside those that may not, so that a server that refuses everything fails; in
 * both roles, over values and descriptors, those that the host has and those that the program is asked for. */
#include "att_bench.h"
#include "case.h"

#define EACH_ROLE(role) for (bench_role role = (att_program_serves = false, PERIPHERAL); role <= CENTRAL; role++)
/* Values that the host has, and values that it asks the program for. */
#define EACH_SERVER(role)                                                                                              \
    for (int program = 0; program < 2; program++)                                                                      \
        for (bench_role role = (att_program_serves = program != 0, PERIPHERAL); role <= CENTRAL; role++)
#define EACH_TARGET(target) for (att_target target = VALUE; target < TARGETS; target = (att_target)(target + 1))

static void name_round(bench_role role, const char *link, att_attribute a)
{
    bench_round("%s, %s, %s: %s", role == CENTRAL ? "central" : "peripheral", link,
                att_program_serves ? "the program's" : "a variable", att_name(a));
}

/* A descriptor takes no commands. */
static bool exists(att_way way, att_target target)
{
    return way != BY_COMMAND || target == VALUE;
}

typedef struct {
    att_protection how;
    uint8_t key_size;
    const char *name;
} link_kind;

/* ---- Read Not Permitted, Write Not Permitted ---- */

static void on_any_link(att_way way, att_permission never, att_permission always, kith_att_error error)
{
    static const link_kind links[] = {{PLAIN, 16, "plain"}, {COMPARED, 16, "level 4"}};

    EACH_SERVER(role)
    for (unsigned i = 0; i < 2; i++) {
        meet(role, links[i].how, links[i].key_size);
        EACH_TARGET(target)
        {
            if (!exists(way, target))
                continue;
            name_round(role, links[i].name, (att_attribute){never, target});
            peer_tries(way, ((att_attribute){never, target}));
            we_refuse(error);
            peer_tries(way, ((att_attribute){always, target}));
            we_allow();
        }
    }
}

static void may_not_be_read(att_way way)
{
    on_any_link(way, WRITE_ONLY, READ_ONLY, KITH_ATT_ERROR_READ_NOT_PERMITTED);
}

static void may_not_be_written(att_way way)
{
    on_any_link(way, READ_ONLY, WRITE_ONLY, KITH_ATT_ERROR_WRITE_NOT_PERMITTED);
}

/* Who may write a value may do so as its characteristic says, and in no other way (Part G 3.3.1.1). */
static void only_as_declared(att_way way, att_permission other_way, att_permission this_way)
{
    EACH_SERVER(role)
    {
        meet(role, PLAIN, 16);
        name_round(role, "plain", value_of(other_way));
        peer_tries(way, value_of(other_way));
        we_refuse(KITH_ATT_ERROR_WRITE_NOT_PERMITTED);
        peer_tries(way, value_of(this_way));
        we_allow();
    }
}

/* ---- Insufficient Authentication ---- */

/* Level 1 without a bond lacks authentication; with one it lacks encryption, since that is what would help (Part C
 * 10.3.1). */
static const struct {
    link_kind link;
    kith_level level;
    kith_att_error error;
} levels[] = {
    {{PLAIN, 16, "plain"}, KITH_LEVEL_NONE, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION},
    {{BONDED_PLAIN, 16, "plain, bonded"}, KITH_LEVEL_NONE, KITH_ATT_ERROR_INSUFFICIENT_ENCRYPTION},
    {{JUST_WORKS, 16, "level 2"}, KITH_LEVEL_ENCRYPTED, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION},
    {{COMPARED, 15, "level 3"}, KITH_LEVEL_AUTHENTICATED, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION},
    {{COMPARED, 16, "level 4"}, KITH_LEVEL_SC_AUTHENTICATED, KITH_ATT_ERROR_NONE},
};

static void try_every_level(att_way way, bench_role role, unsigned row, att_target target)
{
    for (att_permission p = OPEN; p <= SC_AUTHENTICATED; p = (att_permission)(p + 1)) {
        att_attribute a = {p, target};

        name_round(role, levels[row].link.name, a);
        peer_tries(way, a);
        if ((unsigned)p + 1 <= (unsigned)levels[row].level)
            we_allow();
        else
            we_refuse(levels[row].error);
    }
}

static void lacks_authentication(att_way way)
{
    EACH_SERVER(role)
    for (unsigned row = 0; row < sizeof levels / sizeof levels[0]; row++) {
        meet(role, levels[row].link.how, levels[row].link.key_size);
        EACH_TARGET(target)
        if (exists(way, target))
            try_every_level(way, role, row, target);
    }
}

/* ---- Insufficient Encryption Key Size ---- */

static void try_every_size(att_way way, bench_role role, uint8_t has, att_target target)
{
    for (uint8_t needs = 7; needs <= 16; needs++) {
        att_attribute a = {(att_permission)(KEY_SIZE_7 + needs - 7), target};

        bench_round("%s, a key of %u octets: %s", role == CENTRAL ? "central" : "peripheral", (unsigned)has,
                    att_name(a));
        peer_tries(way, a);
        if (has >= needs)
            we_allow();
        else
            we_refuse(KITH_ATT_ERROR_ENCRYPTION_KEY_SIZE_TOO_SHORT);
    }
}

/* Keys of 7 to 16 octets, each against values that ask for 7 to 16. */
static void lacks_key_size(att_way way)
{
    EACH_SERVER(role)
    for (uint8_t has = 7; has <= 16; has++) {
        meet(role, JUST_WORKS, has);
        EACH_TARGET(target)
        if (exists(way, target))
            try_every_size(way, role, has, target);
    }
}

/* ---- Insufficient Authorization ---- */

/* The program says no, then yes; a yes is worth one request. */
static void try_authorized(att_way way, att_attribute a)
{
    peer_tries(way, a);
    our_program_says(false);
    we_refuse(KITH_ATT_ERROR_INSUFFICIENT_AUTHORIZATION);
    peer_tries(way, a);
    our_program_says(true);
    we_allow();
    peer_tries(way, a);
    our_program_says(false);
    we_refuse(KITH_ATT_ERROR_INSUFFICIENT_AUTHORIZATION);
}

/* Who is not authenticated is told so, and the program is not asked. */
static void lacks_authorization(att_way way)
{
    EACH_SERVER(role)
    {
        meet(role, PLAIN, 16);
        EACH_TARGET(target)
        {
            name_round(role, "plain", (att_attribute){AUTHORIZED, target});
            try_authorized(way, (att_attribute){AUTHORIZED, target});
            peer_tries(way, ((att_attribute){AUTHORIZED_AUTHENTICATED, target}));
            we_refuse(KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
            peer_tries(way, ((att_attribute){OPEN, target}));
            we_allow();
        }
        meet(role, COMPARED, 16);
        EACH_TARGET(target)
        {
            name_round(role, "level 4", (att_attribute){AUTHORIZED_AUTHENTICATED, target});
            try_authorized(way, (att_attribute){AUTHORIZED_AUTHENTICATED, target});
        }
    }
}

/* A host without room for a request that waits asks nobody, and lets nobody through. */
static void asks_nobody(att_way way)
{
    EACH_ROLE(role)
    {
        begin_serving(role, PLAIN, 16);
        bench.config.limits.queue = 0;
        protect_link(PLAIN);
        name_round(role, "no queue", value_of(AUTHORIZED));
        peer_tries(way, value_of(AUTHORIZED));
        we_refuse(KITH_ATT_ERROR_INSUFFICIENT_AUTHORIZATION);
        peer_tries(way, value_of(OPEN));
        we_allow();
    }
}

/* ---- several values: the first that may not be read is named, wherever it stands ---- */

static void several(att_way way, att_permission first, att_permission second, att_permission named,
                    kith_att_error error)
{
    bench_round("several values, %s", att_name(value_of(named)));
    peer_asks_for("%02x " LE " " LE, (unsigned)way, le(att_handle(value_of(first))), le(att_handle(value_of(second))));
    we_error(way, att_handle(value_of(named)), error);
}

static void is_named_wherever_it_stands(att_way way, att_permission p, kith_att_error error)
{
    att_program_serves = false;
    meet(PERIPHERAL, PLAIN, 16);
    several(way, p, OPEN, p, error);
    several(way, OPEN, p, p, error);
    several(way, p, WRITE_ONLY, p, error);
    several(way, WRITE_ONLY, p, WRITE_ONLY, KITH_ATT_ERROR_READ_NOT_PERMITTED);
}

/* The program is asked for each, in order; a yes to one is none to the other. */
static void asks_for_each(att_way way)
{
    att_attribute first = value_of(AUTHORIZED), second = descriptor_of(AUTHORIZED);

    EACH_ROLE(role)
    {
        meet(role, PLAIN, 16);
        name_round(role, "two at once", second);
        peer_asks_for("%02x " LE " " LE, (unsigned)way, le(att_handle(first)), le(att_handle(second)));
        check(bench_we_emit(KITH_EVENT_AUTHORIZATION_WANTED)->attribute.handle == att_handle(first));
        check_ok(kith_gatt_authorize(bench.host, bench.link, true));
        we_answer_nothing();
        check(bench_we_emit(KITH_EVENT_AUTHORIZATION_WANTED)->attribute.handle == att_handle(second));
        check_ok(kith_gatt_authorize(bench.host, bench.link, false));
        we_error(way, att_handle(second), KITH_ATT_ERROR_INSUFFICIENT_AUTHORIZATION);
    }
}

/* ---- Read Request ---- */

CONFORMANCE_ONCE("GATT/SR/GAR/BI-01-C", "Read: Read Not Permitted")
{
    may_not_be_read(BY_READ);
}

CONFORMANCE_ONCE("GATT/SR/GAR/BI-03-C", "Read: Insufficient Authorization")
{
    lacks_authorization(BY_READ);
    asks_nobody(BY_READ);
}

CONFORMANCE_ONCE("GATT/SR/GAR/BI-04-C", "Read: Insufficient Authentication")
{
    lacks_authentication(BY_READ);
}

CONFORMANCE_ONCE("GATT/SR/GAR/BI-05-C", "Read: Insufficient Encryption Key Size")
{
    lacks_key_size(BY_READ);
}

/* ---- Read By Type Request ---- */

CONFORMANCE_ONCE("GATT/SR/GAR/BI-06-C", "Read by UUID: Read Not Permitted")
{
    may_not_be_read(BY_TYPE);
}

CONFORMANCE_ONCE("GATT/SR/GAR/BI-09-C", "Read by UUID: Insufficient Authorization")
{
    lacks_authorization(BY_TYPE);
    asks_nobody(BY_TYPE);
}

CONFORMANCE_ONCE("GATT/SR/GAR/BI-10-C", "Read by UUID: Insufficient Authentication")
{
    lacks_authentication(BY_TYPE);
}

CONFORMANCE_ONCE("GATT/SR/GAR/BI-11-C", "Read by UUID: Insufficient Encryption Key Size")
{
    lacks_key_size(BY_TYPE);
}

/* ---- Read Blob Request ---- */

CONFORMANCE_ONCE("GATT/SR/GAR/BI-12-C", "Read long: Read Not Permitted")
{
    may_not_be_read(BY_BLOB);
}

CONFORMANCE_ONCE("GATT/SR/GAR/BI-15-C", "Read long: Insufficient Authorization")
{
    lacks_authorization(BY_BLOB);
}

CONFORMANCE_ONCE("GATT/SR/GAR/BI-16-C", "Read long: Insufficient Authentication")
{
    lacks_authentication(BY_BLOB);
}

CONFORMANCE_ONCE("GATT/SR/GAR/BI-17-C", "Read long: Insufficient Encryption Key Size")
{
    lacks_key_size(BY_BLOB);
}

/* ---- Read Multiple Request ---- */

CONFORMANCE_ONCE("GATT/SR/GAR/BI-18-C", "Read Multiple: Read Not Permitted")
{
    may_not_be_read(BY_MULTIPLE);
    is_named_wherever_it_stands(BY_MULTIPLE, WRITE_ONLY, KITH_ATT_ERROR_READ_NOT_PERMITTED);
}

CONFORMANCE_ONCE("GATT/SR/GAR/BI-20-C", "Read Multiple: Insufficient Authorization")
{
    lacks_authorization(BY_MULTIPLE);
    asks_nobody(BY_MULTIPLE);
    asks_for_each(BY_MULTIPLE);
}

CONFORMANCE_ONCE("GATT/SR/GAR/BI-21-C", "Read Multiple: Insufficient Authentication")
{
    lacks_authentication(BY_MULTIPLE);
    is_named_wherever_it_stands(BY_MULTIPLE, ENCRYPTED, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
}

CONFORMANCE_ONCE("GATT/SR/GAR/BI-22-C", "Read Multiple: Insufficient Encryption Key Size")
{
    lacks_key_size(BY_MULTIPLE);
}

/* ---- Read Multiple Variable Request ---- */

CONFORMANCE_ONCE("GATT/SR/GAR/BI-36-C", "Read Multiple Variable: Read Not Permitted")
{
    may_not_be_read(BY_VARIABLE);
    is_named_wherever_it_stands(BY_VARIABLE, WRITE_ONLY, KITH_ATT_ERROR_READ_NOT_PERMITTED);
}

CONFORMANCE_ONCE("GATT/SR/GAR/BI-40-C", "Read Multiple Variable: Insufficient Authorization")
{
    lacks_authorization(BY_VARIABLE);
    asks_nobody(BY_VARIABLE);
    asks_for_each(BY_VARIABLE);
}

CONFORMANCE_ONCE("GATT/SR/GAR/BI-42-C", "Read Multiple Variable: Insufficient Authentication")
{
    lacks_authentication(BY_VARIABLE);
    is_named_wherever_it_stands(BY_VARIABLE, ENCRYPTED, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
}

CONFORMANCE_ONCE("GATT/SR/GAR/BI-44-C", "Read Multiple Variable: Insufficient Encryption Key Size")
{
    lacks_key_size(BY_VARIABLE);
}

/* ---- Write Request; Write Command by the same rules, without an answer ---- */

CONFORMANCE_ONCE("GATT/SR/GAW/BI-03-C", "Write: Write Not Permitted")
{
    may_not_be_written(BY_WRITE);
    may_not_be_written(BY_COMMAND);
    only_as_declared(BY_WRITE, COMMAND_ONLY, REQUEST_ONLY);
    only_as_declared(BY_COMMAND, REQUEST_ONLY, COMMAND_ONLY);
}

/* A command cannot wait for the program's word: it is ignored, and nobody is asked. */
CONFORMANCE_ONCE("GATT/SR/GAW/BI-04-C", "Write: Insufficient Authorization")
{
    lacks_authorization(BY_WRITE);
    asks_nobody(BY_WRITE);
    peer_tries(BY_COMMAND, value_of(AUTHORIZED));
    we_refuse(KITH_ATT_ERROR_INSUFFICIENT_AUTHORIZATION);
    peer_tries(BY_COMMAND, value_of(OPEN));
    we_allow();
}

CONFORMANCE_ONCE("GATT/SR/GAW/BI-05-C", "Write: Insufficient Authentication")
{
    lacks_authentication(BY_WRITE);
    lacks_authentication(BY_COMMAND);
}

CONFORMANCE_ONCE("GATT/SR/GAW/BI-06-C", "Write: Insufficient Encryption Key Size")
{
    lacks_key_size(BY_WRITE);
    lacks_key_size(BY_COMMAND);
}

/* ---- Prepare Write and Execute Write Requests ---- */

CONFORMANCE_ONCE("GATT/SR/GAW/BI-08-C", "Long write: Write Not Permitted")
{
    may_not_be_written(BY_PREPARE);
    only_as_declared(BY_PREPARE, COMMAND_ONLY, REQUEST_ONLY);
}

/* The program is asked for each part, and once more when they are executed. */
static void executes_only_with_a_yes(att_attribute a)
{
    for (int yes = 0; yes <= 1; yes++) {
        peer_tries(BY_PREPARE, a);
        our_program_says(false);
        we_refuse(KITH_ATT_ERROR_INSUFFICIENT_AUTHORIZATION);
        peer_tries(BY_PREPARE, a);
        our_program_says(true);
        att_prepared();
        peer_asks("18 01");
        check(bench_we_emit(KITH_EVENT_AUTHORIZATION_WANTED)->attribute.opcode == KITH_ATT_EXECUTE_WRITE_REQUEST);
        check_ok(kith_gatt_authorize(bench.host, bench.link, yes != 0));
        if (yes == 0) {
            we_error(KITH_ATT_EXECUTE_WRITE_REQUEST, att_handle(a), KITH_ATT_ERROR_INSUFFICIENT_AUTHORIZATION);
            we_emit_nothing();
            check(att_value(a)->len == LONG);
        } else {
            we_answer("19");
            check(bench_we_emit(KITH_EVENT_VALUE_WRITTEN)->attribute.handle == att_handle(a));
            check(att_value(a)->len < LONG);
        }
    }
}

CONFORMANCE_ONCE("GATT/SR/GAW/BI-11-C", "Long write: Insufficient Authorization")
{
    EACH_ROLE(role)
    EACH_TARGET(target)
    {
        meet(role, PLAIN, 16);
        name_round(role, "plain", (att_attribute){AUTHORIZED, target});
        executes_only_with_a_yes((att_attribute){AUTHORIZED, target});
        peer_tries(BY_PREPARE, ((att_attribute){AUTHORIZED_AUTHENTICATED, target}));
        we_refuse(KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
        meet(role, COMPARED, 16);
        executes_only_with_a_yes((att_attribute){AUTHORIZED_AUTHENTICATED, target});
    }
}

CONFORMANCE_ONCE("GATT/SR/GAW/BI-12-C", "Long write: Insufficient Authentication")
{
    lacks_authentication(BY_PREPARE);
}

CONFORMANCE_ONCE("GATT/SR/GAW/BI-13-C", "Long write: Insufficient Encryption Key Size")
{
    lacks_key_size(BY_PREPARE);
}
