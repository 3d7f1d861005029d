/* What kith_lint() finds: each finding where it should be, alone, and not where the one thing that it is about is
 * right.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "kith/lint.h"

enum { FIRST_VALUE = 16 /* behind the built-in services, a service and a declaration */, MAX = 8 };
enum { VALUE_ID = 7 };

/* One service of one value, or two, on a device that pairs by all of Secure Connections with a display and two keys. */
typedef struct {
    kith_config config;
    kith_service services[2];
    kith_characteristic values[2];
    kith_descriptor descriptor;
    kith_variable variable;
    uint8_t octets[512];
    kith_lint_finding found[MAX];
    size_t count;
} device;

static device *device_with(device *d, uint8_t properties, uint32_t permissions)
{
    memset(d, 0, sizeof *d);
    kith_config_default(&d->config);
    d->config.security.methods = kith_sc_methods;
    d->config.security.io = KITH_IO_DISPLAY_YES_NO;
    d->config.security.ask_mitm = true;
    d->config.limits =
        (kith_limits){.links = 1, .pairings = 1, .bonds = 4, .mtu = 23, .events = 4, .subscriptions = 4, .queue = 64};
    d->values[0] = (kith_characteristic){
        .uuid = KITH_UUID16(0x2a56), .properties = properties, .permissions = permissions, .id = VALUE_ID};
    d->values[1] = (kith_characteristic){
        .uuid = KITH_UUID16(0x2a57), .properties = KITH_PROPERTY_READ, .permissions = KITH_READ_OPEN, .id = 1};
    d->services[0] =
        (kith_service){.uuid = KITH_UUID16(0x1815), .characteristics = d->values, .characteristic_count = 2};
    d->services[1] = (kith_service){.uuid = KITH_UUID16(0x1816)};
    d->config.services = d->services;
    d->config.service_count = 1;
    return d;
}

static void look(device *d)
{
    memset(d->found, 0, sizeof d->found);
    d->count = kith_lint(&d->config, d->found, MAX);
}

/* This finding, at the first value, and no other. */
static void finds_alone(device *d, kith_lint_rule rule, uint32_t permissions)
{
    look(d);
    assert_int_equal(d->count, 1);
    assert_int_equal(d->found[0].rule, rule);
    assert_int_equal(d->found[0].handle, FIRST_VALUE);
    assert_int_equal(d->found[0].id, VALUE_ID);
    assert_int_equal(d->found[0].permissions, permissions);
    assert_true(kith_uuid_equal(&d->found[0].uuid, &d->values[0].uuid));
}

static void finds_nothing(device *d)
{
    look(d);
    assert_int_equal(d->count, 0);
}

/* About the device or the table as a whole. */
static void finds_whole(device *d, kith_lint_rule rule)
{
    look(d);
    assert_int_equal(d->count, 1);
    assert_int_equal(d->found[0].rule, rule);
    assert_int_equal(d->found[0].handle, 0);
    assert_int_equal(d->found[0].uuid.size, 0);
}

enum { READ = KITH_PROPERTY_READ, WRITE = KITH_PROPERTY_WRITE, NOTIFY = KITH_PROPERTY_NOTIFY };

/* ---- notifications ---- */

static void notifications_need_what_reading_needs(void **state)
{
    device d;

    (void)state;
    finds_alone(device_with(&d, READ | NOTIFY, KITH_READ_ENCRYPTED | KITH_NOTIFY_OPEN), KITH_LINT_NOTIFY_BELOW_READ,
                KITH_READ_ENCRYPTED | KITH_NOTIFY_OPEN);
    finds_alone(device_with(&d, READ | KITH_PROPERTY_INDICATE, KITH_READ_AUTHENTICATED | KITH_NOTIFY_ENCRYPTED),
                KITH_LINT_NOTIFY_BELOW_READ, KITH_READ_AUTHENTICATED | KITH_NOTIFY_ENCRYPTED);
    finds_nothing(device_with(&d, READ | NOTIFY, KITH_READ_ENCRYPTED | KITH_NOTIFY_ENCRYPTED));
    finds_nothing(device_with(&d, READ | NOTIFY, KITH_READ_ENCRYPTED | KITH_NOTIFY_AUTHENTICATED));
    finds_nothing(device_with(&d, READ | NOTIFY, KITH_READ_ENCRYPTED)); /* left out: as reading */
    finds_nothing(device_with(&d, READ | NOTIFY, KITH_READ_OPEN | KITH_NOTIFY_OPEN));
}

