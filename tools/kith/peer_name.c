/* Which peer is meant. */
#include "peer_name.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void peer_name_parse(peer_name *name, const char *text, struct argp_state *state)
{
    char *end;
    unsigned long number;

    name->text = text;
    if (kith_address_parse(text, &name->address) == KITH_OK)
        return;
    errno = 0;
    number = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || number == 0 || number > UINT32_MAX)
        argp_error(state, "'%s' is no peer: its number, or its address as in C0:11:22:33:44:55", text);
    name->peer = (kith_peer_id)number;
}

bool peer_name_means(const peer_name *name, kith_peer_id peer, const kith_address *identity)
{
    if (name->peer != 0)
        return peer == name->peer;
    return memcmp(identity->octets, name->address.octets, sizeof name->address.octets) == 0;
}
