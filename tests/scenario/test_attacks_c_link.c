/* Attacks on a link: rows C3 and C18 of docs/attacks.md.  Each name begins with its row.  Encryption that is paused and
 * left off, and PDUs that somebody injects at the link layer (InjectaBLE), towards a server of ours and a client of
 * ours. */
#include "client.h"

enum { SLOW = 5, SLOW_AT = 16, OPEN_VALUE_AT = 18 };
enum { CONTINUES = 1, BEGINS, CONTROLS }; /* LLID */

static uint8_t open_octets[8];
static kith_variable open_variable = {.octets = open_octets, .max = sizeof open_octets};
static const kith_characteristic characteristics[] = {
    {.uuid = KITH_UUID16(0x2b20),
     .properties = KITH_PROPERTY_READ,
     .permissions = KITH_READ_ENCRYPTED | KITH_READ_AUTHORIZED,
     .id = SLOW,
     .value = CAST_SECRET,
     .value_len = 6},
    {.uuid = KITH_UUID16(0x2b21), /* open, and told to the program */
     .properties = KITH_PROPERTY_WRITE_WITHOUT_RESPONSE | KITH_PROPERTY_WRITE,
     .permissions = KITH_WRITE_OPEN,
     .variable = &open_variable},
};
static const kith_service services[] = {
    {.uuid = KITH_UUID16(CAST_SERVICE), .characteristics = characteristics, .characteristic_count = 2},
};

/* Two hosts of ours, bonded and encrypted or never paired; and what is on air in plain. */
typedef struct {
    cast_room *room;
    cast_host *lamp, *phone;
    unsigned falls_how; /* when the program is asked; FALLS: not */
    kith_status answered;
    bool secret_in_plain;
} scene;

static void sniff(void *context, const kith_sim_frame *frame)
{
    scene *s = context;

    if (frame->connection == 0 || frame->encrypted || frame->len <= 2)
        return;
    for (size_t i = 2; i + 6 <= frame->len; i++)
        s->secret_in_plain |= memcmp(frame->pdu + i, CAST_SECRET, 6) == 0;
}

static void open_scene_with(scene *s, bool encrypted, bool transport_reorders)
{
    kith_config config;

    memset(s, 0, sizeof *s);
    memset(open_octets, 0, sizeof open_octets);
    open_variable.len = 0;
    s->room = cast_open(331, CAST_TOY);
    cast_lamp_config(&config);
    config.services = services;
    config.limits.queue = 100;
    s->lamp = cast_add(s->room, "lamp", &config);
    cast_phone_config(&config);
    config.transport_reorders = transport_reorders;
    s->phone = cast_add(s->room, "phone", &config);
    cast_start(s->room);
    assert_int_equal(kith_sim_listen(s->room->sim, sniff, s), KITH_OK);
    cast_connect(s->phone, s->lamp);
    if (encrypted)
        cast_pair(s->phone, s->lamp);
    cast_run(s->room, CAST_SECOND, NULL, NULL);
}

static void open_scene(scene *s, bool encrypted)
{
    open_scene_with(s, encrypted, false);
}

static void controller_says(const scene *s, const cast_host *x, uint8_t code, const uint8_t *parameters, size_t len)
{
    uint8_t packet[64] = {KITH_H4_EVENT, code, (uint8_t)len};

    memcpy(packet + 3, parameters, len);
    cast_equal(s->room, kith_host_receive(x->host, packet, 3 + len, kith_sim_now(s->room->sim)), KITH_OK);
}

/* A frame as its controller would hand it on, on its only link. */
static void comes_in(const scene *s, const cast_host *x, const uint8_t *pdu, size_t len)
{
    uint8_t packet[64] = {KITH_H4_ACL, 1, 0x20, (uint8_t)(len + 4), 0, (uint8_t)len, 0, KITH_CID_ATT, 0};

    memcpy(packet + 9, pdu, len);
    cast_equal(s->room, kith_host_receive(x->host, packet, 9 + len, kith_sim_now(s->room->sim)), KITH_OK);
}