static void what_cannot_be_read_is_told_to_those_who_may_write(void **state)
{
    device d;

    (void)state;
    finds_alone(device_with(&d, WRITE | NOTIFY, KITH_WRITE_ENCRYPTED | KITH_NOTIFY_OPEN), KITH_LINT_NOTIFY_BELOW_WRITE,
                KITH_WRITE_ENCRYPTED | KITH_NOTIFY_OPEN);
    finds_nothing(device_with(&d, WRITE | NOTIFY, KITH_WRITE_ENCRYPTED | KITH_NOTIFY_ENCRYPTED));
    finds_nothing(device_with(&d, WRITE | NOTIFY, KITH_WRITE_ENCRYPTED));
    /* What anybody may read anybody may be told of, however it is written. */
    finds_nothing(device_with(&d, READ | WRITE | NOTIFY, KITH_READ_OPEN | KITH_WRITE_ENCRYPTED | KITH_NOTIFY_OPEN));
}

static void who_is_told_is_stated(void **state)
{
    device d;

    (void)state;
    finds_alone(device_with(&d, NOTIFY, 0), KITH_LINT_NOTIFY_UNSTATED, 0);
    finds_nothing(device_with(&d, NOTIFY, KITH_NOTIFY_OPEN));
    finds_nothing(device_with(&d, NOTIFY, KITH_NOTIFY_ENCRYPTED));
}

static void what_is_told_can_be_asked_for(void **state)
{
    device d;

    (void)state;
    device_with(&d, READ | NOTIFY, KITH_READ_ENCRYPTED)->config.security.bonding = false;
    d.config.limits.subscriptions = 0;
    finds_alone(&d, KITH_LINT_NOTIFY_UNSUBSCRIBABLE, 0);
    d.values[0].properties = READ | KITH_PROPERTY_INDICATE;
    finds_alone(&d, KITH_LINT_NOTIFY_UNSUBSCRIBABLE, 0);
    d.values[0].properties = READ;
    finds_nothing(&d);
}

static void there_are_places_for_all_that_is_told(void **state)
{
    device d;

    (void)state;
    device_with(&d, READ | NOTIFY, KITH_READ_ENCRYPTED)->values[1].properties = READ | NOTIFY;
    d.config.limits.subscriptions = 2; /* Service Changed takes one */
    finds_whole(&d, KITH_LINT_FEW_SUBSCRIPTIONS);
    d.config.limits.subscriptions = 3;
    finds_nothing(&d);
}

static void an_id_finds_the_value_it_is_of(void **state)
{
    device d;

    (void)state;
    device_with(&d, READ, KITH_READ_OPEN)->values[1].properties = READ | NOTIFY;
    d.values[1].id = VALUE_ID;
    look(&d);
    assert_int_equal(d.count, 1);
    assert_int_equal(d.found[0].rule, KITH_LINT_ID_HIDDEN);
    assert_int_equal(d.found[0].handle, FIRST_VALUE + 2);
    d.values[1].id = VALUE_ID + 1;
    finds_nothing(&d);
    d.values[1].id = VALUE_ID;
    d.values[1].properties = READ; /* nobody looks for it by its id */
    finds_nothing(&d);
}

/* ---- levels ---- */

static void a_level_can_be_reached(void **state)
{
    device d;

    (void)state;
    device_with(&d, READ, KITH_READ_AUTHENTICATED);
    finds_nothing(&d);
    d.config.security.io = KITH_IO_NO_INPUT_NO_OUTPUT;
    d.config.security.ask_oob = true;
    finds_nothing(&d); /* out of band */
    d.config.security.methods = (const kith_method *const[]){&kith_sc_just_works_responder, NULL};
    finds_alone(&d, KITH_LINT_LEVEL_UNREACHABLE, KITH_READ_AUTHENTICATED);
    d.values[0].permissions = KITH_READ_ENCRYPTED;
    finds_nothing(&d);
    d.config.security.methods = NULL;
    finds_alone(&d, KITH_LINT_LEVEL_UNREACHABLE, KITH_READ_ENCRYPTED);
}

