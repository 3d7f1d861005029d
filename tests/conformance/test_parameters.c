/* GAP/CONN/CPUP and L2CAP/LE/CPU: connection parameters that change while a link is there.  Core Vol 3 Part C 9.3.9,
 * Part A 4.20, 4.21; Vol 4 Part E 7.8.18, 7.8.31, 7.8.32. */
#include "case.h"
#include "parameters.h"

enum { NOW = 24, SLOW = 250, CONN_PARAM_TIMEOUT_MS = 30000 };

/* What no central may take: an interval below 7.5 ms, or above 4 s; the shortest above the longest; latency; timeouts
 * below 100 ms, above 32 s, not above twice the interval. */
static const struct {
    const char *numbers;
} bad[] = {
    {"05 00 06 00 00 00 c8 00"}, {"06 00 81 0c 00 00 80 0c"}, {"fb 00 fa 00 00 00 c8 00"}, {"06 00 06 00 f4 01 80 0c"},
    {"06 00 06 00 00 00 09 00"}, {"06 00 06 00 00 00 81 0c"}, {"78 00 fa 00 01 00 7d 00"}, {"00 00 00 00 00 00 00 00"},
};
enum { BAD = sizeof bad / sizeof bad[0] };

static void we_ask(void)
{
    check_ok(kith_gap_update_parameters(bench.host, bench.link, &slow_parameters));
}

CONFORMANCE_ONCE("GAP/CONN/CPUP/BV-01-C", "Peripheral: asks by L2CAP, and the central changes them")
{
    begin_link(PERIPHERAL, KITH_PARAMETERS_REFUSE, false);
    we_ask();
    we_signal("12 01 08 00 " FOUR_NUMBERS);
    peer_signals("13 01 02 00 00 00");
    we_emit_nothing();
    update_completes(0);
    parameters_are_told(true, KITH_PARAMETERS_CHANGED, SLOW);
    we_command_nothing();
}

CONFORMANCE_ONCE("GAP/CONN/CPUP/BV-02-C", "Peripheral: no answer within TGAP(conn_param_timeout)")
{
    begin_link(PERIPHERAL, KITH_PARAMETERS_REFUSE, false);
    we_ask();
    we_signal("12 01 08 00 " FOUR_NUMBERS);
    time_passes(CONN_PARAM_TIMEOUT_MS - 1);
    we_emit_nothing();
    time_passes(1);
    parameters_are_told(true, KITH_PARAMETERS_TIMEOUT, NOW);
    peer_signals("13 01 02 00 00 00"); /* late */
    we_emit_nothing();
    we_ask(); /* the link goes on, and so may we */
    we_signal("12 02 08 00 " FOUR_NUMBERS);
    peer_signals("13 02 02 00 01 00");
    parameters_are_told(true, KITH_PARAMETERS_REFUSED, NOW);
}

CONFORMANCE_ONCE("GAP/CONN/CPUP/BV-03-C", "Peripheral: the central says no")
{
    begin_link(PERIPHERAL, KITH_PARAMETERS_REFUSE, false);
    we_ask();
    we_signal("12 01 08 00 " FOUR_NUMBERS);
    peer_signals("13 01 02 00 01 00");
    parameters_are_told(true, KITH_PARAMETERS_REFUSED, NOW);
    time_passes(60000);
    we_emit_nothing();
    we_command_nothing();
}

static void central_accepts(void)
{
    peer_signals("12 07 08 00 " FOUR_NUMBERS);
    we_signal("13 07 02 00 00 00");
    we_command_numbers(KITH_HCI_LE_CONNECTION_UPDATE);
    update_completes(0);
    parameters_are_told(false, KITH_PARAMETERS_CHANGED, SLOW);
}

CONFORMANCE_ONCE("GAP/CONN/CPUP/BV-04-C", "Central: a request that makes sense is taken, by policy or by a person")
{
    begin_link(CENTRAL, KITH_PARAMETERS_ACCEPT, false);
    central_accepts();
    begin_link(CENTRAL, KITH_PARAMETERS_ASK, false);
    peer_signals("12 07 08 00 " FOUR_NUMBERS);
    we_emit(KITH_EVENT_PARAMETERS_WANTED);
    we_signal_nothing();
    check_ok(kith_gap_answer_parameters(bench.host, bench.link, true));
    we_signal("13 07 02 00 00 00");
    we_command_numbers(KITH_HCI_LE_CONNECTION_UPDATE);
    update_completes(0);
    parameters_are_told(false, KITH_PARAMETERS_CHANGED, SLOW);
}

static void central_refuses(const char *numbers)
{
    char request[48] = "12 09 08 00 ";

    for (unsigned i = 0; i < 24; i++)
        request[12 + i] = numbers[i];
    request[35] = '\0';
    peer_signals(request);
    we_signal("13 09 02 00 01 00");
    we_command_nothing();
    we_emit_nothing();
}

