/* A visit goes through stages, each with a limit of time and words for what is being done.  Whatever goes wrong is
 * said once, on stderr, and then it leaves. */
#include <stdio.h>

#include "command.h"
#include "kith/codec/hci.h"
#include "sentence.h"
#include "trouble.h"
#include "visit.h"

enum { STILL_EVERY_US = 5 * 1000 * 1000 };

/* The host ends a pairing by itself, after 30 s of silence; a person has 25 s, twice at most. */
static const struct {
    const char *doing;
    unsigned limit_s; /* 0: as the options or the errand say */
} stages[] = {
    [STARTING] = {"starting the controller", 30},
    [SEARCHING] = {"looking for", 0},
    [CONNECTING] = {"connecting to", 10},
    [SECURING] = {"securing the link to", 180},
    [PARTING] = {"disconnecting from", 10},
    [ASKING] = {"asking whether to pair again with", 60},
    [GREETING] = {"agreeing on the MTU with", 40},
    [WORKING] = {NULL, 0}, /* as the errand says */
    [STOPPING] = {"taking leave of", 3},
    [KEEPING] = {"storing the bond with", 10},
    [LEAVING] = {"leaving", 2},
};

/* ---- stages and ends ---- */

/* 0: as long as it takes. */
static unsigned limit_of(const visit *v, visit_stage stage)
{
    switch (stage) {
    case SEARCHING:
        return v->options->timeout_s;
    case WORKING:
        return v->options->errand->patience_s;
    default:
        return stages[stage].limit_s;
    }
}

static void renew(visit *v)
{
    unsigned limit_s = limit_of(v, v->stage);

    v->until_us = limit_s == 0 ? UINT64_MAX : kith_posix_now() + UINT64_C(1000000) * limit_s;
}

static void enter(visit *v, visit_stage next)
{
    v->stage = next;
    renew(v);
}

const char *visit_doing(const visit *v, char *text, size_t cap)
{
    bool of_peer = v->stage != STARTING && v->stage != LEAVING;
    const char *doing = v->stage == WORKING ? v->options->errand->doing : stages[v->stage].doing;

    (void)snprintf(text, cap, "%s%s%s", doing, of_peer ? " " : "", of_peer ? v->options->peer : "");
    return text;
}

void visit_leave(visit *v, int status)
{
    v->status = status;
    person_leave(&v->person);
    enter(v, LEAVING);
    if (v->scanning)
        (void)!kith_gap_stop_scan(v->host);
    if (v->connecting)
        (void)!kith_gap_cancel_connect(v->host);
    if (v->link != 0)
        (void)!kith_gap_disconnect(v->host, v->link, KITH_HCI_REMOTE_USER_TERMINATED);
}

bool visit_has_left(const visit *v)
{
    bool quiet = !v->scanning && !v->connecting && v->link == 0 && !v->bond_is_due;

    return v->stage == LEAVING && (quiet || kith_posix_now() >= v->until_us);
}

/* After a sentence. */
static void fail(visit *v)
{
    visit_leave(v, EXIT_FAILED);
}

static void fail_by_call(visit *v, kith_status status)
{
    char text[SENTENCE_MAX];

    (void)complain("%s failed: %s", visit_doing(v, text, sizeof text), kith_status_name(status));
    fail(v);
}

/* ---- finding and connecting ---- */

static void begin_search(visit *v)
{
    kith_scan scan;
    kith_status status;
    char sentence[SENTENCE_MAX];

    enter(v, SEARCHING);
    (void)snprintf(sentence, sizeof sentence, "Looking for '%s'.", v->options->peer);
    report_news(&v->report, "looking", sentence, NULL);
    v->next_still_us = kith_posix_now() + STILL_EVERY_US;
    kith_gap_default_scan(&scan);
    scan.report_duplicates = true; /* a report may be dropped, and a name may come later than an address */
    status = kith_gap_start_scan(v->host, &scan);
    v->scanning = status == KITH_OK;
    if (!v->scanning)
        fail_by_call(v, status);
}

