/* The lamp's attribute table, and the answers for the one value that is not constant. */
#include <string.h>

#include "kith/codec/att.h"
#include "lamp.h"

enum { NOTE = 1 };

#define LAMP_UUID(last)                                                                                                \
    KITH_UUID128(0x5a, 0x3c, 0x2f, 0x10, 0x7d, 0x0e, 0x4e, 0x1b, 0x9c, 0x55, 0x4b, 0x69, 0x74, 0x68, 0x00, last)

static const kith_characteristic values[] = {
    {.uuid = LAMP_UUID(0x02),
     .properties = KITH_PROPERTY_READ,
     .permissions = KITH_READ_ENCRYPTED,
     .value = (const uint8_t *)LAMP_STATE_TEXT,
     .value_len = sizeof LAMP_STATE_TEXT - 1},
    {.uuid = LAMP_UUID(0x03),
     .properties = KITH_PROPERTY_READ | KITH_PROPERTY_WRITE,
     .permissions = KITH_READ_ENCRYPTED | KITH_WRITE_ENCRYPTED,
     .id = NOTE},
};

const kith_service lamp_service = {
    .uuid = LAMP_UUID(0x01),
    .characteristics = values,
    .characteristic_count = sizeof values / sizeof values[0],
};

static kith_att_error write_note(lamp *l, const kith_event_attribute *a)
{
    if (a->offset > l->note_len)
        return KITH_ATT_ERROR_INVALID_OFFSET;
    if (a->offset + a->len > (int)sizeof l->note)
        return KITH_ATT_ERROR_INVALID_ATTRIBUTE_VALUE_LENGTH;
    if (a->len > 0)
        memcpy(l->note + a->offset, a->value, a->len);
    l->note_len = (size_t)a->offset + a->len;
    return 0;
}

/* An answer that is refused means that the link has gone meanwhile. */
void lamp_answer(lamp *l, kith_host *host, const kith_event *event)
{
    if (event->kind == KITH_EVENT_READ_WANTED)
        (void)!kith_gatt_answer_read(host, event->link, 0, l->note, l->note_len);
    else if (event->kind == KITH_EVENT_WRITE_WANTED)
        (void)!kith_gatt_answer_write(host, event->link, write_note(l, &event->attribute));
}
