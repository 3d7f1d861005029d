/* Flash: what first start, bonds, re-pairing and forgetting cost, in octets, program calls and erases, on flashes of
 * three kinds.  A bond here is one of Secure Connections with an identity key and no signing keys. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peers/record.h"
#include "sim/flash.h"

typedef struct {
    sim_flash flash;
    kith_flash_log log;
    kith_store store;
    kith_store_state state;
    sim_flash_counts before;
} bench;

static void must(kith_status status)
{
    if (status == KITH_OK)
        return;
    fprintf(stderr, "the store failed: %s\n", kith_status_name(status));
    exit(1);
}

static void tell(bench *b, const char *what)
{
    const sim_flash_counts *now = &b->flash.counts;

    printf("  %-28s %10u %10u %10u\n", what, (unsigned)(now->programmed - b->before.programmed),
           (unsigned)(now->programs - b->before.programs), (unsigned)(now->erases - b->before.erases));
    b->before = *now;
}

static void put_device(bench *b)
{
    peers_device device = {.static_address = {1, 2, 3, 4, 5, 0xc6}};
    kith_record record;

    memset(device.irk, 0x5a, sizeof device.irk);
    peers_encode_device(&device, &record);
    must(b->store.put(b->store.context, &record, &b->state));
}

static void put_bond(bench *b, uint32_t peer, uint8_t fill)
{
    peers_bond bond = {.id = peer,
                       .identity = {KITH_ADDRESS_PUBLIC, {(uint8_t)peer, 2, 3, 4, 5, 6}},
                       .local = {KITH_ADDRESS_RANDOM, {1, 2, 3, 4, 5, 0xc6}},
                       .key_size = 16,
                       .level = KITH_LEVEL_SC_AUTHENTICATED,
                       .method = KITH_METHOD_NUMERIC_COMPARISON,
                       .key_kind = KITH_KEY_KIND_SC};
    kith_record record;

    memset(bond.ltk, fill, sizeof bond.ltk);
    memset(bond.irk, fill ^ 0xff, sizeof bond.irk);
    peers_encode_bond(&bond, &record);
    must(b->store.put(b->store.context, &record, &b->state));
}

/* What changes often: 40 octets. */
static void put_state(bench *b, uint32_t peer, uint8_t fill)
{
    kith_record record = {.kind = KITH_RECORD_STATE, .len = 40, .id = peer};

    memset(record.octets, fill, record.len);
    must(b->store.put(b->store.context, &record, &b->state));
}

static void forget(bench *b, uint32_t peer)
{
    must(b->store.remove(b->store.context, KITH_RECORD_BOND, peer, &b->state));
}

static void run(const char *name, const sim_flash_geometry *geometry)
{
    static bench b;
    uint32_t bonds = 0;

    memset(&b, 0, sizeof b);
    if (!sim_flash_new(&b.flash, geometry))
        exit(1);
    must(kith_flash_log_init(&b.log, &b.flash.port, &b.store));
    must(b.store.open(b.store.context, &b.state));
    printf("%-30s %10s %10s %10s\n", name, "octets", "programs", "erases");
    put_device(&b);
    tell(&b, "first start");
    put_bond(&b, 1, 1);
    tell(&b, "first bond");
    put_bond(&b, 2, 2);
    tell(&b, "second bond");
    put_bond(&b, 2, 3);
    tell(&b, "re-pairing");
    forget(&b, 2);
    tell(&b, "forgetting, two versions");
    for (uint32_t i = 0; i < 1000; i++)
        put_bond(&b, 1, (uint8_t)(1 + i % 200)); /* a key of zeros is none */
    tell(&b, "re-pairing 1000 times");
    for (uint32_t i = 0; i < 1000; i++)
        put_state(&b, 1, (uint8_t)i);
    tell(&b, "1000 changes of state");
    for (uint32_t i = 0; i < 1000; i++) {
        put_bond(&b, 3, (uint8_t)(1 + i % 200));
        forget(&b, 3);
    }
    tell(&b, "1000 bonds, and forgetting");
    while (b.state.room > 0)
        put_bond(&b, 10 + bonds++, 7);
    printf("  bonds until there is no room  %9u\n", (unsigned)bonds);
    sim_flash_free(&b.flash);
}

int main(void)
{
    run("16 x 4096, units of 1, clears", &(sim_flash_geometry){4096, 16, 1, 0xff, true});
    run("2 x 4096, units of 8, clears", &(sim_flash_geometry){4096, 2, 8, 0xff, true});
    run("3 x 2048, units of 16", &(sim_flash_geometry){2048, 3, 16, 0xff, false});
    return 0;
}