/* ---- C3 ---- */

/* How encryption ends while the link goes on, as controllers tell it. */
static const struct {
    uint8_t code, len, parameters[4];
} falls[] = {
    {KITH_HCI_EV_ENCRYPTION_CHANGE, 4, {0, 1, 0, 0}},
    {KITH_HCI_EV_ENCRYPTION_CHANGE, 4, {0x06, 1, 0, 0}},
    {KITH_HCI_EV_ENCRYPTION_KEY_REFRESH_COMPLETE, 3, {0x06, 1, 0}},
};
enum { FALLS = sizeof falls / sizeof falls[0] };

static void fall(scene *s, const cast_host *x, unsigned how)
{
    controller_says(s, x, falls[how].code, falls[how].parameters, falls[how].len);
}

/* The program says yes to a read that came while the link was encrypted, and that is over by then. */
static void say_yes_too_late(cast_host *self, const kith_event *e)
{
    scene *s = self->context;
    kith_event_security now;

    if (e->kind != KITH_EVENT_AUTHORIZATION_WANTED)
        return;
    if (s->falls_how < FALLS) {
        fall(s, self, s->falls_how);
        cast_equal(s->room, kith_security_of(self->host, e->link, &now), KITH_OK);
        cast_equal(s->room, now.level, KITH_LEVEL_NONE);
    }
    s->answered = kith_gatt_authorize(self->host, e->link, true);
}

static void C3_what_was_asked_while_encrypted_is_not_answered_in_plain(void **state)
{
    (void)state;
    for (unsigned how = 0; how <= FALLS; how++) {
        bool falls_off = how < FALLS;
        scene s;

        open_scene(&s, true);
        s.falls_how = how;
        s.lamp->react = say_yes_too_late;
        s.lamp->context = &s;
        cast_equal(s.room, kith_gatt_read(s.phone->host, s.phone->link, SLOW_AT), KITH_OK);
        cast_run(s.room, 2 * CAST_SECOND, NULL, NULL);
        cast_equal(s.room, s.lamp->told[KITH_EVENT_AUTHORIZATION_WANTED], 1);
        cast_equal(s.room, s.answered, falls_off ? KITH_ERR_STATE : KITH_OK);
        cast_equal(s.room, s.phone->told[KITH_EVENT_READ], 1);
        cast_equal(s.room, s.phone->last[KITH_EVENT_READ].gatt.result == KITH_GATT_OK, !falls_off);
        cast_equal(s.room, s.lamp->link == 0, falls_off); /* and it ends */
        cast_check(s.room, !s.secret_in_plain);
        cast_close(s.room);
    }
}

/* As client: what comes after that is not handed on, and what waited is not sent. */
static void C3_a_client_believes_nothing_after_encryption_has_ended(void **state)
{
    static const uint8_t notification[] = {KITH_ATT_HANDLE_VALUE_NOTIFICATION, 9, 0, 'l', 'i', 'e'};

    (void)state;
    for (unsigned how = 0; how <= FALLS; how++) {
        bool falls_off = how < FALLS;
        kith_status status;
        scene s;

        open_scene(&s, true);
        if (falls_off)
            fall(&s, s.phone, how);
        comes_in(&s, s.phone, notification, sizeof notification);
        status = kith_gatt_write(s.phone->host, s.phone->link, OPEN_VALUE_AT, CAST_SECRET, 6);
        cast_run(s.room, 2 * CAST_SECOND, NULL, NULL);
        cast_equal(s.room, status, falls_off ? KITH_ERR_STATE : KITH_OK);
        cast_equal(s.room, s.phone->told[KITH_EVENT_NOTIFIED], !falls_off);
        cast_equal(s.room, open_variable.len, falls_off ? 0 : 6);
        cast_equal(s.room, s.phone->link == 0, falls_off);
        cast_check(s.room, !s.secret_in_plain);
        cast_close(s.room);
    }
}

