/* Encryption as two hosts meet it: start, refusal, wrong keys, refresh, pings; and how many connection
 * events it takes. */
#include "test_sim_support.h"

static const uint8_t OTHER_LTK[16] = {0xff};

typedef struct {
    uint32_t event;    /* of the last data channel PDU */
    unsigned sealed;   /* PDUs with payload in ciphertext */
    unsigned in_plain; /* with payload in plain */
    bool plain_repeats_air;
} ear;

static void listen(void *context, const kith_sim_frame *frame)
{
    ear *e = context;

    if (frame->connection == 0)
        return;
    e->event = frame->connection_event;
    if (frame->encrypted) {
        e->sealed++;
        assert_int_equal(frame->len, frame->plain_len + 4);
        if (memcmp(frame->pdu + 2, frame->plain + 2, frame->plain_len - 2) == 0)
            e->plain_repeats_air = true;
    } else if (frame->len > 2) {
        e->in_plain++;
    }
}

static room *connected(ear *e)
{
    room *r = room_new(2, 7);

    memset(e, 0, sizeof *e);
    assert_int_equal(kith_sim_listen(r->sim, listen, e), KITH_OK);
    room_connect(r, 0, 1);
    return r;
}

/* A turn of a conversation: data from one host to the other.  Gives the event it arrived in. */
static uint32_t turn(room *r, const ear *e, int from, size_t packets)
{
    uint8_t data[65] = {61, 0, 6, 0};
    int to = 1 - from;

    for (size_t i = 0; i < packets; i++)
        send_acl(r, from, 1, false, data, sizeof data);
    for (size_t got = 0; got < packets * sizeof data;) {
        const room_packet *fragment = seek_acl(r, to);

        if (fragment != NULL)
            got += fragment->len - 5;
        else
            room_run(r, 100);
    }
    return e->event;
}

static void pairing_shaped_conversation_takes_twelve_events(void **state)
{
    ear e;
    room *r = connected(&e);
    uint32_t first;

    (void)state;
    first = turn(r, &e, 1, 1); /* Pairing Request */
    assert_int_equal(turn(r, &e, 0, 1), first + 1);
    assert_int_equal(turn(r, &e, 1, 3), first + 2); /* public key, in more than one PDU */
    assert_int_equal(turn(r, &e, 0, 4), first + 3); /* public key, confirm */
    assert_int_equal(turn(r, &e, 1, 1), first + 4);
    assert_int_equal(turn(r, &e, 0, 1), first + 5);
    assert_int_equal(turn(r, &e, 1, 1), first + 6);
    assert_int_equal(turn(r, &e, 0, 1), first + 7); /* DHKey check */
    room_encrypt(r, 0, 1);
    assert_int_equal(e.event, first + 11);
    room_free(r);
}

/* From the central's command to its Encryption Change; a refresh pauses first. */
static void encryption_starts_in_four_events_and_is_refreshed_in_six(void **state)
{
    ear e;
    room *r = connected(&e);
    uint32_t before = e.event;

    (void)state;
    room_encrypt(r, 0, 1);
    assert_int_equal(e.event, before + 4);
    must(enable_encryption(r, 1, 1, OTHER_LTK));
    (void)await_le(r, 0, KITH_HCI_LE_EV_LTK_REQUEST, 1000000);
    must(reply_ltk(r, 0, 1, OTHER_LTK));
    must(await(r, 1, KITH_HCI_EV_ENCRYPTION_KEY_REFRESH_COMPLETE, -1, 1000000)[0]);
    assert_int_equal(e.event, before + 4 + 6);
    room_free(r);
}

static void data_after_encryption_is_noise_on_air_and_arrives(void **state)
{
    static const uint8_t secret[] = {6, 0, 4, 0, 's', 'e', 'c', 'r', 'e', 't'};
    ear e;
    room *r = connected(&e);
    const room_packet *got;

    (void)state;
    room_encrypt(r, 0, 1);
    room_run(r, INTERVAL_US);
    memset(&e, 0, sizeof e);
    send_acl(r, 0, 1, false, secret, sizeof secret);
    send_acl(r, 1, 1, false, secret, sizeof secret);
    room_run(r, 3 * INTERVAL_US);
    for (int i = 0; i < 2; i++) {
        got = seek_acl(r, i);
        assert_non_null(got);
        assert_memory_equal(got->data + 5, secret, sizeof secret);
    }
    assert_int_equal(e.sealed, 2);
    assert_int_equal(e.in_plain, 0);
    assert_false(e.plain_repeats_air);
    room_free(r);
}

