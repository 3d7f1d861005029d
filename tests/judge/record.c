/* Records two hosts that pair, for the judge: what is on air, and what the air does not show.
 *
 *     record METHOD SEED FOLDER      writes FOLDER/air.pcap and FOLDER/secrets.json
 *     record --list                  names the methods
 *
 * Twice, with keys of 16 and of 7 octets, they pair, bond and read a protected value; then they come back to their
 * bond in the roles they had, and in the other ones.  Questions are answered as people would: by what is seen on the
 * other device.  One host is known by its public address, the other, in legacy pairing the one without Secure
 * Connections, by a static one; which, depends on the seed.  Even seeds lose a packet in ten.
 * Exit status: 0 recorded, 1 something did not go so, 2 wrong arguments. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kith/kith.h"
#include "kith/port/openssl.h"
#include "kith/port/stage.h"
#include "sim/sim.h"

enum { KEY_PAIRS = 64, SECOND = 1000000, AGREED_ON = 271828, LOSS_PERMILLE = 100 };
enum { INITIATOR, RESPONDER };
static const char *const names[] = {"initiator", "responder"};
static const uint8_t key_sizes[] = {16, 7};

/* ---- what is recorded ---- */

typedef struct {
    const char *name;
    bool legacy;
    bool mitm;
    uint8_t io[2];    /* kith_io_capability */
    bool has_data[2]; /* out of band, of the other one */
} setup;

enum {
    SHOWS = KITH_IO_DISPLAY_ONLY,
    COMPARES = KITH_IO_DISPLAY_YES_NO,
    TYPES = KITH_IO_KEYBOARD_ONLY,
    NEITHER = KITH_IO_NO_INPUT_NO_OUTPUT,
    ALL = KITH_IO_KEYBOARD_DISPLAY
};

static const setup setups[] = {
    {"sc-just-works", false, false, {NEITHER, NEITHER}, {false, false}},
    {"sc-numeric-comparison", false, true, {COMPARES, ALL}, {false, false}},
    {"sc-passkey-initiator-shows", false, true, {SHOWS, TYPES}, {false, false}},
    {"sc-passkey-responder-shows", false, true, {TYPES, COMPARES}, {false, false}},
    {"sc-passkey-both-type", false, true, {TYPES, TYPES}, {false, false}},
    {"sc-oob-both", false, true, {ALL, COMPARES}, {true, true}},
    {"sc-oob-initiator-has", false, true, {NEITHER, SHOWS}, {true, false}},
    {"sc-oob-responder-has", false, true, {SHOWS, NEITHER}, {false, true}},
    {"legacy-just-works", true, false, {NEITHER, NEITHER}, {false, false}},
    {"legacy-passkey-initiator-shows", true, true, {ALL, ALL}, {false, false}},
    {"legacy-passkey-responder-shows", true, true, {TYPES, SHOWS}, {false, false}},
    {"legacy-passkey-both-type", true, true, {TYPES, TYPES}, {false, false}},
    {"legacy-oob", true, true, {ALL, COMPARES}, {false, true}},
};
enum { SETUPS = sizeof setups / sizeof setups[0] };

static const kith_method *const legacy_methods[] = {&kith_legacy_just_works_initiator,
                                                    &kith_legacy_just_works_responder,
                                                    &kith_legacy_passkey_initiator,
                                                    &kith_legacy_passkey_responder,
                                                    &kith_legacy_oob_initiator,
                                                    &kith_legacy_oob_responder,
                                                    NULL};

typedef struct {
    uint64_t random;
    kith_crypto_port crypto; /* what the recording one stands in front of */
    uint8_t scalars[KEY_PAIRS][32];
    size_t scalar_count;
} recorder;

/* What one side was told in one pairing. */
typedef struct {
    bool has_number, has_shown, has_typed, asked_passkey, asked_oob, has_own, has_given, has_bond, both_type;
    uint32_t number, shown, typed;
    kith_oob_data own, given;
    kith_verdict verdict;
    kith_bond_info info;
    kith_bond_keys keys;
} notes;

typedef struct {
    void *memory;
    kith_host *host;
    kith_sim_device device;
    kith_config config;
    kith_crypto_port crypto;
    recorder recorder;
    uint8_t irk[16];
    kith_address address;
    kith_link link;
    unsigned told[KITH_EVENT_KINDS]; /* by kind */
    notes notes;
} device;

