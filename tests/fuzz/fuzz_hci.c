/* Fuzz target: whatever a controller may send, as H4 packets, into a host that is ready, with a link or without.
 *
 * Input: an octet of options, then records of a length octet and that many octets of packet, type octet first.  A
 * broken controller may claim anything; no claim raises a link's level, and afterwards a restart finds the host well.
 */
#include "rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rig_input in = {data, size};
    uint8_t options = rig_octet(&in);
    rig r;

    rig_open(&r, (options & 1) != 0 ? KITH_PAIRING_ASK : KITH_PAIRING_CLOSED);
    if ((options & 2) != 0)
        rig_connect(&r, 0, (options & 4) != 0);
    if ((options & 8) != 0)
        rig_secure(&r, 0, KITH_LEVEL_ENCRYPTED);
    r.answers = (options & 16) == 0;
    r.takes = (options & 32) == 0;
    while (in.left > 0) {
        size_t len = rig_octet(&in);
        const uint8_t *packet = rig_octets(&in, &len);
        size_t links_told = 0;

        /* Links that the fuzzer makes are no links of the rig's: it has room for as many as the host. */
        for (unsigned i = 0; i < RIG_LINKS; i++)
            links_told += r.links[i].link != 0;
        rig_require(links_told <= RIG_LINKS);
        rig_packet(&r, packet, len);
        rig_pump(&r);
        rig_advance(&r, (uint64_t)(options >> 6) * 1000000u);
    }
    rig_close(&r);
    return 0;
}
