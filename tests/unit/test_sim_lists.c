/* When a controller refuses to change its lists of peers: what it does just now decides, and what that uses.
 * Core Vol 4 Part E 7.8.15 to 7.8.17, 7.8.38 to 7.8.40, 7.8.44, 7.8.77. */
#include "test_sim_support.h"

typedef enum { NOTHING, ADVERTISING, SCANNING, INITIATING, ACTIVITIES } activity;

static const uint8_t known[7] = {KITH_ADDRESS_PUBLIC, 7, 7, 7, 7, 7, 7};
static const uint8_t another[7] = {KITH_ADDRESS_PUBLIC, 8, 8, 8, 8, 8, 8};

static void begin(room *r, activity what, bool filters)
{
    if (what == ADVERTISING) {
        set_advertising(r, 0, 0, 0, filters ? 2 : 0, 0, NULL);
        must(enable_advertising(r, 0, true));
    } else if (what == SCANNING) {
        set_scanning(r, 0, false, 0, filters);
        must(enable_scanning(r, 0, true, false));
    } else if (what == INITIATING) {
        must(create_connection(r, 0, filters, 0, ROOM_ADDRESS[1], 0, INTERVAL, TIMEOUT));
    }
}

static room *prepare(bool resolves)
{
    room *r = room_new(2, 23);
    const uint8_t on = 1;
    uint8_t entry[39] = {0};

    must(command(r, 0, KITH_HCI_LE_ADD_TO_FILTER_LIST, known, sizeof known));
    memcpy(entry, known, sizeof known);
    entry[7] = 0x55;
    must(command(r, 0, KITH_HCI_LE_ADD_TO_RESOLVING_LIST, entry, sizeof entry));
    if (resolves)
        must(command(r, 0, KITH_HCI_LE_SET_RESOLUTION_ENABLE, &on, 1));
    return r;
}

/* Each of them is sound but for what goes on. */
static uint8_t try(room *r, uint16_t opcode)
{
    uint8_t entry[39] = {0}, mode[8] = {0};

    memcpy(entry, another, sizeof another);
    entry[7] = 0x66;
    memcpy(mode, known, sizeof known);
    mode[7] = 1;
    switch (opcode) {
    case KITH_HCI_LE_ADD_TO_FILTER_LIST:
        return command(r, 0, opcode, another, sizeof another);
    case KITH_HCI_LE_REMOVE_FROM_FILTER_LIST:
    case KITH_HCI_LE_REMOVE_FROM_RESOLVING_LIST:
        return command(r, 0, opcode, known, sizeof known);
    case KITH_HCI_LE_ADD_TO_RESOLVING_LIST:
        return command(r, 0, opcode, entry, sizeof entry);
    case KITH_HCI_LE_SET_PRIVACY_MODE:
        return command(r, 0, opcode, mode, sizeof mode);
    case KITH_HCI_LE_SET_RESOLUTION_ENABLE:
        return command(r, 0, opcode, mode + 7, 1);
    default:
        return command(r, 0, opcode, NULL, 0);
    }
}

static void the_accept_list_is_changed_unless_something_filters(void **state)
{
    static const uint16_t opcodes[] = {KITH_HCI_LE_ADD_TO_FILTER_LIST, KITH_HCI_LE_REMOVE_FROM_FILTER_LIST,
                                       KITH_HCI_LE_CLEAR_FILTER_LIST};

    (void)state;
    for (size_t i = 0; i < sizeof opcodes / sizeof opcodes[0]; i++)
        for (activity what = NOTHING; what < ACTIVITIES; what++)
            for (unsigned filters = 0; filters <= 1; filters++) {
                room *r = prepare(false);

                begin(r, what, filters != 0);
                assert_int_equal(try(r, opcodes[i]),
                                 filters && what != NOTHING ? KITH_HCI_COMMAND_DISALLOWED : KITH_HCI_SUCCESS);
                room_free(r);
            }
}

static void the_resolving_list_is_changed_unless_it_is_resolved_with(void **state)
{
    static const uint16_t opcodes[] = {KITH_HCI_LE_ADD_TO_RESOLVING_LIST, KITH_HCI_LE_REMOVE_FROM_RESOLVING_LIST,
                                       KITH_HCI_LE_CLEAR_RESOLVING_LIST, KITH_HCI_LE_SET_PRIVACY_MODE};

    (void)state;
    for (size_t i = 0; i < sizeof opcodes / sizeof opcodes[0]; i++)
        for (activity what = NOTHING; what < ACTIVITIES; what++)
            for (unsigned resolves = 0; resolves <= 1; resolves++) {
                room *r = prepare(resolves != 0);

                begin(r, what, false);
                assert_int_equal(try(r, opcodes[i]),
                                 resolves && what != NOTHING ? KITH_HCI_COMMAND_DISALLOWED : KITH_HCI_SUCCESS);
                room_free(r);
            }
}

static void resolution_is_switched_while_nothing_goes_on(void **state)
{
    (void)state;
    for (activity what = NOTHING; what < ACTIVITIES; what++)
        for (unsigned resolves = 0; resolves <= 1; resolves++) {
            room *r = prepare(resolves != 0);

            begin(r, what, false);
            assert_int_equal(try(r, KITH_HCI_LE_SET_RESOLUTION_ENABLE),
                             what != NOTHING ? KITH_HCI_COMMAND_DISALLOWED : KITH_HCI_SUCCESS);
            room_free(r);
        }
}

/* Reading and the timeout change no entry. */
static void what_changes_no_entry_is_answered_whatever_goes_on(void **state)
{
    static const uint8_t timeout[2] = {60, 0};

    (void)state;
    for (activity what = NOTHING; what < ACTIVITIES; what++) {
        room *r = prepare(true);

        begin(r, what, true);
        must(command(r, 0, KITH_HCI_LE_SET_RPA_TIMEOUT, timeout, sizeof timeout));
        must(command(r, 0, KITH_HCI_LE_READ_RESOLVING_LIST_SIZE, NULL, 0));
        must(command(r, 0, KITH_HCI_LE_READ_FILTER_LIST_SIZE, NULL, 0));
        assert_int_equal(command(r, 0, KITH_HCI_LE_READ_PEER_RESOLVABLE_ADDRESS, known, sizeof known),
                         KITH_HCI_UNKNOWN_CONNECTION); /* it hasn't been seen */
        room_free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_accept_list_is_changed_unless_something_filters),
        cmocka_unit_test(the_resolving_list_is_changed_unless_it_is_resolved_with),
        cmocka_unit_test(resolution_is_switched_while_nothing_goes_on),
        cmocka_unit_test(what_changes_no_entry_is_answered_whatever_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
