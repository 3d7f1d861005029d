/* Start-up: one table of commands, what each needs, and what its answer tells.  Ends in READY, or in START_FAILED
 * with the names of what is missing.  Core Vol 4 Part E 7, Vol 6 Part D (message sequence charts). */
#include <string.h>

#include "base/bytes.h"
#include "host/internal.h"

/* LE features, Vol 6 Part B 4.6. */
enum {
    FEATURE_ENCRYPTION = 0x0001,
    FEATURE_PARAMETER_REQUEST = 0x0002,
    FEATURE_PING = 0x0010,
    FEATURE_DATA_LENGTH = 0x0020,
    FEATURE_SCANNER_FILTERS = 0x0080,
    FEATURE_PHY_2M = 0x0100,
    FEATURE_PHY_CODED = 0x0800,
    FEATURE_EXTENDED = 0x1000
};

typedef struct {
    uint16_t opcode;
    uint8_t octet, bit; /* in Supported Commands; skipped when it is not there */
    bool always;        /* sent without looking (the bits are not read yet, or every controller has it) */
    size_t (*parameters)(kith_host *h, uint8_t *out);      /* NULL: none */
    void (*on_answer)(kith_host *h, bytes_reader *answer); /* NULL: the status is enough */
} startup_step;

static size_t event_mask(kith_host *h, uint8_t *out)
{
    (void)h;
    /* Disconnection, Encryption Change, Hardware Error, Data Buffer Overflow, Key Refresh, LE Meta: bit n is
     * event n + 1. */
    bytes_put64(out, UINT64_C(1) << 0x04 | UINT64_C(1) << 0x07 | UINT64_C(1) << 0x0f | UINT64_C(1) << 0x19 |
                         UINT64_C(1) << 0x2f | UINT64_C(1) << 0x3d);
    return 8;
}

/* Authenticated Payload Timeout Expired: bit n is event n + 0x40. */
static size_t event_mask_page_2(kith_host *h, uint8_t *out)
{
    (void)h;
    bytes_put64(out, UINT64_C(1) << (KITH_HCI_EV_AUTH_PAYLOAD_TIMEOUT - 0x40));
    return 8;
}

/* Bit n is subevent n + 1; what comes of a feature only where it is there. */
static const struct {
    uint64_t feature; /* 0: every controller has it */
    uint32_t events;
} le_events[] = {
    /* Connection Complete, Advertising Report, Update Complete, LTK Request, Enhanced Connection Complete */
    {0, 0x01 | 0x02 | 0x04 | 0x10 | 0x200},
    {FEATURE_PARAMETER_REQUEST, 0x20}, /* Remote Connection Parameter Request */
    {FEATURE_DATA_LENGTH, 0x40},       /* Data Length Change */
    {FEATURE_SCANNER_FILTERS, 0x400},  /* Directed Advertising Report */
    {FEATURE_PHY_2M, 0x800},           /* PHY Update Complete; so the next */
    {FEATURE_PHY_CODED, 0x800},
    {FEATURE_EXTENDED, 0x1000 | 0x10000 | 0x20000}, /* Extended Report, Scan Timeout, Advertising Set Terminated */
};

static bool is_unmasked(const kith_host *h, uint64_t feature)
{
    if (feature == FEATURE_PARAMETER_REQUEST) /* whoever lets it come must be able to answer */
        return (h->ready.lacks & KITH_LACKS_PARAMETER_REQUEST) == 0;
    if (feature == FEATURE_EXTENDED)
        return command_is_extended(h);
    return feature == 0 || (h->le_features & feature) != 0;
}

static size_t le_event_mask(kith_host *h, uint8_t *out)
{
    uint64_t mask = 0;

    for (size_t i = 0; i < sizeof le_events / sizeof le_events[0]; i++)
        if (is_unmasked(h, le_events[i].feature))
            mask |= le_events[i].events;
    bytes_put64(out, mask);
    return 8;
}

static size_t le_host_support(kith_host *h, uint8_t *out)
{
    (void)h;
    out[0] = 1;
    out[1] = 0;
    return 2;
}

static size_t random_address(kith_host *h, uint8_t *out)
{
    memcpy(out, privacy_on_air(h)->octets, 6);
    memcpy(h->random_address, out, 6);
    h->random_told = true;
    return 6;
}

static void on_version(kith_host *h, bytes_reader *r)
{
    h->ready.hci_version = bytes_read8(r);
    bytes_skip(r, 3); /* HCI revision, LMP version */
    h->ready.manufacturer = bytes_read16(r);
}

static void on_commands(kith_host *h, bytes_reader *r)
{
    bytes_read(r, h->commands_supported, sizeof h->commands_supported);
}

static void on_features(kith_host *h, bytes_reader *r)
{
    uint8_t features[8];

    bytes_read(r, features, sizeof features);
    if ((features[4] & 0x40) == 0)
        h->ready.lacks |= KITH_LACKS_LE;
}

