/* ATT PDUs, read and written.  Core Vol 3 Part F 3.3.1, 3.4.
 *
 * Each opcode is a row: its name and its layout.  A layout is read and written in one place each; lengths
 * are strict.  Whether handles and ranges make sense is for server and client to say. */
#include "kith/codec/att.h"

#include "base/bytes.h"

typedef enum {
    LAYOUT_UNKNOWN,
    LAYOUT_NOTHING,          /* the opcode alone */
    LAYOUT_ERROR,            /* request opcode, handle, error */
    LAYOUT_MTU,              /* mtu */
    LAYOUT_RANGE,            /* handle, end handle */
    LAYOUT_RANGE_TYPE,       /* handle, end handle, UUID */
    LAYOUT_RANGE_TYPE_VALUE, /* handle, end handle, 16-bit UUID, value */
    LAYOUT_HANDLE,           /* handle */
    LAYOUT_HANDLE_OFFSET,    /* handle, offset */
    LAYOUT_HANDLE_VALUE,     /* handle, value */
    LAYOUT_SIGNED_VALUE,     /* handle, value, signature */
    LAYOUT_VALUE,            /* value */
    LAYOUT_FORMAT_LIST,      /* format, entries of a handle and a UUID */
    LAYOUT_HANDLE_PAIRS,     /* entries of two handles */
    LAYOUT_HANDLE_LIST,      /* two handles or more */
    LAYOUT_PART,             /* handle, offset, value */
    LAYOUT_FLAGS,            /* flags */
    LAYOUT_TUPLES,           /* one or more of handle, length, value */
    LAYOUT_VALUE_LIST,       /* entry length, entries of a handle and a value */
    LAYOUT_GROUP_LIST        /* entry length, entries of two handles and a value */
} layout;

typedef struct {
    uint8_t opcode;
    uint8_t kind; /* kith_att_kind */
    uint8_t layout;
    const char *name;
} row;

