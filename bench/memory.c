/* RAM: octets of a host, of each link, pairing, bond and event, as kith_host_size() says on this machine. */
#include <stdio.h>

#include "kith/kith.h"
#include "smp/session.h"

static const kith_limits base = {.links = 1, .pairings = 1, .bonds = 1, .mtu = 65, .events = 8};

static const kith_limits gateway = {.links = 32, .pairings = 8, .bonds = 100000, .mtu = 247, .events = 256};

static size_t more(kith_limits limits)
{
    return kith_host_size(&limits) - kith_host_size(&base);
}

int main(void)
{
    kith_limits two_links = base, two_pairings = base, two_bonds = base, long_mtu = base, nine_events = base;
    kith_limits without_bonds = gateway, server = base, more_links, more_clients, client = base, known = base;

    two_links.links = 2;
    two_pairings.links = two_pairings.pairings = 2;
    two_bonds.bonds = 2;
    long_mtu.mtu = 247;
    nine_events.events = 9;
    without_bonds.bonds = 0;
    server.subscriptions = 8;
    more_links = more_clients = server;
    more_links.links = 2;
    more_clients.bonds = 2;
    client.operations = 4;
    known.cache = 512;
    printf("%-52s %6zu octets\n", "host with 1 link, 1 pairing, 1 bond, MTU 65", kith_host_size(&base));
    printf("%-52s %6zu octets\n", "the same with MTU 247", kith_host_size(&long_mtu));
    printf("%-52s %6zu octets\n", "each further link", more(two_links));
    printf("%-52s %6zu octets\n", "each further pairing at once", more(two_pairings) - more(two_links));
    printf("%-52s %6zu octets\n", "  of that its session, whatever the method", sizeof(smp_session));
    printf("%-52s %6zu octets\n", "    of which secrets", sizeof(smp_secrets));
    printf("%-52s %6zu octets\n", "each further bond, up to 32", more(two_bonds));
    printf("%-52s %6zu octets\n", "each further report that may wait", more(nine_events));
    printf("%-52s %6zu octets\n", "a server that tells clients of up to 8 values", more(server));
    printf("%-52s %6zu octets\n", "  of that each further link", more(more_links) - more(server) - more(two_links));
    printf("%-52s %6zu octets\n", "  each further bonded client that subscribes",
           more(more_clients) - more(server) - more(two_bonds));
    printf("%-52s %6zu octets\n", "a client with 4 operations in line", more(client));
    printf("%-52s %6zu octets\n", "a client that knows tables of up to 512 octets", more(known));
    printf("%-52s %6zu octets\n", "gateway: 32 links, 8 pairings, MTU 247, no bond", kith_host_size(&without_bonds));
    printf("%-52s %6zu octets\n", "  100,000 bonds in it", kith_host_size(&gateway) - kith_host_size(&without_bonds));
    printf("%-52s %8.1f octets\n", "    that is each, with its share of the index",
           (double)(kith_host_size(&gateway) - kith_host_size(&without_bonds)) / (double)gateway.bonds);
    return 0;
}
