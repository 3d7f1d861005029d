/* A man in the middle: two legs, and what goes between them.  See relay.h. */
#include "relay.h"
#include "kith/codec/l2cap.h"

enum { BTSNOOP_HEADER = 16, BTSNOOP_RECORD = 24, ENABLE_ENCRYPTION = 32 };

static const uint8_t central_address[6] = {2, 2, 2, 2, 2, 0xc2}, peripheral_address[6] = {1, 1, 1, 1, 1, 0xc1};

/* ---- the victims ---- */

void relay_use_central(kith_config *config)
{
    config->own_address = KITH_OWN_STATIC;
    config->static_address = central_address;
}

void relay_use_peripheral(kith_config *config)
{
    config->own_address = KITH_OWN_STATIC;
    config->static_address = peripheral_address;
}

cast_host *relay_add_central(cast_room *room, kith_config *config)
{
    relay_use_central(config);
    return cast_add(room, "phone", config);
}

cast_host *relay_add_peripheral(cast_room *room, kith_config *config)
{
    relay_use_peripheral(config);
    return cast_add(room, "lamp", config);
}

/* ---- frames ---- */

static void send_on(relay *r, const relay_frame *f)
{
    actor_send(&r->leg[f->towards], f->cid, f->pdu, f->len);
}

static void note(relay *r, const relay_frame *f)
{
    if (f->cid != KITH_CID_SMP)
        return;
    r->heard[f->towards][f->pdu[0] & 15]++;
    if (f->pdu[0] == KITH_SMP_PAIRING_FAILED)
        r->failed[f->towards] = f->pdu[1];
}

static bool on_frame(void *context, uint16_t cid, const uint8_t *pdu, size_t len)
{
    relay_side *side = context;
    relay *r = side->relay;
    relay_frame f = {.towards = side->towards, .cid = cid, .len = len};

    memcpy(f.pdu, pdu, len);
    note(r, &f);
    if (!r->carries)
        return false;
    if (r->edit != NULL && !r->edit(r, f.towards, cid, f.pdu))
        return true;
    if (r->switching == RELAY_STILL) {
        send_on(r, &f);
        return true;
    }
    cast_check(r->room, r->held_count < RELAY_HELD);
    r->held[r->held_count++] = f;
    return true;
}

static void send_held(relay *r)
{
    for (size_t i = 0; i < r->held_count; i++)
        send_on(r, &r->held[i]);
    r->held_count = 0;
}

void relay_inject(relay *r, unsigned towards, const uint8_t *pdu, size_t len)
{
    actor_send_smp(&r->leg[towards], pdu, len);
}

/* ---- encryption ---- */

/* What the central's host told its controller since the last look. */
static void read_key(relay *r)
{
    uint8_t record[BTSNOOP_RECORD], packet[512];

    fflush(r->hci);
    fseek(r->hci, r->hci_read, SEEK_SET);
    while (fread(record, sizeof record, 1, r->hci) == 1) {
        size_t len = (size_t)record[6] << 8 | record[7];

        assert_true(len <= sizeof packet && fread(packet, len, 1, r->hci) == 1);
        r->hci_read += (long)(sizeof record + len);
        if (len == ENABLE_ENCRYPTION && packet[0] == KITH_H4_COMMAND &&
            (packet[1] | packet[2] << 8) == KITH_HCI_LE_ENABLE_ENCRYPTION)
            memcpy(r->key, packet + 6, sizeof r->key);
    }
    fseek(r->hci, 0, SEEK_END);
}

static void answer_central(relay *r, bool with_key)
{
    actor *a = &r->leg[RELAY_TO_CENTRAL];
    uint8_t p[18] = {(uint8_t)a->handle, (uint8_t)(a->handle >> 8)};

    memcpy(p + 2, r->key + 10, 16);
    if (a->connected)
        actor_command(a, with_key ? KITH_HCI_LE_LTK_REQUEST_REPLY : KITH_HCI_LE_LTK_REQUEST_NEGATIVE_REPLY, p,
                      with_key ? sizeof p : 2);
}

void relay_refuse_encryption(relay *r)
{
    r->requests = r->leg[RELAY_TO_CENTRAL].ltk_requests;
    answer_central(r, false);
}