static void each_permission_is_looked_at(void **state)
{
    const kith_method *const just_works[] = {&kith_sc_just_works_initiator, NULL};
    device d;

    (void)state;
    device_with(&d, WRITE, KITH_WRITE_AUTHENTICATED)->config.security.methods = just_works;
    finds_alone(&d, KITH_LINT_LEVEL_UNREACHABLE, KITH_WRITE_AUTHENTICATED);
    device_with(&d, NOTIFY, KITH_NOTIFY_AUTHENTICATED)->config.security.methods = just_works;
    finds_alone(&d, KITH_LINT_LEVEL_UNREACHABLE, KITH_NOTIFY_AUTHENTICATED);
    device_with(&d, READ | WRITE, KITH_READ_ENCRYPTED | KITH_WRITE_SC_AUTHENTICATED)->config.security.methods =
        just_works;
    finds_alone(&d, KITH_LINT_LEVEL_UNREACHABLE, KITH_WRITE_SC_AUTHENTICATED);
}

static void descriptors_are_looked_at(void **state)
{
    device d;

    (void)state;
    device_with(&d, READ, KITH_READ_OPEN)->config.security.methods = NULL;
    d.descriptor = (kith_descriptor){.uuid = KITH_UUID16(0x2901), .permissions = KITH_READ_ENCRYPTED, .id = 9};
    d.values[0].descriptors = &d.descriptor;
    d.values[0].descriptor_count = 1;
    look(&d);
    assert_int_equal(d.count, 1);
    assert_int_equal(d.found[0].rule, KITH_LINT_LEVEL_UNREACHABLE);
    assert_int_equal(d.found[0].handle, FIRST_VALUE + 1);
    assert_int_equal(d.found[0].id, 9);
    assert_true(kith_uuid_equal(&d.found[0].uuid, &d.descriptor.uuid));
}

/* What makes a level 4 is Secure Connections, an authenticating method, and a key of 16 octets. */
static void level_4_needs_secure_connections_and_a_full_key(void **state)
{
    device d;

    (void)state;
    device_with(&d, READ, KITH_READ_SC_AUTHENTICATED);
    finds_nothing(&d);
    d.config.security.min_key_size = 7;
    d.config.security.max_key_size = 15;
    finds_alone(&d, KITH_LINT_LEVEL_UNREACHABLE, KITH_READ_SC_AUTHENTICATED);
    device_with(&d, READ, KITH_READ_SC_AUTHENTICATED);
    d.config.security.legacy = true;
    d.config.security.before_core_6_2 = true;
    d.config.security.methods = (const kith_method *const[]){&kith_legacy_passkey_responder, NULL};
    finds_alone(&d, KITH_LINT_LEVEL_UNREACHABLE, KITH_READ_SC_AUTHENTICATED);
    d.values[0].permissions = KITH_READ_AUTHENTICATED;
    finds_nothing(&d);
}

static void compared_numbers_authenticate(void **state)
{
    device d;

    (void)state;
    device_with(&d, READ, KITH_READ_SC_AUTHENTICATED);
    d.config.security.methods = (const kith_method *const[]){&kith_sc_numeric_comparison_responder, NULL};
    finds_nothing(&d);
    d.config.security.io = KITH_IO_DISPLAY_ONLY;
    finds_alone(&d, KITH_LINT_LEVEL_UNREACHABLE, KITH_READ_SC_AUTHENTICATED);
}

/* Core 6.2: who listens to legacy Passkey Entry finds the passkey. */
static void legacy_passkeys_authenticate_nobody(void **state)
{
    device d;

    (void)state;
    device_with(&d, READ, KITH_READ_AUTHENTICATED)->config.security.legacy = true;
    d.config.security.methods = (const kith_method *const[]){&kith_legacy_passkey_responder, NULL};
    finds_alone(&d, KITH_LINT_LEVEL_UNREACHABLE, KITH_READ_AUTHENTICATED);
    d.config.security.before_core_6_2 = true;
    finds_nothing(&d);
    d.config.security.legacy = false; /* and where it is not allowed it gives nothing */
    finds_alone(&d, KITH_LINT_LEVEL_UNREACHABLE, KITH_READ_AUTHENTICATED);
}

static void a_fixed_passkey_authenticates_nobody(void **state)
{
    device d;

    (void)state;
    device_with(&d, READ, KITH_READ_AUTHENTICATED)->config.security.io = KITH_IO_DISPLAY_ONLY;
    d.config.security.methods = (const kith_method *const[]){&kith_sc_passkey_responder, NULL};
    finds_nothing(&d);
    d.config.security.insecure_fixed_passkey = true;
    finds_alone(&d, KITH_LINT_LEVEL_UNREACHABLE, KITH_READ_AUTHENTICATED);
    d.config.security.io = KITH_IO_KEYBOARD_ONLY; /* the peer's, which we type, is none of that */
    finds_nothing(&d);
}

