/* L2CAP/LE/REJ: what is no command of LE signalling here is answered with Command Reject, and with nothing else.  Core
 * Vol 3 Part A 4, 4.1. */
#include "att_bench.h"
#include "case.h"
#include "parameters.h"

#define EACH_ROLE(role) for (bench_role role = PERIPHERAL; role <= CENTRAL; role = (bench_role)(role + 1))

static bool is_answer(unsigned code)
{
    return code == 0x01 || code == 0x07 || code == 0x13 || code == 0x15 || code == 0x18 || code == 0x1a;
}

static void it_is_rejected(const uint8_t *pdu, size_t len)
{
    char reject[24] = "01 00 02 00 00 00";
    static const char digits[] = "0123456789abcdef";

    reject[3] = digits[pdu[1] >> 4];
    reject[4] = digits[pdu[1] & 15];
    AT;
    bench_peer_sends_octets(KITH_CID_SIGNALLING, pdu, len);
    we_signal(reject);
    we_signal_nothing();
}

static void the_link_goes_on(void)
{
    peer_asks("02 17 00");
    we_answer("03 41 00");
    we_emit_nothing();
    we_command_nothing();
}

/* Commands of BR/EDR, and of channels that are not here. */
CONFORMANCE_ONCE("L2CAP/LE/REJ/BI-01-C", "A command that is not for us is rejected, with its identifier")
{
    static const uint8_t commands[][12] = {
        {0x02, 1, 4, 0, 0x01, 0, 0x40, 0},                /* Connection Request */
        {0x04, 2, 4, 0, 0x40, 0, 0, 0},                   /* Configuration Request */
        {0x06, 3, 4, 0, 0x04, 0, 0x04, 0},                /* Disconnection Request, of the ATT channel */
        {0x08, 4, 0, 0},                                  /* Echo Request */
        {0x0a, 0xff, 2, 0, 2, 0},                         /* Information Request */
        {0x16, 6, 4, 0, 0x06, 0, 0xff, 0xff},             /* LE Flow Control Credit, of the SMP channel */
        {0x19, 7, 6, 0, 0x40, 0, 0x40, 0, 0x04, 0},       /* Reconfigure Request */
        {0x17, 8, 8, 0, 0x25, 0, 0x40, 0, 0x40, 0, 1, 0}, /* Credit Based Connection Request, too short */
    };

    EACH_ROLE(role)
    {
        begin_link(role, KITH_PARAMETERS_ACCEPT, false);
        for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
            it_is_rejected(commands[i], 4u + commands[i][2]);
        the_link_goes_on();
    }
}

CONFORMANCE_ONCE("L2CAP/LE/REJ/BI-02-C", "Each code that nobody knows is rejected, and no answer is")
{
    EACH_ROLE(role)
    {
        begin_link(role, KITH_PARAMETERS_ACCEPT, false);
        for (unsigned code = 0; code < 256; code++) {
            const uint8_t pdu[6] = {(uint8_t)code, (uint8_t)(code % 255 + 1), 2, 0, 0, 0};

            if (!is_answer(code)) {
                it_is_rejected(pdu, sizeof pdu);
                continue;
            }
            AT;
            bench_peer_sends_octets(KITH_CID_SIGNALLING, pdu, sizeof pdu);
            we_signal_nothing();
        }
        the_link_goes_on();
    }
}
