/* Two identical devices with a button and a light find each other, pair when both buttons were pressed, and pulse in
 * step.  Who connects is decided by address; who leads, by battery, believed only over the proven link.  Button: below
 * 1 s: pair, consent, try again; from 1 s: stop what goes on, else let a phone pair; from 10 s: forget all. */
#include <string.h>

#include "kith/codec/att.h"
#include "pulser.h"

#define PULSER_UUID(last) KITH_UUID128(0x70, 0x75, 0x6c, 0x73, 0x65, 0x72, 0, 0, 0, 0, 0, 0, 0, 0, 0, last)
static const kith_characteristic beat_value = {.uuid = PULSER_UUID(2), /* read: the battery; write: a beat */
                                               .properties = KITH_PROPERTY_READ | KITH_PROPERTY_WRITE,
                                               .permissions = KITH_READ_ENCRYPTED | KITH_WRITE_ENCRYPTED};
static const kith_service service = {.uuid = PULSER_UUID(1), .characteristics = &beat_value, .characteristic_count = 1};

static void show(pulser *p, pulser_light light, uint64_t for_us)
{
    if (p->light != light)
        board_light(p, light);
    p->light = light;
    p->dark_us = p->now_us + for_us;
}

/* Without a display the button can only consent (Just Works, level 2); with one people compare numbers (level 4). */
kith_host *pulser_power_on(void *self, const kith_crypto_port *crypto, const kith_store *store)
{
    pulser *p = self;
    kith_config *config = &p->config;

    kith_config_default(config);
    config->limits = (kith_limits){.links = 2, .pairings = 2, .bonds = 4, .mtu = 65, .events = 8, .subscriptions = 1};
    config->crypto = crypto;
    config->services = &service;
    config->service_count = 1;
    config->store = store; /* in test mode &kith_volatile_store: nothing outlives the power */
    config->security.methods = kith_sc_methods;
    config->security.io = p->display ? KITH_IO_DISPLAY_YES_NO : KITH_IO_NO_INPUT_NO_OUTPUT;
    config->security.required_level = p->display ? KITH_LEVEL_SC_AUTHENTICATED : KITH_LEVEL_ENCRYPTED;
    config->security.policy = KITH_PAIRING_ASK; /* who comes before the button was pressed waits for it */
    config->security.exclusive_classes = 1u << PARTNER;
    p->state = IDLE;
    p->light = DARK;
    p->link = p->asks = 0;
    p->dark_us = p->give_up_us = p->beat_us = UINT64_MAX;
    (void)!kith_host_init(p->memory, sizeof p->memory, config, &p->host);
    return p->host;
}

/* Discoverable and looking all the time; each call is refused, harmlessly, while that is on already. */
static void be_found(pulser *p, const kith_event *e)
{
    kith_advertising advertising;
    kith_scan scan;

    if (e->kind == KITH_EVENT_READY)
        p->own = e->ready.address;
    kith_gap_default_advertising(&advertising, "pulser");
    advertising.interval_625us = (uint16_t)(advertising.interval_625us + p->own.octets[0] % 16); /* not in step */
    kith_gap_default_scan(&scan);
    scan.report_duplicates = true;
    (void)!kith_gap_advertise(p->host, &advertising);
    (void)!kith_gap_start_scan(p->host, &scan);
}

/* Back to the beginning; the bond, if there is one, stands. */
static void stop(pulser *p, bool failed)
{
    p->failures += failed;
    p->state = IDLE;
    p->asks = 0;
    p->give_up_us = p->beat_us = UINT64_MAX;
    kith_pairing_close(p->host);
    (void)!kith_gap_cancel_connect(p->host);
    (void)!kith_pairing_cancel(p->host, p->link);       /* refused where there is nothing to cancel, */
    (void)!kith_gap_disconnect(p->host, p->link, 0x13); /* or no link */
    show(p, failed ? RED : DARK, BLINKS);
}

static void need(pulser *p, kith_status status)
{
    if (status != KITH_OK) {
        board_say(p, kith_status_name(status)); /* "too soon after failed attempts", for one */
        stop(p, true);
    }
}

static void wait_for(pulser *p, pulser_state state, uint64_t for_us)
{
    p->state = state;
    p->give_up_us = p->now_us + for_us;
}

