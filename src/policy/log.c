/* Log: an event as one line.  What it is about comes first, then what it says, by a table of writers. */
#include "kith/policy/log.h"

#include <string.h>

typedef struct {
    char *text;
    size_t len;
} log_line;

static void add(log_line *to, const char *text)
{
    size_t room = KITH_LOG_LINE - 1 - to->len;
    size_t len = strlen(text);

    memcpy(to->text + to->len, text, len < room ? len : room);
    to->len += len < room ? len : room;
    to->text[to->len] = '\0';
}

static void add_number(log_line *to, const char *before, uint64_t number)
{
    char digits[21];
    size_t at = sizeof digits - 1;

    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    add(to, before);
    add(to, digits + at);
}

static void add_address(log_line *to, const char *before, const kith_address *address)
{
    char text[KITH_ADDRESS_TEXT];

    add(to, before);
    add(to, kith_address_format(address, text));
}

static void add_status(log_line *to, kith_status status)
{
    add(to, status == KITH_OK ? "done" : kith_status_name(status));
}

static void add_hci(log_line *to, kith_hci_status status)
{
    if (status == 0)
        return;
    add(to, ", ");
    add(to, kith_hci_status_name(status));
}

static void add_failure(log_line *to, kith_status status)
{
    if (status == KITH_OK)
        return;
    add(to, ", ");
    add(to, kith_status_name(status));
}

static void on_store_loaded(log_line *to, const kith_event *e)
{
    add_number(to, "bonds ", e->store.bonds);
    add_number(to, ", damaged ", e->store.damaged);
    add_number(to, ", torn ", e->store.torn);
    if (e->store.fresh)
        add(to, ", it was empty");
}

static void on_ready(log_line *to, const kith_event *e)
{
    add_address(to, "as ", &e->ready.address);
    if (e->ready.other_identity != 0)
        add_number(to, ", bonds of another address ", e->ready.other_identity);
}

static void add_lacks(log_line *to, uint32_t lacks)
{
    for (; lacks != 0; lacks &= lacks - 1) {
        add(to, ", lacks ");
        add(to, kith_lack_name(lacks));
    }
}

static void on_start_failed(log_line *to, const kith_event *e)
{
    add(to, e->start_failed.store ? "the store: " : "the controller: ");
    add(to, kith_status_name(e->start_failed.status));
    add_hci(to, e->start_failed.hci_status);
    add_lacks(to, e->start_failed.lacks);
}

static void on_lost(log_line *to, const kith_event *e)
{
    add_number(to, "command ", e->lost.opcode);
    add_number(to, ", hardware error ", e->lost.hardware_code);
}

static void on_activity(log_line *to, const kith_event *e)
{
    static const char *const why[] = {"", ", connected", ", its time is over", ", found"};

    add(to, e->activity.on ? "on" : "off");
    if (e->kind == KITH_EVENT_ADVERTISING && e->activity.set != 0)
        add_number(to, ", set ", e->activity.set);
    if (!e->activity.on && (unsigned)e->activity.why < 4)
        add(to, why[e->activity.why]);
    add_hci(to, e->activity.hci_status);
    add_failure(to, e->activity.status);
}

static void on_report(log_line *to, const kith_event *e)
{
    add_address(to, "", &e->report.address);
    if (e->report.connectable)
        add(to, ", connectable");
}

static void on_found(log_line *to, const kith_event *e)
{
    static const char *const results[] = {"", "not in time", "stopped", "failed"};

    if (e->found.result == KITH_FOUND)
        add_address(to, "", &e->found.report.address);
    else
        add(to, e->found.result < 4 ? results[e->found.result] : "unknown");
    add_hci(to, e->found.hci_status);
    add_failure(to, e->found.status);
}

static void on_connected(log_line *to, const kith_event *e)
{
    add(to, e->connected.we_are_central ? "as central" : "as peripheral");
    if (e->connected.claimed != 0)
        add_number(to, ", claims to be peer ", e->connected.claimed);
}

static void on_connect_failed(log_line *to, const kith_event *e)
{
    add(to, e->connect_failed.timed_out ? "its time is over" : kith_hci_status_name(e->connect_failed.hci_status));
    add_failure(to, e->connect_failed.status);
}

