/* Changes of the inner store, each remembering what it said of itself. */
#include "seal/seal.h"

kith_status seal_inner_open(kith_sealed_store *s)
{
    return s->config.inner->open(s->config.inner->context, &s->inner);
}

kith_status seal_inner_put(kith_sealed_store *s, const kith_record *sealed)
{
    return s->config.inner->put(s->config.inner->context, sealed, &s->inner);
}

kith_status seal_inner_remove(kith_sealed_store *s, uint8_t kind, uint32_t id)
{
    return s->config.inner->remove(s->config.inner->context, kind, id, &s->inner);
}
