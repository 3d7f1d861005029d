/* Starting, pausing and restarting encryption on a link.
 *
 * Central: [PAUSE_ENC_REQ, PAUSE_ENC_RSP back, PAUSE_ENC_RSP,] ENC_REQ, then ENC_RSP and START_ENC_REQ
 * back, START_ENC_RSP each way.  Data is held on both sides meanwhile, and whatever else arrives in
 * plain ends the link as a MIC failure would.  Core Vol 6 Part B 5.1.3.1, 5.1.3.2. */
#include <string.h>

#include "base/bytes.h"

#include "internal.h"

enum {
    TERMINATE_IND = 0x02,
    ENC_REQ = 0x03,
    ENC_RSP = 0x04,
    START_ENC_REQ = 0x05,
    START_ENC_RSP = 0x06,
    PAUSE_ENC_REQ = 0x0a,
    PAUSE_ENC_RSP = 0x0b,
    REJECT_IND = 0x0d,
    REJECT_EXT_IND = 0x11
};

#define BIT(opcode) (UINT32_C(1) << (opcode))
#define ENDS        (BIT(TERMINATE_IND) | BIT(REJECT_IND) | BIT(REJECT_EXT_IND))
#define ANY         UINT32_MAX

/* What may still arrive in each state; data only where everything may. */
static const uint32_t expected[] = {
    [SIM_ENCRYPTION_IDLE] = ANY,
    [SIM_ENCRYPTION_WAIT_PAUSE_RSP] = ANY,
    [SIM_ENCRYPTION_WAIT_ENC_RSP] = ANY,
    [SIM_ENCRYPTION_WAIT_START_REQ] = ENDS | BIT(START_ENC_REQ),
    [SIM_ENCRYPTION_WAIT_START_RSP] = ENDS | BIT(START_ENC_RSP),
    [SIM_ENCRYPTION_WAIT_LAST_PAUSE_RSP] = ENDS | BIT(PAUSE_ENC_RSP),
    [SIM_ENCRYPTION_WAIT_ENC_REQ] = ENDS | BIT(ENC_REQ),
    [SIM_ENCRYPTION_WAIT_HOST_KEY] = ENDS,
    [SIM_ENCRYPTION_WAIT_CENTRAL] = ENDS | BIT(START_ENC_RSP),
};

static const uint32_t sendable = ENDS | BIT(ENC_REQ) | BIT(ENC_RSP) | BIT(START_ENC_REQ) | BIT(START_ENC_RSP) |
                                 BIT(PAUSE_ENC_REQ) | BIT(PAUSE_ENC_RSP);

static bool is_in(uint32_t set, uint8_t opcode)
{
    return opcode < 32 && (set >> opcode & 1) != 0;
}

bool sim_encryption_expects(const sim_link *link, bool control, uint8_t opcode)
{
    const sim_encryption *e = &link->encryption;
    uint32_t set = expected[e->state];

    if (e->state == SIM_ENCRYPTION_WAIT_ENC_RSP && e->refreshing)
        set = ENDS | BIT(ENC_RSP);
    return set == ANY || (control && is_in(set, opcode));
}

bool sim_encryption_allows_sending(const sim_link *link, uint8_t opcode)
{
    return !sim_encryption_holds_data(link) || is_in(sendable, opcode);
}

bool sim_encryption_holds_data(const sim_link *link)
{
    return link->encryption.state != SIM_ENCRYPTION_IDLE || link->last_word_waits;
}

static void go(sim_link *link, sim_encryption_state state)
{
    link->encryption.state = state;
    sim_procedure_restart_timer(link);
}

static void send_opcode(sim_link *link, uint8_t opcode)
{
    (void)sim_link_control(link, &opcode, 1);
}

/* ---- the end of a procedure ---- */

static void tell_host(sim_link *link, uint8_t status)
{
    uint8_t event[4] = {status, 0, 0, status == KITH_HCI_SUCCESS};

    bytes_put16(event + 1, link->handle);
    if (link->encryption.refreshing)
        sim_event(link->controller, KITH_HCI_EV_ENCRYPTION_KEY_REFRESH_COMPLETE, event, 3);
    else
        sim_event(link->controller, KITH_HCI_EV_ENCRYPTION_CHANGE, event, 4);
}