static void key_request_carries_rand_and_ediv(void **state)
{
    ear e;
    room *r = connected(&e);
    uint8_t p[28] = {1, 0, 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xb0, 0xb1};
    const uint8_t *request;

    (void)state;
    must(command(r, 1, KITH_HCI_LE_ENABLE_ENCRYPTION, p, sizeof p));
    request = await_le(r, 0, KITH_HCI_LE_EV_LTK_REQUEST, 1000000);
    assert_memory_equal(request, p, 12);
    room_free(r);
}

static void without_a_key_the_link_stays_up_in_plain(void **state)
{
    static const uint8_t handle[2] = {1, 0};
    ear e;
    room *r = connected(&e);
    const uint8_t *change;

    (void)state;
    must(enable_encryption(r, 1, 1, ROOM_LTK));
    (void)await_le(r, 0, KITH_HCI_LE_EV_LTK_REQUEST, 1000000);
    must(command(r, 0, KITH_HCI_LE_LTK_REQUEST_NEGATIVE_REPLY, handle, 2));
    change = await(r, 1, KITH_HCI_EV_ENCRYPTION_CHANGE, -1, 1000000);
    assert_int_equal(change[0], KITH_HCI_KEY_MISSING);
    assert_int_equal(change[3], 0);
    (void)turn(r, &e, 0, 1);
    (void)turn(r, &e, 1, 1);
    assert_int_equal(e.sealed, 0);
    assert_null(seek(r, 0, KITH_HCI_EV_ENCRYPTION_CHANGE, -1));
    room_encrypt(r, 0, 1);
    room_free(r);
}

static void a_masked_key_request_is_no_key(void **state)
{
    static const uint8_t mask[8] = {0};
    ear e;
    room *r = connected(&e);

    (void)state;
    must(command(r, 0, KITH_HCI_LE_SET_EVENT_MASK, mask, 8));
    must(enable_encryption(r, 1, 1, ROOM_LTK));
    assert_int_equal(await(r, 1, KITH_HCI_EV_ENCRYPTION_CHANGE, -1, 1000000)[0], KITH_HCI_KEY_MISSING);
    room_free(r);
}

static void expect_mic_failure(room *r)
{
    assert_int_equal(await(r, 0, KITH_HCI_EV_DISCONNECTION_COMPLETE, -1, 1000000)[3], KITH_HCI_MIC_FAILURE);
    assert_int_equal(await(r, 1, KITH_HCI_EV_DISCONNECTION_COMPLETE, -1, 2 * TIMEOUT_US)[3],
                     KITH_HCI_CONNECTION_TIMEOUT);
    assert_null(seek(r, 0, KITH_HCI_EV_ENCRYPTION_CHANGE, -1));
}

static void different_keys_end_in_mic_failure(void **state)
{
    ear e;
    room *r = connected(&e);

    (void)state;
    must(enable_encryption(r, 1, 1, ROOM_LTK));
    (void)await_le(r, 0, KITH_HCI_LE_EV_LTK_REQUEST, 1000000);
    must(reply_ltk(r, 0, 1, OTHER_LTK));
    expect_mic_failure(r);
    room_free(r);
}

static void a_broken_session_key_ends_in_mic_failure_once(void **state)
{
    ear e;
    room *r = connected(&e);

    (void)state;
    kith_sim_break_next_session_key(r->sim, 1);
    must(enable_encryption(r, 1, 1, ROOM_LTK));
    (void)await_le(r, 0, KITH_HCI_LE_EV_LTK_REQUEST, 1000000);
    must(reply_ltk(r, 0, 1, ROOM_LTK));
    expect_mic_failure(r);
    room_connect(r, 0, 1);
    room_encrypt(r, 0, 1);
    room_free(r);
}