static const row rows[] = {
    {KITH_ATT_ERROR_RESPONSE, KITH_ATT_KIND_RESPONSE, LAYOUT_ERROR, "Error Response"},
    {KITH_ATT_EXCHANGE_MTU_REQUEST, KITH_ATT_KIND_REQUEST, LAYOUT_MTU, "Exchange MTU Request"},
    {KITH_ATT_EXCHANGE_MTU_RESPONSE, KITH_ATT_KIND_RESPONSE, LAYOUT_MTU, "Exchange MTU Response"},
    {KITH_ATT_FIND_INFORMATION_REQUEST, KITH_ATT_KIND_REQUEST, LAYOUT_RANGE, "Find Information Request"},
    {KITH_ATT_FIND_INFORMATION_RESPONSE, KITH_ATT_KIND_RESPONSE, LAYOUT_FORMAT_LIST, "Find Information Response"},
    {KITH_ATT_FIND_BY_TYPE_VALUE_REQUEST, KITH_ATT_KIND_REQUEST, LAYOUT_RANGE_TYPE_VALUE, "Find By Type Value Request"},
    {KITH_ATT_FIND_BY_TYPE_VALUE_RESPONSE, KITH_ATT_KIND_RESPONSE, LAYOUT_HANDLE_PAIRS, "Find By Type Value Response"},
    {KITH_ATT_READ_BY_TYPE_REQUEST, KITH_ATT_KIND_REQUEST, LAYOUT_RANGE_TYPE, "Read By Type Request"},
    {KITH_ATT_READ_BY_TYPE_RESPONSE, KITH_ATT_KIND_RESPONSE, LAYOUT_VALUE_LIST, "Read By Type Response"},
    {KITH_ATT_READ_REQUEST, KITH_ATT_KIND_REQUEST, LAYOUT_HANDLE, "Read Request"},
    {KITH_ATT_READ_RESPONSE, KITH_ATT_KIND_RESPONSE, LAYOUT_VALUE, "Read Response"},
    {KITH_ATT_READ_BLOB_REQUEST, KITH_ATT_KIND_REQUEST, LAYOUT_HANDLE_OFFSET, "Read Blob Request"},
    {KITH_ATT_READ_BLOB_RESPONSE, KITH_ATT_KIND_RESPONSE, LAYOUT_VALUE, "Read Blob Response"},
    {KITH_ATT_READ_MULTIPLE_REQUEST, KITH_ATT_KIND_REQUEST, LAYOUT_HANDLE_LIST, "Read Multiple Request"},
    {KITH_ATT_READ_MULTIPLE_RESPONSE, KITH_ATT_KIND_RESPONSE, LAYOUT_VALUE, "Read Multiple Response"},
    {KITH_ATT_READ_BY_GROUP_TYPE_REQUEST, KITH_ATT_KIND_REQUEST, LAYOUT_RANGE_TYPE, "Read By Group Type Request"},
    {KITH_ATT_READ_BY_GROUP_TYPE_RESPONSE, KITH_ATT_KIND_RESPONSE, LAYOUT_GROUP_LIST, "Read By Group Type Response"},
    {KITH_ATT_WRITE_REQUEST, KITH_ATT_KIND_REQUEST, LAYOUT_HANDLE_VALUE, "Write Request"},
    {KITH_ATT_WRITE_RESPONSE, KITH_ATT_KIND_RESPONSE, LAYOUT_NOTHING, "Write Response"},
    {KITH_ATT_PREPARE_WRITE_REQUEST, KITH_ATT_KIND_REQUEST, LAYOUT_PART, "Prepare Write Request"},
    {KITH_ATT_PREPARE_WRITE_RESPONSE, KITH_ATT_KIND_RESPONSE, LAYOUT_PART, "Prepare Write Response"},
    {KITH_ATT_EXECUTE_WRITE_REQUEST, KITH_ATT_KIND_REQUEST, LAYOUT_FLAGS, "Execute Write Request"},
    {KITH_ATT_EXECUTE_WRITE_RESPONSE, KITH_ATT_KIND_RESPONSE, LAYOUT_NOTHING, "Execute Write Response"},
    {KITH_ATT_HANDLE_VALUE_NOTIFICATION, KITH_ATT_KIND_NOTIFICATION, LAYOUT_HANDLE_VALUE, "Handle Value Notification"},
    {KITH_ATT_HANDLE_VALUE_INDICATION, KITH_ATT_KIND_INDICATION, LAYOUT_HANDLE_VALUE, "Handle Value Indication"},
    {KITH_ATT_HANDLE_VALUE_CONFIRMATION, KITH_ATT_KIND_CONFIRMATION, LAYOUT_NOTHING, "Handle Value Confirmation"},
    {KITH_ATT_READ_MULTIPLE_VARIABLE_REQUEST, KITH_ATT_KIND_REQUEST, LAYOUT_HANDLE_LIST,
     "Read Multiple Variable Request"},
    {KITH_ATT_READ_MULTIPLE_VARIABLE_RESPONSE, KITH_ATT_KIND_RESPONSE, LAYOUT_VALUE, "Read Multiple Variable Response"},
    {KITH_ATT_MULTIPLE_HANDLE_VALUE_NOTIFICATION, KITH_ATT_KIND_NOTIFICATION, LAYOUT_TUPLES,
     "Multiple Handle Value Notification"},
    {KITH_ATT_WRITE_COMMAND, KITH_ATT_KIND_COMMAND, LAYOUT_HANDLE_VALUE, "Write Command"},
    {KITH_ATT_SIGNED_WRITE_COMMAND, KITH_ATT_KIND_COMMAND, LAYOUT_SIGNED_VALUE, "Signed Write Command"},
};

enum { COMMAND_FLAG = 0x40, FORMAT_UUID16 = 1, FORMAT_UUID128 = 2 };

static const row *find_row(uint8_t opcode)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].opcode == opcode)
            return &rows[i];
    return NULL;
}

kith_att_kind kith_att_kind_of(uint8_t opcode)
{
    const row *found = find_row(opcode);

    if (found != NULL)
        return (kith_att_kind)found->kind;
    return (opcode & COMMAND_FLAG) != 0 ? KITH_ATT_KIND_COMMAND : KITH_ATT_KIND_REQUEST;
}

const char *kith_att_opcode_name(uint8_t opcode)
{
    const row *found = find_row(opcode);
    return found != NULL ? found->name : "unknown";
}

static layout layout_of(uint8_t opcode)
{
    const row *found = find_row(opcode);
    return found != NULL ? (layout)found->layout : LAYOUT_UNKNOWN;
}

static uint8_t entry_len_of_format(uint8_t format)
{
    if (format == FORMAT_UUID16)
        return 4;
    return format == FORMAT_UUID128 ? 18 : 0;
}

/* The smallest entry that each kind of list can have: its handles. */
static size_t min_entry_len(layout of)
{
    return of == LAYOUT_VALUE_LIST ? 2 : 4;
}

