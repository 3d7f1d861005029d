/* The store that keeps nothing: kith/store.h. */
#include "kith/store.h"

static kith_status be_empty(void *context, kith_store_state *state)
{
    (void)context;
    *state = (kith_store_state){.room = UINT32_MAX};
    return KITH_OK;
}

static kith_status read_nothing(void *context, uint32_t *cursor, kith_record *out)
{
    (void)context;
    (void)cursor;
    (void)out;
    return KITH_ERR_NOT_FOUND;
}

static kith_status put_nowhere(void *context, const kith_record *record, kith_store_state *state)
{
    (void)record;
    return be_empty(context, state);
}

static kith_status remove_nothing(void *context, uint8_t kind, uint32_t id, kith_store_state *state)
{
    (void)kind;
    (void)id;
    return be_empty(context, state);
}

const kith_store kith_volatile_store = {
    .open = be_empty,
    .read = read_nothing,
    .put = put_nowhere,
    .remove = remove_nothing,
    .erase = be_empty,
};
