/* LL control PDUs and the procedures made of them, one of our own at a time, each within 40 s.
 * What this link layer does not speak is answered LL_UNKNOWN_RSP.  Core Vol 6 Part B 2.4.2, 5.1, 5.2. */
#include <string.h>

#include "base/bytes.h"

#include "internal.h"

enum {
    CONNECTION_UPDATE_IND = 0x00,
    TERMINATE_IND = 0x02,
    ENC_REQ = 0x03,
    ENC_RSP = 0x04,
    START_ENC_REQ = 0x05,
    START_ENC_RSP = 0x06,
    UNKNOWN_RSP = 0x07,
    FEATURE_REQ = 0x08,
    FEATURE_RSP = 0x09,
    PAUSE_ENC_REQ = 0x0a,
    PAUSE_ENC_RSP = 0x0b,
    VERSION_IND = 0x0c,
    REJECT_IND = 0x0d,
    PERIPHERAL_FEATURE_REQ = 0x0e,
    PARAM_REQ = 0x0f,
    REJECT_EXT_IND = 0x11,
    PING_REQ = 0x12,
    PING_RSP = 0x13,
    LENGTH_REQ = 0x14,
    LENGTH_RSP = 0x15,
    PHY_REQ = 0x16,
    PHY_RSP = 0x17,
    PHY_UPDATE_IND = 0x18
};

enum {
    RESPONSE_TIMEOUT_US = 40000000,
    EVENTS_TO_INSTANT = 10,
    INSTANT_PASSED = 0x28,
    COMPANY_NONE = 0xffff,
    SUBVERSION = 1,
    HALF_OF_10MS_IN_US = 5000
};

static bool has_feature(const sim_link *link, uint64_t feature)
{
    return sim_has_feature(link->controller, feature);
}

/* ---- one procedure of our own at a time ---- */

static void on_response_timeout(void *owner)
{
    sim_link_end(owner, KITH_HCI_LL_RESPONSE_TIMEOUT, true);
}

void sim_procedure_restart_timer(sim_link *link)
{
    kith_sim *sim = link->connection->sim;
    bool own = link->procedure != SIM_PROCEDURE_NONE && !link->awaits_instant;
    bool waits = own || link->encryption.state != SIM_ENCRYPTION_IDLE;

    sim_timer_stop(&sim->queue, &link->response);
    if (waits && link->alive)
        sim_timer_start(&sim->queue, &link->response, sim->now_us + RESPONSE_TIMEOUT_US, on_response_timeout, link);
}

static void send_version(sim_link *link)
{
    uint8_t pdu[6] = {VERSION_IND, link->controller->limits.hci_version};

    bytes_put16(pdu + 2, COMPANY_NONE);
    bytes_put16(pdu + 4, SUBVERSION);
    link->version_sent = sim_link_control(link, pdu, sizeof pdu);
}

/* Octet 0 of an answer is what both support; 4.6. */
static void send_features(sim_link *link, uint8_t opcode, const uint8_t *peer)
{
    uint8_t pdu[9] = {opcode};

    bytes_put64(pdu + 1, link->controller->limits.le_features);
    if (peer != NULL)
        pdu[1] &= peer[0];
    (void)sim_link_control(link, pdu, sizeof pdu);
}

static void send_update(sim_link *link)
{
    sim_connection *k = link->connection;
    uint8_t pdu[12] = {CONNECTION_UPDATE_IND, 1};

    k->update = link->update;
    k->update_pending = true;
    k->update_heard = false;
    k->update_instant = sim_link_next_event(link) + EVENTS_TO_INSTANT + k->parameters.latency;
    bytes_put16(pdu + 4, k->update.interval);
    bytes_put16(pdu + 6, k->update.latency);
    bytes_put16(pdu + 8, k->update.timeout);
    bytes_put16(pdu + 10, (uint16_t)k->update_instant);
    (void)sim_link_control(link, pdu, sizeof pdu);
    sim_procedure_await_instant(link, SIM_PROCEDURE_UPDATE);
}