/* A bonded peer that pauses encryption over the air, and goes on with another key, or asks for one we do not have. */
static void C3_a_peer_that_pauses_and_goes_on_with_another_key_is_gone(void **state)
{
    (void)state;
    for (unsigned how = 0; how <= 2; how++) { /* its key; another key; its key under a legacy name */
        uint8_t p[28] = {0};
        client c;
        scene s;

        memset(&s, 0, sizeof s);
        s.room = cast_open(332, CAST_TOY);
        s.lamp = cast_add_lamp(s.room, "lamp");
        cast_start(s.room);
        client_enter(&c, s.room);
        client_meet(&c, s.lamp);
        client_pair(&c, s.lamp);
        cast_equal(s.room, client_read(&c, CAST_VALUE_HANDLE), 0);
        p[0] = (uint8_t)c.a.handle;
        p[10] = how == 2;
        actor_wire_ltk(&c.a, p + 12);
        p[12] ^= how == 1;
        actor_command(&c.a, KITH_HCI_LE_ENABLE_ENCRYPTION, p, sizeof p);
        client_run(&c, 2 * CAST_SECOND);
        cast_equal(s.room, s.lamp->link != 0, how == 0);
        cast_equal(s.room, kith_bonds_count(s.lamp->host), 1);
        if (how == 0)
            cast_equal(s.room, client_read(&c, CAST_VALUE_HANDLE), 0);
        cast_close(s.room);
    }
}

/* ---- C18 ---- */

static void inject_att(const scene *s, const cast_host *towards, const uint8_t *pdu, size_t len)
{
    uint8_t frame[40] = {(uint8_t)len, 0, KITH_CID_ATT, 0};

    memcpy(frame + 4, pdu, len); /* and four octets, for a MIC, of zeros */
    cast_equal(s->room, kith_sim_inject(s->room->sim, towards->device, BEGINS, frame, 4 + len), KITH_OK);
    cast_run(s->room, 2 * CAST_SECOND, NULL, NULL);
}

/* On a plain link whoever injects is the peer, and has what any stranger has; on an encrypted one he ends the link. */
static void C18_an_injected_write_reaches_open_values_of_plain_links_alone(void **state)
{
    static const uint8_t command[] = {KITH_ATT_WRITE_COMMAND, OPEN_VALUE_AT, 0, 'h', 'i'};

    (void)state;
    for (unsigned encrypted = 0; encrypted <= 1; encrypted++) {
        scene s;

        open_scene(&s, encrypted != 0);
        inject_att(&s, s.lamp, command, sizeof command);
        cast_equal(s.room, open_variable.len, encrypted != 0 ? 0 : 2);
        cast_equal(s.room, s.lamp->link == 0, encrypted);
        if (encrypted != 0)
            cast_equal(s.room, s.lamp->last[KITH_EVENT_DISCONNECTED].disconnected.reason, KITH_HCI_MIC_FAILURE);
        cast_equal(s.room, kith_bonds_count(s.lamp->host), encrypted);
        cast_close(s.room);
    }
}

static void C18_an_injected_read_gets_nothing_protected(void **state)
{
    static const uint8_t read[] = {KITH_ATT_READ_REQUEST, SLOW_AT, 0};

    (void)state;
    for (unsigned encrypted = 0; encrypted <= 1; encrypted++) {
        scene s;

        open_scene(&s, encrypted != 0);
        s.falls_how = FALLS;
        s.lamp->react = say_yes_too_late;
        s.lamp->context = &s;
        inject_att(&s, s.lamp, read, sizeof read);
        cast_equal(s.room, s.lamp->told[KITH_EVENT_AUTHORIZATION_WANTED], 0);
        cast_check(s.room, !s.secret_in_plain);
        cast_close(s.room);
    }
}