static void on_parameters(log_line *to, const kith_event *e)
{
    add(to, kith_parameters_result_name(e->parameters.result));
    add_number(to, ", interval ", e->parameters.interval_1250us);
    add_number(to, " x 1.25 ms, latency ", e->parameters.latency);
    add_number(to, ", timeout ", e->parameters.timeout_10ms);
    add(to, " x 10 ms");
}

static void on_parameters_wanted(log_line *to, const kith_event *e)
{
    add_number(to, "interval ", e->parameters_wanted.interval_min_1250us);
    add_number(to, " to ", e->parameters_wanted.interval_max_1250us);
    add_number(to, " x 1.25 ms, latency ", e->parameters_wanted.latency);
    add_number(to, ", timeout ", e->parameters_wanted.timeout_10ms);
    add(to, " x 10 ms");
}

static void on_rssi(log_line *to, const kith_event *e)
{
    const bool is_below = e->rssi.rssi < 0;

    if (e->rssi.hci_status != 0)
        add(to, kith_hci_status_name(e->rssi.hci_status));
    else
        add_number(to, is_below ? "dBm -" : "dBm ", (uint8_t)(is_below ? -e->rssi.rssi : e->rssi.rssi));
}

static void on_phy(log_line *to, const kith_event *e)
{
    add_number(to, "tx ", e->phy.tx_phy);
    add_number(to, ", rx ", e->phy.rx_phy);
    add_hci(to, e->phy.hci_status);
}

static void on_data_length(log_line *to, const kith_event *e)
{
    add_number(to, "tx ", e->data_length.tx_octets);
    add_number(to, ", rx ", e->data_length.rx_octets);
}

static void on_disconnected(log_line *to, const kith_event *e)
{
    add(to, kith_hci_status_name(e->disconnected.reason));
}

static void on_reconnecting(log_line *to, const kith_event *e)
{
    static const char *const ways[] = {"off", "idle", "by the list", "by scanning"};

    add(to, (unsigned)e->reconnecting.way < 4 ? ways[e->reconnecting.way] : "unknown");
    add(to, e->reconnecting.fast ? ", fast" : "");
    if (e->reconnecting.peer != 0)
        add_number(to, ", given up peer ", e->reconnecting.peer);
    add_hci(to, e->reconnecting.hci_status);
    add_failure(to, e->reconnecting.status);
}

static void on_requested(log_line *to, const kith_event *e)
{
    add(to, "the peripheral wants");
    add(to, e->requested.bonding ? " a bond" : " no bond");
    add(to, e->requested.mitm ? ", nobody in the middle" : "");
    add(to, e->requested.secure_connections ? ", Secure Connections" : "");
}

static void on_security_wanted(log_line *to, const kith_event *e)
{
    add(to, e->security_wanted.again ? "a bond stands" : "no bond stands");
}

static void on_started(log_line *to, const kith_event *e)
{
    static const char *const names[] = {"encryption", "pairing", "bonding"};

    add(to, (unsigned)e->started.procedure < 3 ? names[e->started.procedure] : "unknown");
    add(to, e->started.by_peer ? ", by the peer" : ", by us");
}

static void on_consent(log_line *to, const kith_event *e)
{
    add(to, e->consent.again ? "a peer that is bonded" : "a stranger");
    if (e->consent.replaces != 0)
        add_number(to, ", replaces the bond of peer ", e->consent.replaces);
}

static void on_key(log_line *to, const kith_event *e)
{
    add_number(to, e->key.taken ? "taken, kind " : "given, kind ", e->key.key);
}

static void on_security(log_line *to, const kith_event *e)
{
    add_number(to, "level ", (uint64_t)e->security.level);
    add_number(to, ", key of ", e->security.key_size);
    if (e->security.key_size != 0)
        add(to, e->security.secure_connections ? ", Secure Connections" : ", legacy");
}

static void on_verdict(log_line *to, const kith_event *e)
{
    size_t room = KITH_LOG_LINE - to->len;
    size_t len = kith_verdict_describe(&e->verdict, to->text + to->len, room);

    to->len += len < room ? len : room - 1;
}

static void on_room(log_line *to, const kith_event *e)
{
    add_address(to, "for ", &e->room.newcomer);
    add_number(to, " of level ", (uint64_t)e->room.level);
    add_number(to, ", peer would go ", e->room.would_go);
}

static void on_forgotten(log_line *to, const kith_event *e)
{
    add_number(to, "peer ", e->forgotten.peer);
    add(to, ", ");
    add_status(to, e->forgotten.status);
}

