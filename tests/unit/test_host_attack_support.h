/* Up to three hosts, and the controllers between them played by hand: a test can keep a command unanswered, an ACL
 * packet unacknowledged, an encryption without outcome, and say any event at any time. */
#ifndef TEST_HOST_ATTACK_SUPPORT_H
#define TEST_HOST_ATTACK_SUPPORT_H

#include <stdlib.h>

#include "crypto_support.h"
#include "host/internal.h"

enum {
    SECRET_HANDLE = 16,  /* static, "s3cret", only over an encrypted link */
    PROGRAM_HANDLE = 18, /* the program's, only over an encrypted link */
    SECOND = 1000000,
    MILLISECOND = 1000,
    START_OF_TIME = 5 * SECOND
};
static const uint64_t HOUR = UINT64_C(3600) * SECOND;

typedef struct side {
    kith_host *h;
    void *memory;
    kith_crypto_port port;
    seeded source;
    uint64_t *now_us;
    uint8_t address; /* all six octets of it */
    uint16_t handle;
    kith_link link;    /* the last that came */
    struct side *peer; /* where ACL data and encryption of `handle` go; NULL: nowhere */

    bool hold_commands;   /* they are not answered */
    bool hold_acl;        /* packets are not acknowledged */
    bool hold_encryption; /* its commands are answered, and nothing comes of them */

    uint8_t commands[64][72];
    unsigned command_count;
    uint8_t acl[64][264];
    size_t acl_lens[64];
    unsigned acl_count;
    unsigned work_count;
    kith_event events[64];
    unsigned event_count;
    unsigned told[KITH_EVENT_KINDS]; /* by kind */
} side;

typedef struct {
    uint64_t now_us;
    side sides[3];
} attack;

static const kith_characteristic attack_characteristics[] = {
    {.uuid = KITH_UUID16(0x2a3d),
     .properties = KITH_PROPERTY_READ,
     .permissions = KITH_READ_ENCRYPTED,
     .value = (const uint8_t *)"s3cret",
     .value_len = 6},
    {.uuid = KITH_UUID16(0x2a3e),
     .properties = KITH_PROPERTY_READ | KITH_PROPERTY_WRITE,
     .permissions = KITH_READ_ENCRYPTED | KITH_WRITE_ENCRYPTED,
     .id = 7},
};
static const kith_service attack_services[] = {
    {.uuid = KITH_UUID16(0x1815), .characteristics = attack_characteristics, .characteristic_count = 2},
};
static const kith_method *const attack_methods[] = {&kith_sc_just_works_initiator, &kith_sc_just_works_responder, NULL};
static const uint8_t pairing_request[7] = {KITH_SMP_PAIRING_REQUEST, 3, 0, 9, 16, 0, 0};

/* ---- what a controller says ---- */

static inline void take_events(side *x)
{
    kith_event event;

    while (kith_host_next_event(x->h, &event)) {
        x->told[event.kind]++;
        x->events[x->event_count++ % 64] = event;
        if (event.kind == KITH_EVENT_CONNECTED)
            x->link = event.link;
    }
}

static inline void say(side *x, const uint8_t *packet, size_t len)
{
    uint8_t *copy = malloc(len); /* of its own size, so that a sanitizer sees reading past it */
    unsigned tries = 0;

    assert_non_null(copy);
    memcpy(copy, packet, len);
    while (kith_host_receive(x->h, copy, len, *x->now_us) == KITH_ERR_FULL) {
        assert_true(++tries < 50);
        take_events(x);
    }
    free(copy);
    take_events(x);
}

static inline void say_event(side *x, uint8_t code, const uint8_t *parameters, size_t len)
{
    uint8_t packet[258] = {KITH_H4_EVENT, code, (uint8_t)len};

    memcpy(packet + 3, parameters, len);
    say(x, packet, 3 + len);
}

static inline void say_complete(side *x, uint16_t opcode, const uint8_t *result, size_t len)
{
    uint8_t p[80] = {1};

    bytes_put16(p + 1, opcode);
    memcpy(p + 3, result, len);
    say_event(x, KITH_HCI_EV_COMMAND_COMPLETE, p, 3 + len);
}

static inline void say_status(side *x, uint16_t opcode, kith_hci_status status)
{
    uint8_t p[4] = {status, 1};

    bytes_put16(p + 2, opcode);
    say_event(x, KITH_HCI_EV_COMMAND_STATUS, p, sizeof p);
}

static inline void say_acknowledged(side *x, uint16_t handle, uint16_t count)
{
    uint8_t p[5] = {1};

    bytes_put16(p + 1, handle);
    bytes_put16(p + 3, count);
    say_event(x, KITH_HCI_EV_COMPLETED_PACKETS, p, sizeof p);
}