static void on_address(kith_host *h, bytes_reader *r)
{
    static const uint8_t none[6];
    uint8_t address[6];

    bytes_read(r, address, sizeof address);
    memcpy(h->public_address, address, sizeof address);
    if (memcmp(h->privacy.address.octets, address, sizeof address) == 0)
        privacy_drop(h);
    if (h->config.own_address != KITH_OWN_PUBLIC)
        return;
    if (memcmp(address, none, sizeof none) == 0)
        h->ready.lacks |= KITH_LACKS_PUBLIC_ADDRESS;
    h->identities[0].address.type = KITH_ADDRESS_PUBLIC;
    memcpy(h->identities[0].address.octets, address, sizeof address);
    h->own = h->identities[h->selected].address;
}

static void take_buffers(kith_host *h, uint16_t len, uint16_t packets)
{
    h->ready.acl_len = len;
    h->ready.acl_packets = packets;
}

static void on_le_buffers(kith_host *h, bytes_reader *r)
{
    uint16_t len = bytes_read16(r);

    take_buffers(h, len, bytes_read8(r));
}

/* No buffers of LE's own: those of the classic link are shared (7.8.2). */
static void on_shared_buffers(kith_host *h, bytes_reader *r)
{
    uint16_t len = bytes_read16(r);

    bytes_skip(r, 1); /* synchronous */
    if (h->ready.acl_len == 0 || h->ready.acl_packets == 0)
        take_buffers(h, len, bytes_read16(r));
}

/* What a command's or a feature's absence means: all bits must be there, or the host lacks this. */
static const struct {
    uint32_t lacks;
    uint8_t octet, mask;
} needed_commands[] = {
    {KITH_LACKS_ENCRYPTION, 28, 0x07},        /* Enable Encryption, LTK Request Reply, Negative Reply */
    {KITH_LACKS_ADVERTISING, 25, 0xa0},       /* Set Advertising Parameters, Data */
    {KITH_LACKS_ADVERTISING, 26, 0x03},       /* Set Scan Response Data, Set Advertising Enable */
    {KITH_LACKS_SCANNING, 26, 0x0c},          /* Set Scan Parameters, Enable */
    {KITH_LACKS_INITIATING, 26, 0x30},        /* Create Connection, Cancel */
    {KITH_LACKS_DATA_LENGTH, 33, 0x40},       /* Set Data Length */
    {KITH_LACKS_RESOLVING_LIST, 34, 0x78},    /* Add, Remove, Clear, Read Size */
    {KITH_LACKS_RESOLVING_LIST, 35, 0x02},    /* Set Address Resolution Enable */
    {KITH_LACKS_FILTER_LIST, 26, 0x40},       /* Read Size */
    {KITH_LACKS_FILTER_LIST, 27, 0x03},       /* Add, Remove */
    {KITH_LACKS_PING, 22, 0x04},              /* Set Event Mask Page 2 */
    {KITH_LACKS_PING, 32, 0x20},              /* Write Authenticated Payload Timeout */
    {KITH_LACKS_EXTENDED, 36, 0xfe},          /* all of advertising sets but: */
    {KITH_LACKS_EXTENDED, 37, 0xe1},          /* Remove; Set Scan Parameters, Enable, Create Connection */
    {KITH_LACKS_PRIVACY_MODES, 39, 0x04},     /* Set Privacy Mode */
    {KITH_LACKS_PARAMETER_REQUEST, 33, 0x30}, /* Remote Connection Parameter Request Reply, Negative Reply */
    {KITH_LACKS_PHY_2M, 35, 0x40},            /* Set PHY */
    {KITH_LACKS_PHY_CODED, 35, 0x40},
};
static const struct {
    uint32_t lacks;
    uint64_t feature;
} needed_features[] = {
    {KITH_LACKS_ENCRYPTION, FEATURE_ENCRYPTION},
    {KITH_LACKS_DATA_LENGTH, FEATURE_DATA_LENGTH},
    {KITH_LACKS_PING, FEATURE_PING},
    {KITH_LACKS_EXTENDED, FEATURE_EXTENDED},
    {KITH_LACKS_PARAMETER_REQUEST, FEATURE_PARAMETER_REQUEST},
    {KITH_LACKS_PHY_2M, FEATURE_PHY_2M},
    {KITH_LACKS_PHY_CODED, FEATURE_PHY_CODED},
};

/* Commands are known by then. */
static void on_le_features(kith_host *h, bytes_reader *r)
{
    h->le_features = bytes_read64(r);
    for (size_t i = 0; i < sizeof needed_commands / sizeof needed_commands[0]; i++)
        if ((h->commands_supported[needed_commands[i].octet] & needed_commands[i].mask) != needed_commands[i].mask)
            h->ready.lacks |= needed_commands[i].lacks;
    for (size_t i = 0; i < sizeof needed_features / sizeof needed_features[0]; i++)
        if ((h->le_features & needed_features[i].feature) == 0)
            h->ready.lacks |= needed_features[i].lacks;
}

