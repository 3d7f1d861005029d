/* Connection parameters that the peer asks for: by signalling (Vol 3 Part A 4.20), as peripherals do, or by its link
 * layer (Vol 4 Part E 7.7.65.6, 7.8.31, 7.8.32).  One policy answers both.  A central could have them without asking,
 * so that one who asks by the link layer gets a yes if they fit together. */
#include "base/bytes.h"
#include "host/internal.h"
#include "l2cap/signalling.h"

enum { BY_LINK_LAYER = 0 }; /* no signalling request has this identifier */

/* What comes too often is not remembered, so a peer that never rests has KITH_PARAMETER_REQUESTS looked at all the
 * same. */
static bool is_too_often(kith_host *h, host_wish *wish)
{
    enum { WHILE_US = KITH_PARAMETER_REQUESTS_S * 1000000 };

    if (wish->count == KITH_PARAMETER_REQUESTS && h->now_us - wish->times_us[wish->next] < WHILE_US)
        return true;
    wish->times_us[wish->next] = h->now_us;
    wish->next = (uint8_t)((wish->next + 1) % KITH_PARAMETER_REQUESTS);
    if (wish->count < KITH_PARAMETER_REQUESTS)
        wish->count++;
    return false;
}

static bool is_within(const kith_host *h, const kith_connection_parameters *wish)
{
    const kith_connection_parameters *most = h->config.parameters_within;

    return most == NULL || (wish->interval_min_1250us >= most->interval_min_1250us &&
                            wish->interval_max_1250us <= most->interval_max_1250us && wish->latency <= most->latency &&
                            wish->timeout_10ms <= most->timeout_10ms);
}

static void answer_signalling(host_link *link, uint8_t identifier, bool yes)
{
    uint8_t answer[L2CAP_SIGNALLING_MTU];
    size_t len = l2cap_put_parameter_response(identifier, yes, answer);

    /* A peer that asks faster than it listens gets fewer answers. */
    (void)acl_send(link, KITH_CID_SIGNALLING, TX_SIGNALLING, answer, len);
}

static void grant(kith_host *h, host_link *link, const kith_connection_parameters *wish, uint8_t identifier)
{
    if (identifier != BY_LINK_LAYER) {
        answer_signalling(link, identifier, true);
        parameters_begin_for_peer(h, link, wish);
        return;
    }
    link->wish.granted = *wish;
    link->wants |= LINK_WANTS_WISH_GRANTED;
    parameters_wait_for_peer(h, link);
}

static void refuse(host_link *link, uint8_t identifier)
{
    if (identifier != BY_LINK_LAYER)
        answer_signalling(link, identifier, false);
    else
        link->wants |= LINK_WANTS_WISH_REFUSED;
}

void wishes_refuse(host_link *link)
{
    refuse(link, link->wish.identifier);
}

static void ask(kith_host *h, host_link *link, const kith_connection_parameters *wish, uint8_t identifier)
{
    kith_event_parameters_wanted *wanted = &event_ask(h, KITH_EVENT_PARAMETERS_WANTED, link)->parameters_wanted;

    link->wish.identifier = identifier;
    link->update = UPDATE_WISHED;
    link->update_for_peer = true;
    link->update_to = *wish;
    link->update_deadline_us = host_time(h) + HOST_WISH_ANSWER_US;
    wanted->interval_min_1250us = wish->interval_min_1250us;
    wanted->interval_max_1250us = wish->interval_max_1250us;
    wanted->latency = wish->latency;
    wanted->timeout_10ms = wish->timeout_10ms;
    wanted->deadline_us = link->update_deadline_us;
}

static unsigned policy_for(const kith_host *h, const host_link *link, const kith_connection_parameters *wish)
{
    if (!link->central)
        return KITH_PARAMETERS_ACCEPT;
    return link->update == UPDATE_NONE && is_within(h, wish) ? h->config.accept_parameters : KITH_PARAMETERS_REFUSE;
}

static void judge(kith_host *h, host_link *link, const kith_connection_parameters *wish, uint8_t identifier)
{
    unsigned policy = policy_for(h, link, wish);

    if (is_too_often(h, &link->wish) || kith_gap_check_parameters(wish) != KITH_OK || policy == KITH_PARAMETERS_REFUSE)
        refuse(link, identifier);
    else if (policy == KITH_PARAMETERS_ASK)
        ask(h, link, wish, identifier);
    else
        grant(h, link, wish, identifier);
}

/* The same request once more, while it waits for its answer. */
static bool is_repeated(const host_link *link, uint8_t identifier)
{
    const unsigned answers = LINK_WANTS_WISH_GRANTED | LINK_WANTS_WISH_REFUSED;

    return (link->update == UPDATE_WISHED && link->wish.identifier == identifier) ||
           (identifier == BY_LINK_LAYER && (link->wants & answers) != 0);
}

bool wishes_take_signalling(kith_host *h, host_link *link, const uint8_t *pdu, size_t len)
{
    kith_connection_parameters wish;

    if (!link->central || !l2cap_read_parameter_request(pdu, len, &wish))
        return false;
    if (!is_repeated(link, pdu[1]))
        judge(h, link, &wish, pdu[1]);
    return true;
}

/* Its procedure waits for our answer, and so does every other one of that link. */
void wishes_on_request(kith_host *h, const uint8_t *p, size_t len)
{
    host_link *link = len >= 10 ? link_by_handle(h, bytes_get16(p) & KITH_ACL_HANDLE_MASK) : NULL;
    kith_connection_parameters wish;

    if (link == NULL || link->going || is_repeated(link, BY_LINK_LAYER))
        return;
    wish.interval_min_1250us = bytes_get16(p + 2);
    wish.interval_max_1250us = bytes_get16(p + 4);
    wish.latency = bytes_get16(p + 6);
    wish.timeout_10ms = bytes_get16(p + 8);
    judge(h, link, &wish, BY_LINK_LAYER);
}

size_t wishes_put_granted(const kith_host *h, host_link *link, uint8_t *out)
{
    (void)h;
    return parameters_put(KITH_HCI_LE_REMOTE_CONNECTION_PARAMETER_REPLY, link, &link->wish.granted, out);
}

size_t wishes_put_refused(const kith_host *h, host_link *link, uint8_t *out)
{
    (void)h;
    command_begin(out, KITH_HCI_LE_REMOTE_CONNECTION_PARAMETER_NEGATIVE_REPLY, 3);
    bytes_put16(out + 4, link->handle);
    out[6] = KITH_HCI_UNACCEPTABLE_INTERVAL;
    return 4 + 3;
}

kith_status kith_gap_answer_parameters(kith_host *h, kith_link id, bool accept)
{
    host_link *link = link_by_id(h, id);

    if (link == NULL)
        return KITH_ERR_NOT_FOUND;
    if (link->update != UPDATE_WISHED || link->wish.unheard != 0)
        return KITH_ERR_STATE;
    parameters_forget_wish(link);
    if (accept)
        grant(h, link, &link->update_to, link->wish.identifier);
    else
        refuse(link, link->wish.identifier);
    return KITH_OK;
}