static void ask_peripheral(relay *r)
{
    actor *a = &r->leg[RELAY_TO_PERIPHERAL];
    uint8_t p[28] = {(uint8_t)a->handle, (uint8_t)(a->handle >> 8)};

    read_key(r);
    memcpy(p + 2, r->key, sizeof r->key);
    actor_command(a, KITH_HCI_LE_ENABLE_ENCRYPTION, p, sizeof p);
}

static bool has_changed(relay *r, unsigned leg)
{
    return !r->leg[leg].connected || r->leg[leg].encryption_changes != r->changes[leg];
}

static void be_still(relay *r)
{
    r->switching = RELAY_STILL;
    send_held(r);
}

/* What a link layer would pass on in one go: the central's wish, the peripheral's answer, and then both are encrypted.
 */
static void pass_encryption(relay *r)
{
    actor *central = &r->leg[RELAY_TO_CENTRAL], *peripheral = &r->leg[RELAY_TO_PERIPHERAL];

    if (r->switching == RELAY_STILL && central->ltk_requests != r->requests && peripheral->connected) {
        r->requests = central->ltk_requests;
        r->changes[0] = r->leg[0].encryption_changes;
        r->changes[1] = r->leg[1].encryption_changes;
        r->switching = RELAY_ASKS_PERIPHERAL;
        ask_peripheral(r);
    }
    if (r->switching == RELAY_ASKS_PERIPHERAL && has_changed(r, RELAY_TO_PERIPHERAL)) {
        answer_central(r, peripheral->encrypted);
        r->switching = RELAY_ANSWERS_CENTRAL;
        if (!peripheral->encrypted)
            be_still(r);
    }
    if (r->switching == RELAY_ANSWERS_CENTRAL && has_changed(r, RELAY_TO_CENTRAL))
        be_still(r);
}

/* ---- both legs ---- */

void relay_enter(relay *r, cast_host *central, cast_host *peripheral)
{
    const kith_address addresses[2] = {cast_address(peripheral), cast_address(central)}; /* each says to be the other */

    memset(r, 0, sizeof *r);
    r->room = central->room;
    r->central = central;
    r->peripheral = peripheral;
    r->carries = r->passes_encryption = true;
    for (unsigned i = 0; i < 2; i++) {
        actor_enter(&r->leg[i], r->room);
        actor_use_address(&r->leg[i], &addresses[i]);
        r->leg[i].identity = addresses[i];
        r->side[i] = (relay_side){r, !i};
        r->leg[i].tap = on_frame;
        r->leg[i].tap_context = &r->side[i];
    }
    r->hci = tmpfile();
    assert_non_null(r->hci);
    r->hci_read = BTSNOOP_HEADER;
    assert_int_equal(kith_sim_btsnoop(r->room->sim, central->device, r->hci), KITH_OK);
}

/* The peripheral first: from then on it does not advertise, and the central finds nobody but the relay. */
void relay_join(relay *r)
{
    actor_connect(&r->leg[RELAY_TO_PERIPHERAL], r->peripheral);
    actor_accept(&r->leg[RELAY_TO_CENTRAL], r->central);
    r->requests = r->leg[RELAY_TO_CENTRAL].ltk_requests;
    r->switching = RELAY_STILL;
    r->held_count = 0;
}

void relay_part(relay *r)
{
    actor_disconnect(&r->leg[RELAY_TO_CENTRAL], r->central);
    actor_disconnect(&r->leg[RELAY_TO_PERIPHERAL], r->peripheral);
}

void relay_close(relay *r)
{
    cast_room *room = r->room;

    cast_close(room);
    fclose(r->hci); /* the room writes to it to the end */
}

bool relay_run(relay *r, uint64_t for_us, relay_done *done)
{
    uint64_t until = kith_sim_now(r->room->sim) + for_us, next;

    for (;;) {
        for (unsigned i = 0; i < 2; i++)
            actor_run(&r->leg[i], 0, NULL, NULL);
        if (r->passes_encryption)
            pass_encryption(r);
        if (done != NULL && done(r))
            return true;
        if (kith_sim_now(r->room->sim) >= until)
            return false;
        next = kith_sim_deadline(r->room->sim);
        cast_run_until(r->room, next < until ? next : until);
    }
}