static void out_of_band_data_must_come_from_somewhere(void **state)
{
    device d;

    (void)state;
    device_with(&d, READ, KITH_READ_AUTHENTICATED)->config.security.io = KITH_IO_NO_INPUT_NO_OUTPUT;
    finds_alone(&d, KITH_LINT_NEEDS_OOB, KITH_READ_AUTHENTICATED);
    d.config.security.ask_oob = true;
    finds_nothing(&d);
}

static void a_required_level_can_be_reached(void **state)
{
    device d;

    (void)state;
    device_with(&d, READ, KITH_READ_ENCRYPTED);
    d.config.security.io = KITH_IO_NO_INPUT_NO_OUTPUT;
    d.config.security.methods = (const kith_method *const[]){&kith_sc_just_works_responder, NULL};
    finds_nothing(&d);
    d.config.security.required_level = KITH_LEVEL_AUTHENTICATED;
    finds_whole(&d, KITH_LINT_PAIRING_UNREACHABLE);
    d.config.security.required_level = KITH_LEVEL_ENCRYPTED;
    d.config.security.sc_only = true;
    finds_whole(&d, KITH_LINT_PAIRING_UNREACHABLE);
    d.config.security.methods = kith_sc_methods;
    finds_whole(&d, KITH_LINT_NEEDS_OOB);
    d.config.security.ask_oob = true;
    finds_nothing(&d);
    d.values[0].permissions = KITH_READ_OPEN; /* who never pairs requires nothing */
    d.config.security.methods = NULL;
    finds_nothing(&d);
}

static void pairing_asks_for_what_values_want(void **state)
{
    device d;

    (void)state;
    device_with(&d, READ, KITH_READ_AUTHENTICATED)->config.security.ask_mitm = false;
    finds_alone(&d, KITH_LINT_MITM_NOT_ASKED, KITH_READ_AUTHENTICATED);
    d.values[1].permissions = KITH_READ_SC_AUTHENTICATED; /* once is enough */
    finds_alone(&d, KITH_LINT_MITM_NOT_ASKED, KITH_READ_AUTHENTICATED);
    d.config.security.required_level = KITH_LEVEL_AUTHENTICATED;
    finds_nothing(&d);
    device_with(&d, READ, KITH_READ_ENCRYPTED)->config.security.ask_mitm = false;
    finds_nothing(&d);
    device_with(&d, READ, KITH_READ_AUTHENTICATED)->config.security.ask_mitm = false;
    d.config.security.sc_only = true;
    finds_nothing(&d);
}

static void debug_keys_are_told(void **state)
{
    device d;

    (void)state;
    device_with(&d, READ, KITH_READ_ENCRYPTED)->config.security.debug_keys = true;
    finds_whole(&d, KITH_LINT_DEBUG_KEYS);
}

/* ---- key sizes ---- */

static void who_hides_hides_from_strangers_alone(void **state)
{
    device d;

    (void)state;
    device_with(&d, READ, KITH_READ_ENCRYPTED)->config.privacy.mode = KITH_PRIVACY_RESOLVABLE;
    finds_nothing(&d);
    d.config.security.responder_keys = KITH_KEY_ENC;
    finds_whole(&d, KITH_LINT_HIDDEN_FROM_PEERS);
    d.config.security.responder_keys = KITH_KEY_ID;
    d.config.security.initiator_keys = KITH_KEY_ENC;
    finds_whole(&d, KITH_LINT_HIDDEN_FROM_PEERS);
    d.config.privacy.mode = KITH_PRIVACY_OFF;
    finds_nothing(&d);
}

static void a_promise_to_hide_is_kept(void **state)
{
    device d;

    (void)state;
    device_with(&d, READ, KITH_READ_ENCRYPTED)->config.gap.private_only = true;
    finds_whole(&d, KITH_LINT_PRIVATE_ONLY_SHOWN);
    d.config.privacy.mode = KITH_PRIVACY_NON_RESOLVABLE;
    finds_whole(&d, KITH_LINT_PRIVATE_ONLY_SHOWN);
    d.config.privacy.mode = KITH_PRIVACY_RESOLVABLE;
    look(&d);
    assert_int_equal(d.count, 0);
}

