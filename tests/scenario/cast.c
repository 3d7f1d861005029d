/* The cast of a scenario: rooms, hosts, and the notes they take.  See cast.h. */
#include "cast.h"
#include "cast_crypto.h"

enum { GUARD = 64, GUARD_OCTET = 0xa5, MINUTE = 60 * CAST_SECOND };

const uint8_t CAST_SECRET[6] = {'s', '3', 'c', 'r', 'e', 't'};

/* ---- rooms ---- */

cast_room *cast_open(uint64_t seed, cast_crypto kind)
{
    cast_room *room = calloc(1, sizeof *room);
    kith_sim_config config = {.seed = seed};

    assert_non_null(room);
    room->seed = seed;
    room->kind = kind;
    cast_crypto_port(kind, NULL, &room->crypto);
    config.crypto = &room->crypto;
    assert_int_equal(kith_sim_new(&config, &room->sim), KITH_OK);
    kith_stage_init(&room->stage, room->sim);
    return room;
}

static void check_guards(const cast_host *h)
{
    for (size_t i = 0; i < GUARD; i++) {
        cast_equal(h->room, h->block[i], GUARD_OCTET);
        cast_equal(h->room, h->block[GUARD + h->size + i], GUARD_OCTET);
    }
}

void cast_close(cast_room *room)
{
    for (size_t i = 0; i < room->count; i++) {
        cast_host *h = &room->hosts[i];

        check_guards(h);
        kith_host_erase(h->host);
        free(h->block);
    }
    kith_sim_free(room->sim);
    free(room);
}

uint64_t cast_first_seed(uint64_t otherwise)
{
    const char *text = getenv("KITH_SEED");
    uint64_t seed = text != NULL ? strtoull(text, NULL, 0) : otherwise;

    print_message("first seed %llu (KITH_SEED plays one again)\n", (unsigned long long)seed);
    return seed;
}

bool cast_is_full(void)
{
    const char *full = getenv("KITH_FULL");

    return full != NULL && strcmp(full, "0") != 0;
}

unsigned cast_runs(unsigned everyday, unsigned full)
{
    const char *text = getenv("KITH_SEEDS");

    if (text != NULL)
        return (unsigned)strtoul(text, NULL, 0);
    if (getenv("KITH_SEED") != NULL)
        return 1;
    return cast_is_full() ? full : everyday;
}

/* ---- what a host is told ---- */

static bool is_end(kith_event_kind kind)
{
    return kind == KITH_EVENT_PAIRED || kind == KITH_EVENT_PAIRING_FAILED || kind == KITH_EVENT_ENCRYPTED ||
           kind == KITH_EVENT_ENCRYPTION_FAILED;
}

static bool has_verdict(kith_event_kind kind)
{
    return is_end(kind) || kind == KITH_EVENT_BONDED || kind == KITH_EVENT_BOND_FAILED;
}

static bool means_success(kith_event_kind kind)
{
    return kind == KITH_EVENT_PAIRED || kind == KITH_EVENT_ENCRYPTED || kind == KITH_EVENT_BONDED;
}

static void check_verdict(const cast_host *h, const kith_event *e)
{
    const kith_verdict *v = &e->verdict;
    char text[401];

    if (!has_verdict(e->kind))
        return;
    cast_equal(h->room, v->succeeded, means_success(e->kind));
    cast_check(h->room, kith_verdict_describe(v, text, sizeof text) < sizeof text);
    cast_check(h->room, strcmp(kith_why_name(v->why), "unknown") != 0);
    if (v->succeeded)
        cast_equal(h->room, v->ended_by, KITH_ENDED_WELL);
    else
        cast_check(h->room, v->ended_by != KITH_ENDED_WELL);
    if (is_end(e->kind))
        cast_equal(h->room, v->succeeded, v->level > KITH_LEVEL_NONE);
}