static void data_is_held_while_encryption_starts(void **state)
{
    static const uint8_t word[] = {1, 0, 4, 0, 'x'};
    ear e;
    room *r = connected(&e);

    (void)state;
    must(enable_encryption(r, 1, 1, ROOM_LTK));
    (void)await_le(r, 0, KITH_HCI_LE_EV_LTK_REQUEST, 1000000);
    memset(&e, 0, sizeof e);
    send_acl(r, 0, 1, false, word, sizeof word);
    send_acl(r, 1, 1, false, word, sizeof word);
    room_run(r, 10 * INTERVAL_US);
    assert_null(seek_acl(r, 0));
    assert_null(seek_acl(r, 1));
    must(reply_ltk(r, 0, 1, ROOM_LTK));
    room_run(r, 10 * INTERVAL_US);
    r->read[0] = r->read[1] = 0;
    assert_non_null(seek_acl(r, 0));
    assert_non_null(seek_acl(r, 1));
    assert_int_equal(e.in_plain, 2); /* LL_ENC_RSP and LL_START_ENC_REQ */
    room_free(r);
}

static void a_key_is_refreshed_on_an_encrypted_link(void **state)
{
    ear e;
    room *r = connected(&e);

    (void)state;
    room_encrypt(r, 0, 1);
    for (int i = 0; i < 3; i++) {
        must(enable_encryption(r, 1, 1, OTHER_LTK));
        (void)await_le(r, 0, KITH_HCI_LE_EV_LTK_REQUEST, 1000000);
        must(reply_ltk(r, 0, 1, OTHER_LTK));
        must(await(r, 1, KITH_HCI_EV_ENCRYPTION_KEY_REFRESH_COMPLETE, -1, 1000000)[0]);
        must(await(r, 0, KITH_HCI_EV_ENCRYPTION_KEY_REFRESH_COMPLETE, -1, 1000000)[0]);
        (void)turn(r, &e, 0, 2);
        (void)turn(r, &e, 1, 2);
    }
    assert_null(seek(r, 0, KITH_HCI_EV_ENCRYPTION_CHANGE, -1));
    room_free(r);
}

static void no_key_for_a_refresh_ends_the_link(void **state)
{
    static const uint8_t handle[2] = {1, 0};
    ear e;
    room *r = connected(&e);

    (void)state;
    room_encrypt(r, 0, 1);
    must(enable_encryption(r, 1, 1, OTHER_LTK));
    (void)await_le(r, 0, KITH_HCI_LE_EV_LTK_REQUEST, 1000000);
    must(command(r, 0, KITH_HCI_LE_LTK_REQUEST_NEGATIVE_REPLY, handle, 2));
    assert_int_equal(await(r, 1, KITH_HCI_EV_DISCONNECTION_COMPLETE, -1, 1000000)[3], KITH_HCI_KEY_MISSING);
    assert_int_equal(await(r, 0, KITH_HCI_EV_DISCONNECTION_COMPLETE, -1, 1000000)[3], KITH_HCI_KEY_MISSING);
    room_free(r);
}

static void a_host_that_never_answers_for_the_key_ends_in_a_response_timeout(void **state)
{
    ear e;
    room *r = connected(&e);

    (void)state;
    must(enable_encryption(r, 1, 1, ROOM_LTK));
    assert_int_equal(await(r, 1, KITH_HCI_EV_DISCONNECTION_COMPLETE, -1, 41000000)[3], KITH_HCI_LL_RESPONSE_TIMEOUT);
    room_free(r);
}

static void encryption_commands_are_refused_in_the_wrong_state(void **state)
{
    static const uint8_t handle[2] = {1, 0};
    ear e;
    room *r = connected(&e);

    (void)state;
    assert_int_equal(enable_encryption(r, 0, 1, ROOM_LTK), KITH_HCI_COMMAND_DISALLOWED);
    assert_int_equal(enable_encryption(r, 1, 9, ROOM_LTK), KITH_HCI_UNKNOWN_CONNECTION);
    assert_int_equal(reply_ltk(r, 0, 1, ROOM_LTK), KITH_HCI_COMMAND_DISALLOWED);
    assert_int_equal(command(r, 0, KITH_HCI_LE_LTK_REQUEST_NEGATIVE_REPLY, handle, 2), KITH_HCI_COMMAND_DISALLOWED);
    assert_int_equal(reply_ltk(r, 0, 9, ROOM_LTK), KITH_HCI_UNKNOWN_CONNECTION);
    must(enable_encryption(r, 1, 1, ROOM_LTK));
    assert_int_equal(enable_encryption(r, 1, 1, ROOM_LTK), KITH_HCI_COMMAND_DISALLOWED);
    room_free(r);
}