static void a_key_size_can_be_reached(void **state)
{
    device d;

    (void)state;
    device_with(&d, READ, KITH_READ_ENCRYPTED | KITH_KEY_SIZE(12))->config.security.min_key_size = 7;
    d.config.security.max_key_size = 12;
    finds_nothing(&d);
    d.config.security.max_key_size = 11;
    finds_alone(&d, KITH_LINT_KEY_SIZE_UNREACHABLE, KITH_KEY_SIZE(12));
}

static void a_key_size_guards_something(void **state)
{
    device d;

    (void)state;
    finds_alone(device_with(&d, READ, KITH_READ_OPEN | KITH_KEY_SIZE(16)), KITH_LINT_KEY_SIZE_IDLE, KITH_KEY_SIZE(16));
    finds_nothing(device_with(&d, READ | NOTIFY, KITH_READ_OPEN | KITH_NOTIFY_ENCRYPTED | KITH_KEY_SIZE(16)));
    finds_nothing(device_with(&d, READ | WRITE, KITH_READ_OPEN | KITH_WRITE_ENCRYPTED | KITH_KEY_SIZE(16)));
}

/* ---- signed writes ---- */

static device *device_that_signs(device *d, uint32_t permissions)
{
    device_with(d, KITH_PROPERTY_SIGNED_WRITE, permissions);
    d->config.security.signing = true;
    d->config.security.initiator_keys |= KITH_KEY_SIGN;
    d->config.security.responder_keys |= KITH_KEY_SIGN;
    return d;
}

static void a_signed_write_can_be_made(void **state)
{
    static const kith_method *const responder[] = {&kith_sc_just_works_responder, NULL};
    static const kith_method *const initiator[] = {&kith_sc_just_works_initiator, NULL};
    const kith_lint_rule rule = KITH_LINT_SIGNED_UNREACHABLE;
    device d;

    (void)state;
    finds_nothing(device_that_signs(&d, KITH_WRITE_SIGNED));
    d.config.security.signing = false;
    finds_alone(&d, rule, KITH_WRITE_SIGNED);
    device_that_signs(&d, KITH_WRITE_SIGNED)->config.security.sc_only = true;
    finds_alone(&d, rule, KITH_WRITE_SIGNED);
    device_that_signs(&d, KITH_WRITE_SIGNED)->config.security.bonding = false;
    finds_alone(&d, rule, KITH_WRITE_SIGNED);
    device_that_signs(&d, KITH_WRITE_SIGNED)->config.limits.bonds = 0;
    finds_alone(&d, rule, KITH_WRITE_SIGNED);
    device_that_signs(&d, KITH_WRITE_SIGNED)->config.security.methods = responder;
    finds_nothing(&d);
    d.config.security.initiator_keys &= (uint8_t)~KITH_KEY_SIGN;
    finds_alone(&d, rule, KITH_WRITE_SIGNED);
    device_that_signs(&d, KITH_WRITE_SIGNED)->config.security.methods = initiator;
    finds_nothing(&d);
    d.config.security.responder_keys &= (uint8_t)~KITH_KEY_SIGN;
    finds_alone(&d, rule, KITH_WRITE_SIGNED);
    device_that_signs(&d, KITH_WRITE_SIGNED_AUTHENTICATED)->config.security.methods = responder;
    finds_alone(&d, rule, KITH_WRITE_SIGNED_AUTHENTICATED);
    d.config.security.methods = kith_sc_methods;
    finds_nothing(&d);
    d.config.security.io = KITH_IO_NO_INPUT_NO_OUTPUT;
    finds_alone(&d, KITH_LINT_NEEDS_OOB, KITH_WRITE_SIGNED_AUTHENTICATED);
    d.config.security.ask_oob = true;
    finds_nothing(&d);
}

static void signed_writes_show_what_reading_guards(void **state)
{
    device d;

    (void)state;
    device_that_signs(&d, KITH_WRITE_SIGNED | KITH_READ_ENCRYPTED)->values[0].properties |= READ;
    finds_alone(&d, KITH_LINT_SIGNED_IN_PLAIN, KITH_WRITE_SIGNED | KITH_READ_ENCRYPTED);
    d.values[0].permissions = KITH_WRITE_SIGNED | KITH_READ_OPEN;
    finds_nothing(&d);
}

/* ---- authorization ---- */