/* A link whose pairing failed is protected by nothing, or by the bond that was proven before.  One that was refused
 * before it began changes nothing: the bond of the pairing before it may be still on its way to the store. */
static void check_level(const cast_host *h, const kith_event *e)
{
    kith_event_security now;

    if (e->kind != KITH_EVENT_PAIRING_FAILED || !h->config.security.bonding || e->verdict.phase == KITH_PHASE_REQUEST ||
        kith_security_of(h->host, e->link, &now) != KITH_OK)
        return;
    if (now.level > KITH_LEVEL_NONE && now.peer == 0)
        cast_fail(h->room, "%s keeps level %d after a pairing that failed", h->name, (int)now.level);
}

static kith_link *find_open(cast_host *h, kith_link link)
{
    for (size_t i = 0; i < CAST_LINKS; i++)
        if (h->open[i] == link)
            return &h->open[i];
    return NULL;
}

static void check_link(cast_host *h, const kith_event *e)
{
    kith_link *place;

    if (e->link == 0)
        return;
    place = find_open(h, e->kind == KITH_EVENT_CONNECTED ? 0 : e->link);
    if (place == NULL)
        cast_fail(h->room, "%s is told %s about a link that is not there", h->name, kith_event_name(e->kind));
    if (e->kind == KITH_EVENT_CONNECTED)
        *place = h->link = e->link;
    if (e->kind == KITH_EVENT_DISCONNECTED) {
        *place = 0;
        if (h->link == e->link)
            h->link = 0;
    }
}

static void check_start(cast_host *h, const kith_event *e)
{
    const char *complaint = starts_note(&h->begun, e);

    if (complaint != NULL)
        cast_fail(h->room, "%s is told %s: %s", h->name, kith_event_name(e->kind), complaint);
}

static void take_note(cast_host *h, const kith_event *e)
{
    cast_note *note = &h->log[h->notes++ % CAST_LOG];

    *note = (cast_note){kith_sim_now(h->room->sim), e->kind, e->link, 0, 0};
    if (has_verdict(e->kind)) {
        note->why = e->verdict.why;
        note->code = e->verdict.smp_reason != 0 ? e->verdict.smp_reason : e->verdict.hci_status;
    } else if (e->kind == KITH_EVENT_SECURITY_CHANGED) {
        note->code = (uint8_t)e->security.level;
    } else if (e->kind == KITH_EVENT_DISCONNECTED) {
        note->code = e->disconnected.reason;
    } else if (e->kind == KITH_EVENT_READ) {
        note->code = e->gatt.att_error;
    }
}

/* Before the stage takes it: the store's operation is put aside, what else is taken on the way is done. */
static void steal_store_work(cast_host *h)
{
    kith_work work;

    while (h->holds_store && !h->has_store_work && kith_host_take_work(h->host, &work)) {
        if (work.kind == KITH_WORK_STORE) {
            h->store_work = work;
            h->has_store_work = true;
            continue;
        }
        kith_work_run(&work);
        assert_int_equal(kith_host_finish_work(h->host, &work, kith_sim_now(h->room->sim)), KITH_OK);
    }
}

void cast_hold_store(cast_host *h)
{
    h->holds_store = true;
    steal_store_work(h);
}

kith_status cast_finish_store(cast_host *h)
{
    kith_status status;

    steal_store_work(h);
    cast_check(h->room, h->has_store_work);
    kith_work_run(&h->store_work);
    status = kith_host_finish_work(h->host, &h->store_work, kith_sim_now(h->room->sim));
    h->has_store_work = status == KITH_ERR_FULL;
    steal_store_work(h);
    return status;
}

static void keep_value(cast_host *h, const uint8_t *value, size_t len)
{
    cast_check(h->room, len <= sizeof h->value);
    h->value_len = value != NULL ? len : 0;
    if (value != NULL)
        memcpy(h->value, value, len);
}

