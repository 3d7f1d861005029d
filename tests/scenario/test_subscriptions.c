/* What clients asked to be told of: of a bonded one it outlives links and power, and is in force only once its key
 * encrypts the link; of others it goes with the link.  Core Vol 3 Part G 2.5.2, 3.3.3.3; Part F 3.4.7. */
#include "client.h"
#include "memory_store.h"

typedef struct {
    cast_room *room;
    cast_host *server;
    memory_store store;
    client c;
} scene;

static void open_scene(scene *s, uint16_t mtu)
{
    kith_config config;

    memset(s, 0, sizeof *s);
    s->room = cast_open(71, CAST_TOY);
    memory_store_init(&s->store, 20);
    client_server_config(&config, &s->store.store);
    config.limits.mtu = mtu;
    s->server = cast_add(s->room, "server", &config);
    cast_start(s->room);
    client_enter(&s->c, s->room);
    client_meet(&s->c, s->server);
}

static void come_back(scene *s)
{
    client_leave(&s->c, s->server);
    client_meet(&s->c, s->server);
    client_encrypt(&s->c, s->server);
}

static void reboot(scene *s)
{
    client_leave(&s->c, s->server);
    client_run(&s->c, 1000); /* what is to be stored is */
    cast_reboot(s->server);
    client_meet(&s->c, s->server);
}

static kith_status notify(scene *s, uint16_t id, size_t len)
{
    static const uint8_t octets[512] = {1, 2, 3, 4};
    kith_status status = kith_gatt_notify(s->server->host, s->server->link, id, octets, len);

    client_run(&s->c, 200000);
    return status;
}

static uint8_t bits_of(const scene *s, uint16_t id)
{
    return kith_gatt_subscribed(s->server->host, s->server->link, id);
}

/* ---- kept with the bond ---- */

static void what_a_bonded_client_asked_for_is_in_force_again_when_it_encrypts(void **state)
{
    scene s;

    (void)state;
    for (unsigned rebooted = 0; rebooted < 2; rebooted++) {
        open_scene(&s, 65);
        client_pair(&s.c, s.server);
        cast_equal(s.room, client_subscribe(&s.c, GUARDED_AT, KITH_SUBSCRIBED_NOTIFY), 0);
        cast_equal(s.room, client_subscribe(&s.c, INDICATED_AT, KITH_SUBSCRIBED_INDICATE), 0);
        if (rebooted != 0)
            reboot(&s);
        else
            client_leave(&s.c, s.server), client_meet(&s.c, s.server);
        cast_equal(s.room, bits_of(&s, GUARDED), 0); /* an address is no proof (C7) */
        cast_equal(s.room, notify(&s, GUARDED, 4), KITH_ERR_STATE);
        client_encrypt(&s.c, s.server);
        cast_equal(s.room, s.server->told[KITH_EVENT_SUBSCRIBED], 3);
        cast_check(s.room, s.server->last[KITH_EVENT_SUBSCRIBED].subscription.restored);
        cast_equal(s.room, notify(&s, GUARDED, 4), KITH_OK);
        cast_equal(s.room, kith_gatt_indicate(s.server->host, s.server->link, INDICATED, CAST_SECRET, 6), KITH_OK);
        client_run(&s.c, 200000);
        cast_equal(s.room, s.c.notified, 1);
        cast_equal(s.room, s.c.indicated, 1);
        cast_equal(s.room, s.server->last[KITH_EVENT_INDICATED].indicated.result, KITH_GATT_OK);
        cast_equal(s.room, client_read(&s.c, GUARDED_AT + 1), 0); /* and reads as it was written */
        cast_equal(s.room, s.c.answer[1], KITH_SUBSCRIBED_NOTIFY);
        cast_close(s.room);
    }
}

