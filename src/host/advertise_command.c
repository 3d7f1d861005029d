/* Advertising sets: the command that brings the controller nearer to what is wanted of them, and its answer.  Which one
 * that is is looked at anew each time, so that whatever changed in between (our address, what is drawn with it, whom
 * the controller resolves) is put before a set goes on.  Core Vol 4 Part E 7.8.5 to 7.8.9, 7.8.52 to 7.8.60. */
#include <string.h>

#include "host/internal.h"

/* The controller advertises this set, as far as the host knows. */
static bool is_live(const host_set *set)
{
    return set->activity.on && set->activity.held == HELD_NOT;
}

/* ---- what is due ---- */

/* What must not outlive an address.  Extended PDUs have a number that tells scanners whether they have heard this data
 * (the DID): the controller draws another one only when it is given data, be it the same: 4.4.2.11. */
static uint8_t lasting(const kith_advertising *a)
{
    const uint8_t parts =
        (uint8_t)((a->random_data.len != 0 ? SET_DATA : 0) | (a->random_response.len != 0 ? SET_RESPONSE : 0));

    return advertise_used(a) & (a->extended ? SET_DATA | SET_RESPONSE : parts);
}

/* After a change of our address all that would show the one before is made anew, and what was refused is tried again.
 */
static void note_changes(const kith_host *h, host_set *set)
{
    const kith_address *own = privacy_on_air(h);
    uint8_t due = 0;

    if (advertise_has_new_target(h, set))
        due |= SET_PARAMETERS;
    if (set->drawn != h->privacy.made) {
        due |= set->refused | lasting(&set->as);
        set->drawn = h->privacy.made;
        set->refused = 0;
    }
    if (command_is_extended(h) && own->type == KITH_ADDRESS_RANDOM &&
        (!set->has_address || memcmp(set->address, own->octets, sizeof set->address) != 0))
        due |= SET_ADDRESS;
    set->due |= due;
    if ((due & (SET_DATA | SET_RESPONSE)) != 0)
        set->at = 0;
}

static uint8_t next_due(const host_set *set)
{
    return (uint8_t)(set->due & -set->due); /* the lowest */
}

/* Without randomness data stays as it was where it is on air; nothing new goes on. */
static void note_failure(host_set *set, uint8_t what, kith_status status)
{
    if (!is_live(set)) {
        set->failure = status;
        return;
    }
    set->due &= (uint8_t)~what;
    set->refused |= what;
    set->at = 0;
}

static size_t put_due(kith_host *h, host_set *set, uint8_t *out)
{
    const uint8_t what = next_due(set);
    kith_status status;
    size_t len = command_is_extended(h) ? advertise_put_extended(h, set, what, out, &status)
                                        : advertise_put_legacy(h, set, what, out, &status);

    if (status != KITH_OK)
        note_failure(set, what, status);
    return status == KITH_OK ? len : 0;
}

/* ---- commands ---- */

bool advertise_owns(uint16_t opcode)
{
    switch (opcode) {
    case KITH_HCI_LE_SET_ADV_PARAMETERS:
    case KITH_HCI_LE_SET_ADV_DATA:
    case KITH_HCI_LE_SET_SCAN_RESPONSE_DATA:
    case KITH_HCI_LE_SET_ADV_ENABLE:
    case KITH_HCI_LE_SET_SET_RANDOM_ADDRESS:
    case KITH_HCI_LE_SET_EXT_ADV_PARAMETERS:
    case KITH_HCI_LE_SET_EXT_ADV_DATA:
    case KITH_HCI_LE_SET_EXT_SCAN_RESPONSE_DATA:
    case KITH_HCI_LE_SET_EXT_ADV_ENABLE:
    case KITH_HCI_LE_REMOVE_SET:
        return true;
    default:
        return false;
    }
}

bool advertise_is_answered(const kith_host *h, const host_set *set)
{
    return advertise_owns(h->command.opcode) && &h->sets[h->command.set] == set;
}

static size_t put_enable(const kith_host *h, host_set *set, bool on, uint8_t *out)
{
    set->enables = on;
    return command_is_extended(h) ? advertise_enable_extended(h, set, on, out) : advertise_enable_legacy(on, out);
}

static size_t put_removal(const kith_host *h, host_set *set, uint8_t *out)
{
    return set->is_stuck ? put_enable(h, set, false, out) : advertise_remove(h, set, out);
}

static size_t chain_command(kith_host *h, host_set *set, uint8_t *out)
{
    if (set->activity.busy)
        return put_enable(h, set, !set->activity.stopping, out);
    return is_live(set) && set->due != 0 ? put_due(h, set, out) : 0;
}

/* It is off, and going on. */
static bool is_being_prepared(const kith_host *h, const host_set *set)
{
    const host_activity *a = &set->activity;

    return !a->stopping && !pause_holds_set(h, set) &&
           ((a->busy && !a->on && a->held == HELD_NOT) || (a->on && a->held == HELD));
}

/* Data that takes several commands has a pause of its own. */
static bool is_held(const kith_host *h, const host_set *set)
{
    return pause_holds_set(h, set) || (set->activity.on && advertise_is_long(set));
}

static size_t switch_set(kith_host *h, host_set *set, uint8_t *out)
{
    switch (pause_next(&set->activity, is_held(h, set))) {
    case PAUSE_WAITS:
        return 0;
    case PAUSE_SWITCHES_OFF:
        return put_enable(h, set, false, out);
    case PAUSE_SWITCHES_ON:
        return put_enable(h, set, true, out);
    default:
        return chain_command(h, set, out);
    }
}

