/* Making a link secure, people included. */
#include "blocking_inside.h"

static bool is_success(kith_event_kind kind)
{
    return kind == KITH_EVENT_PAIRED || kind == KITH_EVENT_ENCRYPTED || kind == KITH_EVENT_BONDED;
}

/* After PAIRED comes what became of the bond: at once where there is no room for it, else when the store has it. */
static blocking_taken take_verdict(kith_blocking *b, blocking_wait *w, const kith_event *e)
{
    bool about_bond = e->kind == KITH_EVENT_BONDED || e->kind == KITH_EVENT_BOND_FAILED;

    if (e->link != w->link || e->kind < KITH_EVENT_PAIRED || e->kind > KITH_EVENT_BOND_FAILED ||
        about_bond != (b->has_verdict && b->verdict.attempt == KITH_ATTEMPT_PAIRING))
        return BLOCKING_OTHERS;
    b->verdict = e->verdict;
    b->has_verdict = true;
    if (e->kind == KITH_EVENT_PAIRED) {
        w->settled = !e->verdict.bonded;
        w->until_us = w->settled ? b->pump.now_us(b->pump.context) : w->until_us;
        return BLOCKING_PART;
    }
    b->hci_status = e->verdict.hci_status;
    if (!is_success(e->kind))
        b->call = e->verdict.why == KITH_WHY_LINK_LOST ? KITH_CALL_LINK_LOST : KITH_CALL_FAILED;
    return BLOCKING_END;
}

static kith_call secure(kith_blocking *b, const char *name, kith_link link, uint32_t max_ms, kith_level level,
                        kith_status (*begin)(kith_host *, kith_link, kith_level))
{
    kith_status status;
    kith_call call;
    blocking_wait w;

    if (!blocking_begin(b, name, max_ms, &w))
        return KITH_CALL_REFUSED;
    w.link = link;
    w.take = take_verdict;
    do
        status = begin(b->host, link, level);
    while (status == KITH_ERR_BUSY && blocking_again(b, &w, status));
    call = blocking_wait_for(b, &w, status);
    if ((call == KITH_CALL_TIME_IS_UP || call == KITH_CALL_STOPPED) && kith_pairing_cancel(b->host, link) == KITH_OK)
        call = blocking_wait_off(b, &w);
    return call;
}

kith_call kith_blocking_secure(kith_blocking *b, kith_link link, kith_level level, uint32_t max_ms)
{
    return secure(b, "secure", link, max_ms, level, kith_security_secure);
}

kith_call kith_blocking_pair(kith_blocking *b, kith_link link, kith_level level, uint32_t max_ms)
{
    return secure(b, "pair", link, max_ms, level, kith_security_pair);
}