typedef struct {
    const setup *setup;
    kith_sim *air;
    kith_stage stage;
    device devices[2];      /* INITIATOR and RESPONDER of the pairings */
    uint16_t secret;        /* handle of the protected value */
    unsigned loss_permille; /* while they are connected */
    FILE *secrets;
} recording;

static _Noreturn void stop(const recording *r, const char *what)
{
    fprintf(stderr, "%s: %s\n", r->setup->name, what);
    for (size_t i = 0; i < 2; i++)
        fprintf(stderr, "the %s's last pairing: %s\n", names[i], kith_why_name(r->devices[i].notes.verdict.why));
    exit(1);
}

static void must(const recording *r, kith_status status, const char *what)
{
    if (status != KITH_OK)
        stop(r, what);
}

/* ---- crypto: seeded, and private scalars written down ---- */

/* splitmix64 */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static kith_status draw(void *context, uint8_t *out, size_t len)
{
    recorder *c = context;

    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)next_random(&c->random);
    return KITH_OK;
}

static kith_status public_key(void *context, const uint8_t private_key[32], uint8_t out[64])
{
    recorder *c = context;

    if (c->scalar_count == KEY_PAIRS)
        return KITH_ERR_FULL;
    memcpy(c->scalars[c->scalar_count++], private_key, 32);
    return c->crypto.p256_public_key(c->crypto.context, private_key, out);
}

static uint64_t seed_of(const char *method, uint64_t seed, unsigned number)
{
    uint64_t state = seed * 3 + number;

    for (; *method != '\0'; method++)
        state = next_random(&state) ^ (uint8_t)*method;
    return next_random(&state);
}

/* ---- the hosts ---- */

/* In legacy pairing one of the two has Secure Connections, too, and finds that the other one has not. */
static void configure(const recording *r, device *d, unsigned i, bool odd)
{
    kith_security *security = &d->config.security;

    kith_config_default(&d->config);
    d->config.crypto = &d->crypto;
    d->config.store = &kith_volatile_store;
    d->config.name = names[i];
    d->config.irk = d->irk;
    d->config.own_address = odd ? KITH_OWN_STATIC : KITH_OWN_PUBLIC;
    security->methods = r->setup->legacy && odd ? legacy_methods : kith_all_methods;
    security->legacy = r->setup->legacy;
    security->io = (kith_io_capability)r->setup->io[i];
    security->ask_mitm = r->setup->mitm;
    security->ask_oob = r->setup->has_data[i];
    security->initiator_keys = security->responder_keys = KITH_KEY_ENC | KITH_KEY_ID | KITH_KEY_SIGN;
}

/* Both can be visited: bonds are used in both roles. */
static void serve(device *d)
{
    static const uint8_t value[] = {'s', 'e', 'c', 'r', 'e', 't'};
    static const kith_characteristic characteristic = {.uuid = KITH_UUID16(0x2a3d),
                                                       .properties = KITH_PROPERTY_READ,
                                                       .permissions = KITH_READ_ENCRYPTED,
                                                       .value = value,
                                                       .value_len = sizeof value};
    static const kith_service service = {
        .uuid = KITH_UUID16(0x1815), .characteristics = &characteristic, .characteristic_count = 1};

    d->config.services = &service;
    d->config.service_count = 1;
}

static void add(recording *r, unsigned i, uint64_t seed)
{
    device *d = &r->devices[i];
    uint8_t address[6] = {(uint8_t)(i + 1), 0x22, 0x33, 0x44, 0x55, 0x66};
    size_t size;

    d->recorder.random = seed_of(r->setup->name, seed, i);
    must(r, kith_openssl_port(&d->recorder.crypto), "no crypto");
    d->crypto = d->recorder.crypto;
    d->crypto.context = &d->recorder;
    d->crypto.random = draw;
    d->crypto.p256_public_key = public_key;
    (void)draw(&d->recorder, d->irk, sizeof d->irk);
    configure(r, d, i, (seed + i) % 2 == 1);
    serve(d);
    size = kith_host_size(&d->config.limits);
    d->memory = size == 0 ? NULL : aligned_alloc(8, size);
    if (d->memory == NULL)
        stop(r, "no memory");
    must(r, kith_sim_add(r->air, address, &d->device), "no controller");
    must(r, kith_host_init(d->memory, size, &d->config, &d->host), "the host refuses its configuration");
    must(r, kith_stage_add(&r->stage, d->host, d->device), "no place on the stage");
    must(r, kith_host_start(d->host, 0), "the host does not start");
}