static void start(sim_link *link, sim_procedure procedure)
{
    static const uint8_t ping = PING_REQ;

    link->procedure = procedure;
    switch (procedure) {
    case SIM_PROCEDURE_ENCRYPTION:
        sim_encryption_start(link);
        break;
    case SIM_PROCEDURE_VERSION:
        send_version(link);
        break;
    case SIM_PROCEDURE_FEATURES:
        send_features(link, link->role == SIM_CENTRAL ? FEATURE_REQ : PERIPHERAL_FEATURE_REQ, NULL);
        break;
    case SIM_PROCEDURE_LENGTH:
        sim_length_start(link);
        break;
    case SIM_PROCEDURE_UPDATE:
        send_update(link);
        break;
    case SIM_PROCEDURE_PING:
        (void)sim_link_control(link, &ping, 1);
        break;
    case SIM_PROCEDURE_PARAMETERS:
        sim_parameters_start(link);
        break;
    case SIM_PROCEDURE_PHY:
        sim_phy_start(link);
        break;
    default:
        break;
    }
    sim_procedure_restart_timer(link);
}

/* An instant that this end knows of. */
static bool instant_is_near(const sim_link *link)
{
    const sim_connection *k = link->connection;
    bool central = link->role == SIM_CENTRAL;

    return (k->update_pending && (central || k->update_heard)) || (k->phy_pending && (central || k->phy_heard));
}

/* 5.3: procedures that end at an instant come one after another. */
static bool may_start(const sim_link *link, sim_procedure procedure)
{
    if (procedure == SIM_PROCEDURE_PHY && link->parameters_asked)
        return false;
    return (procedure != SIM_PROCEDURE_UPDATE && procedure != SIM_PROCEDURE_PARAMETERS &&
            procedure != SIM_PROCEDURE_PHY) ||
           !instant_is_near(link);
}

bool sim_procedure_collides(const sim_link *central)
{
    return central->procedure == SIM_PROCEDURE_UPDATE || central->procedure == SIM_PROCEDURE_PHY ||
           instant_is_near(central) || sim_encryption_holds_data(central);
}

void sim_procedure_next(sim_link *link)
{
    if (!link->alive || link->procedure != SIM_PROCEDURE_NONE || link->encryption.state != SIM_ENCRYPTION_IDLE)
        return;
    for (sim_procedure p = SIM_PROCEDURE_ENCRYPTION; p < SIM_PROCEDURES; p++) {
        if (link->wanted[p] && may_start(link, p)) {
            link->wanted[p] = false;
            start(link, p);
            return;
        }
    }
}

void sim_procedure_want(sim_link *link, sim_procedure procedure)
{
    link->wanted[procedure] = true;
    sim_procedure_next(link);
}

void sim_procedure_done(sim_link *link, sim_procedure procedure)
{
    if (link->procedure != procedure)
        return;
    link->procedure = SIM_PROCEDURE_NONE;
    link->awaits_instant = false;
    sim_procedure_restart_timer(link);
    sim_procedure_next(link);
}

void sim_procedure_await_instant(sim_link *link, sim_procedure procedure)
{
    if (link->procedure != procedure)
        return;
    link->awaits_instant = true;
    sim_procedure_restart_timer(link);
}

/* ---- authenticated payload timeout: 5.4; Vol 4 Part E 7.7.75 ---- */

static void watch_for_half(sim_link *link);

/* A peer that knows no ping says so, with a MIC: that is as good as an answer, so it is asked all the same. */
static void on_nothing_authenticated(void *owner)
{
    sim_link *link = owner;
    uint8_t event[2];

    link->ping_due = !link->ping_due;
    if (link->ping_due) {
        bytes_put16(event, link->handle);
        sim_event(link->controller, KITH_HCI_EV_AUTH_PAYLOAD_TIMEOUT, event, sizeof event);
    } else {
        sim_procedure_want(link, SIM_PROCEDURE_PING);
    }
    watch_for_half(link);
}

static void watch_for_half(sim_link *link)
{
    kith_sim *sim = link->connection->sim;
    uint64_t half_us = (uint64_t)link->authenticated_timeout * HALF_OF_10MS_IN_US;

    sim_timer_start(&sim->queue, &link->authenticated, sim->now_us + half_us, on_nothing_authenticated, link);
}

/* Encryption was started, something with a MIC came, or the host set another timeout.  What runs goes on to the link's
 * end, also while encryption is paused. */
