/* The pairing window: a time in which requests are answered without asking.  It closes by state: after one
 * success, three failures that the peer caused, or its time. */
#include "host/internal.h"

enum { MAX_FAILURES = 3, DAY_MS = 24 * 60 * 60 * 1000 };

bool window_admits(const kith_host *h)
{
    return h->window_open && h->now_us < h->window_end_us;
}

kith_status kith_pairing_open_as(kith_host *h, uint32_t duration_ms, uint8_t peer_class)
{
    if (duration_ms == 0 || duration_ms > DAY_MS || peer_class > PEERS_LAST_CLASS)
        return KITH_ERR_VALUE;
    h->window_class = peer_class;
    h->window_open = true;
    h->room_made = false;
    h->window_failures = 0;
    h->window_end_us = host_time(h) + UINT64_C(1000) * duration_ms;
    return KITH_OK;
}

kith_status kith_pairing_open(kith_host *h, uint32_t duration_ms)
{
    return kith_pairing_open_as(h, duration_ms, 0);
}

void kith_pairing_close(kith_host *h)
{
    h->window_open = false;
}

bool kith_pairing_is_open(const kith_host *h)
{
    return window_admits(h);
}

/* Our own failures, a no of a person or the program, and one who slept are not the peer's doing.  Being told to wait is
 * no failure. */
static bool peer_caused(const kith_verdict *v)
{
    return v->ended_by != KITH_ENDED_BY_USER && v->ended_by != KITH_ENDED_BY_CONTROLLER && v->why != KITH_WHY_ENTROPY &&
           v->why != KITH_WHY_CRYPTO && v->why != KITH_WHY_COMPARE_TIMEOUT && v->why != KITH_WHY_PASSKEY_TIMEOUT &&
           v->why != KITH_WHY_PARAMETERS_TIMEOUT && v->why != KITH_WHY_STORE_FULL &&
           v->why != KITH_WHY_REPEATED_ATTEMPTS;
}

void window_on_end(kith_host *h, const smp_session *s)
{
    if (!s->window)
        return;
    if (s->verdict.succeeded || (peer_caused(&s->verdict) && ++h->window_failures >= MAX_FAILURES))
        h->window_open = false;
}

bool window_expire(kith_host *h)
{
    if (!h->window_open || h->now_us < h->window_end_us)
        return false;
    h->window_open = false;
    return true;
}