/* Handle, length and value, and nothing behind the last.  Two or more, says 3.4.7.4; bluetoothd also sends one. */
static bool are_tuples(const uint8_t *list, size_t len)
{
    bytes_reader r;
    unsigned count = 0;

    bytes_reader_init(&r, list, len);
    for (; r.left > 0 && !r.failed; count++) {
        bytes_skip(&r, 2);
        bytes_skip(&r, bytes_read16(&r));
    }
    return count >= 1 && !r.failed;
}

static bool are_handles(size_t len)
{
    return len >= 4 && len % 2 == 0;
}

static bool is_whole_list(const kith_att_pdu *pdu, layout of)
{
    if (of == LAYOUT_HANDLE_LIST)
        return are_handles(pdu->value_len);
    if (of == LAYOUT_TUPLES)
        return are_tuples(pdu->value, pdu->value_len);
    return pdu->entry_len >= min_entry_len(of) && pdu->value_len != 0 && pdu->value_len % pdu->entry_len == 0;
}

static void read_rest(bytes_reader *r, kith_att_pdu *pdu)
{
    pdu->value_len = r->left;
    pdu->value = bytes_take(r, r->left);
}

static void read_signed(bytes_reader *r, kith_att_pdu *pdu)
{
    pdu->value_len = r->left < KITH_ATT_SIGNATURE ? 0 : r->left - KITH_ATT_SIGNATURE;
    pdu->value = bytes_take(r, pdu->value_len);
    pdu->signature = bytes_take(r, KITH_ATT_SIGNATURE);
}

static void read_type(bytes_reader *r, kith_att_pdu *pdu, size_t size)
{
    if (size != 2 && size != 16) {
        r->failed = true;
        return;
    }
    pdu->type.size = (uint8_t)size;
    bytes_read(r, pdu->type.octets, size);
}

static void read_list(bytes_reader *r, kith_att_pdu *pdu, layout of)
{
    if (of == LAYOUT_FORMAT_LIST)
        pdu->entry_len = entry_len_of_format(bytes_read8(r));
    else if (of == LAYOUT_HANDLE_PAIRS)
        pdu->entry_len = 4;
    else if (of == LAYOUT_VALUE_LIST || of == LAYOUT_GROUP_LIST)
        pdu->entry_len = bytes_read8(r);
    read_rest(r, pdu);
    if (!is_whole_list(pdu, of))
        r->failed = true;
}

static void read_range(bytes_reader *r, kith_att_pdu *pdu)
{
    pdu->handle = bytes_read16(r);
    pdu->end_handle = bytes_read16(r);
}

static void read_layout(bytes_reader *r, kith_att_pdu *pdu, layout of)
{
    switch (of) {
    case LAYOUT_ERROR:
        pdu->request_opcode = bytes_read8(r);
        pdu->handle = bytes_read16(r);
        pdu->error = bytes_read8(r);
        break;
    case LAYOUT_MTU:
        pdu->mtu = bytes_read16(r);
        break;
    case LAYOUT_RANGE:
        read_range(r, pdu);
        break;
    case LAYOUT_RANGE_TYPE:
        read_range(r, pdu);
        read_type(r, pdu, r->left);
        break;
    case LAYOUT_RANGE_TYPE_VALUE:
        read_range(r, pdu);
        read_type(r, pdu, 2);
        read_rest(r, pdu);
        break;
    case LAYOUT_HANDLE:
        pdu->handle = bytes_read16(r);
        break;
    case LAYOUT_HANDLE_OFFSET:
    case LAYOUT_PART:
        pdu->handle = bytes_read16(r);
        pdu->offset = bytes_read16(r);
        if (of == LAYOUT_PART)
            read_rest(r, pdu);
        break;
    case LAYOUT_HANDLE_VALUE:
        pdu->handle = bytes_read16(r);
        read_rest(r, pdu);
        break;
    case LAYOUT_SIGNED_VALUE:
        pdu->handle = bytes_read16(r);
        read_signed(r, pdu);
        break;
    case LAYOUT_VALUE:
        read_rest(r, pdu);
        break;
    case LAYOUT_FLAGS:
        pdu->flags = bytes_read8(r);
        break;
    case LAYOUT_HANDLE_LIST:
    case LAYOUT_TUPLES:
    case LAYOUT_FORMAT_LIST:
    case LAYOUT_HANDLE_PAIRS:
    case LAYOUT_VALUE_LIST:
    case LAYOUT_GROUP_LIST:
        read_list(r, pdu, of);
        break;
    case LAYOUT_NOTHING:
    case LAYOUT_UNKNOWN:
        break;
    }
}

