#include "blocking.h"

const kith_uuid meet_service = KITH_UUID16(0x1815), meet_state = KITH_UUID16(0x2b01), meet_told = KITH_UUID16(0x2b02),
                meet_guarded = KITH_UUID16(0x2b03);

static const uint8_t secret[] = "secret";
static const kith_characteristic values[] = {
    {.uuid = KITH_UUID16(0x2b01),
     .properties = KITH_PROPERTY_READ | KITH_PROPERTY_WRITE,
     .permissions = KITH_READ_OPEN | KITH_WRITE_OPEN,
     .id = STATE_ID},
    {.uuid = KITH_UUID16(0x2b02), .properties = KITH_PROPERTY_NOTIFY, .permissions = KITH_NOTIFY_OPEN, .id = TOLD_ID},
    {.uuid = KITH_UUID16(0x2b03),
     .properties = KITH_PROPERTY_READ,
     .permissions = KITH_READ_SC_AUTHENTICATED,
     .id = GUARDED_ID,
     .value = secret,
     .value_len = sizeof secret - 1},
};
static const kith_service services[] = {
    {.uuid = KITH_UUID16(0x1815), .characteristics = values, .characteristic_count = 3}};

/* ---- the device ---- */

static void begin(device *d)
{
    kith_advertising advertising;
    kith_scan scan;

    kith_gap_default_advertising(&advertising, "device");
    kith_gap_default_scan(&scan);
    if (d->seeks)
        (void)!kith_gap_start_scan(d->host, &scan); /* or it goes on already */
    else if (!d->mute)
        assert_int_equal(kith_gap_advertise(d->host, &advertising), KITH_OK);
}

static void answer_read(device *d)
{
    d->waits = false;
    d->reads++;
    assert_int_equal(kith_gatt_answer_read(d->host, d->link, 0, &d->reads, 1), KITH_OK);
}

static void on_request(meeting *m, const kith_event *e)
{
    device *d = &m->other;

    if (d->gone_on_ask)
        meet_out_of_range(m);
    for (unsigned i = 0; i < d->tells; i++)
        meet_tell(m, (uint8_t)(10u * (d->reads + 1u) + i));
    d->waits = d->silent && e->kind == KITH_EVENT_READ_WANTED;
    if (d->silent || d->gone_on_ask)
        return;
    if (e->kind == KITH_EVENT_READ_WANTED) {
        answer_read(d);
        return;
    }
    assert_true(e->attribute.len <= sizeof d->written);
    memcpy(d->written, e->attribute.value, e->attribute.len);
    d->written_len = e->attribute.len;
    assert_int_equal(kith_gatt_answer_write(d->host, d->link, 0), KITH_OK);
}

static void on_device(void *context, size_t number, const kith_event *e)
{
    meeting *m = context;
    device *d = &m->other;

    (void)number;
    switch (e->kind) {
    case KITH_EVENT_READY:
        begin(d);
        break;
    case KITH_EVENT_REPORT:
        (void)!kith_gap_connect(d->host, &e->report.address, NULL); /* or it is on its way */
        break;
    case KITH_EVENT_CONNECTED:
        d->link = e->link;
        break;
    case KITH_EVENT_DISCONNECTED:
        d->link = 0;
        begin(d);
        break;
    case KITH_EVENT_CONSENT_WANTED:
        assert_int_equal(kith_pairing_consent(d->host, e->link, true), KITH_OK);
        break;
    case KITH_EVENT_PASSKEY_SHOWN:
        d->shown = e->passkey.passkey;
        break;
    case KITH_EVENT_COMPARISON_WANTED:
        d->number = e->comparison.number;
        assert_int_equal(kith_pairing_compare(d->host, e->link, KITH_NUMBERS_EQUAL), KITH_OK);
        break;
    case KITH_EVENT_PAIRING_FAILED:
        d->failed++;
        break;
    case KITH_EVENT_PARAMETERS:
        d->updates++;
        break;
    case KITH_EVENT_READ_WANTED:
    case KITH_EVENT_WRITE_WANTED:
        on_request(m, e);
        break;
    default:
        break;
    }
}

/* ---- the person ---- */

static kith_answer compare(void *context, const kith_event *question)
{
    meeting *m = context;

    m->asked++;
    if (m->away)
        return KITH_ANSWER_LATER;
    return !m->gives_up && question->comparison.number == m->other.number ? KITH_ANSWER_YES : KITH_ANSWER_NO;
}