static void on_event(cast_host *h, const kith_event *e)
{
    cast_check(h->room, e->kind != KITH_EVENT_NONE && (unsigned)e->kind < CAST_KINDS);
    take_note(h, e);
    check_link(h, e);
    check_start(h, e);
    check_verdict(h, e);
    check_level(h, e);
    h->told[e->kind]++;
    h->last[e->kind] = *e;
    if (is_end(e->kind)) {
        h->ends++;
        h->end = e->verdict;
    }
    if (e->kind == KITH_EVENT_SECURITY_CHANGED && e->security.level > h->highest)
        h->highest = e->security.level;
    if (e->kind == KITH_EVENT_READ)
        keep_value(h, e->gatt.value, e->gatt.len);
    if (e->kind == KITH_EVENT_WRITE_WANTED || e->kind == KITH_EVENT_WRITE_COMMAND)
        keep_value(h, e->attribute.value, e->attribute.len);
    if (e->kind == KITH_EVENT_READ_WANTED)
        assert_int_equal(kith_gatt_answer_read(h->host, e->link, 0, CAST_SECRET, sizeof CAST_SECRET), KITH_OK);
    if (e->kind == KITH_EVENT_COMPARISON_WANTED && h->answers)
        cast_equal(h->room, kith_pairing_compare(h->host, e->link, h->answer), KITH_OK);
    if (h->react != NULL)
        h->react(h, e);
    steal_store_work(h);
}

static void print_log(const cast_host *h)
{
    unsigned from = h->notes > CAST_LOG ? h->notes - CAST_LOG : 0;

    for (unsigned i = from; i < h->notes; i++) {
        const cast_note *n = &h->log[i % CAST_LOG];

        if (n->kind != KITH_EVENT_REPORT)
            print_error("%12.3f ms %-8s link %u %s %s %02x\n", (double)n->time_us / 1000, h->name, (unsigned)n->link,
                        kith_event_name(n->kind), n->why != 0 || has_verdict(n->kind) ? kith_why_name(n->why) : "",
                        n->code);
    }
}

void cast_fail(cast_room *room, const char *format, ...)
{
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    print_error("seed %llu, at %.3f ms\n", (unsigned long long)room->seed, (double)kith_sim_now(room->sim) / 1000);
    for (size_t i = 0; i < room->count; i++)
        print_log(&room->hosts[i]);
    print_error("%s\n", text);
    _fail("scenario", 0);
    abort();
}

/* ---- hosts ---- */

static const kith_characteristic characteristics[] = {
    {.uuid = KITH_UUID16(CAST_VALUE),
     .properties = KITH_PROPERTY_READ,
     .permissions = KITH_READ_ENCRYPTED,
     .value = CAST_SECRET,
     .value_len = sizeof CAST_SECRET},
    {.uuid = KITH_UUID16(0x2a3f),
     .properties = KITH_PROPERTY_READ | KITH_PROPERTY_WRITE_WITHOUT_RESPONSE,
     .permissions = KITH_READ_OPEN | KITH_WRITE_OPEN,
     .id = 7},
};
static const kith_service services[] = {
    {.uuid = KITH_UUID16(CAST_SERVICE), .characteristics = characteristics, .characteristic_count = 2},
};
static const kith_method *const methods[] = {
    &kith_sc_just_works_initiator,
    &kith_sc_just_works_responder,
    &kith_sc_numeric_comparison_initiator,
    &kith_sc_numeric_comparison_responder,
    NULL,
};

void cast_phone_config(kith_config *config)
{
    kith_config_default(config);
    config->store = &kith_volatile_store;
    config->name = "phone";
    config->security.methods = methods;
}

void cast_lamp_config(kith_config *config)
{
    cast_phone_config(config);
    config->name = "lamp";
    config->services = services;
    config->service_count = 1;
}

kith_sim_device cast_device(cast_room *room)
{
    uint8_t number = (uint8_t)(++room->devices);
    uint8_t address[6] = {number, 0x22, 0x33, 0x44, 0x55, 0x66};
    kith_sim_device device;

    assert_int_equal(kith_sim_add(room->sim, address, &device), KITH_OK);
    return device;
}