static void connect_to_peer(visit *v)
{
    kith_status status = kith_gap_connect(v->host, &v->search.fits[0], v->options->parameters);

    v->connecting = status == KITH_OK;
    if (!v->connecting)
        fail_by_call(v, status);
}

static void on_found(visit *v)
{
    enter(v, CONNECTING);
    if (kith_gap_stop_scan(v->host) != KITH_OK && !v->scanning)
        connect_to_peer(v);
}

static void on_ambiguous(visit *v)
{
    trouble_two(&v->search);
    fail(v);
}

static void say_still_looking(visit *v)
{
    char sentence[SENTENCE_MAX];

    if (kith_posix_now() < v->next_still_us)
        return;
    v->next_still_us += STILL_EVERY_US;
    (void)snprintf(sentence, sizeof sentence, "Still looking for '%s'; %s.", v->options->peer,
                   v->search.others ? "only others were heard" : "nobody was heard");
    report_news(&v->report, "still-looking", sentence, NULL);
}

static void look(visit *v)
{
    switch (search_result_now(&v->search, kith_posix_now())) {
    case SEARCH_FOUND:
        on_found(v);
        break;
    case SEARCH_AMBIGUOUS:
        on_ambiguous(v);
        break;
    default:
        say_still_looking(v);
        break;
    }
}

static void on_scanning(visit *v, const kith_event *e)
{
    v->scanning = e->activity.on;
    if (e->activity.on && v->stage != SEARCHING) {
        (void)!kith_gap_stop_scan(v->host);
    } else if (!e->activity.on && v->stage == CONNECTING) {
        connect_to_peer(v);
    } else if (!e->activity.on && v->stage == SEARCHING) {
        trouble_event(v->options->peer, "cannot be looked for", e);
        fail(v);
    }
}

static void on_connect_failed(visit *v, const kith_event *e)
{
    v->connecting = false;
    if (v->stage != CONNECTING)
        return;
    trouble_event(v->options->peer, "was heard, but not reached", e);
    fail(v);
}

/* ---- the errand ---- */

static void leave_with_bond(visit *v)
{
    if (v->bond_is_due)
        enter(v, KEEPING);
    else
        visit_leave(v, v->status);
}

static void go_on(visit *v, errand_result result)
{
    if (result == ERRAND_GOES_ON)
        return;
    if (v->stage == STOPPING) {
        visit_leave(v, v->status);
        return;
    }
    if (result == ERRAND_FAILED)
        v->status = EXIT_FAILED;
    leave_with_bond(v);
}

static void begin_errand(visit *v)
{
    enter(v, WORKING);
    go_on(v, v->options->errand->begin(v->options->self, &v->site));
}

/* The link is as it is wanted. */
static void greet(visit *v)
{
    kith_status status;

    v->site.link = v->link;
    v->site.mtu = KITH_ATT_DEFAULT_MTU;
    if (v->options->mtu == KITH_ATT_DEFAULT_MTU) {
        begin_errand(v);
        return;
    }
    enter(v, GREETING);
    status = kith_gatt_exchange_mtu(v->host, v->link);
    if (status != KITH_OK)
        fail_by_call(v, status);
}

/* A peer that knows no other MTU can be talked to with the smallest. */
static void on_mtu(visit *v, const kith_event *e)
{
    if (v->stage != GREETING || e->gatt.result == KITH_GATT_LINK_LOST)
        return;
    if (e->gatt.result == KITH_GATT_OK || e->gatt.result == KITH_GATT_ATT_ERROR) {
        if (e->gatt.result == KITH_GATT_OK)
            v->site.mtu = e->gatt.mtu;
        begin_errand(v);
        return;
    }
    trouble_event(v->options->peer, "agreed on no MTU", e);
    fail(v);
}

void visit_stop(visit *v, int status)
{
    const errand *what = v->options->errand;

    if (v->stage != WORKING || what->stop == NULL) {
        visit_leave(v, status);
        return;
    }
    v->status = status;
    person_leave(&v->person);
    enter(v, STOPPING);
    go_on(v, what->stop(v->options->self, &v->site));
}

/* ---- securing ---- */

