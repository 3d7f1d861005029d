/* Data that came before encryption was told to be on, and is looked at later still, as events have no room: none of our
 * requests goes before it.  Through the public API: tests/conformance/test_early_answers.c. */
#include "test_host_support.h"

static void what_came_before_is_no_answer_to_what_goes_after(void **state)
{
    static const uint8_t made_up[] = {0x0b, 0x6f, 0x66}, answer[] = {0x0b, 0x6f, 0x6e};
    host_link *link;
    desk d;

    (void)state;
    desk_open(&d, 1, 27, 2);
    link = desk_connect(&d, 0, true);
    desk_pump(&d);
    desk_forget(&d);
    link->encryption = LINK_ENCRYPTING;
    link->key_given = true;
    d.h->config.transport_reorders = true;
    desk_frame(&d, 0, KITH_CID_ATT, made_up, sizeof made_up);
    link->encryption = LINK_ENCRYPTED;
    link->level = KITH_LEVEL_ENCRYPTED;
    assert_int_equal(kith_gatt_read(d.h, link->id, 0x0021), KITH_OK);
    desk_pump(&d);
    assert_int_equal(d.acl_count, 0);

    desk_complete(&d, 0, 1, 0); /* any word of the controller's: there is room */
    desk_take_events(&d);
    assert_int_equal(d.told[KITH_EVENT_READ], 0);
    desk_pump(&d);
    assert_int_equal(d.acl_count, 1);
    desk_frame(&d, 0, KITH_CID_ATT, answer, sizeof answer);
    desk_take_events(&d);
    assert_int_equal(d.told[KITH_EVENT_READ], 1);
    assert_int_equal(d.last.gatt.result, KITH_GATT_OK);
    desk_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_came_before_is_no_answer_to_what_goes_after),
    };
    return cmocka_run_group_tests_name("host_early_answers", tests, NULL, NULL);
}