static void finish(sim_link *link, uint8_t status)
{
    tell_host(link, status);
    memset(&link->encryption, 0, sizeof link->encryption);
    sim_procedure_restart_timer(link);
    if (status == KITH_HCI_SUCCESS)
        sim_procedure_restart_authenticated(link);
    if (link->role == SIM_CENTRAL)
        sim_procedure_done(link, SIM_PROCEDURE_ENCRYPTION);
    else
        sim_procedure_next(link);
}

void sim_encryption_failed(sim_link *link, uint8_t status)
{
    if (link->encryption.state != SIM_ENCRYPTION_IDLE)
        finish(link, status);
}

/* ---- the session key ---- */

static void make_session(sim_link *link)
{
    sim_encryption *e = &link->encryption;
    kith_status status = sim_session_make(&link->connection->sim->crypto, e->ltk, e->skd, e->iv, &link->session);

    memset(e->ltk, 0, sizeof e->ltk);
    if (link->controller->breaks_next_session_key || status != KITH_OK)
        link->session.key[0] ^= 0xff;
    link->controller->breaks_next_session_key = false;
}

/* ---- central ---- */

static void send_enc_req(sim_link *link)
{
    sim_encryption *e = &link->encryption;
    uint8_t pdu[23] = {ENC_REQ};

    sim_rng_fill(&link->controller->rng, e->skd, 8);
    sim_rng_fill(&link->controller->rng, e->iv, 4);
    memcpy(pdu + 1, e->rand, 8);
    memcpy(pdu + 9, e->ediv, 2);
    memcpy(pdu + 11, e->skd, 8);
    memcpy(pdu + 19, e->iv, 4);
    (void)sim_link_control(link, pdu, sizeof pdu);
    go(link, SIM_ENCRYPTION_WAIT_ENC_RSP);
}

void sim_encryption_start(sim_link *link)
{
    link->encryption.refreshing = link->session.tx_on;
    if (!link->encryption.refreshing) {
        send_enc_req(link);
        return;
    }
    send_opcode(link, PAUSE_ENC_REQ);
    go(link, SIM_ENCRYPTION_WAIT_PAUSE_RSP);
}

void sim_on_enc_rsp(sim_link *link, const uint8_t *p)
{
    sim_encryption *e = &link->encryption;

    if (e->state != SIM_ENCRYPTION_WAIT_ENC_RSP)
        return;
    memcpy(e->skd + 8, p + 1, 8);
    memcpy(e->iv + 4, p + 9, 4);
    make_session(link);
    go(link, SIM_ENCRYPTION_WAIT_START_REQ);
}

void sim_on_start_enc_req(sim_link *link, const uint8_t *p)
{
    (void)p;
    if (link->encryption.state != SIM_ENCRYPTION_WAIT_START_REQ)
        return;
    link->session.rx_on = true;
    link->session.tx_on = true;
    send_opcode(link, START_ENC_RSP);
    go(link, SIM_ENCRYPTION_WAIT_START_RSP);
}

/* ---- peripheral ---- */

static void refuse(sim_link *link, uint8_t error)
{
    uint8_t plain[2] = {REJECT_IND, error};
    uint8_t extended[3] = {REJECT_EXT_IND, ENC_REQ, error};

    link->last_word_waits = true;
    if (link->features_known && (link->peer_features[0] & SIM_FEATURE_EXTENDED_REJECT) != 0 &&
        (link->controller->limits.le_features & SIM_FEATURE_EXTENDED_REJECT) != 0)
        (void)sim_link_control(link, extended, sizeof extended);
    else
        (void)sim_link_control(link, plain, sizeof plain);
}

static void send_enc_rsp(sim_link *link)
{
    sim_encryption *e = &link->encryption;
    uint8_t pdu[13] = {ENC_RSP};

    sim_rng_fill(&link->controller->rng, e->skd + 8, 8);
    sim_rng_fill(&link->controller->rng, e->iv + 4, 4);
    memcpy(pdu + 1, e->skd + 8, 8);
    memcpy(pdu + 9, e->iv + 4, 4);
    (void)sim_link_control(link, pdu, sizeof pdu);
}