/* Towards a client: of a stranger it is told as plain, of a bonded peer on a plain link not at all. */
static void C18_an_injected_notification_is_not_the_bonded_peers(void **state)
{
    static const uint8_t notification[] = {KITH_ATT_HANDLE_VALUE_NOTIFICATION, 9, 0, 'l', 'i', 'e'};
    enum { STRANGER, BONDED_PLAIN, BONDED_ENCRYPTED };

    (void)state;
    for (unsigned who = STRANGER; who <= BONDED_ENCRYPTED; who++) {
        scene s;

        open_scene(&s, who != STRANGER);
        if (who == BONDED_PLAIN) {
            cast_disconnect(s.phone, s.lamp);
            cast_connect(s.phone, s.lamp);
        }
        inject_att(&s, s.phone, notification, sizeof notification);
        cast_equal(s.room, s.phone->told[KITH_EVENT_NOTIFIED], who == STRANGER);
        if (who == STRANGER)
            cast_equal(s.room, s.phone->last[KITH_EVENT_NOTIFIED].notified.level, KITH_LEVEL_NONE);
        cast_equal(s.room, s.phone->link == 0, who == BONDED_ENCRYPTED);
        cast_close(s.room);
    }
}

/* In the moment between the key given to the controller and the link layer's first word of it.  It was plain, and
 * counts as plain; where events and data may overtake each other nobody can tell (inherent), and it counts as what the
 * link became.  The link goes on either way. */