/* ---- people ---- */

/* A passkey is typed once it can be seen; numbers are compared once both can be. */
static void answer(recording *r)
{
    for (unsigned i = 0; i < 2; i++) {
        device *d = &r->devices[i];
        notes *mine = &d->notes, *others = &r->devices[!i].notes;

        if (mine->asked_passkey && !mine->has_typed && (others->has_shown || mine->both_type)) {
            mine->has_typed = true;
            mine->typed = mine->both_type ? AGREED_ON : others->shown;
            must(r, kith_pairing_passkey(d->host, d->link, mine->typed), "a passkey is refused");
        }
        if (mine->asked_oob) {
            mine->asked_oob = false;
            mine->has_given = others->has_own;
            mine->given = others->own;
            must(r, kith_pairing_oob(d->host, d->link, others->has_own ? &mine->given : NULL), "data is refused");
        }
    }
}

static void compare(recording *r)
{
    const notes *a = &r->devices[0].notes, *b = &r->devices[1].notes;

    if (!a->has_number || !b->has_number)
        return;
    for (unsigned i = 0; i < 2; i++)
        must(r,
             kith_pairing_compare(r->devices[i].host, r->devices[i].link,
                                  a->number == b->number ? KITH_NUMBERS_EQUAL : KITH_NUMBERS_DIFFER),
             "a comparison is refused");
}

static void take_note(recording *r, device *d, const kith_event *e)
{
    notes *n = &d->notes;
    kith_gatt_found found;

    switch ((int)e->kind) {
    case KITH_EVENT_READY:
        d->address = e->ready.address;
        return;
    case KITH_EVENT_CONNECTED:
        d->link = e->link;
        return;
    case KITH_EVENT_COMPARISON_WANTED:
        n->has_number = true;
        n->number = e->comparison.number;
        compare(r);
        return;
    case KITH_EVENT_PASSKEY_SHOWN:
        n->has_shown = true;
        n->shown = e->passkey.passkey;
        return;
    case KITH_EVENT_PASSKEY_WANTED:
        n->asked_passkey = true;
        n->both_type = e->passkey.both_type;
        return;
    case KITH_EVENT_OOB_WANTED:
        n->asked_oob = true;
        return;
    case KITH_EVENT_OOB_READY:
        must(r, e->oob.status, "no out of band data");
        n->has_own = true;
        n->own = e->oob.data;
        return;
    case KITH_EVENT_CHARACTERISTICS:
        kith_gatt_found_at(&e->characteristics, 0, &found);
        r->secret = found.value_handle;
        return;
    case KITH_EVENT_READ:
        if (e->gatt.result != KITH_GATT_OK)
            stop(r, "the protected value is not read");
        return;
    case KITH_EVENT_PAIRED:
        n->verdict = e->verdict;
        return;
    case KITH_EVENT_PAIRING_FAILED:
    case KITH_EVENT_ENCRYPTION_FAILED:
    case KITH_EVENT_START_FAILED:
    case KITH_EVENT_BOND_FAILED:
    case KITH_EVENT_CONNECT_FAILED:
        n->verdict = e->verdict;
        stop(r, kith_event_name(e->kind));
    default:
        return;
    }
}

/* ---- what they do ---- */

/* Until this one was told so once more. */
static void await(recording *r, device *d, kith_event_kind kind, unsigned already)
{
    uint64_t until = kith_sim_now(r->air) + 30 * (uint64_t)SECOND;
    kith_event event;
    int who;

    while (d->told[kind] == already) {
        who = kith_stage_next(&r->stage, until, &event);
        if (who < 0)
            stop(r, kith_event_name(kind));
        r->devices[who].told[event.kind]++;
        take_note(r, &r->devices[who], &event);
        answer(r);
    }
}

/* Does it, and waits until both were told how it ended. */
static void until_both(recording *r, const unsigned already[2], kith_event_kind kind)
{
    for (unsigned i = 0; i < 2; i++)
        await(r, &r->devices[i], kind, already[i]);
}

#define BOTH(kind) ((const unsigned[2]){r->devices[0].told[kind], r->devices[1].told[kind]})