void sim_procedure_restart_authenticated(sim_link *link)
{
    link->ping_due = true;
    if (link->alive && link->session.rx_on && has_feature(link, SIM_FEATURE_PING))
        watch_for_half(link);
}

/* ---- ending the connection ---- */

void sim_link_terminate(sim_link *link, uint8_t reason, uint8_t local_reason)
{
    uint8_t pdu[2] = {TERMINATE_IND, reason};

    if (link->terminating)
        return;
    link->terminating = true;
    link->terminate_reason = local_reason;
    if (!sim_link_control(link, pdu, sizeof pdu))
        sim_link_end(link, local_reason, true);
}

/* It is acknowledged with the next PDU, and then this end is gone. */
static void on_terminate(sim_link *link, const uint8_t *p)
{
    link->leaving = true;
    link->leave_reason = p[1];
}

/* ---- connection update ---- */

void sim_update_complete(sim_link *link, uint8_t status)
{
    uint8_t event[9] = {status};
    const sim_connection_parameters *p = &link->connection->parameters;

    bytes_put16(event + 1, link->handle);
    bytes_put16(event + 3, p->interval);
    bytes_put16(event + 5, p->latency);
    bytes_put16(event + 7, p->timeout);
    sim_le_event(link->controller, KITH_HCI_LE_EV_CONNECTION_UPDATE_COMPLETE, event, sizeof event);
    sim_procedure_done(link, link->role == SIM_CENTRAL ? SIM_PROCEDURE_UPDATE : SIM_PROCEDURE_PARAMETERS);
}

static void on_connection_update(sim_link *link, const uint8_t *p)
{
    sim_connection *k = link->connection;

    if (link->role != SIM_PERIPHERAL)
        return;
    if (!k->update_pending || bytes_get16(p + 10) != (uint16_t)k->update_instant) {
        sim_link_end(link, INSTANT_PASSED, true);
        return;
    }
    k->update_heard = true;
    sim_procedure_await_instant(link, SIM_PROCEDURE_PARAMETERS);
}

/* ---- features, version ---- */

void sim_tell_features(sim_link *link, uint8_t status)
{
    uint8_t event[11] = {status};

    bytes_put16(event + 1, link->handle);
    memcpy(event + 3, link->peer_features, 8);
    sim_le_event(link->controller, KITH_HCI_LE_EV_READ_REMOTE_FEATURES_COMPLETE, event, sizeof event);
}

static void keep_features(sim_link *link, const uint8_t *features)
{
    memcpy(link->peer_features, features, 8);
    link->features_known = true;
}

static void on_feature_req(sim_link *link, const uint8_t *p)
{
    keep_features(link, p + 1);
    send_features(link, FEATURE_RSP, p + 1);
}

static void on_feature_rsp(sim_link *link, const uint8_t *p)
{
    if (link->procedure != SIM_PROCEDURE_FEATURES)
        return;
    keep_features(link, p + 1);
    sim_tell_features(link, KITH_HCI_SUCCESS);
    sim_procedure_done(link, SIM_PROCEDURE_FEATURES);
}

void sim_tell_version(sim_link *link)
{
    uint8_t event[8] = {KITH_HCI_SUCCESS};

    bytes_put16(event + 1, link->handle);
    memcpy(event + 3, link->peer_version, 5);
    sim_event(link->controller, KITH_HCI_EV_READ_REMOTE_VERSION_COMPLETE, event, sizeof event);
}

/* Sent once by each side in a connection's life; 5.1.5. */
static void on_version(sim_link *link, const uint8_t *p)
{
    memcpy(link->peer_version, p + 1, 5);
    link->version_known = true;
    if (!link->version_sent)
        send_version(link);
    if (link->version_asked)
        sim_tell_version(link);
    link->version_asked = false;
    link->wanted[SIM_PROCEDURE_VERSION] = false;
    sim_procedure_done(link, SIM_PROCEDURE_VERSION);
}

/* ---- saying no ---- */

void sim_link_unknown(sim_link *link, uint8_t opcode)
{
    uint8_t pdu[2] = {UNKNOWN_RSP, opcode};

    (void)sim_link_control(link, pdu, sizeof pdu);
}

void sim_link_reject(sim_link *link, uint8_t opcode, uint8_t reason)
{
    uint8_t pdu[3] = {REJECT_EXT_IND, opcode, reason};

    (void)sim_link_control(link, pdu, sizeof pdu);
}