cast_host *cast_add_on(cast_room *room, const char *name, const kith_config *config, kith_sim_device device)
{
    cast_host *h = &room->hosts[room->count];

    assert_true(room->count < CAST_HOSTS);
    h->room = room;
    h->name = name;
    h->device = device;
    h->config = *config;
    h->number = room->count;
    h->highest = KITH_LEVEL_NONE;
    h->random = (cast_random){.state = (room->seed + 1) * 0x9e3779b97f4a7c15u ^ (room->count + 1), .good_draws = -1};
    cast_crypto_port(room->kind, &h->random, &h->crypto);
    h->config.crypto = &h->crypto;
    h->size = kith_host_size(&config->limits);
    assert_true(h->size > 0);
    h->block = malloc(GUARD + h->size + GUARD);
    assert_non_null(h->block);
    memset(h->block, GUARD_OCTET, GUARD + h->size + GUARD);
    assert_int_equal(kith_host_init(h->block + GUARD, h->size, &h->config, &h->host), KITH_OK);
    assert_int_equal(kith_stage_add(&room->stage, h->host, device), KITH_OK);
    room->count++;
    return h;
}

cast_host *cast_add(cast_room *room, const char *name, const kith_config *config)
{
    return cast_add_on(room, name, config, cast_device(room));
}

cast_host *cast_add_lamp(cast_room *room, const char *name)
{
    kith_config config;

    cast_lamp_config(&config);
    return cast_add(room, name, &config);
}

cast_host *cast_add_phone(cast_room *room, const char *name)
{
    kith_config config;

    cast_phone_config(&config);
    return cast_add(room, name, &config);
}

void cast_power_off(cast_host *h)
{
    static const uint8_t reset[] = {KITH_H4_COMMAND, KITH_HCI_RESET & 0xff, KITH_HCI_RESET >> 8, 0};
    uint8_t packet[KITH_STAGE_PACKET];
    kith_stage_host *place = &h->room->stage.hosts[h->number];

    kith_host_erase(h->host);
    check_guards(h);
    kith_work_discard(&place->work);
    memset(place, 0, sizeof *place);
    memset(h->open, 0, sizeof h->open);
    memset(&h->begun, 0, sizeof h->begun);
    h->link = 0;
    h->has_store_work = false;
    assert_int_equal(kith_sim_send(h->room->sim, h->device, reset, sizeof reset), KITH_OK);
    while (kith_sim_receive(h->room->sim, h->device, packet, sizeof packet) > 0)
        continue;
}

void cast_power_on(cast_host *h)
{
    kith_stage_host *place = &h->room->stage.hosts[h->number];

    cast_check(h->room, kith_host_size(&h->config.limits) <= h->size);
    assert_int_equal(kith_host_init(h->block + GUARD, h->size, &h->config, &h->host), KITH_OK);
    *place = (kith_stage_host){.host = h->host, .device = h->device};
    assert_int_equal(kith_host_start(h->host, kith_sim_now(h->room->sim)), KITH_OK);
    steal_store_work(h);
}

static bool nobody_is_connected(void *context)
{
    const cast_room *room = context;

    for (size_t i = 0; i < room->count; i++)
        if (room->hosts[i].link != 0)
            return false;
    return true;
}

void cast_reboot(cast_host *h)
{
    cast_power_off(h);
    if (!cast_run(h->room, MINUTE, nobody_is_connected, h->room))
        cast_fail(h->room, "a link outlives the power of %s", h->name);
    cast_power_on(h);
    cast_await_next(h, KITH_EVENT_READY);
}

void cast_start(cast_room *room)
{
    for (size_t i = 0; i < room->count; i++)
        assert_int_equal(kith_host_start(room->hosts[i].host, kith_sim_now(room->sim)), KITH_OK);
    for (size_t i = 0; i < room->count; i++)
        cast_await(&room->hosts[i], KITH_EVENT_READY, 1);
}