static void connect(recording *r, unsigned central)
{
    device *visitor = &r->devices[central], *visited = &r->devices[!central];
    const unsigned *already = BOTH(KITH_EVENT_CONNECTED);
    kith_advertising advertising;

    kith_gap_default_advertising(&advertising, visited->config.name);
    must(r, kith_gap_advertise(visited->host, &advertising), "no advertising");
    must(r, kith_gap_connect(visitor->host, &visited->address, NULL), "no connecting");
    until_both(r, already, KITH_EVENT_CONNECTED);
    kith_sim_set_loss(r->air, r->loss_permille);
}

static void disconnect(recording *r)
{
    const unsigned *already = BOTH(KITH_EVENT_DISCONNECTED);

    must(r, kith_gap_disconnect(r->devices[0].host, r->devices[0].link, 0x13), "no disconnecting");
    until_both(r, already, KITH_EVENT_DISCONNECTED);
    kith_sim_set_loss(r->air, 0);
}

static void read_secret(recording *r, device *d)
{
    unsigned already = d->told[KITH_EVENT_READ];

    must(r, kith_gatt_read(d->host, d->link, r->secret), "no reading");
    await(r, d, KITH_EVENT_READ, already);
}

static void discover(recording *r)
{
    static const kith_uuid service = KITH_UUID16(0x1815);
    device *d = &r->devices[INITIATOR];
    unsigned already = d->told[KITH_EVENT_DISCOVERED];

    must(r, kith_gatt_discover(d->host, d->link, &service), "no discovery");
    await(r, d, KITH_EVENT_DISCOVERED, already);
}

/* Before they pair: whoever's data the other one is to have makes it. */
static void make_data(recording *r)
{
    for (unsigned i = 0; i < 2; i++) {
        device *d = &r->devices[i];
        unsigned already = d->told[KITH_EVENT_OOB_READY];

        if (!r->setup->has_data[!i])
            continue;
        must(r, kith_oob_make(d->host, r->setup->legacy, true, 60000), "no out of band data");
        await(r, d, KITH_EVENT_OOB_READY, already);
    }
}

static void keep_bond(recording *r, device *d)
{
    d->notes.has_bond = kith_bonds_next(d->host, 0, &d->notes.info) == KITH_OK;
    if (d->notes.has_bond)
        must(r, kith_bonds_export(d->host, d->notes.info.peer, &d->notes.keys), "no keys");
}

static void pair(recording *r, uint8_t key_size)
{
    const unsigned *paired, *bonded;

    for (unsigned i = 0; i < 2; i++) {
        device *d = &r->devices[i];

        memset(&d->notes, 0, sizeof d->notes);
        d->config.security.min_key_size = d->config.security.max_key_size = key_size;
        must(r, kith_security_set(d->host, &d->config.security), "the host refuses its security");
    }
    make_data(r);
    connect(r, INITIATOR);
    discover(r);
    must(r, kith_pairing_open(r->devices[RESPONDER].host, 30000), "no window");
    paired = BOTH(KITH_EVENT_PAIRED);
    bonded = BOTH(KITH_EVENT_BONDED);
    must(r, kith_security_secure(r->devices[INITIATOR].host, r->devices[INITIATOR].link, KITH_LEVEL_ENCRYPTED),
         "no pairing");
    until_both(r, paired, KITH_EVENT_PAIRED);
    until_both(r, bonded, KITH_EVENT_BONDED);
    read_secret(r, &r->devices[INITIATOR]);
    disconnect(r);
    for (unsigned i = 0; i < 2; i++)
        keep_bond(r, &r->devices[i]);
}

static void come_back(recording *r, unsigned central)
{
    device *d = &r->devices[central];
    const unsigned *already = BOTH(KITH_EVENT_ENCRYPTED);

    connect(r, central);
    must(r, kith_security_secure(d->host, d->link, KITH_LEVEL_ENCRYPTED), "no encryption");
    until_both(r, already, KITH_EVENT_ENCRYPTED);
    read_secret(r, d);
    disconnect(r);
}

static void forget(recording *r)
{
    const unsigned *already = BOTH(KITH_EVENT_FORGOTTEN);

    for (unsigned i = 0; i < 2; i++)
        must(r, kith_bonds_forget(r->devices[i].host, r->devices[i].notes.info.peer), "no forgetting");
    until_both(r, already, KITH_EVENT_FORGOTTEN);
}

/* ---- what the judge is given ---- */

static void put_octets(FILE *f, const char *name, const uint8_t *octets, size_t len, const char *after)
{
    if (name != NULL)
        fprintf(f, "\"%s\": ", name);
    fputc('"', f);
    for (size_t i = 0; i < len; i++)
        fprintf(f, "%02x", octets[i]);
    fprintf(f, "\"%s", after);
}

