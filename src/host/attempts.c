/* Who failed to pair waits before it may pair again: which failures count, for whom, and whom it stops.
 * Core Vol 3 Part H 2.3.6 (Repeated Attempts).  How long is src/peers/backoff.c's.
 *
 * A peer's request is admitted by an open window or a person, who both pass the total; so the total stops our own calls
 * alone.  Encryption with a bond never comes here. */
#include "host/internal.h"

static bool is_off(const kith_host *h)
{
    return h->config.security.backoff.first_ms == 0;
}

/* Whom a failure on this link is put down to: a claim, as the address is.  True: it is a bond's identity. */
static bool name_peer(const kith_host *h, const host_link *link, kith_address *who)
{
    const peers_bond *bond = peers_by_id(&h->bonds, link->claimed);

    *who = bond != NULL ? bond->identity : link->peer;
    return bond != NULL;
}

static uint64_t own_wait_us(const kith_host *h, const host_link *link)
{
    kith_address who;

    name_peer(h, link, &who);
    return is_off(h) ? 0 : peers_backoff_wait_us(&h->backoff, &who, h->now_us);
}

bool attempts_refuse(const kith_host *h, const host_link *link)
{
    return own_wait_us(h, link) != 0;
}

uint64_t kith_pairing_wait_us(const kith_host *h, kith_link id)
{
    const host_link *link = link_by_id(h, id);
    uint64_t wait_us, total_us;

    if (link == NULL)
        return 0;
    wait_us = own_wait_us(h, link);
    total_us = is_off(h) || window_admits(h) ? 0 : peers_backoff_total_wait_us(&h->backoff, h->now_us);
    return wait_us > total_us ? wait_us : total_us;
}

/* By the time it goes, who guesses a passkey has read the bit, and who hopes for equal numbers has seen them. */
static bool is_guessable(kith_method_kind method)
{
    return method == KITH_METHOD_PASSKEY || method == KITH_METHOD_NUMERIC_COMPARISON;
}

/* What the peer, or somebody in the middle, could bring about, and learn from or have another go at.  What is not named
 * here counts: a new outcome is no way around the wait. */
static bool counts(const kith_verdict *v)
{
    bool proving = v->phase >= KITH_PHASE_AUTHENTICATION;

    switch (v->why) {
    case KITH_WHY_ENTROPY: /* ours */
    case KITH_WHY_CRYPTO:
    case KITH_WHY_STORE_FAILED:
    case KITH_WHY_STORE_BUSY:
    case KITH_WHY_STORE_FULL:
    case KITH_WHY_CONTROLLER_REFUSED:
    case KITH_WHY_ENCRYPTION_LOST:
    case KITH_WHY_PARAMETERS_TIMEOUT: /* our program's, our person's */
    case KITH_WHY_CONSENT_TIMEOUT:
    case KITH_WHY_COMPARE_TIMEOUT:
    case KITH_WHY_PASSKEY_TIMEOUT:
    case KITH_WHY_WEAKER: /* refusals, after it had proven itself or where nothing is proven */
    case KITH_WHY_REPAIRING_REFUSED:
    case KITH_WHY_KEY_REJECTED:
    case KITH_WHY_PEER_REFUSED:
        return false;
    case KITH_WHY_LINK_LOST: /* radio does that, too; but it is the cheapest way to have another go */
    case KITH_WHY_SMP_TIMEOUT:
        return proving && is_guessable(v->method);
    case KITH_WHY_PEER_FAILED: /* a person's no, too, is only said to be one; before it proves, it is a refusal */
        return proving;
    default:
        return v->phase > KITH_PHASE_FEATURES && v->ended_by != KITH_ENDED_BY_USER;
    }
}

static bool is_wrong_passkey(const kith_verdict *v)
{
    return v->method == KITH_METHOD_PASSKEY && v->why == KITH_WHY_CONFIRM_MISMATCH;
}

/* A success needs no proof of who it was to clear the level: each one had a window, a person or our own call. */
void attempts_on_end(kith_host *h, const host_link *link, const smp_session *s)
{
    kith_address who;
    bool known = name_peer(h, link, &who);

    if (s->verdict.succeeded)
        peers_backoff_succeeded(&h->backoff, &who);
    if (s->verdict.succeeded || is_off(h) || !counts(&s->verdict))
        return;
    peers_backoff_failed(&h->backoff, &h->config.security.backoff, &who, known, host_time(h));
    if (is_wrong_passkey(&s->verdict))
        peers_backoff_guessed(&h->backoff, host_time(h));
}

void attempts_settle(kith_host *h)
{
    peers_backoff_settle(&h->backoff, h->now_us);
}

/* Nothing happens then; but whoever asks again must not be refused for a time that nobody told us. */
uint64_t attempts_deadline(const kith_host *h)
{
    uint64_t due = UINT64_MAX;

    if (peers_backoff_is_quiet(&h->backoff))
        return due;
    for (unsigned i = 0; i < h->config.limits.links; i++) {
        uint64_t wait_us = kith_pairing_wait_us(h, h->links[i].id);

        if (wait_us != 0 && h->now_us + wait_us < due)
            due = h->now_us + wait_us;
    }
    return due;
}
