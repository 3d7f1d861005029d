/* Lists of UUIDs as AD structures: complete where all are told, else incomplete. */
#include <string.h>

#include "table_advertise.h"

enum { AD_MAX = 31, AD_HEAD = 2, INCOMPLETE_16 = 0x02, INCOMPLETE_128 = 0x06, COMPLETE = 0x01 /* added to either */ };

/* UUIDs of this size, as many as go into room; *all: none was left out. */
static size_t collect(const table *t, size_t uuid_size, uint8_t *octets, size_t room, bool *all)
{
    size_t len = 0;

    *all = true;
    for (size_t i = 0; i < t->service_count; i++) {
        const kith_service *s = &t->services[i];

        if (s->secondary || s->uuid.size != uuid_size)
            continue;
        if (len + uuid_size > room) {
            *all = false;
            return len;
        }
        memcpy(octets + len, s->uuid.octets, uuid_size);
        len += uuid_size;
    }
    return len;
}

/* true: something was told. */
static bool put(const table *t, size_t uuid_size, uint8_t *data, uint8_t *data_len)
{
    size_t room = AD_MAX - *data_len > AD_HEAD ? AD_MAX - *data_len - AD_HEAD : 0;
    uint8_t *out = data + *data_len;
    uint8_t octets[AD_MAX];
    bool all;
    size_t len = collect(t, uuid_size, octets, room, &all);

    if (len == 0)
        return false;
    out[0] = (uint8_t)(len + 1);
    out[1] = (uint8_t)((uuid_size == 2 ? INCOMPLETE_16 : INCOMPLETE_128) | (all ? COMPLETE : 0));
    memcpy(out + AD_HEAD, octets, len);
    *data_len = (uint8_t)(*data_len + AD_HEAD + len);
    return true;
}

void table_advertise(const table *t, kith_advertising *a)
{
    static const size_t sizes[] = {2, 16};

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        if (!put(t, sizes[i], a->data, &a->data_len))
            (void)put(t, sizes[i], a->response, &a->response_len);
}