static const char *yes_no(bool yes)
{
    return yes ? "true" : "false";
}

static void put_address(FILE *f, const char *name, const kith_address *address, const char *after)
{
    fprintf(f, "\"%s\": {\"type\": %u, ", name, (unsigned)address->type);
    put_octets(f, "octets", address->octets, 6, "}");
    fputs(after, f);
}

static void put_features(FILE *f, const char *name, const kith_pairing_features *features)
{
    uint8_t pdu[7];

    kith_smp_encode_features(KITH_SMP_PAIRING_REQUEST, features, pdu);
    put_octets(f, name, pdu + 1, 6, ", ");
}

static void put_number(FILE *f, const char *name, bool has, uint32_t number)
{
    if (has)
        fprintf(f, "     \"%s\": %lu,\n", name, (unsigned long)number);
}

static void put_verdict(FILE *f, const kith_verdict *v)
{
    fputs("     \"verdict\": {", f);
    put_features(f, "my_features", &v->my_features);
    put_features(f, "peer_features", &v->peer_features);
    fprintf(f, "\"method\": \"%s\", \"secure_connections\": %s, \"level\": %u, \"key_size\": %u, ",
            kith_method_name(v->method), yes_no(v->key_kind == KITH_KEY_KIND_SC), (unsigned)v->level, v->key_size);
    fprintf(f, "\"bonded\": %s, \"keys_sent\": %u, \"keys_taken\": %u}", yes_no(v->bonded), v->keys_sent,
            v->keys_taken);
}

static void put_oob(FILE *f, const char *name, bool has, const kith_oob_data *data)
{
    if (!has)
        return;
    fprintf(f, "     \"%s\": {", name);
    if (data->has_sc) {
        put_octets(f, "confirm", data->confirm, 16, ", ");
        put_octets(f, "random", data->random, 16, data->has_tk ? ", " : "");
    }
    if (data->has_tk)
        put_octets(f, "tk", data->tk, 16, "");
    fputs("},\n", f);
}

static void put_bond(FILE *f, const notes *n)
{
    const kith_bond_info *i = &n->info;
    const kith_bond_keys *k = &n->keys;

    fputs(",\n     \"bond\": {", f);
    put_address(f, "identity", &i->identity, ", ");
    put_address(f, "local", &i->local, ", ");
    fprintf(f, "\"has_irk\": %s, \"level\": %u, \"method\": \"%s\", ", yes_no(i->has_irk), (unsigned)i->level,
            kith_method_name(i->method));
    fprintf(f, "\"secure_connections\": %s, \"key_size\": %u, \"we_were_initiator\": %s,\n      ",
            yes_no(i->key_kind == KITH_KEY_KIND_SC), k->key_size, yes_no(i->we_were_initiator));
    put_octets(f, "ltk", k->ltk, 16, ", ");
    if (i->key_kind == KITH_KEY_KIND_LEGACY) {
        put_octets(f, "my_ltk", k->my_ltk, 16, ",\n      ");
        put_octets(f, "ediv", k->ediv, 2, ", ");
        put_octets(f, "my_ediv", k->my_ediv, 2, ", ");
        put_octets(f, "rand", k->rand, 8, ", ");
        put_octets(f, "my_rand", k->my_rand, 8, ",\n      ");
    }
    put_octets(f, "irk", k->irk, 16, ", ");
    put_octets(f, "my_csrk", k->my_csrk, 16, ", ");
    put_octets(f, "peer_csrk", k->peer_csrk, 16, "}");
}

static void put_side(FILE *f, unsigned i, const notes *n)
{
    fprintf(f, "    \"%s\": {\n", names[i]);
    put_number(f, "number", n->has_number, n->number);
    put_number(f, "passkey_shown", n->has_shown, n->shown);
    put_number(f, "passkey_typed", n->has_typed, n->typed);
    put_oob(f, "oob_own", n->has_own, &n->own);
    put_oob(f, "oob_given", n->has_given, &n->given);
    put_verdict(f, &n->verdict);
    if (n->has_bond)
        put_bond(f, n);
    fputs(i == INITIATOR ? "},\n" : "}", f);
}