static void on_filter_list_size(kith_host *h, bytes_reader *r)
{
    h->ready.filter_list = bytes_read8(r);
}

static void on_resolving_list_size(kith_host *h, bytes_reader *r)
{
    h->ready.resolving_list = bytes_read8(r);
}

static void on_sets(kith_host *h, bytes_reader *r)
{
    h->ready.sets = bytes_read8(r);
}

static void on_data_most(kith_host *h, bytes_reader *r)
{
    uint16_t most = bytes_read16(r);

    h->ready.data_most = most < KITH_ADVERTISING_DATA_MAX ? most : (uint16_t)KITH_ADVERTISING_DATA_MAX;
}

static const startup_step steps[] = {
    {KITH_HCI_RESET, 0, 0, true, NULL, NULL},
    {KITH_HCI_READ_LOCAL_VERSION, 0, 0, true, NULL, on_version},
    {KITH_HCI_READ_LOCAL_COMMANDS, 0, 0, true, NULL, on_commands},
    {KITH_HCI_READ_LOCAL_FEATURES, 0, 0, true, NULL, on_features},
    {KITH_HCI_READ_BD_ADDR, 0, 0, true, NULL, on_address},
    {KITH_HCI_SET_EVENT_MASK, 0, 0, true, event_mask, NULL},
    {KITH_HCI_SET_EVENT_MASK_PAGE_2, 22, 2, false, event_mask_page_2, NULL},
    {KITH_HCI_WRITE_LE_HOST_SUPPORT, 24, 6, false, le_host_support, NULL},
    {KITH_HCI_LE_READ_BUFFER_SIZE, 0, 0, true, NULL, on_le_buffers},
    {KITH_HCI_READ_BUFFER_SIZE, 14, 7, false, NULL, on_shared_buffers},
    {KITH_HCI_LE_READ_LOCAL_FEATURES, 0, 0, true, NULL, on_le_features},
    {KITH_HCI_LE_READ_NUMBER_OF_SETS, 36, 7, false, NULL, on_sets},
    {KITH_HCI_LE_READ_MAX_ADV_DATA_LENGTH, 36, 6, false, NULL, on_data_most},
    {KITH_HCI_LE_SET_EVENT_MASK, 0, 0, true, le_event_mask, NULL},
    {KITH_HCI_LE_SET_RANDOM_ADDRESS, 25, 4, false, random_address, NULL},
    {KITH_HCI_LE_READ_FILTER_LIST_SIZE, 26, 6, false, NULL, on_filter_list_size},
    {KITH_HCI_LE_READ_RESOLVING_LIST_SIZE, 34, 6, false, NULL, on_resolving_list_size},
};

enum { ENOUGH_TO_FAIL = KITH_LACKS_LE | KITH_LACKS_ENCRYPTION | KITH_LACKS_PUBLIC_ADDRESS | KITH_LACKS_BUFFERS };

static bool is_wanted(const kith_host *h, const startup_step *step)
{
    if (step->opcode == KITH_HCI_LE_SET_RANDOM_ADDRESS)
        return privacy_on_air(h)->type == KITH_ADDRESS_RANDOM;
    if (step->opcode == KITH_HCI_READ_BUFFER_SIZE)
        return h->ready.acl_len == 0 || h->ready.acl_packets == 0;
    if (step->opcode == KITH_HCI_LE_READ_NUMBER_OF_SETS || step->opcode == KITH_HCI_LE_READ_MAX_ADV_DATA_LENGTH)
        return command_is_extended(h); /* a controller takes commands of one kind, and no other (3.1.1) */
    return step->always || command_is_supported(h, step->octet, step->bit);
}

void startup_fail(kith_host *h, uint32_t lacks, uint16_t opcode, kith_hci_status hci_status, kith_status status)
{
    kith_event *event = event_post(h, KITH_EVENT_START_FAILED, NULL);

    event->start_failed.lacks = lacks;
    event->start_failed.opcode = opcode;
    event->start_failed.hci_status = hci_status;
    event->start_failed.status = status;
    h->startup = STARTUP_FAILED;
}

void startup_fail_store(kith_host *h, kith_status status)
{
    kith_event *event = event_post(h, KITH_EVENT_START_FAILED, NULL);

    event->start_failed.status = status;
    event->start_failed.store = status != KITH_ERR_ENTROPY;
    h->startup = STARTUP_FAILED;
}

