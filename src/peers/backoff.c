/* Waits after failed pairings: see backoff.h.  Nothing runs by itself; a level is forgotten when it is looked at. */
#include "peers/backoff.h"

#include <string.h>

void peers_backoff_init(peers_backoff *b, peers_backoff_slot *slots, uint8_t count)
{
    memset(slots, 0, sizeof *slots * count);
    b->slots = slots;
    b->count = count;
    b->full_us = 0;
}

static bool is_untold(uint64_t time_us)
{
    return time_us >= PEERS_UNTOLD;
}

/* A wait that has not begun is still whole. */
static uint64_t left_us(uint64_t until_us, uint64_t now_us)
{
    if (is_untold(until_us))
        return until_us - PEERS_UNTOLD;
    return until_us > now_us ? until_us - now_us : 0;
}

static peers_backoff_slot *find(const peers_backoff *b, const kith_address *who)
{
    for (unsigned i = 0; i < b->count; i++)
        if (b->slots[i].level != 0 && kith_address_equal(&b->slots[i].who, who))
            return &b->slots[i];
    return NULL;
}

/* What is not forgotten yet.  An end or a now that is untold: no time is known to have passed since. */
static unsigned level_now(const peers_backoff_slot *slot, const kith_backoff *rule, uint64_t now_us)
{
    uint64_t forgotten;

    if (is_untold(now_us) || now_us <= slot->until_us)
        return slot->level;
    forgotten = (now_us - slot->until_us) / (UINT64_C(1000) * rule->forget_ms);
    return forgotten < slot->level ? slot->level - (unsigned)forgotten : 0;
}

static uint64_t wait_of_level_ms(const kith_backoff *rule, unsigned level)
{
    uint64_t wait_ms = rule->first_ms;

    for (; level > 1 && wait_ms < rule->longest_ms; level--)
        wait_ms *= 2;
    return wait_ms < rule->longest_ms ? wait_ms : rule->longest_ms;
}

static bool matters_less(const peers_backoff_slot *a, const peers_backoff_slot *b, const kith_backoff *rule,
                         uint64_t now_us)
{
    unsigned level_a = level_now(a, rule, now_us), level_b = level_now(b, rule, now_us);
    bool waits_a = left_us(a->until_us, now_us) != 0, waits_b = left_us(b->until_us, now_us) != 0;

    if (level_a == 0 || level_b == 0)
        return level_a < level_b;
    if (a->known != b->known)
        return b->known;
    if (level_a != level_b)
        return level_a < level_b;
    if (waits_a != waits_b)
        return waits_b;
    return a->until_us > b->until_us;
}

/* NULL: everybody there matters more than the newcomer. */
static peers_backoff_slot *displace(const peers_backoff *b, const kith_backoff *rule, bool known, uint64_t now_us)
{
    peers_backoff_slot *least = &b->slots[0];

    for (unsigned i = 1; i < b->count; i++)
        if (matters_less(&b->slots[i], least, rule, now_us))
            least = &b->slots[i];
    if (!known && least->known && level_now(least, rule, now_us) != 0)
        return NULL;
    memset(least, 0, sizeof *least);
    return least;
}

void peers_backoff_failed(peers_backoff *b, const kith_backoff *rule, const kith_address *who, bool known,
                          uint64_t now_us)
{
    peers_backoff_slot *slot = find(b, who);
    unsigned level;
    uint64_t until_us;

    if (slot == NULL)
        slot = displace(b, rule, known, now_us);
    if (slot == NULL)
        return;
    level = level_now(slot, rule, now_us);
    if (level == 0 || wait_of_level_ms(rule, level) < rule->longest_ms)
        level++; /* no further: it would only be remembered longer than it is waited for */
    until_us = now_us + 1000 * wait_of_level_ms(rule, level);
    slot->who = *who;
    slot->known = known;
    slot->level = (uint8_t)level;
    if (until_us > slot->until_us) /* a rule that has become milder shortens no wait that has begun */
        slot->until_us = until_us;
}

void peers_backoff_succeeded(peers_backoff *b, const kith_address *who)
{
    peers_backoff_slot *slot = find(b, who);

    if (slot != NULL)
        memset(slot, 0, sizeof *slot);
}

bool peers_backoff_is_quiet(const peers_backoff *b)
{
    for (unsigned i = 0; i < b->count; i++)
        if (b->slots[i].level != 0)
            return false;
    return b->full_us == 0;
}

uint64_t peers_backoff_wait_us(const peers_backoff *b, const kith_address *who, uint64_t now_us)
{
    const peers_backoff_slot *slot = find(b, who);

    return slot != NULL ? left_us(slot->until_us, now_us) : 0;
}

enum { EMPTY_US = PEERS_GUESSES * PEERS_GUESS_US };

void peers_backoff_guessed(peers_backoff *b, uint64_t now_us)
{
    uint64_t to_fill_us = is_untold(now_us) ? EMPTY_US : left_us(b->full_us, now_us) + PEERS_GUESS_US;

    b->full_us = now_us + (to_fill_us < EMPTY_US ? to_fill_us : EMPTY_US);
}

uint64_t peers_backoff_total_wait_us(const peers_backoff *b, uint64_t now_us)
{
    const uint64_t one_there_us = EMPTY_US - PEERS_GUESS_US;
    uint64_t to_fill_us = left_us(b->full_us, now_us);

    return to_fill_us > one_there_us ? to_fill_us - one_there_us : 0;
}

void peers_backoff_settle(peers_backoff *b, uint64_t now_us)
{
    for (unsigned i = 0; i < b->count; i++)
        if (is_untold(b->slots[i].until_us))
            b->slots[i].until_us = now_us + left_us(b->slots[i].until_us, now_us);
    if (is_untold(b->full_us))
        b->full_us = now_us + left_us(b->full_us, now_us);
}