static void put_pairing(const recording *r, bool first)
{
    fprintf(r->secrets, "%s   {\n", first ? "" : ",\n");
    for (unsigned i = 0; i < 2; i++)
        put_side(r->secrets, i, &r->devices[i].notes);
    fputs("}", r->secrets);
}

static void put_host(FILE *f, unsigned i, const device *d)
{
    fprintf(f, "    \"%s\": {", names[i]);
    put_address(f, "identity", &d->address, ", ");
    put_octets(f, "irk", d->irk, 16, ",\n     \"scalars\": [");
    for (size_t k = 0; k < d->recorder.scalar_count; k++)
        put_octets(f, NULL, d->recorder.scalars[k], 32, k + 1 < d->recorder.scalar_count ? ",\n      " : "");
    fputs(i == INITIATOR ? "]},\n" : "]}", f);
}

static void record(recording *r, uint64_t seed)
{
    fprintf(r->secrets, "{\"method\": \"%s\", \"seed\": %llu,\n  \"pairings\": [\n", r->setup->name,
            (unsigned long long)seed);
    for (size_t i = 0; i < sizeof key_sizes; i++) {
        pair(r, key_sizes[i]);
        put_pairing(r, i == 0);
        come_back(r, INITIATOR);
        come_back(r, RESPONDER);
        forget(r);
    }
    fputs("],\n  \"hosts\": {\n", r->secrets);
    for (unsigned i = 0; i < 2; i++)
        put_host(r->secrets, i, &r->devices[i]);
    fputs("}\n}\n", r->secrets);
}

/* ---- arguments ---- */

static FILE *open_in(const char *folder, const char *name)
{
    char path[4096];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "wb");
    if (file == NULL) {
        fprintf(stderr, "record: %s: %s\n", path, strerror(errno));
        exit(2);
    }
    return file;
}

static void close_file(FILE *file, const char *name)
{
    if (ferror(file) != 0 || fclose(file) != 0) {
        fprintf(stderr, "record: %s was not written: %s\n", name, strerror(errno));
        exit(1);
    }
}

static void open_room(recording *r, uint64_t seed, kith_crypto_port *crypto, FILE *capture)
{
    kith_sim_config room = {.seed = seed_of(r->setup->name, seed, 2), .crypto = crypto};

    must(r, kith_openssl_port(crypto), "no crypto");
    must(r, kith_sim_new(&room, &r->air), "no room");
    must(r, kith_sim_capture(r->air, capture, false), "no capture");
    kith_stage_init(&r->stage, r->air);
    for (unsigned i = 0; i < 2; i++)
        add(r, i, seed);
    for (unsigned i = 0; i < 2; i++)
        await(r, &r->devices[i], KITH_EVENT_READY, 0);
}

static void record_in(const setup *chosen, uint64_t seed, const char *folder)
{
    static recording r;
    kith_crypto_port crypto;
    FILE *capture;

    r.setup = chosen;
    r.loss_permille = seed % 2 == 0 ? LOSS_PERMILLE : 0;
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        fprintf(stderr, "record: %s: %s\n", folder, strerror(errno));
        exit(2);
    }
    capture = open_in(folder, "air.pcap");
    r.secrets = open_in(folder, "secrets.json");
    open_room(&r, seed, &crypto, capture);
    record(&r, seed);
    for (unsigned i = 0; i < 2; i++) {
        kith_host_erase(r.devices[i].host);
        free(r.devices[i].memory);
    }
    kith_sim_free(r.air);
    close_file(capture, "air.pcap");
    close_file(r.secrets, "secrets.json");
}

static int complain(const char *what, const char *argument)
{
    fprintf(stderr, "record: %s%s\nusage: record METHOD SEED FOLDER, or record --list\n", what, argument);
    return 2;
}

int main(int argc, char **argv)
{
    unsigned long long seed;
    char *end;

    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        for (size_t i = 0; i < SETUPS; i++)
            puts(setups[i].name);
        return 0;
    }
    if (argc != 4)
        return complain("three arguments are wanted", "");
    errno = 0;
    seed = strtoull(argv[2], &end, 10);
    if (argv[2][0] < '0' || argv[2][0] > '9' || *end != '\0' || errno != 0)
        return complain("no seed: ", argv[2]);
    for (size_t i = 0; i < SETUPS; i++) {
        if (strcmp(argv[1], setups[i].name) == 0) {
            record_in(&setups[i], seed, argv[3]);
            return 0;
        }
    }
    return complain("no such method: ", argv[1]);
}