static void encryption_survives_loss(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 200; seed++) {
        room *r = room_new(2, seed);
        ear e = {0};

        if (seed % 50 == 1)
            print_message("seeds from %u\n", seed);

        assert_int_equal(kith_sim_listen(r->sim, listen, &e), KITH_OK);
        room_connect(r, 0, 1);
        kith_sim_set_loss(r->sim, 200);
        room_encrypt(r, 0, 1);
        for (int i = 0; i < 5; i++) {
            (void)turn(r, &e, 0, 2);
            (void)turn(r, &e, 1, 2);
        }
        must(enable_encryption(r, 1, 1, OTHER_LTK));
        (void)await_le(r, 0, KITH_HCI_LE_EV_LTK_REQUEST, 1000000);
        must(reply_ltk(r, 0, 1, OTHER_LTK));
        must(await(r, 1, KITH_HCI_EV_ENCRYPTION_KEY_REFRESH_COMPLETE, -1, 5000000)[0]);
        (void)turn(r, &e, 0, 2);
        (void)turn(r, &e, 1, 2);
        room_free(r);
    }
}

/* Pings keep an idle link authenticated; a peer out of reach for longer than the timeout is reported. */
static void authenticated_payload_timeout_is_reported_only_when_due(void **state)
{
    static const uint8_t one_second[4] = {1, 0, 100, 0};
    uint8_t update[14] = {1, 0, 24, 0, 24, 0, 0, 0, 0x80, 0x0c};
    ear e;
    room *r = connected(&e);

    (void)state;
    must(command(r, 1, KITH_HCI_LE_CONNECTION_UPDATE, update, sizeof update));
    (void)await_le(r, 1, KITH_HCI_LE_EV_CONNECTION_UPDATE_COMPLETE, 2000000);
    room_encrypt(r, 0, 1);
    must(command(r, 1, KITH_HCI_WRITE_AUTH_PAYLOAD_TIMEOUT, one_second, 4));
    room_run(r, 20000000);
    assert_null(seek(r, 1, KITH_HCI_EV_AUTH_PAYLOAD_TIMEOUT, -1));
    kith_sim_set_out_of_range(r->sim, 0, true);
    assert_int_equal(await(r, 1, KITH_HCI_EV_AUTH_PAYLOAD_TIMEOUT, -1, 2000000)[0], 1);
    room_free(r);
}

/* The peripheral's host never gives the key for a refresh: what ends with the timeout does so in the pause, too. */
static void the_authenticated_payload_timer_runs_from_encryption_on_and_in_its_pause(void **state)
{
    static const uint8_t two_seconds[4] = {1, 0, 200, 0};
    uint64_t from_us;
    ear e;
    room *r = connected(&e);

    (void)state;
    must(command(r, 1, KITH_HCI_WRITE_AUTH_PAYLOAD_TIMEOUT, two_seconds, 4));
    room_run(r, 10000000);
    assert_int_equal(e.in_plain, 0); /* a link in plain is not watched */
    room_encrypt(r, 0, 1);
    for (int device = 0; device < 2; device++)
        must(command(r, device, KITH_HCI_WRITE_AUTH_PAYLOAD_TIMEOUT, two_seconds, 4));
    room_run(r, 1500000); /* pings are done */
    must(enable_encryption(r, 1, 1, OTHER_LTK));
    (void)await_le(r, 0, KITH_HCI_LE_EV_LTK_REQUEST, 1000000);
    from_us = kith_sim_now(r->sim);
    for (int device = 0; device < 2; device++)
        assert_int_equal(await(r, device, KITH_HCI_EV_AUTH_PAYLOAD_TIMEOUT, -1, 2100000)[0], 1);
    assert_true(kith_sim_now(r->sim) > from_us + 1500000);
    must(reply_ltk(r, 0, 1, OTHER_LTK));
    must(await(r, 1, KITH_HCI_EV_ENCRYPTION_KEY_REFRESH_COMPLETE, -1, 5000000)[0]);
    room_run(r, 60000000);
    assert_null(seek(r, 0, KITH_HCI_EV_DISCONNECTION_COMPLETE, -1));
    room_free(r);
}