static void a_command_is_not_for_authorization(void **state)
{
    device d;

    (void)state;
    finds_nothing(device_with(&d, WRITE, KITH_WRITE_OPEN | KITH_WRITE_AUTHORIZED));
    finds_alone(device_with(&d, WRITE | KITH_PROPERTY_WRITE_WITHOUT_RESPONSE, KITH_WRITE_OPEN | KITH_WRITE_AUTHORIZED),
                KITH_LINT_COMMAND_UNANSWERED, KITH_WRITE_AUTHORIZED);
    device_that_signs(&d, KITH_WRITE_SIGNED | KITH_WRITE_ENCRYPTED | KITH_WRITE_AUTHORIZED)->values[0].properties |=
        WRITE;
    finds_alone(&d, KITH_LINT_COMMAND_UNANSWERED, KITH_WRITE_AUTHORIZED);
}

static void a_question_can_wait(void **state)
{
    device d;

    (void)state;
    device_with(&d, READ, KITH_READ_OPEN | KITH_READ_AUTHORIZED)->config.limits.queue = 0;
    finds_alone(&d, KITH_LINT_AUTHORIZED_UNQUEUED, KITH_READ_AUTHORIZED);
    d.config.limits.queue = 64;
    finds_nothing(&d);
    device_with(&d, WRITE, KITH_WRITE_ENCRYPTED | KITH_WRITE_AUTHORIZED)->config.limits.queue = 0;
    finds_alone(&d, KITH_LINT_AUTHORIZED_UNQUEUED, KITH_WRITE_AUTHORIZED);
}

/* ---- writes ---- */

static void an_open_write_beside_guarded_values_is_told(void **state)
{
    device d;

    (void)state;
    finds_alone(device_with(&d, READ | WRITE, KITH_READ_ENCRYPTED | KITH_WRITE_OPEN), KITH_LINT_WRITE_OPEN,
                KITH_WRITE_OPEN);
    finds_nothing(device_with(&d, READ | WRITE, KITH_READ_OPEN | KITH_WRITE_OPEN)); /* nothing is guarded here */
    d.values[1].permissions = KITH_READ_ENCRYPTED;
    finds_alone(&d, KITH_LINT_WRITE_OPEN, KITH_WRITE_OPEN);
    d.values[1].permissions = KITH_READ_OPEN | KITH_READ_AUTHORIZED;
    finds_alone(&d, KITH_LINT_WRITE_OPEN, KITH_WRITE_OPEN);
    d.values[0].permissions |= KITH_WRITE_AUTHORIZED; /* the program is asked */
    finds_nothing(&d);
    device_with(&d, WRITE, KITH_WRITE_OPEN)->values[1].descriptors = &d.descriptor;
    d.values[1].descriptor_count = 1;
    d.descriptor = (kith_descriptor){.uuid = KITH_UUID16(0x2901), .permissions = KITH_READ_ENCRYPTED};
    finds_alone(&d, KITH_LINT_WRITE_OPEN, KITH_WRITE_OPEN);
    d.descriptor.permissions = KITH_READ_OPEN;
    finds_nothing(&d);
}

/* What GAP has besides lies behind the GATT service, and the name is the first of it. */
static void a_name_that_clients_write_is_looked_at(void **state)
{
    enum { NAME = 16 };
    device d;

    (void)state;
    device_with(&d, READ, KITH_READ_OPEN)->config.gap.name = &d.variable;
    d.variable = (kith_variable){.octets = d.octets, .max = 40};
    d.config.gap.security_levels = true;
    finds_nothing(&d); /* nobody writes it */
    d.config.gap.name_permissions = KITH_WRITE_ENCRYPTED;
    finds_nothing(&d);
    d.config.gap.name_permissions = KITH_WRITE_OPEN;
    look(&d);
    assert_int_equal(d.count, 1);
    assert_int_equal(d.found[0].rule, KITH_LINT_WRITE_OPEN);
    assert_int_equal(d.found[0].handle, NAME);
    assert_int_equal(d.found[0].id, KITH_GAP_DEVICE_NAME);
    d.config.gap.name_permissions = KITH_WRITE_ENCRYPTED;
    d.config.security.methods = NULL;
    look(&d);
    assert_int_equal(d.count, 1);
    assert_int_equal(d.found[0].rule, KITH_LINT_LEVEL_UNREACHABLE);
    assert_int_equal(d.found[0].permissions, KITH_WRITE_ENCRYPTED);
    d.config.gap.name = NULL; /* a permission for what is not there */
    finds_whole(&d, KITH_LINT_TABLE_REFUSED);
}

