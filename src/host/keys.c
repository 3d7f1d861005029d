/* P-256 keys that the crypto port keeps itself: which are alive, and who holds each.  A key is destroyed when its
 * holder lets it go and no work item that is out uses it: once, whatever happens.  Where the port keeps none, nothing
 * is here.
 *
 * kith/crypto_port.h says what a port is promised. */
#include <string.h>

#include "base/wipe.h"
#include "host/internal.h"

static bool port_keeps_keys(const kith_host *h)
{
    return h->config.crypto->p256_generate != NULL;
}

/* One for each pairing, the one made ahead, and that of our out of band data. */
static size_t count(const kith_host *h)
{
    return (size_t)h->config.limits.pairings + HOST_MORE_KEYS;
}

static host_key *find_free(const kith_host *h)
{
    for (size_t i = 0; i < count(h); i++)
        if (h->keys[i].state == KEY_FREE)
            return &h->keys[i];
    return NULL;
}

static host_key *find_making(const kith_host *h, uint32_t token)
{
    for (size_t i = 0; i < count(h); i++)
        if (h->keys[i].state == KEY_MAKING && h->keys[i].token == token)
            return &h->keys[i];
    return NULL;
}

static host_key *find_alive(const kith_host *h, const uint8_t reference[32])
{
    for (size_t i = 0; i < count(h); i++)
        if (h->keys[i].state == KEY_ALIVE && memcmp(h->keys[i].reference, reference, 32) == 0)
            return &h->keys[i];
    return NULL;
}

static void destroy(kith_host *h, host_key *key)
{
    h->config.crypto->p256_destroy(h->config.crypto->context, key->reference);
    wipe(key, sizeof *key);
}

static void destroy_if_done(kith_host *h, host_key *key)
{
    if (key->state == KEY_ALIVE && key->dropped && key->uses == 0)
        destroy(h, key);
}

static void drop(kith_host *h, host_key *key)
{
    key->dropped = true;
    key->holder = NULL;
    destroy_if_done(h, key);
}

bool keys_have_room(const kith_host *h)
{
    return !port_keeps_keys(h) || find_free(h) != NULL;
}

void keys_on_take(kith_host *h, const kith_work *work)
{
    host_key *key;

    if (!port_keeps_keys(h))
        return;
    if (work->kind == KITH_WORK_KEY_PAIR) {
        key = find_free(h); /* there is one: keys_have_room() was asked */
        key->state = KEY_MAKING;
        key->token = work->token;
        return;
    }
    key = work->kind == KITH_WORK_SHARED_SECRET ? find_alive(h, work->private_key) : NULL;
    if (key != NULL)
        key->uses++;
}

static void on_made(kith_host *h, host_key *key, const kith_work *work)
{
    key->token = 0;
    if (work->result != KITH_OK) {
        wipe(key, sizeof *key);
        return;
    }
    key->state = KEY_ALIVE;
    key->holder = KEYS_AHEAD(h);
    memcpy(key->reference, work->private_key, sizeof key->reference);
    destroy_if_done(h, key);
}

/* A pairing has no more use for its key once it has the shared secret, or failed to get it. */
void keys_on_return(kith_host *h, const kith_work *work)
{
    host_key *key;

    if (!port_keeps_keys(h))
        return;
    if (work->kind == KITH_WORK_KEY_PAIR) {
        key = find_making(h, work->token);
        if (key != NULL)
            on_made(h, key, work);
        return;
    }
    key = work->kind == KITH_WORK_SHARED_SECRET ? find_alive(h, work->private_key) : NULL;
    if (key == NULL || key->uses == 0)
        return;
    key->uses--;
    if (key->holder == KEYS_OOB(h))
        return; /* good for another pairing, until it is forgotten */
    drop(h, key);
}

void keys_give(kith_host *h, const void *holder)
{
    for (size_t i = 0; i < count(h); i++)
        if (h->keys[i].holder == KEYS_AHEAD(h))
            h->keys[i].holder = holder;
}

void keys_drop_of(kith_host *h, const void *holder)
{
    for (size_t i = 0; i < count(h); i++)
        if (h->keys[i].holder == holder)
            drop(h, &h->keys[i]);
}

/* The key pair under way is not wanted any more; should it come, it goes. */
void keys_drop_making(kith_host *h)
{
    for (size_t i = 0; i < count(h); i++)
        if (h->keys[i].state == KEY_MAKING)
            drop(h, &h->keys[i]);
}

/* All but those that items which are out hold: kith_work_discard() is for these. */
void keys_erase(kith_host *h)
{
    for (size_t i = 0; i < count(h); i++)
        if (h->keys[i].state == KEY_ALIVE)
            drop(h, &h->keys[i]);
}