static void take_sizes(kith_host *h)
{
    const bool extended = command_is_extended(h);

    if (h->ready.acl_len < 27 || h->ready.acl_packets == 0)
        h->ready.lacks |= KITH_LACKS_BUFFERS;
    if (!extended || h->ready.sets == 0)
        h->ready.sets = 1;
    if (!extended || h->ready.data_most < 31)
        h->ready.data_most = 31;
    if (h->lists == NULL)
        return;
    h->lists->filtered_most = h->ready.filter_list;
    h->lists->resolving_most = h->ready.resolving_list;
}

static void finish(kith_host *h)
{
    take_sizes(h);
    if ((h->ready.lacks & ENOUGH_TO_FAIL) != 0) {
        startup_fail(h, h->ready.lacks & ENOUGH_TO_FAIL, 0, 0, KITH_OK);
        return;
    }
    h->startup = STARTUP_READY;
    h->acl_credits = h->ready.acl_packets;
    h->ready.address = *privacy_on_air(h);
    h->ready.other_identity = identity_count_others(h);
    event_post(h, KITH_EVENT_READY, NULL)->ready = h->ready;
    lists_on_ready(h);
    reconnect_on_ready(h);
    work_prepare_own_key(h);
}

static void skip_unwanted(kith_host *h)
{
    while (h->startup_step < sizeof steps / sizeof steps[0] && !is_wanted(h, &steps[h->startup_step]))
        h->startup_step++;
    if (h->startup_step == sizeof steps / sizeof steps[0])
        finish(h);
}

size_t startup_command(kith_host *h, uint8_t *out)
{
    const startup_step *step = &steps[h->startup_step];
    size_t len;

    if (!storing_is_ready(h))
        return 0; /* who we are is not known yet */
    len = step->parameters != NULL ? step->parameters(h, out + 4) : 0;
    command_begin(out, step->opcode, len);
    return 4 + len;
}

/* There are controllers that list a command and refuse it: what nothing else needs is lacking then.  0: needed. */
static uint32_t lacks_without(uint16_t opcode)
{
    switch (opcode) {
    case KITH_HCI_SET_EVENT_MASK_PAGE_2:
        return KITH_LACKS_PING;
    case KITH_HCI_LE_READ_FILTER_LIST_SIZE:
        return KITH_LACKS_FILTER_LIST;
    case KITH_HCI_LE_READ_RESOLVING_LIST_SIZE:
        return KITH_LACKS_RESOLVING_LIST;
    case KITH_HCI_LE_READ_NUMBER_OF_SETS:
    case KITH_HCI_LE_READ_MAX_ADV_DATA_LENGTH:
        return KITH_LACKS_EXTENDED;
    default:
        return 0;
    }
}

void startup_on_result(kith_host *h, uint16_t opcode, const uint8_t *parameters, size_t len)
{
    const startup_step *step = &steps[h->startup_step];
    bool refused = len == 0 || parameters[0] != KITH_HCI_SUCCESS;
    bytes_reader answer;
    kith_status status;

    if (opcode != step->opcode)
        return;
    if (refused && lacks_without(opcode) == 0) {
        startup_fail(h, 0, opcode, len > 0 ? parameters[0] : KITH_HCI_UNSPECIFIED_ERROR, KITH_OK);
        return;
    }
    h->ready.lacks |= refused ? lacks_without(opcode) : 0;
    bytes_reader_init(&answer, parameters + (len > 0), len - (len > 0));
    if (step->on_answer != NULL && !refused)
        step->on_answer(h, &answer);
    if (answer.failed) {
        startup_fail(h, 0, opcode, KITH_HCI_UNSPECIFIED_ERROR, KITH_ERR_VALUE);
        return;
    }
    status = privacy_prepare(h); /* who we are is known since the first command went */
    if (status != KITH_OK) {
        startup_fail(h, 0, 0, 0, status);
        return;
    }
    h->startup_step++;
    skip_unwanted(h);
}

kith_status kith_host_start(kith_host *h, uint64_t now_us)
{
    kith_status status;

    if (h->reset != RESET_NONE)
        return KITH_ERR_BUSY;
    if (h->startup == STARTUP_RUNNING || h->startup == STARTUP_READY || h->lost)
        return KITH_ERR_STATE;
    if (!events_have_room(h))
        return KITH_ERR_FULL;
    host_begin(h, now_us);
    memset(&h->ready, 0, sizeof h->ready);
    memset(&h->command, 0, sizeof h->command);
    h->random_told = false;
    h->command.credits = 1; /* 4.4: after power on, one command may go */
    h->command.deadline_us = UINT64_MAX;
    h->startup_step = 0;
    crypto_random_reset(&h->random);
    work_forget_own_key(h);
    status = identity_without_store(h);
    if (status != KITH_OK) {
        startup_fail(h, 0, 0, 0, status);
    } else {
        h->startup = STARTUP_RUNNING;
        storing_begin(h);
    }
    host_end(h);
    return KITH_OK;
}
