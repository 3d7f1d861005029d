/* A host that answers as the test likes, for what policies do with each answer.  It stands in the place of the calls
 * that they make; tests/scenario/test_policies.c has them with real hosts. */
#ifndef TEST_POLICY_SUPPORT_H
#define TEST_POLICY_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kith/host.h"
#include "kith/listener.h"
#include "kith/policy/link.h"

enum { LINKS = 4, PEERS = 8, SECOND = 1000000 };

typedef struct {
    kith_event_security has[LINKS + 1]; /* by link, 1 to LINKS */
    kith_status says;                   /* to whoever asks for security, room or a rank */
    unsigned asked;                     /* how often */
    kith_link link;                     /* for the last time: where, */
    kith_level level;                   /* and for what */
    uint8_t key_size;
    uint64_t wait_us; /* after failed pairings */
    unsigned ended;   /* links */
    kith_link ended_link;
    kith_hci_status reason;
    kith_status ends; /* what it says to who ends one */
    kith_peer_id peer;
    uint32_t ranks[PEERS];
} made_up_host;

static made_up_host host;
static kith_listeners all;
static kith_policy_link places[LINKS];
static uint64_t now_us;

static inline int start(void **state)
{
    (void)state;
    memset(&host, 0, sizeof host);
    memset(&all, 0, sizeof all);
    memset(places, 0xa5, sizeof places);
    now_us = 5 * SECOND;
    for (unsigned i = 0; i <= LINKS; i++)
        host.has[i].level = KITH_LEVEL_NONE;
    return 0;
}

static inline void listen(kith_listener *listener)
{
    assert_int_equal(kith_listeners_add(&all, listener), KITH_OK);
}

static inline void tell(const kith_event *event)
{
    kith_listeners_tell(&all, NULL, event, now_us);
}

static inline void tell_of(kith_event_kind kind, kith_link link)
{
    const kith_event event = {.kind = kind, .link = link};

    tell(&event);
}

static inline void tell_connected(kith_link link, kith_peer_id claimed, bool we_are_central)
{
    const kith_event event = {.kind = KITH_EVENT_CONNECTED,
                              .link = link,
                              .connected = {.claimed = claimed, .we_are_central = we_are_central}};

    tell(&event);
}

static inline void protect(kith_link link, kith_level level, uint8_t key_size, kith_peer_id peer)
{
    host.has[link] = (kith_event_security){.level = level, .key_size = key_size, .peer = peer};
}

/* As a program does: at every deadline on the way. */
static inline void wait_us(uint64_t us)
{
    const uint64_t until_us = now_us + us;
    uint64_t due_us;

    while ((due_us = kith_listeners_deadline(&all)) <= until_us) {
        now_us = due_us > now_us ? due_us : now_us;
        kith_listeners_advance(&all, NULL, now_us);
        assert_true(kith_listeners_deadline(&all) > now_us); /* nobody spins */
    }
    now_us = until_us;
}

/* ---- the calls ---- */

kith_status kith_security_of(const kith_host *h, kith_link link, kith_event_security *out)
{
    assert_null(h);
    assert_in_range(link, 1, LINKS);
    *out = host.has[link];
    return KITH_OK;
}

kith_status kith_security_secure_with(kith_host *h, kith_link link, kith_level level, uint8_t key_size)
{
    assert_null(h);
    host.asked++;
    host.link = link;
    host.level = level;
    host.key_size = key_size;
    return host.says;
}

uint64_t kith_pairing_wait_us(const kith_host *h, kith_link link)
{
    assert_null(h);
    assert_in_range(link, 1, LINKS);
    return host.wait_us;
}

kith_status kith_gap_disconnect(kith_host *h, kith_link link, kith_hci_status reason)
{
    assert_null(h);
    host.ended += host.ends == KITH_OK;
    host.ended_link = link;
    host.reason = reason;
    return host.ends;
}

kith_status kith_peers_get(const kith_host *h, kith_peer_id peer, kith_peer_info *out)
{
    assert_null(h);
    memset(out, 0, sizeof *out);
    if (peer == 0 || peer >= PEERS)
        return KITH_ERR_NOT_FOUND;
    out->rank = host.ranks[peer];
    return KITH_OK;
}

kith_status kith_peers_make_room(kith_host *h, kith_link link, kith_peer_id go)
{
    assert_null(h);
    host.asked++;
    host.link = link;
    host.peer = go;
    return host.says;
}

kith_status kith_peers_rank_highest(kith_host *h, kith_peer_id peer, kith_token *token)
{
    assert_null(h);
    host.asked++;
    host.peer = peer;
    *token = host.asked;
    return host.says;
}

#endif
