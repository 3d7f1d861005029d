/* See kept_store.h. */
#include "kept_store.h"

#include <string.h>

#include "bench.h"

kept_list kept;

static kith_status open_store(void *context, kith_store_state *state)
{
    (void)context;
    *state = (kith_store_state){.room = KEPT_RECORDS - kept.count, .largest = KITH_STORED_MAX};
    return KITH_OK;
}

static kith_status read_record(void *context, uint32_t *cursor, kith_record *out)
{
    (void)context;
    if (*cursor >= kept.count)
        return KITH_ERR_NOT_FOUND;
    *out = kept.records[(*cursor)++];
    return KITH_OK;
}

static kith_status put_record(void *context, const kith_record *record, kith_store_state *state)
{
    if (kept.count == KEPT_RECORDS)
        return KITH_ERR_FULL;
    kept.records[kept.count++] = *record;
    return open_store(context, state);
}

static kith_status remove_record(void *context, uint8_t kind, uint32_t id, kith_store_state *state)
{
    kith_record removed = {.kind = kind, .removed = true, .id = id};

    return put_record(context, &removed, state);
}

const kith_store kept_store = {.open = open_store, .read = read_record, .put = put_record, .remove = remove_record};

void kept_restart(void)
{
    bench_state before = bench;

    bench_link_breaks(0x13);
    (void)bench_we_emit(KITH_EVENT_DISCONNECTED);
    bench_begin(before.role);
    bench.config = before.config;
    memcpy(bench.request, before.request, sizeof bench.request);
    memcpy(bench.response, before.response, sizeof bench.response);
    bench_power_on();
}
