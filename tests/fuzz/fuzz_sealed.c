/* Fuzz target: whatever lies in the store below, a sealed store opens it or refuses it, and hands out nothing that was
 * not sealed with its key for that kind and id.
 *
 * Input: one octet of what is done, then records (kind, id, removed, length, octets), which are put behind those of a
 * sound store, or, so that something can be passed, are changes to its octets.  The cryptography is a toy, for speed:
 * it has the shape of the real one, and nobody guesses its tags by chance. */
#include <stdlib.h>
#include <string.h>

#include "kith/sealed_store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RECORDS = 48, SOUND = 4, LEN = 30 };

typedef struct {
    kith_record of[RECORDS];
    uint32_t used;
    uint64_t counter;
} medium;

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* ---- the store below ---- */

static kith_status tell(kith_store_state *state)
{
    *state = (kith_store_state){.room = 100};
    return KITH_OK;
}

static kith_status open_medium(void *context, kith_store_state *state)
{
    (void)context;
    return tell(state);
}

static kith_status read_medium(void *context, uint32_t *cursor, kith_record *out)
{
    medium *m = context;

    if (*cursor >= m->used)
        return KITH_ERR_NOT_FOUND;
    *out = m->of[(*cursor)++];
    return KITH_OK;
}

static void add(medium *m, const kith_record *record)
{
    uint32_t kept = 0;

    require(record->len <= KITH_STORED_MAX);
    for (uint32_t i = 0; i < m->used; i++)
        if (m->of[i].kind != record->kind || m->of[i].id != record->id || m->used < RECORDS)
            m->of[kept++] = m->of[i];
    m->used = kept;
    if (m->used < RECORDS)
        m->of[m->used++] = *record;
}

static kith_status put_medium(void *context, const kith_record *record, kith_store_state *state)
{
    add(context, record);
    return tell(state);
}

static kith_status remove_medium(void *context, uint8_t kind, uint32_t id, kith_store_state *state)
{
    const kith_record removal = {.kind = kind, .removed = true, .id = id};

    add(context, &removal);
    return tell(state);
}

/* ---- the device ---- */

static kith_status draw(void *context, uint8_t *out, size_t len)
{
    (void)context;
    memset(out, 0x3c, len);
    return KITH_OK;
}

static uint64_t mix(uint64_t sum, const uint8_t *octets, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        sum = (sum ^ octets[i]) * UINT64_C(0x9e3779b97f4a7c15);
        sum ^= sum >> 29;
    }
    return sum;
}

static kith_status toy_aes128(void *context, const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
    uint64_t low = mix(mix(1, key, 16), in, 16), high = mix(low, in, 16);

    (void)context;
    memcpy(out, &low, 8);
    memcpy(out + 8, &high, 8);
    return KITH_OK;
}

static void toy_tag(const uint8_t key[16], const uint8_t nonce[13], const uint8_t *aad, size_t aad_len,
                    const uint8_t *plain, size_t len, uint8_t tag[16])
{
    uint64_t low = mix(mix(mix(mix(2, key, 16), nonce, 13), aad, aad_len), plain, len), high = mix(low, key, 16);

    memcpy(tag, &low, 8);
    memcpy(tag + 8, &high, 8);
}

static void toy_stream(const uint8_t key[16], const uint8_t nonce[13], const uint8_t *in, size_t len, uint8_t *out)
{
    uint64_t stream = mix(mix(3, key, 16), nonce, 13);

    for (size_t i = 0; i < len; i++) {
        out[i] = in[i] ^ (uint8_t)(stream >> 56);
        stream = stream * UINT64_C(6364136223846793005) + 1;
    }
}

static kith_status toy_seal(void *context, const uint8_t key[16], const uint8_t nonce[13], const uint8_t *aad,
                            size_t aad_len, const uint8_t *in, size_t len, uint8_t *out, uint8_t *tag, size_t tag_len)
{
    (void)context;
    require(tag_len == 16);
    toy_tag(key, nonce, aad, aad_len, in, len, tag);
    toy_stream(key, nonce, in, len, out);
    return KITH_OK;
}

static kith_status toy_open(void *context, const uint8_t key[16], const uint8_t nonce[13], const uint8_t *aad,
                            size_t aad_len, const uint8_t *in, size_t len, uint8_t *out, const uint8_t *tag,
                            size_t tag_len)
{
    uint8_t wanted[16];

    (void)context;
    require(tag_len == 16);
    toy_stream(key, nonce, in, len, out);
    toy_tag(key, nonce, aad, aad_len, out, len, wanted);
    if (memcmp(wanted, tag, 16) == 0)
        return KITH_OK;
    memset(out, 0, len);
    return KITH_ERR_CRYPTO;
}

