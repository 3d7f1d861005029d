/* A hash table whose entries are also in a list by when they were heard, and, while there is something to tell of them,
 * in a queue.  Whoever waits in the queue waits equally long, so its order is that of the deadlines. */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "heard.h"
#include "kith/ad.h"
#include "sentence.h"

enum { BUCKETS = 2 * HEARD_MAX, BUCKET_BITS = 13, SETTLES_WITHIN_US = 1000 * 1000 };

struct heard {
    bool active, raw;
    uint64_t factor; /* odd */
    uint32_t count, left;
    uint64_t reports;
    heard_one *newest, *oldest; /* heard */
    heard_one *first_due, *last_due;
    heard_one *buckets[BUCKETS];
    heard_one entries[HEARD_MAX];
};

heard *heard_new(bool active, bool raw)
{
    heard *h = calloc(1, sizeof *h);

    if (h == NULL)
        return NULL;
    h->active = active;
    h->raw = raw;
    if (getrandom(&h->factor, sizeof h->factor, GRND_NONBLOCK) != (ssize_t)sizeof h->factor)
        h->factor = 0x9e3779b97f4a7c15u;
    h->factor |= 1;
    return h;
}

static void free_data(heard_one *one)
{
    free(one->advertised.octets);
    free(one->response.octets);
}

void heard_free(heard *h)
{
    for (uint32_t i = 0; h != NULL && i < h->count; i++)
        free_data(&h->entries[i]);
    free(h);
}

/* ---- the table ---- */

/* Multiply and shift: no two addresses of anybody's choice are likelier to meet than any other two. */
static heard_one **bucket_of(heard *h, const kith_address *address)
{
    uint64_t key = address->type;

    for (size_t i = 0; i < sizeof address->octets; i++)
        key = key << 8 | address->octets[i];
    return &h->buckets[(key * h->factor) >> (64 - BUCKET_BITS)];
}

static heard_one *find(heard *h, const kith_address *address)
{
    heard_one *one = *bucket_of(h, address);

    while (one != NULL && !kith_address_equal(&one->address, address))
        one = one->same_hash;
    return one;
}

static void unhash(heard *h, const heard_one *one)
{
    heard_one **at = bucket_of(h, &one->address);

    while (*at != one)
        at = &(*at)->same_hash;
    *at = one->same_hash;
}

/* ---- by when they were heard ---- */

static void unlist(heard *h, heard_one *one)
{
    *(one->newer != NULL ? &one->newer->older : &h->newest) = one->older;
    *(one->older != NULL ? &one->older->newer : &h->oldest) = one->newer;
}

static void list(heard *h, heard_one *one)
{
    one->newer = NULL;
    one->older = h->newest;
    *(h->newest != NULL ? &h->newest->newer : &h->oldest) = one;
    h->newest = one;
}

/* ---- those of whom there is something to tell ---- */

static void unqueue(heard *h, heard_one *one)
{
    if (!one->is_due)
        return;
    *(one->due_before != NULL ? &one->due_before->due_after : &h->first_due) = one->due_after;
    *(one->due_after != NULL ? &one->due_after->due_before : &h->last_due) = one->due_before;
    one->is_due = false;
}

static void queue(heard *h, heard_one *one, uint64_t due_us)
{
    one->is_due = true;
    one->due_us = due_us;
    one->due_after = NULL;
    one->due_before = h->last_due;
    *(h->last_due != NULL ? &h->last_due->due_after : &h->first_due) = one;
    h->last_due = one;
}

/* What is known at once need not wait behind the others. */
static void queue_first(heard *h, heard_one *one, uint64_t now_us)
{
    one->is_due = true;
    one->due_us = now_us;
    one->due_before = NULL;
    one->due_after = h->first_due;
    *(h->first_due != NULL ? &h->first_due->due_before : &h->last_due) = one;
    h->first_due = one;
}

/* ---- entries ---- */

/* An empty one, or that of whoever was heard longest ago. */
static heard_one *take_entry(heard *h)
{
    heard_one *one;

    if (h->count < HEARD_MAX)
        return &h->entries[h->count++];
    one = h->oldest;
    unhash(h, one);
    unlist(h, one);
    unqueue(h, one);
    free_data(one);
    h->left++;
    return one;
}

static heard_one *add(heard *h, const kith_address *address, uint64_t now_us)
{
    heard_one *one = take_entry(h);
    heard_one **bucket = bucket_of(h, address);

    memset(one, 0, sizeof *one);
    one->address = *address;
    one->first_us = now_us;
    one->sid = 0xff;
    one->tx_power = 127;
    one->has_news = true;
    one->same_hash = *bucket;
    *bucket = one;
    return one;
}

/* ---- what it says ---- */

static void take_name(heard_one *one, const kith_ad *ad)
{
    char name[HEARD_NAME] = "";

    memcpy(name, ad->value, ad->len < HEARD_NAME - 1 ? ad->len : HEARD_NAME - 1);
    make_harmless(name);
    if (name[0] == '\0' || (one->has_name && strcmp(one->name, name) == 0))
        return;
    memcpy(one->name, name, sizeof name);
    one->has_name = one->has_news = true;
}