static void on_data(log_line *to, const kith_event *e)
{
    static const char *const done[] = {"added", "loaded", "stored", "deleted"};
    static const char *const what[] = {"application", "database", "bond", "use"};

    add_number(to, "operation ", e->data.token);
    add_number(to, ", peer ", e->data.peer);
    add(to, ", ");
    add(to, (unsigned)e->data.what < 4 ? what[e->data.what] : "unknown");
    add(to, " ");
    add(to, (unsigned)e->data.operation < 4 ? done[e->data.operation] : "unknown");
    add(to, ": ");
    add_status(to, e->data.status);
}

static void on_store_failed(log_line *to, const kith_event *e)
{
    add_number(to, "peer ", e->store_failed.peer);
    add(to, ", ");
    add_status(to, e->store_failed.status);
}

static void on_collected(log_line *to, const kith_event *e)
{
    add_number(to, "times ", e->collected.count);
}

static void on_peer_list(log_line *to, const kith_event *e)
{
    add_number(to, "peers ", e->peer_list.count);
    add(to, ", ");
    add_status(to, e->peer_list.status);
    add_hci(to, e->peer_list.hci_status);
}

static void on_reset(log_line *to, const kith_event *e)
{
    add_status(to, e->reset.status);
}

static void on_attribute(log_line *to, const kith_event *e)
{
    add_number(to, "id ", e->attribute.id);
    add_number(to, ", octets ", e->attribute.len);
    if (e->attribute.signer != 0)
        add_number(to, ", signed by peer ", e->attribute.signer);
}

static void on_subscribed(log_line *to, const kith_event *e)
{
    add_number(to, "id ", e->subscription.id);
    add(to, (e->subscription.bits & KITH_SUBSCRIBED_NOTIFY) != 0 ? ", notify" : "");
    add(to, (e->subscription.bits & KITH_SUBSCRIBED_INDICATE) != 0 ? ", indicate" : "");
    add(to, e->subscription.bits == 0 ? ", no more" : "");
    add(to, e->subscription.restored ? ", as before" : "");
}

static void on_indicated(log_line *to, const kith_event *e)
{
    add_number(to, "id ", e->indicated.id);
    add(to, ", ");
    add(to, kith_gatt_result_name(e->indicated.result));
}

static void on_table_told(log_line *to, const kith_event *e)
{
    add(to, e->table_told.confirmed ? kith_gatt_result_name(e->table_told.result) : "sent");
}

static void on_list(log_line *to, const kith_event *e)
{
    add_number(to, "found ", e->list.count);
}

static void on_gatt(log_line *to, const kith_event *e)
{
    add_number(to, "handle ", e->gatt.handle);
    add(to, ", ");
    add(to, kith_gatt_result_name(e->gatt.result));
    if (e->gatt.result == KITH_GATT_ATT_ERROR) {
        add(to, ", ");
        add(to, kith_att_error_name(e->gatt.att_error));
    }
    add_number(to, ", at level ", (uint64_t)e->gatt.level);
}

static void on_notified(log_line *to, const kith_event *e)
{
    add_number(to, "handle ", e->notified.handle);
    add_number(to, ", octets ", e->notified.len);
    add_number(to, ", at level ", (uint64_t)e->notified.level);
}

static void on_table(log_line *to, const kith_event *e)
{
    add_number(to, "handles ", e->table.first);
    add_number(to, " to ", e->table.last);
}