static bool is_secured_first(const visit *v, const kith_event *e)
{
    client_first first = v->options->first;

    return v->pair_anew || first == CLIENT_SECURES_ALL || (first == CLIENT_SECURES_BONDED && e->connected.claimed != 0);
}

/* Busy: the peer was faster, and the end of what it began is ours. */
static void secure(visit *v)
{
    kith_level level = v->options->link.level;
    kith_status status;

    enter(v, SECURING);
    status = v->pair_anew ? kith_security_pair(v->host, v->link, level) : kith_security_secure(v->host, v->link, level);
    if (status == KITH_OK || status == KITH_ERR_BUSY)
        return;
    if (v->options->may_pair)
        trouble_not_asked(v->options->peer, status);
    else
        trouble_may_not_pair(v->options->peer);
    fail(v);
}

static void on_connected(visit *v, const kith_event *e)
{
    v->connecting = false;
    v->link = e->link;
    v->site.connected = e->connected;
    if (v->stage != CONNECTING)
        (void)!kith_gap_disconnect(v->host, e->link, KITH_HCI_REMOTE_USER_TERMINATED);
    else if (is_secured_first(v, e))
        secure(v);
    else
        greet(v);
}

static void on_secured(visit *v, const kith_event *e)
{
    v->bond_is_due |= e->kind == KITH_EVENT_PAIRED && e->verdict.bonded;
    v->not_paired.kind = KITH_EVENT_NONE;
    if (v->stage == SECURING)
        greet(v);
}

/* In the middle of the errand: what was to be done then ends, and says whether the pairing was needed for it. */
static void on_pairing_failed(visit *v, const kith_event *e)
{
    v->not_paired = *e;
    if (v->stage != SECURING)
        return;
    trouble_not_paired(v->options->peer, e);
    fail(v);
}

/* Nothing is paired anew by itself: an impostor could bring that about. */
static void on_encryption_failed(visit *v, const kith_event *e)
{
    if (v->stage != SECURING)
        return;
    if (!trouble_is_lost_bond(&e->verdict) || !person_is_there() || !v->options->may_pair) {
        trouble_not_encrypted(v->options->peer, e, v->search.claims[0]);
        fail(v);
        return;
    }
    if (!v->report.json)
        report_event(&v->report, v->host, e, NULL);
    enter(v, PARTING);
    (void)!kith_gap_disconnect(v->host, v->link, KITH_HCI_REMOTE_USER_TERMINATED);
}

static void ask_again(visit *v)
{
    enter(v, ASKING);
    person_ask(&v->person, "Pair again? Only if you know that the other device was reset. [yes/no]");
}

static void look_at_answer(visit *v)
{
    switch (person_own_answer(&v->person)) {
    case PERSON_SAYS_YES:
        v->pair_anew = true;
        enter(v, CONNECTING);
        connect_to_peer(v);
        break;
    case PERSON_SAYS_NO:
        trouble_not_paired_again(v->options->peer, v->search.claims[0]);
        fail(v);
        break;
    default:
        break;
    }
}

/* The store's own sentence says more where the store was it. */
static void say_not_kept(const visit *v, const kith_event *e)
{
    trouble_event(v->options->peer, "is paired, but its bond was not kept", e);
    if (e->verdict.status != KITH_OK && v->device.is_stored)
        store_file_complain_kept(&v->device.store, e->verdict.status);
}

static void on_bond_end(visit *v, const kith_event *e)
{
    v->bond_is_due = false;
    v->bonded |= e->kind == KITH_EVENT_BONDED;
    if (e->kind == KITH_EVENT_BOND_FAILED) {
        say_not_kept(v, e);
        v->status = v->status == EXIT_OK ? EXIT_FAILED : v->status;
    }
    if (v->stage == KEEPING)
        visit_leave(v, v->status);
}

/* ---- losing ---- */

static bool fail_as_not_paired(visit *v)
{
    if (v->not_paired.kind == KITH_EVENT_NONE)
        return false;
    trouble_not_paired(v->options->peer, &v->not_paired);
    fail(v);
    return true;
}

