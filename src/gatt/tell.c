/* Values that are sent unasked: who asked for them, and whether they may go now.  Core Vol 3 Part F 3.4.7, Part G 4.10.
 */
#include "gatt/exchange.h"

static gatt_subscription *find(const gatt_server *server, uint16_t handle)
{
    for (unsigned i = 0; i < server->subscription_cap; i++)
        if (server->subscriptions[i].handle == handle)
            return &server->subscriptions[i];
    return NULL;
}

uint8_t gatt_server_subscribed(const gatt_server *server, uint16_t value_handle)
{
    const gatt_subscription *found = find(server, value_handle);

    return found != NULL ? found->bits & (uint8_t)~GATT_UNPROVEN : 0;
}

bool gatt_server_subscribe(gatt_server *server, uint16_t value_handle, uint8_t bits)
{
    gatt_subscription *place = find(server, value_handle);

    if (place == NULL && bits == 0)
        return true;
    if (place == NULL)
        place = find(server, 0);
    if (place == NULL)
        return false;
    *place = (gatt_subscription){bits != 0 ? value_handle : 0, bits};
    return true;
}

void gatt_forget_values(gatt_subscription *subscriptions, uint8_t count, uint16_t first, uint16_t last)
{
    for (unsigned i = 0; i < count; i++)
        if (subscriptions[i].handle >= first && subscriptions[i].handle <= last)
            subscriptions[i] = (gatt_subscription){0};
}

/* Under the handles of another table a client would take one value for another: those that cache robustly are told
 * nothing until they know the table (2.5.2.1), those that hear of changes nothing until they have confirmed this one.
 */
static bool must_learn_first(const gatt_server *server)
{
    return server->is_unaware &&
           ((server->features & GATT_ROBUST_CACHING) != 0 ||
            (gatt_server_subscribed(server, GATT_SERVICE_CHANGED_HANDLE) & KITH_SUBSCRIBED_INDICATE) != 0);
}

/* The value's permission is asked each time, not the configuration's (C5); and what a bond remembers is not in the
 * subscriptions before its key encrypts the link (C7). */
kith_status gatt_server_may_tell(const gatt_server *server, const gatt_link_security *sec, const gatt_attribute *value,
                                 uint8_t bit)
{
    bool service_changed = value->is_built_in && value->id == GATT_SERVICE_CHANGED;

    if ((gatt_server_subscribed(server, value->handle) & bit) == 0)
        return KITH_ERR_STATE;
    if (gatt_check_permission(value->permissions, GATT_NOTIFY, sec) != KITH_ATT_ERROR_NONE)
        return KITH_ERR_INSECURE;
    if (bit == KITH_SUBSCRIBED_INDICATE && server->indicated != 0)
        return KITH_ERR_BUSY;
    return !service_changed && must_learn_first(server) ? KITH_ERR_BUSY : KITH_OK;
}

size_t gatt_server_tell(gatt_server *server, const gatt_link_security *sec, const gatt_attribute *value, uint8_t bit,
                        const uint8_t *octets, size_t len, uint8_t *out, size_t cap)
{
    size_t room = min_size(cap, server->bearer->mtu);
    kith_att_pdu pdu = {.opcode = bit == KITH_SUBSCRIBED_INDICATE ? KITH_ATT_HANDLE_VALUE_INDICATION
                                                                  : KITH_ATT_HANDLE_VALUE_NOTIFICATION,
                        .handle = value->handle,
                        .value = octets,
                        .value_len = min_size(len, room < 3 ? 0 : room - 3)};
    size_t made;

    if (gatt_server_may_tell(server, sec, value, bit) != KITH_OK)
        return 0;
    made = kith_att_encode(&pdu, out, room);
    if (made > 0 && bit == KITH_SUBSCRIBED_INDICATE)
        server->indicated = value->handle;
    return made;
}