/* ---- ping ---- */

static void on_ping_req(sim_link *link, const uint8_t *p)
{
    static const uint8_t answer = PING_RSP;

    (void)p;
    if (has_feature(link, SIM_FEATURE_PING))
        (void)sim_link_control(link, &answer, 1);
    else
        sim_link_unknown(link, PING_REQ);
}

static void on_ping_rsp(sim_link *link, const uint8_t *p)
{
    (void)p;
    sim_procedure_done(link, SIM_PROCEDURE_PING);
}

/* ---- refusals ---- */

static void on_unknown_rsp(sim_link *link, const uint8_t *p)
{
    if (p[1] == ENC_REQ)
        sim_encryption_failed(link, KITH_HCI_UNSUPPORTED_REMOTE_FEATURE);
    if (p[1] == PING_REQ)
        sim_procedure_done(link, SIM_PROCEDURE_PING);
    if (p[1] == LENGTH_REQ)
        sim_procedure_done(link, SIM_PROCEDURE_LENGTH);
    if (p[1] == PHY_REQ)
        sim_phy_refused(link, KITH_HCI_UNSUPPORTED_REMOTE_FEATURE);
    if (p[1] == PARAM_REQ)
        sim_parameters_refused(link, KITH_HCI_UNSUPPORTED_REMOTE_FEATURE);
    if (link->procedure == SIM_PROCEDURE_FEATURES && (p[1] == FEATURE_REQ || p[1] == PERIPHERAL_FEATURE_REQ)) {
        sim_tell_features(link, KITH_HCI_UNSUPPORTED_REMOTE_FEATURE);
        sim_procedure_done(link, SIM_PROCEDURE_FEATURES);
    }
}

static void on_reject(sim_link *link, const uint8_t *p)
{
    sim_encryption_failed(link, p[1]);
}

static void on_reject_ext(sim_link *link, const uint8_t *p)
{
    if (p[1] == ENC_REQ)
        sim_encryption_failed(link, p[2]);
    if (p[1] == PHY_REQ)
        sim_phy_refused(link, p[2]);
    if (p[1] == PARAM_REQ)
        sim_parameters_refused(link, p[2]);
}

/* ---- what arrives ---- */

typedef struct {
    uint8_t opcode;
    uint8_t len; /* with the opcode */
    void (*handle)(sim_link *link, const uint8_t *p);
} control_row;

static const control_row rows[] = {
    {CONNECTION_UPDATE_IND, 12, on_connection_update},
    {TERMINATE_IND, 2, on_terminate},
    {ENC_REQ, 23, sim_on_enc_req},
    {ENC_RSP, 13, sim_on_enc_rsp},
    {START_ENC_REQ, 1, sim_on_start_enc_req},
    {START_ENC_RSP, 1, sim_on_start_enc_rsp},
    {UNKNOWN_RSP, 2, on_unknown_rsp},
    {FEATURE_REQ, 9, on_feature_req},
    {FEATURE_RSP, 9, on_feature_rsp},
    {PAUSE_ENC_REQ, 1, sim_on_pause_enc_req},
    {PAUSE_ENC_RSP, 1, sim_on_pause_enc_rsp},
    {VERSION_IND, 6, on_version},
    {REJECT_IND, 2, on_reject},
    {PERIPHERAL_FEATURE_REQ, 9, on_feature_req},
    {PARAM_REQ, 24, sim_on_parameters_req},
    {REJECT_EXT_IND, 3, on_reject_ext},
    {PING_REQ, 1, on_ping_req},
    {PING_RSP, 1, on_ping_rsp},
    {LENGTH_REQ, 9, sim_on_length_req},
    {LENGTH_RSP, 9, sim_on_length_rsp},
    {PHY_REQ, 3, sim_on_phy_req},
    {PHY_RSP, 3, sim_on_phy_rsp},
    {PHY_UPDATE_IND, 5, sim_on_phy_update},
};

void sim_control_received(sim_link *link, const uint8_t *payload, size_t len)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].opcode == payload[0] && rows[i].len == len) {
            rows[i].handle(link, payload);
            return;
        }
    }
    sim_link_unknown(link, payload[0]);
}