static void C18_what_is_injected_while_encryption_begins_is_plain(void **state)
{
    static const uint8_t frame[] = {6, 0, KITH_CID_ATT, 0, KITH_ATT_HANDLE_VALUE_NOTIFICATION, 9, 0, 'l', 'i', 'e'};

    (void)state;
    for (unsigned reorders = 0; reorders <= 1; reorders++) {
        scene s;

        open_scene_with(&s, true, reorders != 0);
        cast_disconnect(s.phone, s.lamp);
        cast_connect(s.phone, s.lamp);
        cast_equal(s.room, kith_security_secure(s.phone->host, s.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        cast_equal(s.room, kith_sim_inject(s.room->sim, s.phone->device, BEGINS, frame, sizeof frame), KITH_OK);
        cast_run(s.room, 2 * CAST_SECOND, NULL, NULL);
        cast_equal(s.room, s.phone->told[KITH_EVENT_ENCRYPTED], 1);
        cast_equal(s.room, s.phone->told[KITH_EVENT_NOTIFIED], reorders);
        cast_equal(s.room, kith_gatt_write(s.phone->host, s.phone->link, OPEN_VALUE_AT, CAST_SECRET, 6), KITH_OK);
        cast_await(s.phone, KITH_EVENT_WRITTEN, 1);
        cast_equal(s.room, s.phone->last[KITH_EVENT_WRITTEN].gatt.result, KITH_GATT_OK);
        cast_close(s.room);
    }
}

/* LL control PDUs: to go, to pause encryption, to start it; a Pairing Request; a bit of a frame.  Whatever an encrypted
 * link does with them, nothing protected is there in plain, and the bond and a new link are good. */
static void C18_whatever_is_injected_into_an_encrypted_link_ends_it(void **state)
{
    static const struct {
        uint8_t llid, len, payload[32];
    } injected[] = {
        {CONTROLS, 2, {0x02, 0x13}},        /* LL_TERMINATE_IND */
        {CONTROLS, 1, {0x0a}},              /* LL_PAUSE_ENC_REQ */
        {CONTROLS, 1, {0x0b}},              /* LL_PAUSE_ENC_RSP */
        {CONTROLS, 23, {0x03, 1, 2, 3}},    /* LL_ENC_REQ */
        {CONTROLS, 1, {0x05}},              /* LL_START_ENC_REQ */
        {CONTROLS, 1, {0x06}},              /* LL_START_ENC_RSP */
        {CONTROLS, 2, {0x0d, 0x06}},        /* LL_REJECT_IND */
        {BEGINS, 11, {7, 0, 6, 0, 1, 3}},   /* Pairing Request */
        {BEGINS, 6, {2, 0, 6, 0, 0x0b, 1}}, /* Security Request */
        {CONTINUES, 5, {1, 2, 3, 4, 5}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof injected / sizeof injected[0]; i++) {
        for (unsigned towards_lamp = 0; towards_lamp <= 1; towards_lamp++) {
            unsigned ends;
            scene s;

            open_scene(&s, true);
            ends = s.phone->ends + s.lamp->ends;
            cast_equal(s.room,
                       kith_sim_inject(s.room->sim, (towards_lamp != 0 ? s.lamp : s.phone)->device, injected[i].llid,
                                       injected[i].payload, injected[i].len),
                       KITH_OK);
            cast_run(s.room, 5 * CAST_SECOND, NULL, NULL);
            cast_equal(s.room, s.lamp->link, 0);
            cast_equal(s.room, s.phone->link, 0);
            cast_equal(s.room,
                       (towards_lamp != 0 ? s.lamp : s.phone)->last[KITH_EVENT_DISCONNECTED].disconnected.reason,
                       KITH_HCI_MIC_FAILURE);
            cast_equal(s.room, s.phone->ends + s.lamp->ends, ends); /* nothing was paired or encrypted anew */
            cast_equal(s.room, kith_bonds_count(s.lamp->host) + kith_bonds_count(s.phone->host), 2);
            cast_connect(s.phone, s.lamp);
            cast_encrypt(s.phone, s.lamp);
            cast_check(s.room, !s.secret_in_plain);
            cast_close(s.room);
        }
    }
}

/* A link that is injected into goes on where that is plain: the virtual air does what it says. */
static void C18_an_injected_goodbye_ends_a_plain_link_by_name(void **state)
{
    static const uint8_t terminate[] = {0x02, 0x13};
    scene s;

    (void)state;
    open_scene(&s, false);
    cast_equal(s.room, kith_sim_inject(s.room->sim, s.lamp->device, CONTROLS, terminate, 0), KITH_ERR_VALUE);
    cast_equal(s.room, kith_sim_inject(s.room->sim, s.lamp->device, 0, terminate, 2), KITH_ERR_VALUE);
    cast_equal(s.room, kith_sim_inject(s.room->sim, 77, CONTROLS, terminate, 2), KITH_ERR_VALUE);
    cast_equal(s.room, kith_sim_inject(s.room->sim, s.lamp->device, CONTROLS, terminate, 2), KITH_OK);
    cast_equal(s.room, kith_sim_inject(s.room->sim, s.lamp->device, CONTROLS, terminate, 2), KITH_ERR_STATE);
    cast_run(s.room, 5 * CAST_SECOND, NULL, NULL);
    cast_equal(s.room, s.lamp->last[KITH_EVENT_DISCONNECTED].disconnected.reason, 0x13);
    cast_close(s.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(C3_what_was_asked_while_encrypted_is_not_answered_in_plain),
        cmocka_unit_test(C3_a_client_believes_nothing_after_encryption_has_ended),
        cmocka_unit_test(C3_a_peer_that_pauses_and_goes_on_with_another_key_is_gone),
        cmocka_unit_test(C18_an_injected_write_reaches_open_values_of_plain_links_alone),
        cmocka_unit_test(C18_an_injected_read_gets_nothing_protected),
        cmocka_unit_test(C18_an_injected_notification_is_not_the_bonded_peers),
        cmocka_unit_test(C18_what_is_injected_while_encryption_begins_is_plain),
        cmocka_unit_test(C18_whatever_is_injected_into_an_encrypted_link_ends_it),
        cmocka_unit_test(C18_an_injected_goodbye_ends_a_plain_link_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
