/* Which table that was kept stands, by what its peer says of its hash; and which table is none. */
#include "test_gatt_client_support.h"

#include "gatt/survey.h"

enum { CHECK = 0x11223344 };

typedef struct {
    client_link link;
    gatt_survey survey;
    gatt_table table;
    uint8_t octets[200];
} scene;

static const kith_remote_attribute kept = {.kind = KITH_REMOTE_SERVICE, .handle = 1, .first = 1, .last = 9};

static void begin(scene *s, const gatt_table_state *known, uint32_t check)
{
    kith_remote_attribute service = kept;

    start(&s->link);
    gatt_table_init(&s->table, s->octets, sizeof s->octets);
    service.uuid = (kith_uuid)KITH_UUID16(0x1815);
    assert_true(gatt_table_add(&s->table, &service));
    gatt_table_set_state(&s->table, known);
    assert_int_equal(gatt_survey_start(&s->survey, &s->table, true, check, &s->link.client, s->link.out,
                                       sizeof s->link.out, &s->link.out_len),
                     KITH_OK);
    we_send(&s->link, "08 01 00 ff ff 2a 2b");
}

/* The survey goes on with what the peer answers; false: it is over. */
static bool hears(scene *s, const char *response)
{
    client_link *l = &s->link;

    server_sends(l, response);
    gatt_survey_take(&s->survey, &l->event);
    return !l->event.ended || gatt_survey_go_on(&s->survey, &l->client, &l->event, l->out, sizeof l->out, &l->out_len);
}

/* It stands if the survey is over with it. */
static bool stands(const gatt_table_state *known, uint32_t check, const char *response)
{
    scene s;
    kith_remote_attribute found;

    begin(&s, known, check);
    if (hears(&s, response)) {
        we_send(&s.link, "10 01 00 ff ff 00 28");
        assert_false(gatt_table_find(&s.table, 1, &found));
        return false;
    }
    assert_int_equal(s.link.event.result, KITH_GATT_OK);
    assert_true(gatt_table_find(&s.table, 1, &found));
    return true;
}

static const char no_hash[] = "01 08 0100 0a", sevens[] = "09 12 0c00 07070707070707070707070707070707";

static void a_table_stands_if_its_hash_is_the_peers(void **state)
{
    gatt_table_state known = {.has_hash = true};

    (void)state;
    memset(known.hash, 7, sizeof known.hash);
    assert_true(stands(&known, CHECK, sevens));
    assert_false(stands(&known, CHECK, no_hash));
    for (size_t i = 0; i < sizeof known.hash; i++) {
        known.hash[i] ^= 1;
        assert_false(stands(&known, CHECK, sevens));
        known.hash[i] ^= 1;
    }
}

static void a_table_without_a_hash_stands_if_this_bonds_peer_would_have_told(void **state)
{
    gatt_table_state known = {.is_told = true, .bond_check = CHECK};

    (void)state;
    assert_true(stands(&known, CHECK, no_hash));
    assert_false(stands(&known, CHECK, sevens));
    assert_false(stands(&known, CHECK ^ 1, no_hash)); /* learned with another key */
    known.is_told = false;
    assert_false(stands(&known, CHECK, no_hash));
    known = (gatt_table_state){.is_told = true}; /* not known with which key */
    assert_false(stands(&known, 0, no_hash));
}

/* A service and a characteristic cannot both be declared at one handle. */
static void a_table_that_contradicts_itself_is_none(void **state)
{
    scene s;
    kith_remote_attribute found;

    (void)state;
    begin(&s, &(gatt_table_state){.has_hash = false}, CHECK);
    assert_true(hears(&s, no_hash));
    assert_true(hears(&s, "11 06 0100 ffff 1518"));
    assert_true(hears(&s, "01 08 0100 0a")); /* no includes */
    we_send(&s.link, "08 01 00 ff ff 03 28");
    assert_true(hears(&s, "09 07 0100 02 0200 562a"));
    assert_false(hears(&s, "01 08 0300 0a"));
    assert_int_equal(s.link.event.result, KITH_GATT_MALFORMED_RESPONSE);
    assert_false(gatt_table_find(&s.table, 1, &found));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_stands_if_its_hash_is_the_peers),
        cmocka_unit_test(a_table_without_a_hash_stands_if_this_bonds_peer_would_have_told),
        cmocka_unit_test(a_table_that_contradicts_itself_is_none),
    };
    return cmocka_run_group_tests_name("gatt survey", tests, NULL, NULL);
}