static void C7_nothing_is_told_to_the_address_of_a_bonded_client_in_plain(void **state)
{
    scene s;
    client stranger;

    (void)state;
    open_scene(&s, 65);
    client_pair(&s.c, s.server);
    cast_equal(s.room, client_subscribe(&s.c, GUARDED_AT, KITH_SUBSCRIBED_NOTIFY), 0);
    cast_equal(s.room, client_subscribe(&s.c, OPEN_AT, KITH_SUBSCRIBED_NOTIFY), 0);
    client_leave(&s.c, s.server);
    client_enter(&stranger, s.room);
    {
        kith_address fake = {KITH_ADDRESS_RANDOM, {9, 9, 9, 9, 9, 0xc9}};

        actor_use_address(&stranger.a, &fake);
        client_meet(&stranger, s.server);
        cast_equal(s.room, kith_gatt_notify_all(s.server->host, OPEN, CAST_SECRET, 6), 0);
        client_leave(&stranger, s.server);
    }
    client_meet(&s.c, s.server); /* the very address, and no key */
    cast_check(s.room, s.server->last[KITH_EVENT_CONNECTED].connected.claimed != 0);
    cast_equal(s.room, kith_gatt_notify_all(s.server->host, OPEN, CAST_SECRET, 6), 0);
    cast_equal(s.room, kith_gatt_notify_all(s.server->host, GUARDED, CAST_SECRET, 6), 0);
    cast_equal(s.room, client_read(&s.c, OPEN_AT + 1), 0);
    cast_equal(s.room, s.c.answer[1], 0); /* nor does it read what the bonded one wants */
    client_run(&s.c, 200000);
    cast_equal(s.room, s.c.notified + stranger.notified, 0);
    cast_close(s.room);
}

static void what_an_unbonded_client_asked_for_goes_with_its_link(void **state)
{
    scene s;

    (void)state;
    open_scene(&s, 65);
    cast_equal(s.room, client_subscribe(&s.c, OPEN_AT, KITH_SUBSCRIBED_NOTIFY), 0);
    cast_equal(s.room, notify(&s, OPEN, 4), KITH_OK);
    cast_equal(s.room, s.c.notified, 1);
    client_leave(&s.c, s.server);
    client_meet(&s.c, s.server);
    cast_equal(s.room, bits_of(&s, OPEN), 0);
    cast_equal(s.room, notify(&s, OPEN, 4), KITH_ERR_STATE);
    cast_equal(s.room, memory_store_count(&s.store, KITH_RECORD_STATE), 0);
    cast_close(s.room);
}

static void what_a_client_asked_for_before_it_bonded_moves_into_the_bond(void **state)
{
    scene s;

    (void)state;
    open_scene(&s, 65);
    cast_equal(s.room, client_subscribe(&s.c, OPEN_AT, KITH_SUBSCRIBED_NOTIFY), 0);
    client_pair(&s.c, s.server);
    cast_equal(s.room, bits_of(&s, OPEN), KITH_SUBSCRIBED_NOTIFY);
    reboot(&s);
    cast_equal(s.room, bits_of(&s, OPEN), 0);
    client_encrypt(&s.c, s.server);
    cast_equal(s.room, bits_of(&s, OPEN), KITH_SUBSCRIBED_NOTIFY);
    cast_close(s.room);
}

static void who_unsubscribes_is_not_subscribed_when_it_is_back(void **state)
{
    scene s;

    (void)state;
    open_scene(&s, 65);
    client_pair(&s.c, s.server);
    cast_equal(s.room, client_subscribe(&s.c, GUARDED_AT, KITH_SUBSCRIBED_NOTIFY), 0);
    come_back(&s);
    cast_equal(s.room, client_subscribe(&s.c, GUARDED_AT, 0), 0);
    reboot(&s);
    client_encrypt(&s.c, s.server);
    cast_equal(s.room, bits_of(&s, GUARDED), 0);
    cast_equal(s.room, notify(&s, GUARDED, 4), KITH_ERR_STATE);
    cast_close(s.room);
}

/* ---- writes to the store ---- */

static void a_client_that_says_nothing_costs_two_writes(void **state)
{
    scene s;
    unsigned before;

    (void)state;
    open_scene(&s, 65);
    before = s.store.put;
    client_pair(&s.c, s.server);
    client_run(&s.c, CAST_SECOND);
    come_back(&s);
    come_back(&s);
    reboot(&s);
    client_encrypt(&s.c, s.server);
    cast_equal(s.room, s.store.put, before + 2); /* its bond, and that it was used */
    cast_close(s.room);
}