static inline void say_encryption(side *x, kith_hci_status status, bool on)
{
    uint8_t p[4] = {status, 0, 0, on};

    bytes_put16(p + 1, x->handle);
    say_event(x, KITH_HCI_EV_ENCRYPTION_CHANGE, p, sizeof p);
}

static inline void say_key_refresh(side *x, kith_hci_status status)
{
    uint8_t p[3] = {status};

    bytes_put16(p + 1, x->handle);
    say_event(x, KITH_HCI_EV_ENCRYPTION_KEY_REFRESH_COMPLETE, p, sizeof p);
}

static inline void say_key_wanted(side *x, uint16_t ediv)
{
    uint8_t p[13] = {KITH_HCI_LE_EV_LTK_REQUEST};

    bytes_put16(p + 1, x->handle);
    bytes_put16(p + 11, ediv);
    say_event(x, KITH_HCI_EV_LE_META, p, sizeof p);
}

static inline void say_disconnected(side *x, uint16_t handle, kith_hci_status reason)
{
    uint8_t p[4] = {0, 0, 0, reason};

    bytes_put16(p + 1, handle);
    say_event(x, KITH_HCI_EV_DISCONNECTION_COMPLETE, p, sizeof p);
}

static inline void say_connected_to(side *x, uint16_t handle, bool central, const kith_address *peer)
{
    uint8_t p[19] = {KITH_HCI_LE_EV_CONNECTION_COMPLETE, 0};

    bytes_put16(p + 2, handle);
    p[4] = !central;
    p[5] = peer->type;
    memcpy(p + 6, peer->octets, 6);
    p[12] = 24;
    p[16] = 100;
    say_event(x, KITH_HCI_EV_LE_META, p, sizeof p);
}

static inline void say_connected(side *x, uint16_t handle, bool central, uint8_t peer)
{
    kith_address address = {.type = KITH_ADDRESS_PUBLIC};

    memset(address.octets, peer, sizeof address.octets);
    say_connected_to(x, handle, central, &address);
}

static inline void say_frame(side *x, uint16_t handle, uint16_t cid, const uint8_t *pdu, size_t len)
{
    uint8_t packet[9 + 251] = {KITH_H4_ACL};

    bytes_put16(packet + 1, (uint16_t)(handle | KITH_ACL_FIRST_FLUSHABLE));
    bytes_put16(packet + 3, (uint16_t)(4 + len));
    bytes_put16(packet + 5, (uint16_t)len);
    bytes_put16(packet + 7, cid);
    memcpy(packet + 9, pdu, len);
    say(x, packet, 9 + len);
}

/* ---- what it does by itself ---- */

static inline void do_disconnect(side *x, const uint8_t *command)
{
    uint16_t handle = bytes_get16(command + 4);

    say_status(x, KITH_HCI_DISCONNECT, 0);
    say_disconnected(x, handle, KITH_HCI_LOCAL_HOST_TERMINATED);
    if (x->peer != NULL && handle == x->handle)
        say_disconnected(x->peer, x->peer->handle, command[6]);
}

static inline void do_encryption(side *x, uint16_t opcode)
{
    bool on = x->peer != NULL && !x->hold_encryption;
    uint8_t result[3] = {0};

    bytes_put16(result + 1, x->handle);
    if (opcode == KITH_HCI_LE_ENABLE_ENCRYPTION)
        say_status(x, opcode, 0);
    else
        say_complete(x, opcode, result, sizeof result);
    if (on && opcode == KITH_HCI_LE_ENABLE_ENCRYPTION)
        say_key_wanted(x->peer, 0);
    if (on && opcode == KITH_HCI_LE_LTK_REQUEST_REPLY) {
        say_encryption(x, 0, true);
        say_encryption(x->peer, 0, true);
    }
    if (on && opcode == KITH_HCI_LE_LTK_REQUEST_NEGATIVE_REPLY)
        say_encryption(x->peer, KITH_HCI_KEY_MISSING, false);
}

static inline size_t fill_result(const side *x, uint16_t opcode, uint8_t *result)
{
    switch (opcode) {
    case KITH_HCI_READ_LOCAL_COMMANDS:
        memset(result + 1, 0xff, 64);
        return 65;
    case KITH_HCI_READ_LOCAL_FEATURES:
        result[5] = 0x40;
        return 9;
    case KITH_HCI_READ_LOCAL_VERSION:
        return 9;
    case KITH_HCI_READ_BD_ADDR:
        memset(result + 1, x->address, 6);
        return 7;
    case KITH_HCI_LE_READ_BUFFER_SIZE:
        result[1] = 251;
        result[3] = 8;
        return 4;
    case KITH_HCI_LE_READ_LOCAL_FEATURES:
        result[1] = 1;
        return 9;
    case KITH_HCI_LE_READ_FILTER_LIST_SIZE:
    case KITH_HCI_LE_READ_RESOLVING_LIST_SIZE:
        return 2;
    default:
        return 1;
    }
}