static kith_answer consent(void *context, const kith_event *question)
{
    meeting *m = context;

    (void)question;
    m->asked++;
    return m->away ? KITH_ANSWER_LATER : m->gives_up ? KITH_ANSWER_NO : KITH_ANSWER_YES;
}

/* Looks at the device's display until there is something. */
static kith_answer passkey(void *context, const kith_event *question, uint32_t *number)
{
    meeting *m = context;

    (void)question;
    m->asked++;
    if (m->gives_up)
        return KITH_ANSWER_NO;
    if (m->away || m->other.shown == UINT32_MAX)
        return KITH_ANSWER_LATER;
    *number = m->other.shown;
    return KITH_ANSWER_YES;
}

static bool stop(void *context)
{
    meeting *m = context;

    if (m->stop_after != 0 && --m->stop_after == 0)
        m->stopped = true;
    return m->stopped;
}

static bool hook(void *context, const kith_event *e)
{
    meeting *m = context;

    (void)e;
    m->hooked++;
    m->nested = kith_blocking_pause(&m->b, 1);
    return m->hook_takes;
}

/* ---- */

void meet_open(meeting *m, void (*configure)(kith_config *ours, kith_config *theirs))
{
    kith_config ours, theirs;
    kith_pump pump;

    memset(m, 0, sizeof *m);
    m->other.shown = m->other.number = UINT32_MAX;
    assert_int_equal(kith_openssl_port(&m->crypto), KITH_OK);
    assert_int_equal(kith_stage_open(&m->stage, 1, &m->crypto), KITH_OK);
    kith_config_default(&ours);
    ours.limits = (kith_limits){.links = 1, .pairings = 1, .bonds = 4, .mtu = 65, .events = 8};
    ours.crypto = &m->crypto;
    ours.store = &kith_volatile_store;
    ours.security.methods = kith_sc_methods;
    ours.security.io = KITH_IO_KEYBOARD_ONLY;
    theirs = ours;
    theirs.limits.subscriptions = 4;
    theirs.services = services;
    theirs.service_count = 1;
    theirs.security.io = KITH_IO_DISPLAY_ONLY;
    theirs.security.policy = KITH_PAIRING_ASK;
    if (configure != NULL)
        configure(&ours, &theirs);
    assert_int_equal(kith_stage_enter(&m->stage, m->memory, sizeof m->memory, &ours, &m->host), KITH_OK);
    assert_int_equal(kith_stage_enter(&m->stage, m->other.memory, sizeof m->other.memory, &theirs, &m->other.host),
                     KITH_OK);
    m->seat = (kith_stage_seat){.stage = &m->stage, .number = 0, .context = m, .others = on_device};
    kith_stage_pump(&m->seat, &pump);
    assert_int_equal(kith_blocking_init(&m->b, m->host, &pump), KITH_OK);
    m->b.person = (kith_person){.context = m, .consent = consent, .compare = compare, .passkey = passkey};
    m->b.context = m;
    m->b.stop = stop;
    m->b.on_event = hook;
    expect_call(m, kith_blocking_start(&m->b, 5000), KITH_CALL_OK);
}

void meet_close(meeting *m)
{
    kith_host_erase(m->host);
    kith_host_erase(m->other.host);
    kith_stage_close(&m->stage);
}

void meet_connect(meeting *m)
{
    expect_call(m, kith_blocking_find_name(&m->b, NULL, "device", 5000), KITH_CALL_OK);
    expect_call(m, kith_blocking_connect(&m->b, &m->b.event.report.address, NULL, 5000), KITH_CALL_OK);
    expect_call(m, kith_blocking_discover(&m->b, m->b.link, &meet_service, 5000), KITH_CALL_OK);
    m->state_at = meet_handle(m, &meet_state);
    m->told_at = meet_handle(m, &meet_told);
}

uint16_t meet_handle(const meeting *m, const kith_uuid *characteristic)
{
    const kith_gatt_found *found = kith_blocking_found(&m->b, characteristic);

    assert_non_null(found);
    return found->value_handle;
}

uint64_t meet_now(const meeting *m)
{
    return kith_stage_now(&m->stage);
}

void meet_tell(meeting *m, uint8_t value)
{
    assert_int_equal(kith_gatt_notify(m->other.host, m->other.link, TOLD_ID, &value, 1), KITH_OK);
}

void meet_out_of_range(meeting *m)
{
    kith_sim_set_out_of_range(m->stage.sim, m->stage.hosts[1].device, true);
}