static void several_subscriptions_at_once_are_one_write_and_the_same_again_is_none(void **state)
{
    scene s;
    unsigned before;

    (void)state;
    open_scene(&s, 65);
    client_pair(&s.c, s.server);
    before = s.store.put;
    cast_equal(s.room, client_subscribe(&s.c, GUARDED_AT, KITH_SUBSCRIBED_NOTIFY), 0);
    cast_equal(s.room, client_subscribe(&s.c, OPEN_AT, KITH_SUBSCRIBED_NOTIFY), 0);
    cast_equal(s.room, s.store.put, before);
    client_run(&s.c, CAST_SECOND);
    cast_equal(s.room, s.store.put, before + 1);
    cast_equal(s.room, client_subscribe(&s.c, OPEN_AT, KITH_SUBSCRIBED_NOTIFY), 0);
    client_run(&s.c, CAST_SECOND);
    come_back(&s);
    cast_equal(s.room, client_subscribe(&s.c, GUARDED_AT, KITH_SUBSCRIBED_NOTIFY), 0);
    client_run(&s.c, CAST_SECOND);
    cast_equal(s.room, s.store.put, before + 1);
    cast_close(s.room);
}

static void a_link_that_ends_early_does_not_lose_what_was_asked_for(void **state)
{
    scene s;

    (void)state;
    open_scene(&s, 65);
    client_pair(&s.c, s.server);
    cast_equal(s.room, client_subscribe(&s.c, GUARDED_AT, KITH_SUBSCRIBED_NOTIFY), 0);
    client_leave(&s.c, s.server); /* well within the time that writes are put off */
    client_run(&s.c, 1000);
    cast_equal(s.room, memory_store_count(&s.store, KITH_RECORD_STATE), 1);
    cast_close(s.room);
}

static void what_the_store_failed_to_keep_is_kept_with_the_next_change(void **state)
{
    scene s;

    (void)state;
    open_scene(&s, 65);
    client_pair(&s.c, s.server);
    s.store.puts = KITH_ERR_STORAGE;
    cast_equal(s.room, client_subscribe(&s.c, GUARDED_AT, KITH_SUBSCRIBED_NOTIFY), 0);
    client_run(&s.c, CAST_SECOND);
    cast_equal(s.room, memory_store_count(&s.store, KITH_RECORD_STATE), 0);
    cast_equal(s.room, notify(&s, GUARDED, 4), KITH_OK);
    s.store.puts = KITH_OK;
    cast_equal(s.room, client_subscribe(&s.c, OPEN_AT, KITH_SUBSCRIBED_NOTIFY), 0);
    client_run(&s.c, CAST_SECOND);
    reboot(&s);
    client_encrypt(&s.c, s.server);
    cast_equal(s.room, bits_of(&s, GUARDED), KITH_SUBSCRIBED_NOTIFY);
    cast_equal(s.room, bits_of(&s, OPEN), KITH_SUBSCRIBED_NOTIFY);
    cast_close(s.room);
}

static void forgetting_a_client_forgets_what_it_asked_for(void **state)
{
    scene s;

    (void)state;
    open_scene(&s, 65);
    client_pair(&s.c, s.server);
    cast_equal(s.room, client_subscribe(&s.c, GUARDED_AT, KITH_SUBSCRIBED_NOTIFY), 0);
    client_run(&s.c, CAST_SECOND);
    client_leave(&s.c, s.server);
    cast_forget_all(s.server);
    cast_await(s.server, KITH_EVENT_FORGOTTEN, 1);
    client_run(&s.c, CAST_SECOND);
    cast_equal(s.room, memory_store_count(&s.store, KITH_RECORD_STATE), 0);
    client_meet(&s.c, s.server);
    client_pair(&s.c, s.server);
    cast_equal(s.room, bits_of(&s, GUARDED), 0);
    come_back(&s);
    cast_equal(s.room, bits_of(&s, GUARDED), 0);
    cast_close(s.room);
}