/* ---- time ---- */

bool cast_run(cast_room *room, uint64_t for_us, cast_done *done, void *context)
{
    uint64_t until = kith_sim_now(room->sim) + for_us;
    kith_event event;
    int who;

    while (done == NULL || !done(context)) {
        who = kith_stage_next(&room->stage, until, &event);
        if (who < 0)
            return false;
        on_event(&room->hosts[who], &event);
    }
    return true;
}

void cast_run_until(cast_room *room, uint64_t until_us)
{
    uint64_t now = kith_sim_now(room->sim);

    cast_run(room, until_us > now ? until_us - now : 0, NULL, NULL);
}

typedef struct {
    const unsigned *counter;
    unsigned wanted;
} count_wanted;

static bool has_counted(void *context)
{
    const count_wanted *c = context;

    return *c->counter >= c->wanted;
}

const kith_event *cast_await(cast_host *h, kith_event_kind kind, unsigned times)
{
    count_wanted wanted = {&h->told[kind], times};

    if (!cast_run(h->room, MINUTE, has_counted, &wanted))
        cast_fail(h->room, "%s was not told %s", h->name, kith_event_name(kind));
    return &h->last[kind];
}

const kith_event *cast_await_next(cast_host *h, kith_event_kind kind)
{
    return cast_await(h, kind, h->told[kind] + 1);
}

void cast_await_ends(cast_host *h, unsigned ends)
{
    count_wanted wanted = {&h->ends, ends};

    if (!cast_run(h->room, MINUTE, has_counted, &wanted))
        cast_fail(h->room, "%s was told %u ends, not %u", h->name, h->ends, ends);
}

/* ---- common moves ---- */

kith_address cast_address(const cast_host *h)
{
    kith_address address;

    assert_int_equal(kith_gap_own_address(h->host, &address), KITH_OK);
    return address;
}

void cast_advertise(cast_host *lamp)
{
    kith_advertising advertising;

    kith_gap_default_advertising(&advertising, lamp->config.name);
    assert_int_equal(kith_gap_advertise(lamp->host, &advertising), KITH_OK);
    cast_await_next(lamp, KITH_EVENT_ADVERTISING);
    assert_true(lamp->last[KITH_EVENT_ADVERTISING].activity.on);
}

void cast_connect(cast_host *phone, cast_host *lamp)
{
    unsigned phones = phone->told[KITH_EVENT_CONNECTED], lamps = lamp->told[KITH_EVENT_CONNECTED];
    kith_address address = cast_address(lamp);

    cast_advertise(lamp);
    assert_int_equal(kith_gap_connect(phone->host, &address, NULL), KITH_OK);
    cast_await(phone, KITH_EVENT_CONNECTED, phones + 1);
    cast_await(lamp, KITH_EVENT_CONNECTED, lamps + 1);
}

static bool both_are_alone(void *context)
{
    cast_host *const *two = context;

    return two[0]->link == 0 && two[1]->link == 0;
}

void cast_disconnect(cast_host *one, cast_host *other)
{
    cast_host *two[] = {one, other};

    if (one->link != 0)
        assert_int_equal(kith_gap_disconnect(one->host, one->link, 0x13), KITH_OK);
    if (!cast_run(one->room, MINUTE, both_are_alone, two))
        cast_fail(one->room, "%s and %s do not come apart", one->name, other->name);
}