static size_t clear_command(kith_host *h, host_set *set, uint8_t *out)
{
    if (set->activity.held == HELD_UNDO)
        return switch_set(h, set, out);
    return set->is_left ? put_removal(h, set, out) : 0;
}

static size_t set_command(kith_host *h, host_set *set, uint8_t *out)
{
    if (!set_is_active(set) || set->activity.waits || set->failure != KITH_OK)
        return 0;
    if (is_being_prepared(h, set)) {
        note_changes(h, set);
        if (set->due != 0)
            return put_due(h, set, out);
    }
    return switch_set(h, set, out);
}

static size_t first_command(kith_host *h, size_t (*command)(kith_host *h, host_set *set, uint8_t *out), uint8_t *out)
{
    size_t len = 0;

    for (unsigned i = 0; len == 0 && i <= h->config.limits.sets; i++) {
        h->command.set = (uint8_t)i;
        len = command(h, &h->sets[i], out);
    }
    return len;
}

/* What a late end left on goes off, and what is left of sets goes, before another one needs its place. */
size_t advertise_command(kith_host *h, uint8_t *out)
{
    size_t len = first_command(h, clear_command, out);

    return len != 0 ? len : first_command(h, set_command, out);
}

/* ---- answers ---- */

/* What is on air under an address that does not change any more shows who we are: a controller that keeps it is of no
 * use. */
static void give_up(kith_host *h, const host_set *set)
{
    if (!set->may_be_on || h->config.privacy.mode == KITH_PRIVACY_OFF)
        return;
    h->lost_why.opcode = KITH_HCI_LE_REMOVE_SET;
    h->lost_why.hardware_code = 0;
    h->lost = true;
}

/* A controller that keeps a set although it is off is believed to have none; one that says it is on is asked to switch
 * it off first. */
static void on_removed(kith_host *h, host_set *set, kith_hci_status status)
{
    set->is_stuck = status == KITH_HCI_COMMAND_DISALLOWED && !set->was_stuck;
    set->was_stuck = set->is_stuck;
    if (set->is_stuck)
        return;
    if (status != KITH_HCI_SUCCESS && status != KITH_HCI_UNKNOWN_SET)
        give_up(h, set);
    set->may_be_on = false;
    set->is_left = set->is_made = set->has_address = false;
}

static uint8_t what_of(uint16_t opcode)
{
    switch (opcode) {
    case KITH_HCI_LE_SET_ADV_PARAMETERS:
    case KITH_HCI_LE_SET_EXT_ADV_PARAMETERS:
        return SET_PARAMETERS;
    case KITH_HCI_LE_SET_SET_RANDOM_ADDRESS:
        return SET_ADDRESS;
    case KITH_HCI_LE_SET_ADV_DATA:
    case KITH_HCI_LE_SET_EXT_ADV_DATA:
        return SET_DATA;
    case KITH_HCI_LE_SET_SCAN_RESPONSE_DATA:
    case KITH_HCI_LE_SET_EXT_SCAN_RESPONSE_DATA:
        return SET_RESPONSE;
    default:
        return 0;
    }
}

/* Data may have more to come. */
static void take_given(const kith_host *h, host_set *set, uint8_t what)
{
    uint16_t len = 0;

    set->is_made |= what == SET_PARAMETERS && command_is_extended(h);
    set->has_address |= what == SET_ADDRESS;
    if (what == SET_DATA || what == SET_RESPONSE)
        (void)advertise_octets(&set->as, what, &len);
    set->at = set->after;
    if (set->at < len && len != 0)
        return;
    set->at = set->after = 0;
    set->due &= (uint8_t)~what;
}

static void on_given(kith_host *h, host_set *set, uint8_t what, kith_hci_status status)
{
    if (status == KITH_HCI_SUCCESS)
        take_given(h, set, what);
    else if (is_live(set))
        note_failure(set, what, KITH_OK);
    else
        (void)advertise_tell(h, set, false, status);
}

static void on_switched(kith_host *h, host_set *set, kith_hci_status status)
{
    host_activity *a = &set->activity;
    const bool was_held = a->held != HELD_NOT, in_time = set->in_time;

    if (pause_takes_result(a, status) || (!a->busy && !was_held))
        return;
    if (status != KITH_HCI_SUCCESS || a->stopping)
        advertise_tell(h, set, false, status)->activity.why = in_time ? KITH_ENDED_TIME : KITH_ENDED_ASKED;
    else
        (void)advertise_tell(h, set, true, status);
}

void advertise_on_result(kith_host *h, uint16_t opcode, kith_hci_status status)
{
    host_set *set = &h->sets[h->command.set];
    const bool enables = set->enables, overtaken = set->activity.overtaken;

    if (enables && status == KITH_HCI_SUCCESS)
        privacy_note_advertised(h);
    if (opcode == KITH_HCI_LE_SET_EXT_ADV_ENABLE && !enables)
        set->may_be_on = status != KITH_HCI_SUCCESS;
    set->enables = false;
    set->activity.overtaken = false;
    if (opcode == KITH_HCI_LE_REMOVE_SET)
        on_removed(h, set, status);
    else if (set->is_stuck)
        set->is_stuck = false; /* and it is removed again */
    else if (overtaken)
        return;
    else if (what_of(opcode) != 0)
        on_given(h, set, what_of(opcode), status);
    else
        on_switched(h, set, status);
}