static void a_long_value_can_be_written(void **state)
{
    device d;

    (void)state;
    device_with(&d, WRITE, KITH_WRITE_ENCRYPTED)->values[0].variable = &d.variable;
    d.variable = (kith_variable){.octets = d.octets, .max = 58};
    finds_nothing(&d); /* 64 octets of queue take 6 and 58 */
    d.variable.max = 59;
    finds_alone(&d, KITH_LINT_LONG_WRITE, 0);
    d.config.limits.mtu = 62;
    finds_nothing(&d);
    d.config.limits.mtu = 61;
    finds_alone(&d, KITH_LINT_LONG_WRITE, 0);
    d.values[0].properties = KITH_PROPERTY_WRITE_WITHOUT_RESPONSE; /* commands are as long as they are */
    finds_nothing(&d);
    d.values[0].properties = READ;
    d.values[0].permissions = KITH_READ_ENCRYPTED;
    finds_nothing(&d);
}

static void a_long_descriptor_can_be_written(void **state)
{
    device d;

    (void)state;
    device_with(&d, READ, KITH_READ_OPEN)->values[0].descriptors = &d.descriptor;
    d.values[0].descriptor_count = 1;
    d.variable = (kith_variable){.octets = d.octets, .max = 59};
    d.descriptor =
        (kith_descriptor){.uuid = KITH_UUID16(0x2901), .permissions = KITH_WRITE_ENCRYPTED, .variable = &d.variable};
    look(&d);
    assert_int_equal(d.count, 1);
    assert_int_equal(d.found[0].rule, KITH_LINT_LONG_WRITE);
    assert_int_equal(d.found[0].handle, FIRST_VALUE + 1);
    d.variable.max = 58;
    finds_nothing(&d);
    d.variable.max = 59;
    d.descriptor.permissions = KITH_READ_ENCRYPTED; /* nobody writes it */
    finds_nothing(&d);
}

/* ---- tables that change ---- */

static void clients_are_told_of_changes(void **state)
{
    device d;

    (void)state;
    device_with(&d, READ, KITH_READ_ENCRYPTED)->config.limits.services = 1;
    finds_nothing(&d);
    d.config.limits.subscriptions = 0;
    finds_whole(&d, KITH_LINT_CHANGES_UNTOLD);
    d.config.limits.services = 0;
    finds_whole(&d, KITH_LINT_UPDATES_UNTOLD);
    d.config.limits.bonds = 0;
    finds_nothing(&d);
    d.config.limits.bonds = 4;
    d.config.security.bonding = false;
    finds_nothing(&d);
    d.config.security.bonding = true;
    d.config.service_count = 0; /* a central's */
    finds_nothing(&d);
}

static void a_secondary_service_is_included(void **state)
{
    const kith_service *included[1];
    device d;

    (void)state;
    device_with(&d, READ, KITH_READ_OPEN)->config.service_count = 2;
    finds_nothing(&d);
    d.services[0].secondary = true;
    look(&d);
    assert_int_equal(d.count, 1);
    assert_int_equal(d.found[0].rule, KITH_LINT_SECONDARY_ALONE);
    assert_int_equal(d.found[0].handle, FIRST_VALUE - 2);
    assert_true(kith_uuid_equal(&d.found[0].uuid, &d.services[0].uuid));
    included[0] = &d.services[0];
    d.services[1].includes = included;
    d.services[1].include_count = 1;
    finds_nothing(&d);
}

static void a_table_that_is_refused_is_one_finding(void **state)
{
    const kith_service *itself;
    device d;

    (void)state;
    device_with(&d, READ | NOTIFY, KITH_READ_ENCRYPTED | KITH_NOTIFY_OPEN)->values[1].permissions = 0;
    look(&d);
    assert_int_equal(d.count, 1);
    assert_int_equal(d.found[0].rule, KITH_LINT_TABLE_REFUSED);
    assert_true(kith_uuid_equal(&d.found[0].uuid, &d.services[0].uuid));
    d.config.services = NULL;
    finds_whole(&d, KITH_LINT_TABLE_REFUSED);
    device_with(&d, READ, KITH_READ_ENCRYPTED)->services[0].includes = &itself; /* each service is sound */
    d.services[0].include_count = 1;
    itself = &d.services[0];
    d.services[1].uuid.size = 3; /* which is not in the table */
    finds_whole(&d, KITH_LINT_TABLE_REFUSED);
}