static void on_disconnected(visit *v, const kith_event *e)
{
    char text[SENTENCE_MAX];

    v->link = 0;
    if (v->stage == PARTING) {
        ask_again(v);
    } else if (v->stage == STOPPING) {
        visit_leave(v, v->status);
    } else if (v->stage != LEAVING && !fail_as_not_paired(v)) {
        (void)complain("the connection ended while %s: %s", visit_doing(v, text, sizeof text),
                       kith_hci_status_name(e->disconnected.reason));
        fail(v);
    }
}

static void on_lost(visit *v, const kith_event *e)
{
    v->scanning = v->connecting = false;
    v->link = 0;
    if (v->stage == LEAVING)
        return;
    (void)device_say_lost(&v->device, e);
    fail(v);
}

static void on_time_over(visit *v)
{
    char text[SENTENCE_MAX];

    if (v->stage == SEARCHING)
        trouble_not_heard(&v->search, v->options->timeout_s);
    else if (v->stage != STOPPING)
        (void)complain("gave up %s after %u s", visit_doing(v, text, sizeof text), limit_of(v, v->stage));
    visit_leave(v, v->stage == STOPPING ? v->status : EXIT_FAILED);
}

/* ---- events ---- */

static bool is_one_of(kith_event_kind kind, const kith_event_kind *kinds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (kinds[i] == kind)
            return true;
    return false;
}

/* When the controller goes everything ends; why is told last. */
static bool is_consequence(const visit *v, const kith_event *e)
{
    static const kith_event_kind kinds[] = {KITH_EVENT_PAIRING_FAILED,
                                            KITH_EVENT_ENCRYPTION_FAILED,
                                            KITH_EVENT_DISCONNECTED,
                                            KITH_EVENT_CONNECT_FAILED,
                                            KITH_EVENT_DISCOVERED,
                                            KITH_EVENT_READ,
                                            KITH_EVENT_SCANNING,
                                            KITH_EVENT_WRITTEN,
                                            KITH_EVENT_MTU,
                                            KITH_EVENT_SUBSCRIPTION_WRITTEN};

    return device_has_gone(&v->device) && is_one_of(e->kind, kinds, sizeof kinds / sizeof kinds[0]);
}

static void on_attributes(visit *v, const kith_event *e)
{
    if (v->stage != WORKING && v->stage != STOPPING)
        return;
    if (v->stage == WORKING)
        renew(v);
    go_on(v, v->options->errand->on_event(v->options->self, &v->site, e));
}

static void on_store_loaded(visit *v, const kith_event *e)
{
    v->ended |= !device_may_use_store(&v->device, e);
}

static void on_ready(visit *v, const kith_event *e)
{
    (void)e;
    if (v->stage != STARTING)
        return;
    if (search_is_possible(&v->search, v->host)) {
        begin_search(v);
        return;
    }
    trouble_no_such_bond(v->search.number);
    fail(v);
}

static void on_start_failed(visit *v, const kith_event *e)
{
    (void)device_say_start_failed(&v->device, e);
    v->ended = true;
}

static void on_report(visit *v, const kith_event *e)
{
    (void)search_on_report(&v->search, v->host, &e->report, kith_posix_now());
}

/* An operation that ended because the link did is not told apart from it. */
static void on_end(visit *v, const kith_event *e)
{
    bool needs_pairing = trouble_is_security(&e->gatt);

    if (e->gatt.result == KITH_GATT_LINK_LOST || (needs_pairing && v->stage == WORKING && fail_as_not_paired(v)))
        return;
    on_attributes(v, e);
}

