/* Our requests that need a better link: one that a peer refused for it is held while the link is raised as the
 * configuration lets us, and goes once more; what is meant for a bonded peer waits until that peer is proven (BLESA).
 * Core Vol 3 Part C 10.3.1, 10.3.2. */
#include <string.h>

#include "host/internal.h"

static const peers_bond *bond_of(const kith_host *h, const host_link *link)
{
    return peers_by_id(&h->bonds, link->claimed);
}

bool raising_comes_first(const kith_host *h, const host_link *link)
{
    return h->config.gatt_raise != KITH_GATT_RAISE_NOT && link->encryption == LINK_PLAIN && bond_of(h, link) != NULL;
}

static bool is_under_way(const host_link *link)
{
    return link->session != NULL || link->bond_procedure || link->encryption == LINK_ENCRYPTING;
}

static bool is_better(const host_link *link)
{
    return link->level > link->raised_from || link->key_size > link->raised_from_size;
}

static uint8_t *find_place(host_link *link, size_t *cap)
{
    return acl_reserve(link, TX_ATT_APP, cap);
}

bool raising_waits(const kith_host *h, host_link *link)
{
    size_t cap;

    (void)h;
    if (link->id == 0 || link->going || !link->client.is_held ||
        link->client.kept_error == KITH_ATT_ERROR_DATABASE_OUT_OF_SYNC)
        return false;
    if (!link->raise_asked)
        return true;
    (void)find_place(link, &cap);
    return !is_under_way(link) && (!is_better(link) || cap >= link->bearer.my_mtu);
}

/* By the bond alone: never where that would end in pairing. */
static kith_status ask_bond(kith_host *h, const host_link *link)
{
    const peers_bond *bond = bond_of(h, link);

    if (link->encryption != LINK_PLAIN || bond == NULL || bond->level < h->config.security.required_level ||
        !encryption_may_use(h, bond, link->central))
        return KITH_ERR_INSECURE;
    return kith_security_secure(h, link->id, KITH_LEVEL_ENCRYPTED);
}

/* A bonded peer is not paired with anew by itself, however weak its bond: that is for the program to say. */
static kith_status ask(kith_host *h, const host_link *link)
{
    kith_att_error error = link->client.kept_error;
    bool is_plain = link->encryption == LINK_PLAIN;
    kith_level level = is_plain || link->level < KITH_LEVEL_ENCRYPTED ? KITH_LEVEL_ENCRYPTED : link->level;

    if (is_under_way(link))
        return KITH_OK; /* that may be enough */
    if (h->config.gatt_raise == KITH_GATT_RAISE_BOND || bond_of(h, link) != NULL)
        return ask_bond(h, link);
    if (error == KITH_ATT_ERROR_ENCRYPTION_KEY_SIZE_TOO_SHORT && !is_plain)
        return kith_security_secure_with(h, link->id, level, 16);
    if (!is_plain && level < KITH_LEVEL_AUTHENTICATED)
        level = KITH_LEVEL_AUTHENTICATED;
    return kith_security_secure(h, link->id, level);
}

static void give_up(kith_host *h, host_link *link)
{
    gatt_client_event event;

    gatt_client_give_up(&link->client, &event);
    remote_end(link, &event);
    attributes_tell_end(h, link, &event);
}

void raising_repeat(kith_host *h, host_link *link)
{
    size_t cap;
    uint8_t *out = find_place(link, &cap);

    memcpy(out, link->client.value != NULL ? link->read_request : link->value, link->request_len);
    acl_commit(link, KITH_CID_ATT, TX_ATT_APP, link->request_len);
    gatt_client_repeat(&link->client);
    attributes_note_request(link);
    attributes_start_timer(h, link);
}

/* A request may be refused for how the link was when it went, and that be told when it is better already. */
static void note_refused(host_link *link)
{
    link->raise_asked = true;
    link->raised_from = link->asked_level < link->level ? (kith_level)link->asked_level : link->level;
    link->raised_from_size = link->key_size;
}

void raising_go_on(kith_host *h, host_link *link)
{
    if (!link->raise_asked) {
        note_refused(link);
        if (!is_better(link) && ask(h, link) != KITH_OK)
            give_up(h, link);
    } else if (is_better(link)) {
        raising_repeat(h, link);
    } else {
        give_up(h, link);
    }
}