static inline void do_command(side *x, const uint8_t *command)
{
    uint16_t opcode = bytes_get16(command + 1);
    uint8_t result[72] = {0};

    switch (opcode) {
    case KITH_HCI_DISCONNECT:
        do_disconnect(x, command);
        return;
    case KITH_HCI_LE_ENABLE_ENCRYPTION:
    case KITH_HCI_LE_LTK_REQUEST_REPLY:
    case KITH_HCI_LE_LTK_REQUEST_NEGATIVE_REPLY:
        do_encryption(x, opcode);
        return;
    case KITH_HCI_LE_CREATE_CONNECTION:
        say_status(x, opcode, 0);
        return;
    default:
        say_complete(x, opcode, result, fill_result(x, opcode, result));
    }
}

static inline void do_data(side *x, const uint8_t *packet, size_t len)
{
    uint16_t word = bytes_get16(packet + 1);
    uint8_t there[264];

    assert_true(x->acl_count < 64);
    memcpy(x->acl[x->acl_count], packet, len);
    x->acl_lens[x->acl_count++] = len;
    if (!x->hold_acl)
        say_acknowledged(x, word & KITH_ACL_HANDLE_MASK, 1);
    if (x->peer == NULL || (word & KITH_ACL_HANDLE_MASK) != x->handle)
        return;
    memcpy(there, packet, len);
    word = (word & KITH_ACL_BOUNDARY_MASK) == KITH_ACL_CONTINUING ? KITH_ACL_CONTINUING : KITH_ACL_FIRST_FLUSHABLE;
    bytes_put16(there + 1, (uint16_t)(x->peer->handle | word));
    say(x->peer, there, len);
}

/* Takes what the host has to send; true: there was something. */
static inline bool pump(side *x)
{
    uint8_t packet[264];
    size_t len;
    bool any = false;

    while ((len = kith_host_next_packet(x->h, packet, sizeof packet)) > 0) {
        any = true;
        if (packet[0] == KITH_H4_ACL) {
            do_data(x, packet, len);
            continue;
        }
        memcpy(x->commands[x->command_count++ % 64], packet, len);
        if (!x->hold_commands)
            do_command(x, packet);
    }
    return any;
}

static inline bool work_once(side *x)
{
    kith_work work;

    if (!kith_host_take_work(x->h, &work))
        return false;
    x->work_count++;
    kith_work_run(&work);
    while (kith_host_finish_work(x->h, &work, *x->now_us) == KITH_ERR_FULL)
        take_events(x);
    return true;
}

static inline bool turn(side *x)
{
    bool any = pump(x);

    any |= work_once(x);
    if (kith_host_deadline(x->h) <= *x->now_us) {
        any = true;
        while (kith_host_advance(x->h, *x->now_us) == KITH_ERR_FULL)
            take_events(x);
    }
    take_events(x);
    return any;
}

/* Until nothing moves. */
static inline void run(attack *a)
{
    unsigned turns = 0;
    bool any = true;

    while (any) {
        any = false;
        for (unsigned i = 0; i < 3; i++)
            any |= a->sides[i].h != NULL && turn(&a->sides[i]);
        assert_true(++turns < 2000);
    }
}

/* Virtual time goes by, in steps that no deadline here is as short as. */
static inline void pass(attack *a, uint64_t us)
{
    uint64_t end = a->now_us + us;

    while (a->now_us < end) {
        a->now_us = end - a->now_us > 100 * MILLISECOND ? a->now_us + 100 * MILLISECOND : end;
        run(a);
    }
}

static inline void forget_log(side *x)
{
    x->command_count = x->acl_count = x->event_count = x->work_count = 0;
    memset(x->told, 0, sizeof x->told);
}

/* ---- hosts ---- */

static inline kith_config attack_config(void)
{
    kith_config config;

    kith_config_default(&config);
    config.store = &kith_volatile_store;
    config.security.methods = attack_methods;
    config.services = attack_services;
    config.service_count = 1;
    config.name = "attack";
    return config;
}

static inline void attack_begin(attack *a)
{
    memset(a, 0, sizeof *a);
    a->now_us = START_OF_TIME;
}

/* Side number i, with address i + 1 if it has none yet; made, not started. */
static inline side *make_side(attack *a, unsigned i, kith_config config)
{
    side *x = &a->sides[i];
    size_t size = kith_host_size(&config.limits);

    if (x->address == 0)
        x->address = (uint8_t)(i + 1);
    x->handle = 0x40;
    x->now_us = &a->now_us;
    if (x->port.random == NULL)
        assert_int_equal(kith_openssl_port(&x->port), KITH_OK);
    x->source.state = i + 1;
    x->port.random = seeded_random;
    x->port.context = &x->source;
    config.crypto = &x->port;
    x->memory = malloc(size);
    assert_non_null(x->memory);
    assert_int_equal(kith_host_init(x->memory, size, &config, &x->h), KITH_OK);
    return x;
}