kith_status kith_att_decode(const uint8_t *in, size_t len, kith_att_pdu *pdu)
{
    bytes_reader r;
    layout of;

    memset(pdu, 0, sizeof *pdu);
    if (len == 0)
        return KITH_ERR_VALUE;
    bytes_reader_init(&r, in, len);
    pdu->opcode = bytes_read8(&r);
    of = layout_of(pdu->opcode);
    if (of == LAYOUT_UNKNOWN)
        return KITH_ERR_UNSUPPORTED;
    read_layout(&r, pdu, of);
    return r.failed || r.left != 0 ? KITH_ERR_VALUE : KITH_OK;
}

static void write_range(bytes_writer *w, const kith_att_pdu *pdu)
{
    bytes_write16(w, pdu->handle);
    bytes_write16(w, pdu->end_handle);
}

static void write_type(bytes_writer *w, const kith_att_pdu *pdu, bool short_only)
{
    if (pdu->type.size != 2 && (short_only || pdu->type.size != 16))
        w->failed = true;
    else
        bytes_write(w, pdu->type.octets, pdu->type.size);
}

static void write_signature(bytes_writer *w, const kith_att_pdu *pdu)
{
    if (pdu->signature == NULL)
        w->failed = true;
    else
        bytes_write(w, pdu->signature, KITH_ATT_SIGNATURE);
}

static void write_list(bytes_writer *w, const kith_att_pdu *pdu, layout of)
{
    if (!is_whole_list(pdu, of))
        w->failed = true;
    else if (of == LAYOUT_FORMAT_LIST && pdu->entry_len == 4)
        bytes_write8(w, FORMAT_UUID16);
    else if (of == LAYOUT_FORMAT_LIST && pdu->entry_len == 18)
        bytes_write8(w, FORMAT_UUID128);
    else if (of == LAYOUT_FORMAT_LIST || (of == LAYOUT_HANDLE_PAIRS && pdu->entry_len != 4))
        w->failed = true;
    else if (of == LAYOUT_VALUE_LIST || of == LAYOUT_GROUP_LIST)
        bytes_write8(w, pdu->entry_len);
    bytes_write(w, pdu->value, pdu->value_len);
}

static void write_layout(bytes_writer *w, const kith_att_pdu *pdu, layout of)
{
    switch (of) {
    case LAYOUT_ERROR:
        bytes_write8(w, pdu->request_opcode);
        bytes_write16(w, pdu->handle);
        bytes_write8(w, pdu->error);
        break;
    case LAYOUT_MTU:
        bytes_write16(w, pdu->mtu);
        break;
    case LAYOUT_RANGE:
        write_range(w, pdu);
        break;
    case LAYOUT_RANGE_TYPE:
        write_range(w, pdu);
        write_type(w, pdu, false);
        break;
    case LAYOUT_RANGE_TYPE_VALUE:
        write_range(w, pdu);
        write_type(w, pdu, true);
        bytes_write(w, pdu->value, pdu->value_len);
        break;
    case LAYOUT_HANDLE:
        bytes_write16(w, pdu->handle);
        break;
    case LAYOUT_HANDLE_OFFSET:
    case LAYOUT_PART:
        bytes_write16(w, pdu->handle);
        bytes_write16(w, pdu->offset);
        if (of == LAYOUT_PART)
            bytes_write(w, pdu->value, pdu->value_len);
        break;
    case LAYOUT_HANDLE_VALUE:
        bytes_write16(w, pdu->handle);
        bytes_write(w, pdu->value, pdu->value_len);
        break;
    case LAYOUT_SIGNED_VALUE:
        bytes_write16(w, pdu->handle);
        bytes_write(w, pdu->value, pdu->value_len);
        write_signature(w, pdu);
        break;
    case LAYOUT_VALUE:
        bytes_write(w, pdu->value, pdu->value_len);
        break;
    case LAYOUT_FLAGS:
        bytes_write8(w, pdu->flags);
        break;
    case LAYOUT_HANDLE_LIST:
    case LAYOUT_TUPLES:
    case LAYOUT_FORMAT_LIST:
    case LAYOUT_HANDLE_PAIRS:
    case LAYOUT_VALUE_LIST:
    case LAYOUT_GROUP_LIST:
        write_list(w, pdu, of);
        break;
    case LAYOUT_NOTHING:
        break;
    case LAYOUT_UNKNOWN:
        w->failed = true;
        break;
    }
}

size_t kith_att_encode(const kith_att_pdu *pdu, uint8_t *out, size_t cap)
{
    bytes_writer w;

    bytes_writer_init(&w, out, cap);
    bytes_write8(&w, pdu->opcode);
    write_layout(&w, pdu, layout_of(pdu->opcode));
    return w.failed ? 0 : w.len;
}