static void a_factory_reset_forgets_what_clients_asked_for(void **state)
{
    scene s;

    (void)state;
    open_scene(&s, 65);
    client_pair(&s.c, s.server);
    cast_equal(s.room, client_subscribe(&s.c, GUARDED_AT, KITH_SUBSCRIBED_NOTIFY), 0);
    client_run(&s.c, CAST_SECOND);
    client_leave(&s.c, s.server);
    assert_int_equal(kith_host_factory_reset(s.server->host), KITH_OK);
    cast_await(s.server, KITH_EVENT_RESET, 1);
    cast_equal(s.room, memory_store_count(&s.store, KITH_RECORD_STATE), 0);
    assert_int_equal(kith_host_start(s.server->host, kith_sim_now(s.room->sim)), KITH_OK);
    cast_await(s.server, KITH_EVENT_READY, 2);
    client_meet(&s.c, s.server);
    client_pair(&s.c, s.server);
    come_back(&s);
    cast_equal(s.room, bits_of(&s, GUARDED), 0);
    cast_close(s.room);
}

static void pairing_again_goes_on_with_what_the_link_has(void **state)
{
    scene s;

    (void)state;
    open_scene(&s, 65);
    client_pair(&s.c, s.server);
    cast_equal(s.room, client_subscribe(&s.c, GUARDED_AT, KITH_SUBSCRIBED_NOTIFY), 0);
    client_run(&s.c, CAST_SECOND);
    client_leave(&s.c, s.server);
    client_meet(&s.c, s.server);
    client_pair(&s.c, s.server); /* somebody who has lost the bond, as far as anybody can tell */
    cast_equal(s.room, bits_of(&s, GUARDED), 0);
    cast_equal(s.room, notify(&s, GUARDED, 4), KITH_ERR_STATE);
    cast_equal(s.room, client_subscribe(&s.c, OPEN_AT, KITH_SUBSCRIBED_NOTIFY), 0);
    reboot(&s);
    client_encrypt(&s.c, s.server);
    cast_equal(s.room, bits_of(&s, GUARDED), 0);
    cast_equal(s.room, bits_of(&s, OPEN), KITH_SUBSCRIBED_NOTIFY);
    cast_close(s.room);
}

/* ---- telling ---- */

static void GATT_SR_GAN_BV_01_C_a_notification_is_cut_to_what_fits(void **state)
{
    scene s;

    (void)state;
    open_scene(&s, 65);
    cast_equal(s.room, client_subscribe(&s.c, OPEN_AT, KITH_SUBSCRIBED_NOTIFY), 0);
    cast_equal(s.room, notify(&s, OPEN, 20), KITH_OK);
    cast_equal(s.room, s.c.value_len, 20);
    cast_equal(s.room, s.c.handle, OPEN_AT);
    cast_equal(s.room, notify(&s, OPEN, 512), KITH_OK);
    cast_equal(s.room, s.c.value_len, 20);
    {
        const uint8_t mtu[3] = {KITH_ATT_EXCHANGE_MTU_REQUEST, 100, 0};

        client_ask(&s.c, mtu, sizeof mtu);
    }
    cast_equal(s.room, notify(&s, OPEN, 512), KITH_OK);
    cast_equal(s.room, s.c.value_len, 62);
    cast_equal(s.room, notify(&s, OPEN, 0), KITH_OK);
    cast_equal(s.room, s.c.value_len, 0);
    cast_close(s.room);
}