static void ask_host_for_key(sim_link *link)
{
    uint8_t event[12];

    bytes_put16(event, link->handle);
    memcpy(event + 2, link->encryption.rand, 8);
    memcpy(event + 10, link->encryption.ediv, 2);
    if (sim_le_event_enabled(link->controller, KITH_HCI_LE_EV_LTK_REQUEST))
        sim_le_event(link->controller, KITH_HCI_LE_EV_LTK_REQUEST, event, sizeof event);
    else
        sim_encryption_no_key(link);
}

void sim_on_enc_req(sim_link *link, const uint8_t *p)
{
    sim_encryption *e = &link->encryption;

    if (link->role != SIM_PERIPHERAL)
        return;
    if ((link->controller->limits.le_features & SIM_FEATURE_ENCRYPTION) == 0) {
        refuse(link, KITH_HCI_UNSUPPORTED_REMOTE_FEATURE);
        return;
    }
    memcpy(e->rand, p + 1, 8);
    memcpy(e->ediv, p + 9, 2);
    memcpy(e->skd, p + 11, 8);
    memcpy(e->iv, p + 19, 4);
    send_enc_rsp(link);
    go(link, SIM_ENCRYPTION_WAIT_HOST_KEY);
    ask_host_for_key(link);
}

void sim_encryption_key(sim_link *link, const uint8_t ltk[16])
{
    memcpy(link->encryption.ltk, ltk, 16);
    make_session(link);
    send_opcode(link, START_ENC_REQ);
    go(link, SIM_ENCRYPTION_WAIT_CENTRAL);
}

/* While encryption is paused there is no way back to a link in plain. */
void sim_encryption_no_key(sim_link *link)
{
    bool refreshing = link->encryption.refreshing;

    memset(&link->encryption, 0, sizeof link->encryption);
    if (refreshing) {
        sim_link_terminate(link, KITH_HCI_KEY_MISSING, KITH_HCI_KEY_MISSING);
        return;
    }
    refuse(link, KITH_HCI_KEY_MISSING);
    sim_procedure_restart_timer(link);
    sim_procedure_next(link);
}

/* ---- both ---- */

void sim_on_start_enc_rsp(sim_link *link, const uint8_t *p)
{
    (void)p;
    if (link->encryption.state == SIM_ENCRYPTION_WAIT_CENTRAL) {
        link->session.tx_on = true;
        link->last_word_waits = true;
        send_opcode(link, START_ENC_RSP);
        finish(link, KITH_HCI_SUCCESS);
    } else if (link->encryption.state == SIM_ENCRYPTION_WAIT_START_RSP) {
        finish(link, KITH_HCI_SUCCESS);
    }
}

void sim_on_pause_enc_req(sim_link *link, const uint8_t *p)
{
    (void)p;
    if (link->role != SIM_PERIPHERAL || !link->session.tx_on)
        return;
    link->encryption.refreshing = true;
    send_opcode(link, PAUSE_ENC_RSP);
    go(link, SIM_ENCRYPTION_WAIT_LAST_PAUSE_RSP);
}

void sim_on_pause_enc_rsp(sim_link *link, const uint8_t *p)
{
    (void)p;
    if (link->encryption.state == SIM_ENCRYPTION_WAIT_PAUSE_RSP) {
        link->session.rx_on = false;
        link->session.tx_on = false;
        send_opcode(link, PAUSE_ENC_RSP);
        send_enc_req(link);
    } else if (link->encryption.state == SIM_ENCRYPTION_WAIT_LAST_PAUSE_RSP) {
        link->session.tx_on = false;
        go(link, SIM_ENCRYPTION_WAIT_ENC_REQ);
    }
}

/* The peripheral changes what it expects the moment these go out for the first time. */
void sim_encryption_sending(sim_link *link, uint8_t opcode)
{
    if (link->role != SIM_PERIPHERAL)
        return;
    if (opcode == START_ENC_REQ)
        link->session.rx_on = true;
    else if (opcode == PAUSE_ENC_RSP)
        link->session.rx_on = false;
    else if (opcode == START_ENC_RSP || opcode == REJECT_IND || opcode == REJECT_EXT_IND)
        link->last_word_waits = false;
}
