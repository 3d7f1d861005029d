/* What a sealed store knows of itself: who it is, so that records of another store under the same device key are not
 * its own, and the key of its digests.  A record, sealed; drawn once. */
#include <string.h>

#include "base/wipe.h"
#include "seal/seal.h"

enum { LEN = 33, SEALED = 0, CONVERTING = 1 };

kith_status seal_identity_keep(kith_sealed_store *s, bool converting)
{
    kith_record plain = {.kind = KITH_RECORD_SEAL, .id = SEAL_ID_IDENTITY, .len = LEN}, sealed;
    kith_status status;

    plain.octets[0] = converting ? CONVERTING : SEALED;
    memcpy(plain.octets + 1, s->identity, 16);
    memcpy(plain.octets + 17, s->digest_key, 16);
    status = seal_close(s, &plain, &sealed);
    wipe(&plain, sizeof plain);
    return status == KITH_OK ? seal_inner_put(s, &sealed) : status;
}

kith_status seal_identity_make(kith_sealed_store *s, bool converting)
{
    kith_status status = seal_draw(s, "identity", s->identity);

    if (status == KITH_OK)
        status = seal_draw(s, "manifest", s->digest_key);
    return status == KITH_OK ? seal_identity_keep(s, converting) : status;
}

kith_status seal_identity_know(kith_sealed_store *s, const kith_record *sealed, bool *converting)
{
    kith_record plain;
    kith_status status = seal_open(s, sealed, &plain);

    if (status == KITH_OK && (plain.len != LEN || plain.octets[0] > CONVERTING))
        status = KITH_ERR_DAMAGED;
    if (status == KITH_OK) {
        *converting = plain.octets[0] == CONVERTING;
        memcpy(s->identity, plain.octets + 1, 16);
        memcpy(s->digest_key, plain.octets + 17, 16);
    }
    wipe(&plain, sizeof plain);
    return status;
}