void pulser_press(pulser *p, uint32_t held_ms)
{
    uint32_t window_ms = p->window_s == 0 ? 30000 : 1000u * p->window_s;
    kith_link asks = p->asks;
    kith_bond_info bond = {0};

    p->asks = 0;
    if (held_ms >= 10000) {
        stop(p, false);
        while (kith_bonds_next(p->host, bond.peer, &bond) == KITH_OK)
            need(p, kith_bonds_forget(p->host, bond.peer));
    } else if (held_ms >= 1000 && p->state != IDLE) {
        stop(p, false);
    } else if (held_ms >= 1000) {
        need(p, kith_pairing_open_as(p->host, window_ms, PHONE));
    } else if (asks != 0 && p->numbers) {
        need(p, kith_pairing_compare(p->host, asks, KITH_NUMBERS_EQUAL));
    } else if (asks != 0) {
        p->link = asks;
        wait_for(p, WAITING, PATIENCE);
        need(p, kith_pairing_consent_as(p->host, asks, PARTNER));
    } else if (p->state == IDLE && kith_bonds_of_class(p->host, PARTNER, &bond.peer) != KITH_OK) {
        wait_for(p, WAITING, UINT64_C(1000) * window_ms);
        p->window_us = p->give_up_us;
        show(p, WAITS, UINT64_C(1000) * window_ms);
        need(p, kith_pairing_open_as(p->host, window_ms, PARTNER));
    }
}

static bool is_above(const kith_address *a, const kith_address *b)
{
    for (int i = 5; i >= 0; i--) /* the most significant octet first, on both sides alike */
        if (a->octets[i] != b->octets[i])
            return a->octets[i] > b->octets[i];
    return false;
}

/* Our partner, or, while we wait for one, who may become it: never a stranger beside a partner, nor a phone we know. */
static bool is_sought(const pulser *p, const kith_address *address)
{
    kith_peer_id partner, claimed;
    bool known = kith_bonds_of_address(p->host, address, &claimed) == KITH_OK;

    if (kith_bonds_of_class(p->host, PARTNER, &partner) != KITH_OK)
        return p->state == WAITING && !known;
    return known && claimed == partner;
}

static void on_report(pulser *p, const kith_event *e)
{
    const kith_event_report *r = &e->report;
    char name[32];

    if (p->link == 0 && r->connectable && is_sought(p, &r->address) && is_above(&p->own, &r->address) &&
        kith_gap_find_name(r->data, r->len, name) && strcmp(name, "pulser") == 0)
        (void)!kith_gap_connect(p->host, &r->address, NULL); /* busy: it is on its way */
}

/* One side begins: by the bond, else by pairing. */
static void on_connected(pulser *p, const kith_event *e)
{
    be_found(p, e);
    if (p->link != 0 || !is_sought(p, &e->address))
        return;
    p->link = e->link;
    p->central = e->connected.we_are_central;
    wait_for(p, p->state, PATIENCE);
    if (p->central)
        need(p, kith_security_secure(p->host, e->link, KITH_LEVEL_ENCRYPTED));
}

/* A session begins here and nowhere else: the link is encrypted with the key of a bond, and it is the partner's. */
static void on_proven(pulser *p, const kith_event *e)
{
    kith_bond_info bond;

    if (kith_bonds_get(p->host, e->peer, &bond) != KITH_OK || bond.peer_class != PARTNER)
        return;
    p->bonds_made += e->kind == KITH_EVENT_BONDED;
    p->link = e->link;
    wait_for(p, MEETING, PATIENCE);
    show(p, GREEN, BLINKS);
    need(p, kith_gatt_discover(p->host, e->link, &service.uuid));
}

/* Nobody pressed the other's button yet: no refusal, which comes at once.  We look on while our window is open. */
static void on_verdict(pulser *p, const kith_event *e)
{
    bool silence = e->verdict.smp_reason == KITH_SMP_UNSPECIFIED_REASON && p->state == WAITING &&
                   p->now_us < p->window_us && p->now_us + PATIENCE > p->give_up_us + 20 * SECOND;
    char text[400];

    (void)kith_verdict_describe(&e->verdict, text, sizeof text);
    board_say(p, text);
    if (e->kind == KITH_EVENT_BONDED || e->kind == KITH_EVENT_ENCRYPTED)
        on_proven(p, e);
    else if (e->link == p->link && silence)
        need(p, kith_gap_disconnect(p->host, p->link, 0x13));
    else if (e->kind != KITH_EVENT_PAIRED && (e->link == p->link || (e->link == p->asks && p->link == 0)))
        stop(p, e->verdict.why != KITH_WHY_CONSENT_TIMEOUT);
}