static void whoever_may_not_be_told_is_not_and_the_reason_is_named(void **state)
{
    scene s;
    kith_host *h;

    (void)state;
    open_scene(&s, 65);
    h = s.server->host;
    cast_equal(s.room, notify(&s, OPEN, 1), KITH_ERR_STATE);
    cast_equal(s.room, notify(&s, 99, 1), KITH_ERR_NOT_FOUND);
    cast_equal(s.room, kith_gatt_notify(h, s.server->link + 1, OPEN, CAST_SECRET, 1), KITH_ERR_NOT_FOUND);
    cast_equal(s.room, client_subscribe(&s.c, GUARDED_AT, KITH_SUBSCRIBED_NOTIFY),
               KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
    cast_equal(s.room, client_subscribe(&s.c, OPEN_AT, KITH_SUBSCRIBED_INDICATE), KITH_ATT_ERROR_VALUE_NOT_ALLOWED);
    client_pair(&s.c, s.server);
    cast_equal(s.room, client_subscribe(&s.c, INDICATED_AT, KITH_SUBSCRIBED_INDICATE), 0);
    s.c.stays_silent = true;
    cast_equal(s.room, kith_gatt_indicate(h, s.server->link, INDICATED, CAST_SECRET, 6), KITH_OK);
    cast_equal(s.room, kith_gatt_indicate(h, s.server->link, INDICATED, CAST_SECRET, 6), KITH_ERR_BUSY);
    client_run(&s.c, 100000);
    cast_equal(s.room, kith_gatt_indicate(h, s.server->link, INDICATED, CAST_SECRET, 6), KITH_ERR_BUSY);
    client_confirm(&s.c);
    client_run(&s.c, 100000);
    cast_equal(s.room, s.server->told[KITH_EVENT_INDICATED], 1);
    client_confirm(&s.c); /* confirms nothing */
    client_run(&s.c, 100000);
    cast_equal(s.room, s.server->told[KITH_EVENT_INDICATED], 1);
    cast_equal(s.room, kith_gatt_indicate(h, s.server->link, INDICATED, CAST_SECRET, 6), KITH_OK);
    client_run(&s.c, 100000);
    cast_equal(s.room, s.c.indicated, 2);
    cast_close(s.room);
}

static void notifications_beyond_the_buffers_are_refused_and_go_later(void **state)
{
    scene s;
    unsigned sent = 0;

    (void)state;
    open_scene(&s, 65);
    cast_equal(s.room, client_subscribe(&s.c, OPEN_AT, KITH_SUBSCRIBED_NOTIFY), 0);
    while (kith_gatt_notify(s.server->host, s.server->link, OPEN, CAST_SECRET, 6) == KITH_OK)
        cast_check(s.room, ++sent < 100);
    cast_equal(s.room, kith_gatt_notify(s.server->host, s.server->link, OPEN, CAST_SECRET, 6), KITH_ERR_FULL);
    cast_check(s.room, sent > 0);
    client_run(&s.c, CAST_SECOND);
    cast_equal(s.room, s.c.notified, sent);
    cast_equal(s.room, notify(&s, OPEN, 4), KITH_OK);
    cast_equal(s.room, s.c.notified, sent + 1);
    cast_equal(s.room, client_read(&s.c, OPEN_AT), 0);
    cast_close(s.room);
}

static void all_who_want_to_know_are_told_and_counted(void **state)
{
    scene s;
    client other;

    (void)state;
    open_scene(&s, 65);
    client_enter(&other, s.room);
    client_pair(&s.c, s.server);
    cast_equal(s.room, client_subscribe(&s.c, GUARDED_AT, KITH_SUBSCRIBED_NOTIFY), 0);
    cast_equal(s.room, client_subscribe(&s.c, OPEN_AT, KITH_SUBSCRIBED_NOTIFY), 0);
    client_meet(&other, s.server);
    cast_equal(s.room, kith_gatt_notify_all(s.server->host, OPEN, CAST_SECRET, 6), 1);
    cast_equal(s.room, client_subscribe(&other, OPEN_AT, KITH_SUBSCRIBED_NOTIFY), 0);
    cast_equal(s.room, kith_gatt_notify_all(s.server->host, OPEN, CAST_SECRET, 6), 2);
    cast_equal(s.room, kith_gatt_notify_all(s.server->host, GUARDED, CAST_SECRET, 6), 1);
    client_run(&s.c, 200000);
    client_run(&other, 1000);
    cast_equal(s.room, s.c.notified, 3);
    cast_equal(s.room, other.notified, 1);
    cast_close(s.room);
}

/* ---- indications that are not confirmed ---- */

static void GATT_SR_GAT_BV_01_C_who_does_not_confirm_for_30_s_gets_no_more_attributes(void **state)
{
    scene s;

    (void)state;
    open_scene(&s, 65);
    client_pair(&s.c, s.server);
    cast_equal(s.room, client_subscribe(&s.c, INDICATED_AT, KITH_SUBSCRIBED_INDICATE), 0);
    cast_equal(s.room, client_subscribe(&s.c, OPEN_AT, KITH_SUBSCRIBED_NOTIFY), 0);
    s.c.stays_silent = true;
    cast_equal(s.room, kith_gatt_indicate(s.server->host, s.server->link, INDICATED, CAST_SECRET, 6), KITH_OK);
    client_run(&s.c, 29 * CAST_SECOND);
    cast_equal(s.room, s.server->told[KITH_EVENT_INDICATED], 0);
    client_run(&s.c, 2 * CAST_SECOND);
    cast_equal(s.room, s.server->told[KITH_EVENT_INDICATED], 1);
    cast_equal(s.room, s.server->last[KITH_EVENT_INDICATED].indicated.result, KITH_GATT_TIMEOUT);
    cast_equal(s.room, s.server->last[KITH_EVENT_INDICATED].indicated.id, INDICATED);
    cast_equal(s.room, notify(&s, OPEN, 4), KITH_ERR_STATE);
    client_confirm(&s.c);
    client_run(&s.c, CAST_SECOND);
    cast_equal(s.room, s.server->told[KITH_EVENT_INDICATED], 1);
    s.c.stays_silent = false;
    come_back(&s); /* on another connection it is as before */
    cast_equal(s.room, s.server->told[KITH_EVENT_INDICATED], 1);
    cast_equal(s.room, kith_gatt_indicate(s.server->host, s.server->link, INDICATED, CAST_SECRET, 6), KITH_OK);
    client_run(&s.c, CAST_SECOND);
    cast_equal(s.room, s.server->last[KITH_EVENT_INDICATED].indicated.result, KITH_GATT_OK);
    cast_close(s.room);
}

static void an_indication_whose_link_ends_is_told_so(void **state)
{
    scene s;

    (void)state;
    open_scene(&s, 65);
    client_pair(&s.c, s.server);
    cast_equal(s.room, client_subscribe(&s.c, INDICATED_AT, KITH_SUBSCRIBED_INDICATE), 0);
    s.c.stays_silent = true;
    cast_equal(s.room, kith_gatt_indicate(s.server->host, s.server->link, INDICATED, CAST_SECRET, 6), KITH_OK);
    client_leave(&s.c, s.server);
    cast_equal(s.room, s.server->told[KITH_EVENT_INDICATED], 1);
    cast_equal(s.room, s.server->last[KITH_EVENT_INDICATED].indicated.result, KITH_GATT_LINK_LOST);
    cast_close(s.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_bonded_client_asked_for_is_in_force_again_when_it_encrypts),
        cmocka_unit_test(C7_nothing_is_told_to_the_address_of_a_bonded_client_in_plain),
        cmocka_unit_test(what_an_unbonded_client_asked_for_goes_with_its_link),
        cmocka_unit_test(what_a_client_asked_for_before_it_bonded_moves_into_the_bond),
        cmocka_unit_test(who_unsubscribes_is_not_subscribed_when_it_is_back),
        cmocka_unit_test(a_client_that_says_nothing_costs_two_writes),
        cmocka_unit_test(several_subscriptions_at_once_are_one_write_and_the_same_again_is_none),
        cmocka_unit_test(a_link_that_ends_early_does_not_lose_what_was_asked_for),
        cmocka_unit_test(what_the_store_failed_to_keep_is_kept_with_the_next_change),
        cmocka_unit_test(forgetting_a_client_forgets_what_it_asked_for),
        cmocka_unit_test(a_factory_reset_forgets_what_clients_asked_for),
        cmocka_unit_test(pairing_again_goes_on_with_what_the_link_has),
        cmocka_unit_test(GATT_SR_GAN_BV_01_C_a_notification_is_cut_to_what_fits),
        cmocka_unit_test(whoever_may_not_be_told_is_not_and_the_reason_is_named),
        cmocka_unit_test(notifications_beyond_the_buffers_are_refused_and_go_later),
        cmocka_unit_test(all_who_want_to_know_are_told_and_counted),
        cmocka_unit_test(GATT_SR_GAT_BV_01_C_who_does_not_confirm_for_30_s_gets_no_more_attributes),
        cmocka_unit_test(an_indication_whose_link_ends_is_told_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