static kith_status device_key(void *context, uint16_t generation, uint8_t key[16])
{
    (void)context;
    memset(key, generation, 16);
    return generation == 1 || generation == 2 ? KITH_OK : KITH_ERR_NOT_FOUND;
}

static kith_status counter_read(void *context, uint64_t *value)
{
    *value = ((medium *)context)->counter;
    return KITH_OK;
}

static kith_status counter_advance(void *context)
{
    ((medium *)context)->counter++;
    return KITH_OK;
}

/* ---- what is tried ---- */

static kith_record sound_record(uint32_t id)
{
    kith_record record = {.kind = KITH_RECORD_BOND, .id = id, .len = LEN};

    memset(record.octets, (int)id, LEN);
    return record;
}

/* Everything that is handed out was put by us, unless a plain store was converted. */
static void read_all(const kith_store *store)
{
    kith_record record;
    uint32_t cursor = 0, count = 0;

    while (store->read(store->context, &cursor, &record) == KITH_OK) {
        kith_record sound = sound_record(record.id);

        require(++count <= RECORDS && record.kind != KITH_RECORD_SEAL);
        require(record.removed ? record.len == 0
                               : record.kind == KITH_RECORD_BOND && record.len == LEN && record.id <= SOUND &&
                                     memcmp(record.octets, sound.octets, sizeof sound.octets) == 0);
    }
}

static void spoil(medium *m, const uint8_t *data, size_t size, bool changes)
{
    while (size >= 4 && m->used < RECORDS - 8) {
        kith_record record = {.kind = (uint8_t)(data[0] % 6 + 1), .id = data[1] % 6, .removed = (data[2] & 0x80) != 0};
        kith_record *there = &m->of[data[0] % m->used];

        record.len = record.removed ? 0 : data[3] % (KITH_STORED_MAX + 1);
        data += 4;
        size -= 4;
        if (record.len > size)
            record.len = (uint16_t)size;
        for (uint16_t i = 0; i < record.len; i++)
            record.octets[i] = changes ? there->octets[i] ^ data[i] : data[i];
        data += record.len;
        size -= record.len;
        if (changes)
            memcpy(there->octets, record.octets, record.len);
        else
            add(m, &record);
    }
}

static void make_sound(const kith_store *store)
{
    kith_store_state state;

    require(store->open(store->context, &state) == KITH_OK);
    for (uint32_t id = 1; id <= SOUND; id++) {
        kith_record record = sound_record(id);

        require(store->put(store->context, &record, &state) == KITH_OK);
    }
}

static void use(kith_sealed_store *s, const kith_store *store, uint8_t how)
{
    kith_record record = sound_record(2);
    kith_store_state state;
    kith_status status = store->open(store->context, &state);

    if (status != KITH_OK && (how & 4) != 0)
        status = kith_sealed_store_accept(s, &state);
    read_all(store);
    if (status != KITH_OK)
        return;
    if ((how & 8) != 0)
        (void)kith_sealed_store_rotate(s, 2, &state);
    (void)store->put(store->context, &record, &state);
    (void)store->remove(store->context, KITH_RECORD_BOND, 1, &state);
    read_all(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static medium m;
    kith_crypto_port port = {.context = &m,
                             .random = draw,
                             .aes128 = toy_aes128,
                             .ccm_seal = toy_seal,
                             .ccm_open = toy_open,
                             .device_key = device_key};
    kith_store inner = {.context = &m,
                        .open = open_medium,
                        .read = read_medium,
                        .put = put_medium,
                        .remove = remove_medium},
               store;
    kith_sealed_config config = {&inner, &port, 1};
    kith_sealed_store s;

    if (size < 1)
        return 0;
    memset(&m, 0, sizeof m);
    port.counter_read = (data[0] & 1) != 0 ? counter_read : NULL;
    port.counter_advance = (data[0] & 1) != 0 ? counter_advance : NULL;
    require(kith_sealed_store_init(&s, &config, &store) == KITH_OK);
    make_sound(&store);
    spoil(&m, data + 1, size - 1, (data[0] & 2) != 0);
    require(kith_sealed_store_init(&s, &config, &store) == KITH_OK);
    if ((data[0] & 16) != 0)
        (void)kith_sealed_store_convert(&s, NULL);
    use(&s, &store, data[0]);
    return 0;
}