CONFORMANCE_ONCE("GAP/CONN/CPUP/BV-05-C", "Central: a request that makes none is refused, whatever the policy")
{
    for (unsigned i = 0; i < BAD; i++) {
        begin_link(CENTRAL, i % 2 == 0 ? KITH_PARAMETERS_ACCEPT : KITH_PARAMETERS_ASK, false);
        central_refuses(bad[i].numbers);
    }
    begin_link(CENTRAL, KITH_PARAMETERS_REFUSE, false);
    central_refuses(FOUR_NUMBERS);
    begin_link(CENTRAL, KITH_PARAMETERS_ASK, false); /* nobody answers */
    peer_signals("12 09 08 00 " FOUR_NUMBERS);
    we_emit(KITH_EVENT_PARAMETERS_WANTED);
    time_passes(CONN_PARAM_TIMEOUT_MS);
    we_signal("13 09 02 00 01 00");
}

CONFORMANCE_ONCE("GAP/CONN/CPUP/BV-06-C", "Central: changes them by itself")
{
    begin_link(CENTRAL, KITH_PARAMETERS_REFUSE, false);
    we_ask();
    we_command_numbers(KITH_HCI_LE_CONNECTION_UPDATE);
    we_signal_nothing();
    update_completes(0);
    parameters_are_told(true, KITH_PARAMETERS_CHANGED, SLOW);
}

/* The central's link layer asks for what it could have done. */
CONFORMANCE_ONCE("GAP/CONN/CPUP/BV-08-C", "Peripheral: answers the request of the central's link layer")
{
    static const uint8_t unacceptable = 0x3b;

    begin_link(PERIPHERAL, KITH_PARAMETERS_REFUSE, true);
    peers_link_layer_asks(FOUR_NUMBERS);
    we_command_numbers(KITH_HCI_LE_REMOTE_CONNECTION_PARAMETER_REPLY);
    update_completes(0);
    parameters_are_told(false, KITH_PARAMETERS_CHANGED, SLOW);
    peers_link_layer_asks("05 00 06 00 00 00 c8 00");
    AT;
    bench_we_command(KITH_HCI_LE_REMOTE_CONNECTION_PARAMETER_NEGATIVE_REPLY, 2, &unacceptable, 1);
    we_signal_nothing();
}

CONFORMANCE_ONCE("GAP/CONN/CPUP/BV-10-C",
                 "Peripheral: its link layer asks, and L2CAP where the central's knows no such thing")
{
    begin_link(PERIPHERAL, KITH_PARAMETERS_REFUSE, true);
    we_ask();
    we_command_numbers(KITH_HCI_LE_CONNECTION_UPDATE);
    we_signal_nothing();
    update_completes(0);
    parameters_are_told(true, KITH_PARAMETERS_CHANGED, SLOW);

    begin_link(PERIPHERAL, KITH_PARAMETERS_REFUSE, true);
    we_ask();
    we_command_numbers(KITH_HCI_LE_CONNECTION_UPDATE);
    update_completes(KITH_HCI_UNACCEPTABLE_INTERVAL);
    parameters_are_told(true, KITH_PARAMETERS_REFUSED, NOW);

    begin_link(PERIPHERAL, KITH_PARAMETERS_REFUSE, true);
    we_ask();
    we_command_numbers(KITH_HCI_LE_CONNECTION_UPDATE);
    update_completes(KITH_HCI_UNSUPPORTED_REMOTE_FEATURE);
    we_signal("12 01 08 00 " FOUR_NUMBERS);
    peer_signals("13 01 02 00 00 00");
    update_completes(0);
    parameters_are_told(true, KITH_PARAMETERS_CHANGED, SLOW);
}

/* ---- L2CAP ---- */

CONFORMANCE_ONCE("L2CAP/LE/CPU/BV-01-C", "Peripheral: sends a Connection Parameter Update Request")
{
    begin_link(PERIPHERAL, KITH_PARAMETERS_REFUSE, false);
    we_ask();
    we_signal("12 01 08 00 " FOUR_NUMBERS);
    peer_signals("13 01 02 00 00 00");
    update_completes(0);
    parameters_are_told(true, KITH_PARAMETERS_CHANGED, SLOW);
    we_ask(); /* with another identifier */
    we_signal("12 02 08 00 " FOUR_NUMBERS);
    peer_signals("01 02 02 00 00 00"); /* not understood */
    parameters_are_told(true, KITH_PARAMETERS_REFUSED, SLOW);
}

CONFORMANCE_ONCE("L2CAP/LE/CPU/BV-02-C", "Central: takes a Connection Parameter Update Request")
{
    begin_link(CENTRAL, KITH_PARAMETERS_ACCEPT, false);
    central_accepts();
}

CONFORMANCE_ONCE("L2CAP/LE/CPU/BI-01-C", "Central: refuses one with bad parameters")
{
    for (unsigned i = 0; i < BAD; i++) {
        begin_link(CENTRAL, KITH_PARAMETERS_ACCEPT, false);
        central_refuses(bad[i].numbers);
        central_accepts();
    }
}

CONFORMANCE_ONCE("L2CAP/LE/CPU/BI-02-C", "Peripheral: answers one with Command Reject")
{
    for (kith_parameters_policy policy = KITH_PARAMETERS_REFUSE; policy <= KITH_PARAMETERS_ASK;
         policy = (kith_parameters_policy)(policy + 1)) {
        begin_link(PERIPHERAL, policy, true);
        peer_signals("12 07 08 00 " FOUR_NUMBERS);
        we_signal("01 07 02 00 00 00");
        we_command_nothing();
        we_emit_nothing();
    }
}