static void (*const handlers[])(visit *v, const kith_event *e) = {
    [KITH_EVENT_STORE_LOADED] = on_store_loaded,
    [KITH_EVENT_READY] = on_ready,
    [KITH_EVENT_START_FAILED] = on_start_failed,
    [KITH_EVENT_CONTROLLER_LOST] = on_lost,
    [KITH_EVENT_SCANNING] = on_scanning,
    [KITH_EVENT_REPORT] = on_report,
    [KITH_EVENT_CONNECTED] = on_connected,
    [KITH_EVENT_CONNECT_FAILED] = on_connect_failed,
    [KITH_EVENT_DISCONNECTED] = on_disconnected,
    [KITH_EVENT_PAIRED] = on_secured,
    [KITH_EVENT_ENCRYPTED] = on_secured,
    [KITH_EVENT_PAIRING_FAILED] = on_pairing_failed,
    [KITH_EVENT_ENCRYPTION_FAILED] = on_encryption_failed,
    [KITH_EVENT_BONDED] = on_bond_end,
    [KITH_EVENT_BOND_FAILED] = on_bond_end,
    [KITH_EVENT_SERVICES] = on_attributes,
    [KITH_EVENT_INCLUDES] = on_attributes,
    [KITH_EVENT_DESCRIPTORS] = on_attributes,
    [KITH_EVENT_CHARACTERISTICS] = on_attributes,
    [KITH_EVENT_DISCOVERED] = on_end,
    [KITH_EVENT_VALUES] = on_attributes,
    [KITH_EVENT_READ] = on_end,
    [KITH_EVENT_WRITTEN] = on_end,
    [KITH_EVENT_SUBSCRIPTION_WRITTEN] = on_end,
    [KITH_EVENT_NOTIFIED] = on_attributes,
    [KITH_EVENT_MTU] = on_mtu,
    [KITH_EVENT_RSSI] = on_attributes,
};

static void act(visit *v, const kith_event *e)
{
    size_t kind = (size_t)e->kind;

    if (kind < sizeof handlers / sizeof handlers[0] && handlers[kind] != NULL && !is_consequence(v, e))
        handlers[kind](v, e);
}

/* Failures are told on stderr, in a sentence that says what was being done. */
static bool is_for_people(const visit *v, const kith_event *e)
{
    static const kith_event_kind of_link[] = {KITH_EVENT_PARAMETERS, KITH_EVENT_PHY, KITH_EVENT_DATA_LENGTH};
    static const kith_event_kind kinds[] = {KITH_EVENT_STORE_LOADED,     KITH_EVENT_READY,  KITH_EVENT_CONNECTED,
                                            KITH_EVENT_DISCONNECTED,     KITH_EVENT_PAIRED, KITH_EVENT_ENCRYPTED,
                                            KITH_EVENT_SECURITY_CHANGED, KITH_EVENT_BONDED, KITH_EVENT_PASSKEY_SHOWN,
                                            KITH_EVENT_TABLE_CHANGED};

    if (v->options->errand->tells_link && is_one_of(e->kind, of_link, sizeof of_link / sizeof of_link[0]))
        return true;
    return is_one_of(e->kind, kinds, sizeof kinds / sizeof kinds[0]) &&
           !(e->kind == KITH_EVENT_STORE_LOADED && e->store.damaged > 0);
}

void visit_on_event(visit *v, const kith_event *e)
{
    bool told = person_on_event(&v->person, e);

    if (!told && e->kind != KITH_EVENT_REPORT && (v->report.json || is_for_people(v, e)))
        report_event(&v->report, v->host, e, NULL);
    act(v, e);
}

/* ---- turns ---- */

void visit_begin(visit *v)
{
    v->site = (errand_site){
        .host = v->host, .report = &v->report, .peer = v->options->peer, .may_pair = v->options->may_pair};
    enter(v, STARTING);
}

void visit_turn(visit *v)
{
    person_turn(&v->person);
    if (v->stage == SEARCHING)
        look(v);
    if (v->stage == ASKING)
        look_at_answer(v);
    if (v->stage == WORKING && v->options->errand->turn != NULL)
        go_on(v, v->options->errand->turn(v->options->self, &v->site, kith_posix_now()));
    if (v->stage != LEAVING && kith_posix_now() >= v->until_us)
        on_time_over(v);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t deadline_of_errand(const visit *v)
{
    const errand *what = v->options->errand;

    return what->deadline != NULL ? what->deadline(v->options->self) : UINT64_MAX;
}

uint64_t visit_deadline(const visit *v)
{
    uint64_t at = v->until_us;

    if (v->stage == SEARCHING && v->next_still_us < at)
        at = v->next_still_us;
    if (v->stage == SEARCHING && v->search.decide_us < at)
        at = v->search.decide_us;
    return v->stage == WORKING ? earlier(at, deadline_of_errand(v)) : at;
}