/* Who is not here has a name that says it all, or something to say that is not for a log. */
static void (*const writers[])(log_line *to, const kith_event *e) = {
    [KITH_EVENT_STORE_LOADED] = on_store_loaded,
    [KITH_EVENT_READY] = on_ready,
    [KITH_EVENT_START_FAILED] = on_start_failed,
    [KITH_EVENT_CONTROLLER_LOST] = on_lost,
    [KITH_EVENT_ADVERTISING] = on_activity,
    [KITH_EVENT_SCANNING] = on_activity,
    [KITH_EVENT_REPORT] = on_report,
    [KITH_EVENT_FOUND] = on_found,
    [KITH_EVENT_CONNECTED] = on_connected,
    [KITH_EVENT_CONNECT_FAILED] = on_connect_failed,
    [KITH_EVENT_PARAMETERS] = on_parameters,
    [KITH_EVENT_PARAMETERS_WANTED] = on_parameters_wanted,
    [KITH_EVENT_RSSI] = on_rssi,
    [KITH_EVENT_PHY] = on_phy,
    [KITH_EVENT_DATA_LENGTH] = on_data_length,
    [KITH_EVENT_DISCONNECTED] = on_disconnected,
    [KITH_EVENT_RECONNECTING] = on_reconnecting,
    [KITH_EVENT_SECURITY_REQUESTED] = on_requested,
    [KITH_EVENT_SECURITY_WANTED] = on_security_wanted,
    [KITH_EVENT_SECURITY_STARTED] = on_started,
    [KITH_EVENT_CONSENT_WANTED] = on_consent,
    [KITH_EVENT_KEY] = on_key,
    [KITH_EVENT_SECURITY_CHANGED] = on_security,
    [KITH_EVENT_PAIRED] = on_verdict,
    [KITH_EVENT_PAIRING_FAILED] = on_verdict,
    [KITH_EVENT_ENCRYPTED] = on_verdict,
    [KITH_EVENT_ENCRYPTION_FAILED] = on_verdict,
    [KITH_EVENT_BONDED] = on_verdict,
    [KITH_EVENT_BOND_FAILED] = on_verdict,
    [KITH_EVENT_ROOM_WANTED] = on_room,
    [KITH_EVENT_FORGOTTEN] = on_forgotten,
    [KITH_EVENT_FORGOTTEN_ALL] = on_forgotten,
    [KITH_EVENT_PEER_DATA] = on_data,
    [KITH_EVENT_STORE_FAILED] = on_store_failed,
    [KITH_EVENT_STORE_COLLECTED] = on_collected,
    [KITH_EVENT_ALLOW_LIST] = on_peer_list,
    [KITH_EVENT_DEVICE_IDENTITIES] = on_peer_list,
    [KITH_EVENT_RESET] = on_reset,
    [KITH_EVENT_READ_WANTED] = on_attribute,
    [KITH_EVENT_WRITE_WANTED] = on_attribute,
    [KITH_EVENT_WRITE_COMMAND] = on_attribute,
    [KITH_EVENT_AUTHORIZATION_WANTED] = on_attribute,
    [KITH_EVENT_VALUE_WRITTEN] = on_attribute,
    [KITH_EVENT_SUBSCRIBED] = on_subscribed,
    [KITH_EVENT_INDICATED] = on_indicated,
    [KITH_EVENT_TABLE_TOLD] = on_table_told,
    [KITH_EVENT_SERVICES] = on_list,
    [KITH_EVENT_INCLUDES] = on_list,
    [KITH_EVENT_DESCRIPTORS] = on_list,
    [KITH_EVENT_CHARACTERISTICS] = on_list,
    [KITH_EVENT_DISCOVERED] = on_gatt,
    [KITH_EVENT_VALUES] = on_list,
    [KITH_EVENT_READ] = on_gatt,
    [KITH_EVENT_WRITTEN] = on_gatt,
    [KITH_EVENT_SUBSCRIPTION_WRITTEN] = on_gatt,
    [KITH_EVENT_NOTIFIED] = on_notified,
    [KITH_EVENT_TABLE_CHANGED] = on_table,
    [KITH_EVENT_MTU] = on_gatt,
};

static void add_subject(log_line *to, const kith_event *event)
{
    add(to, kith_event_name(event->kind));
    if (event->link != 0)
        add_number(to, " link ", event->link);
    if (event->peer != 0)
        add_number(to, " peer ", event->peer);
    if (event->link != 0)
        add_address(to, " ", &event->address);
}

static void on_event(kith_listener *listener, kith_host *h, const kith_event *event, uint64_t now_us)
{
    const kith_log *log = (const kith_log *)listener;
    char text[KITH_LOG_LINE];
    log_line to = {text, 0};

    (void)h;
    (void)now_us;
    if (event->kind == KITH_EVENT_REPORT && !log->reports)
        return;
    add_subject(&to, event);
    if ((size_t)event->kind < sizeof writers / sizeof writers[0] && writers[event->kind] != NULL) {
        add(&to, ": ");
        writers[event->kind](&to, event);
    }
    log->line(log->context, text);
}

void kith_log_init(kith_log *log, void (*line)(void *context, const char *text), void *context)
{
    *log = (kith_log){.listener = {.on_event = on_event}, .line = line, .context = context};
}