/* The shortened one only where there is no other. */
static void take_names(heard_one *one, const uint8_t *data, size_t len)
{
    kith_ad ad;

    if (kith_ad_find(data, len, KITH_AD_COMPLETE_NAME, &ad) ||
        (!one->has_name && kith_ad_find(data, len, KITH_AD_SHORTENED_NAME, &ad)))
        take_name(one, &ad);
}

static bool has_service(const heard_one *one, const kith_uuid *uuid)
{
    for (uint8_t i = 0; i < one->service_count; i++)
        if (kith_uuid_equal(&one->services[i], uuid))
            return true;
    return false;
}

static void take_services(heard_one *one, const uint8_t *data, size_t len)
{
    kith_uuid uuid;

    for (size_t i = 0; kith_ad_service(data, len, i, &uuid); i++) {
        if (has_service(one, &uuid))
            continue;
        if (one->service_count == HEARD_SERVICES) {
            one->more_services = true;
            return;
        }
        one->services[one->service_count++] = uuid;
        one->has_news = true;
    }
}

static void take_number(bool *has, uint16_t *number, bool *news, const kith_ad *ad)
{
    uint16_t said;

    if (ad->len < 2)
        return;
    said = (uint16_t)(ad->value[0] | ad->value[1] << 8);
    *news |= !*has || *number != said;
    *has = true;
    *number = said;
}

static void take_data(heard_one *one, const kith_event_report *r)
{
    const uint8_t *data = kith_report_data(r);
    kith_ad ad;

    take_names(one, data, r->len);
    take_services(one, data, r->len);
    if (kith_ad_find(data, r->len, KITH_AD_MANUFACTURER, &ad))
        take_number(&one->has_company, &one->company, &one->has_news, &ad);
    if (kith_ad_find(data, r->len, KITH_AD_APPEARANCE, &ad))
        take_number(&one->has_appearance, &one->appearance, &one->has_news, &ad);
    if (kith_ad_find(data, r->len, KITH_AD_TX_POWER, &ad) && ad.len >= 1)
        one->tx_power = (int8_t)ad.value[0];
}

/* Without memory it is not kept. */
static void keep(heard_data *kept, const kith_event_report *r)
{
    uint8_t *octets = r->len == 0 ? NULL : realloc(kept->octets, r->len);

    if (r->len == 0)
        free(kept->octets);
    else if (octets == NULL)
        return;
    else
        memcpy(octets, kith_report_data(r), r->len);
    kept->octets = octets;
    kept->len = r->len;
}

/* A scan response says nothing of what may be done with its sender: what it answers does. */
static void take_kind(heard_one *one, const kith_event_report *r)
{
    one->responded |= r->scan_response;
    if (r->scan_response)
        return;
    one->connectable = r->connectable;
    one->scannable = r->scannable;
    one->directed = r->directed;
}

static void take_extended(heard_one *one, const kith_event_report *r)
{
    one->extended = r->extended;
    one->is_cut |= r->is_cut;
    if (!r->extended)
        return;
    one->sid = r->sid;
    one->primary_phy = r->primary_phy;
    one->secondary_phy = r->secondary_phy;
    if (r->tx_power != 127)
        one->tx_power = r->tx_power;
}

static void take(const heard *h, heard_one *one, const kith_event_report *r, uint64_t now_us)
{
    one->last_us = now_us;
    one->reports++;
    one->rssi = r->rssi;
    one->has_news |= one->claimed != r->claimed;
    one->claimed = r->claimed;
    take_kind(one, r);
    take_extended(one, r);
    take_data(one, r);
    if (h->raw)
        keep(r->scan_response ? &one->response : &one->advertised, r);
}

static bool is_settled(const heard *h, const heard_one *one)
{
    return !h->active || !one->scannable || one->responded;
}

const heard_one *heard_report(heard *h, const kith_event_report *report, uint64_t now_us)
{
    heard_one *one = find(h, &report->address);

    if (one != NULL)
        unlist(h, one);
    else
        one = add(h, &report->address, now_us);
    list(h, one);
    h->reports++;
    take(h, one, report, now_us);
    if (!one->has_news)
        return one;
    if (!one->is_told && is_settled(h, one)) {
        unqueue(h, one);
        queue_first(h, one, now_us);
    } else if (!one->is_due) {
        queue(h, one, now_us + SETTLES_WITHIN_US);
    }
    return one;
}

const heard_one *heard_next(heard *h, uint64_t now_us)
{
    heard_one *one = h->first_due;

    if (one == NULL || one->due_us > now_us)
        return NULL;
    unqueue(h, one);
    one->is_told = true;
    one->has_news = false;
    return one;
}

uint64_t heard_deadline(const heard *h)
{
    return h->first_due == NULL ? UINT64_MAX : h->first_due->due_us;
}

void heard_count(const heard *h, heard_counts *counts)
{
    *counts = (heard_counts){.there = h->count, .left = h->left, .reports = h->reports};
    for (uint32_t i = 0; i < h->count; i++) {
        counts->connectable += h->entries[i].connectable;
        counts->claiming += h->entries[i].claimed != 0;
    }
}