void cast_pair(cast_host *phone, cast_host *lamp)
{
    unsigned phones = phone->ends, lamps = lamp->ends;
    unsigned bonds = lamp->told[KITH_EVENT_BONDED], phone_bonds = phone->told[KITH_EVENT_BONDED];

    assert_int_equal(kith_pairing_open(lamp->host, 30000), KITH_OK);
    cast_equal(phone->room, kith_security_secure(phone->host, phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await_ends(phone, phones + 1);
    cast_await_ends(lamp, lamps + 1);
    cast_equal(phone->room, phone->end.why, KITH_WHY_PAIRED);
    cast_equal(phone->room, lamp->end.why, KITH_WHY_PAIRED);
    if (phone->config.security.bonding && lamp->config.security.bonding) {
        cast_await(phone, KITH_EVENT_BONDED, phone_bonds + 1);
        cast_await(lamp, KITH_EVENT_BONDED, bonds + 1);
        cast_expect_equal_keys(phone, lamp);
    }
}

void cast_connect_and_pair(cast_host *phone, cast_host *lamp)
{
    cast_disconnect(phone, lamp);
    cast_forget_all(phone);
    cast_forget_all(lamp);
    cast_connect(phone, lamp);
    cast_pair(phone, lamp);
    cast_read(phone, CAST_VALUE_HANDLE);
    cast_equal(phone->room, phone->last[KITH_EVENT_READ].gatt.result, KITH_GATT_OK);
    cast_equal(phone->room, phone->value_len, sizeof CAST_SECRET);
    assert_memory_equal(phone->value, CAST_SECRET, sizeof CAST_SECRET);
}

void cast_read(cast_host *phone, uint16_t handle)
{
    unsigned reads = phone->told[KITH_EVENT_READ];

    cast_equal(phone->room, kith_gatt_read(phone->host, phone->link, handle), KITH_OK);
    cast_await(phone, KITH_EVENT_READ, reads + 1);
}

void cast_encrypt(cast_host *one, cast_host *other)
{
    unsigned ones = one->ends, others = other->ends;

    cast_equal(one->room, kith_security_secure(one->host, one->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await_ends(one, ones + 1);
    cast_await_ends(other, others + 1);
    cast_equal(one->room, one->end.why, KITH_WHY_ENCRYPTED);
    cast_equal(one->room, other->end.why, KITH_WHY_ENCRYPTED);
}

bool cast_only_bond(const cast_host *h, kith_bond_info *bond, kith_bond_keys *keys)
{
    kith_bond_info another;

    if (kith_bonds_next(h->host, 0, bond) != KITH_OK)
        return false;
    cast_equal(h->room, kith_bonds_next(h->host, bond->peer, &another), KITH_ERR_NOT_FOUND);
    cast_equal(h->room, kith_bonds_export(h->host, bond->peer, keys), KITH_OK);
    return true;
}

void cast_expect_equal_keys(const cast_host *a, const cast_host *b)
{
    kith_bond_info bond_a, bond_b;
    kith_bond_keys keys_a, keys_b;

    cast_check(a->room, cast_only_bond(a, &bond_a, &keys_a) && cast_only_bond(b, &bond_b, &keys_b));
    assert_memory_equal(keys_a.ltk, keys_b.ltk, sizeof keys_a.ltk);
    assert_memory_equal(keys_a.my_csrk, keys_b.peer_csrk, sizeof keys_a.my_csrk);
    assert_memory_equal(keys_b.my_csrk, keys_a.peer_csrk, sizeof keys_a.my_csrk);
    cast_equal(a->room, keys_a.key_size, keys_b.key_size);
    cast_equal(a->room, bond_a.level, bond_b.level);
    cast_equal(a->room, bond_a.method, bond_b.method);
    cast_check(a->room, bond_a.we_were_initiator != bond_b.we_were_initiator);
}

void cast_forget_all(cast_host *h)
{
    kith_bond_info bond;

    while (kith_bonds_next(h->host, 0, &bond) == KITH_OK)
        assert_int_equal(kith_bonds_forget(h->host, bond.peer), KITH_OK);
}

void cast_expect_failed(cast_host *h, unsigned ends, kith_why why)
{
    cast_equal(h->room, h->ends, ends);
    if (h->end.why != why)
        cast_fail(h->room, "%s ended with %s, not %s", h->name, kith_why_name(h->end.why), kith_why_name(why));
}