/* ---- the call ---- */

static void what_does_not_fit_is_counted(void **state)
{
    device d;
    kith_lint_finding one[2] = {{.rule = KITH_LINT_RULE_COUNT}, {.rule = KITH_LINT_RULE_COUNT}};

    (void)state;
    device_with(&d, READ | NOTIFY, KITH_READ_ENCRYPTED | KITH_NOTIFY_OPEN)->config.security.debug_keys = true;
    assert_int_equal(kith_lint(&d.config, NULL, 0), 2);
    assert_int_equal(kith_lint(&d.config, one, 1), 2);
    assert_int_equal(one[0].rule, KITH_LINT_DEBUG_KEYS); /* about no attribute: first */
    assert_int_equal(one[1].rule, KITH_LINT_RULE_COUNT);
}

static void an_empty_configuration_has_nothing_wrong(void **state)
{
    kith_config config;

    (void)state;
    kith_config_default(&config);
    assert_int_equal(kith_lint(&config, NULL, 0), 0);
}

static void every_rule_has_a_name_and_a_sentence(void **state)
{
    (void)state;
    for (unsigned i = 0; i < KITH_LINT_RULE_COUNT; i++) {
        assert_non_null(kith_lint_name((kith_lint_rule)i));
        assert_true(strlen(kith_lint_sentence((kith_lint_rule)i)) > 40);
        assert_int_equal(kith_lint_sentence((kith_lint_rule)i)[strlen(kith_lint_sentence((kith_lint_rule)i)) - 1], '.');
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(kith_lint_name((kith_lint_rule)i), kith_lint_name((kith_lint_rule)j));
    }
    assert_string_equal(kith_lint_name(KITH_LINT_RULE_COUNT), "unknown");
    assert_int_equal(kith_lint_severity_of(KITH_LINT_NOTIFY_BELOW_READ), KITH_LINT_ERROR);
    assert_int_equal(kith_lint_severity_of(KITH_LINT_WRITE_OPEN), KITH_LINT_WARNING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notifications_need_what_reading_needs),
        cmocka_unit_test(what_cannot_be_read_is_told_to_those_who_may_write),
        cmocka_unit_test(who_is_told_is_stated),
        cmocka_unit_test(what_is_told_can_be_asked_for),
        cmocka_unit_test(there_are_places_for_all_that_is_told),
        cmocka_unit_test(an_id_finds_the_value_it_is_of),
        cmocka_unit_test(a_level_can_be_reached),
        cmocka_unit_test(each_permission_is_looked_at),
        cmocka_unit_test(descriptors_are_looked_at),
        cmocka_unit_test(level_4_needs_secure_connections_and_a_full_key),
        cmocka_unit_test(compared_numbers_authenticate),
        cmocka_unit_test(legacy_passkeys_authenticate_nobody),
        cmocka_unit_test(a_fixed_passkey_authenticates_nobody),
        cmocka_unit_test(out_of_band_data_must_come_from_somewhere),
        cmocka_unit_test(a_required_level_can_be_reached),
        cmocka_unit_test(pairing_asks_for_what_values_want),
        cmocka_unit_test(debug_keys_are_told),
        cmocka_unit_test(who_hides_hides_from_strangers_alone),
        cmocka_unit_test(a_promise_to_hide_is_kept),
        cmocka_unit_test(a_key_size_can_be_reached),
        cmocka_unit_test(a_key_size_guards_something),
        cmocka_unit_test(a_signed_write_can_be_made),
        cmocka_unit_test(signed_writes_show_what_reading_guards),
        cmocka_unit_test(a_command_is_not_for_authorization),
        cmocka_unit_test(a_question_can_wait),
        cmocka_unit_test(an_open_write_beside_guarded_values_is_told),
        cmocka_unit_test(a_name_that_clients_write_is_looked_at),
        cmocka_unit_test(a_long_value_can_be_written),
        cmocka_unit_test(a_long_descriptor_can_be_written),
        cmocka_unit_test(clients_are_told_of_changes),
        cmocka_unit_test(a_secondary_service_is_included),
        cmocka_unit_test(a_table_that_is_refused_is_one_finding),
        cmocka_unit_test(what_does_not_fit_is_counted),
        cmocka_unit_test(an_empty_configuration_has_nothing_wrong),
        cmocka_unit_test(every_rule_has_a_name_and_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