/* Who has a partner wants no other; whoever asks is told so at once. */
static void on_question(pulser *p, const kith_event *e)
{
    kith_peer_id partner;

    if (e->kind == KITH_EVENT_CONSENT_WANTED && kith_bonds_of_class(p->host, PARTNER, &partner) == KITH_OK) {
        need(p, kith_pairing_consent(p->host, e->link, false));
        return;
    }
    p->asks = e->link;
    p->numbers = e->kind == KITH_EVENT_COMPARISON_WANTED;
    if (p->numbers)
        board_number(p, e->comparison.number);
    show(p, WAITS, 25 * SECOND);
}

static void on_found(pulser *p, const kith_event *e)
{
    if (e->kind == KITH_EVENT_CHARACTERISTICS)
        p->handle = kith_gatt_found_handle(&e->characteristics, &beat_value.uuid);
    else
        need(p, kith_gatt_read(p->host, e->link, p->handle));
}

/* The fuller battery leads; between equals, who connected. */
static void on_battery(pulser *p, const kith_event *e)
{
    if (e->gatt.result != KITH_GATT_OK || e->gatt.len != 1 || e->gatt.level < KITH_LEVEL_ENCRYPTED) {
        stop(p, true);
        return;
    }
    p->leads = p->battery != e->gatt.value[0] ? p->battery > e->gatt.value[0] : p->central;
    p->beat_us = p->leads ? p->now_us + BLINKS : UINT64_MAX;
    wait_for(p, PULSING, PATIENCE);
    board_say(p, p->leads ? "leads" : "follows");
}

static void beat(pulser *p)
{
    p->beats++;
    wait_for(p, PULSING, PATIENCE);
    show(p, PULSE, SECOND / 2);
}

static void on_wanted(pulser *p, const kith_event *e)
{
    bool writes = e->kind == KITH_EVENT_WRITE_WANTED;
    bool ours = writes && e->link == p->link && p->state == PULSING && !p->leads;

    if (!writes)
        need(p, kith_gatt_answer_read(p->host, e->link, 0, &p->battery, 1));
    else
        need(p, kith_gatt_answer_write(p->host, e->link, ours ? 0 : KITH_ATT_ERROR_WRITE_NOT_PERMITTED));
    if (ours)
        beat(p);
}

static void on_disconnected(pulser *p, const kith_event *e)
{
    if (e->link == p->link) {
        p->link = 0;
        p->state = p->state == WAITING ? WAITING : IDLE;
        p->give_up_us = p->state == WAITING ? p->window_us : UINT64_MAX;
        p->beat_us = UINT64_MAX;
    }
    be_found(p, e);
}

void pulser_on_event(void *self, const kith_event *e)
{
    static void (*const handlers[])(pulser *, const kith_event *) = {
        [KITH_EVENT_READY] = be_found,
        [KITH_EVENT_REPORT] = on_report,
        [KITH_EVENT_CONNECTED] = on_connected,
        [KITH_EVENT_DISCONNECTED] = on_disconnected,
        [KITH_EVENT_CONSENT_WANTED] = on_question,
        [KITH_EVENT_COMPARISON_WANTED] = on_question,
        [KITH_EVENT_CHARACTERISTICS] = on_found,
        [KITH_EVENT_DISCOVERED] = on_found,
        [KITH_EVENT_READ] = on_battery,
        [KITH_EVENT_READ_WANTED] = on_wanted,
        [KITH_EVENT_WRITE_WANTED] = on_wanted,
    };

    if (e->kind >= KITH_EVENT_PAIRED && e->kind <= KITH_EVENT_BOND_FAILED) /* all that have a verdict */
        on_verdict(self, e);
    else if ((size_t)e->kind < sizeof handlers / sizeof handlers[0] && handlers[e->kind] != NULL)
        handlers[e->kind](self, e);
}

/* What is due: the light, patience that has ended, the next beat.  The leader's write not answered yet: no beat. */
void pulser_turn(void *self, uint64_t now_us)
{
    pulser *p = self;

    p->now_us = p->fed_us = now_us;
    if (now_us >= p->give_up_us)
        stop(p, true);
    if (now_us >= p->dark_us)
        show(p, DARK, UINT64_MAX - now_us);
    if (now_us < p->beat_us)
        return;
    p->beat_us += SECOND;
    if (kith_gatt_write(p->host, p->link, p->handle, &p->battery, 1) == KITH_OK)
        beat(p);
}