/* An end that is mute acknowledges, so that the link lives on, and says nothing. */
static void a_mute_end_keeps_the_link_alive_with_empty_packets(void **state)
{
    uint8_t data[20] = {16, 0, 6, 0};
    unsigned sealed;
    ear e;
    room *r = connected(&e);

    (void)state;
    room_encrypt(r, 0, 1);
    room_run(r, 1000000);
    kith_sim_set_mute(r->sim, 0, true);
    sealed = e.sealed;
    send_acl(r, 0, 1, false, data, sizeof data);
    room_run(r, 10000000);
    assert_int_equal(e.sealed, sealed);
    assert_null(seek_acl(r, 1));
    send_acl(r, 1, 1, false, data, sizeof data);
    room_run(r, 1000000);
    assert_int_equal(e.sealed, sealed + 1);
    assert_null(seek_acl(r, 0));
    for (int device = 0; device < 2; device++)
        assert_null(seek(r, device, KITH_HCI_EV_DISCONNECTION_COMPLETE, -1));
    room_free(r);
}

/* Vol 4 Part E 3.1: the commands of LE Ping are there with the feature, and only with it. */
static void without_ping_its_commands_are_unknown(void **state)
{
    static const uint8_t one_second[4] = {1, 0, 100, 0};
    kith_sim_limits limits;
    ear e;
    room *r = connected(&e);

    (void)state;
    must(command(r, 0, KITH_HCI_READ_AUTH_PAYLOAD_TIMEOUT, one_second, 2));
    assert_int_equal(bytes_get16(answer_of(r, 0, KITH_HCI_READ_AUTH_PAYLOAD_TIMEOUT) + 2), 3000);
    must(command(r, 0, KITH_HCI_READ_LOCAL_COMMANDS, NULL, 0));
    assert_int_equal(answer_of(r, 0, KITH_HCI_READ_LOCAL_COMMANDS)[32] & 0x30, 0x30);
    kith_sim_default_limits(&limits);
    limits.le_features &= ~UINT64_C(0x10);
    assert_int_equal(kith_sim_set_limits(r->sim, 0, &limits), KITH_OK);
    assert_int_equal(command(r, 0, KITH_HCI_READ_AUTH_PAYLOAD_TIMEOUT, one_second, 2), KITH_HCI_UNKNOWN_COMMAND);
    assert_int_equal(command(r, 0, KITH_HCI_WRITE_AUTH_PAYLOAD_TIMEOUT, one_second, 4), KITH_HCI_UNKNOWN_COMMAND);
    must(command(r, 0, KITH_HCI_READ_LOCAL_COMMANDS, NULL, 0));
    assert_int_equal(answer_of(r, 0, KITH_HCI_READ_LOCAL_COMMANDS)[32] & 0x30, 0);
    room_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairing_shaped_conversation_takes_twelve_events),
        cmocka_unit_test(encryption_starts_in_four_events_and_is_refreshed_in_six),
        cmocka_unit_test(data_after_encryption_is_noise_on_air_and_arrives),
        cmocka_unit_test(key_request_carries_rand_and_ediv),
        cmocka_unit_test(without_a_key_the_link_stays_up_in_plain),
        cmocka_unit_test(a_masked_key_request_is_no_key),
        cmocka_unit_test(different_keys_end_in_mic_failure),
        cmocka_unit_test(a_broken_session_key_ends_in_mic_failure_once),
        cmocka_unit_test(data_is_held_while_encryption_starts),
        cmocka_unit_test(a_key_is_refreshed_on_an_encrypted_link),
        cmocka_unit_test(no_key_for_a_refresh_ends_the_link),
        cmocka_unit_test(a_host_that_never_answers_for_the_key_ends_in_a_response_timeout),
        cmocka_unit_test(encryption_commands_are_refused_in_the_wrong_state),
        cmocka_unit_test(encryption_survives_loss),
        cmocka_unit_test(authenticated_payload_timeout_is_reported_only_when_due),
        cmocka_unit_test(the_authenticated_payload_timer_runs_from_encryption_on_and_in_its_pause),
        cmocka_unit_test(a_mute_end_keeps_the_link_alive_with_empty_packets),
        cmocka_unit_test(without_ping_its_commands_are_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