static inline side *start_side(attack *a, unsigned i, kith_config config)
{
    side *x = make_side(a, i, config);

    assert_int_equal(kith_host_start(x->h, a->now_us), KITH_OK);
    run(a);
    assert_int_equal(x->told[KITH_EVENT_READY], 1);
    forget_log(x);
    return x;
}

static inline void attack_end(attack *a)
{
    for (unsigned i = 0; i < 3; i++)
        free(a->sides[i].memory);
}

static inline side *start_central(attack *a)
{
    return start_side(a, 0, attack_config());
}

static inline side *start_peripheral(attack *a)
{
    return start_side(a, 1, attack_config());
}

static inline void join(side *central, side *peripheral)
{
    central->peer = peripheral;
    peripheral->peer = central;
    say_connected(central, central->handle, true, peripheral->address);
    say_connected(peripheral, peripheral->handle, false, central->address);
}

static inline void part(side *central, side *peripheral)
{
    say_disconnected(central, central->handle, KITH_HCI_REMOTE_USER_TERMINATED);
    say_disconnected(peripheral, peripheral->handle, KITH_HCI_REMOTE_USER_TERMINATED);
}

/* From here on the test alone says what comes. */
static inline void cut_off(side *x)
{
    x->peer = NULL;
    forget_log(x);
}

/* A link, encrypted with a fresh bond. */
static inline void join_and_bond(attack *a, side *central, side *peripheral)
{
    join(central, peripheral);
    assert_int_equal(kith_pairing_open(peripheral->h, 30000), KITH_OK);
    assert_int_equal(kith_security_secure(central->h, central->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    run(a);
    assert_int_equal(central->told[KITH_EVENT_BONDED], 1);
    assert_int_equal(peripheral->told[KITH_EVENT_BONDED], 1);
    forget_log(central);
    forget_log(peripheral);
}

/* A link in the clear between two who hold a bond. */
static inline void join_bonded(attack *a, side *central, side *peripheral)
{
    join_and_bond(a, central, peripheral);
    part(central, peripheral);
    join(central, peripheral);
    run(a);
    forget_log(central);
    forget_log(peripheral);
}

/* A command that the controller does not answer, so that every other waits. */
static inline void block_commands(attack *a, side *x)
{
    kith_scan scan;

    x->hold_commands = true;
    kith_gap_default_scan(&scan);
    assert_int_equal(kith_gap_start_scan(x->h, &scan), KITH_OK);
    run(a);
    forget_log(x);
}

/* The next command goes out, and is not answered. */
static inline void unblock_commands(attack *a, side *x)
{
    static const uint8_t refused = KITH_HCI_COMMAND_DISALLOWED; /* so that the scan asks for no more */

    say_complete(x, KITH_HCI_LE_SET_SCAN_PARAMETERS, &refused, 1);
    run(a);
}

/* ---- what was seen ---- */

static inline unsigned sent(const side *x, uint16_t opcode)
{
    unsigned count = 0;

    for (unsigned i = 0; i < x->command_count && i < 64; i++)
        count += bytes_get16(x->commands[i] + 1) == opcode;
    return count;
}

/* Did these octets go out in any ACL packet? */
static inline bool went_out(const side *x, const void *what, size_t len)
{
    for (unsigned i = 0; i < x->acl_count; i++)
        for (size_t at = 5; at + len <= x->acl_lens[i]; at++)
            if (memcmp(x->acl[i] + at, what, len) == 0)
                return true;
    return false;
}

static inline const kith_event *last_event(const side *x, kith_event_kind kind)
{
    for (unsigned i = x->event_count; i-- > 0;)
        if (x->events[i % 64].kind == kind)
            return &x->events[i % 64];
    fail_msg("no event %s", kith_event_name(kind));
    return NULL;
}

static inline kith_event_security security_of(const side *x, kith_link link)
{
    kith_event_security now;

    assert_int_equal(kith_security_of(x->h, link, &now), KITH_OK);
    return now;
}

static inline void expect_plain(const side *x)
{
    kith_event_security now = security_of(x, x->link);

    assert_int_equal(now.level, KITH_LEVEL_NONE);
    assert_int_equal(now.key_size, 0);
    assert_int_equal(now.peer, 0);
}

static inline void ask_read(side *x, uint16_t handle)
{
    uint8_t pdu[3] = {0x0a};

    bytes_put16(pdu + 1, handle);
    say_frame(x, x->handle, KITH_CID_ATT, pdu, sizeof pdu);
}

#endif
