/* What the files of advertising share: one advertising event goes from channel to channel, asks who heard, answers who
 * answers, and with extended PDUs goes on to the auxiliary channels. */
#ifndef SIM_ADVERTISE_H
#define SIM_ADVERTISE_H

#include "internal.h"

/* Advertising_Event_Properties, Vol 4 Part E 7.8.53.  Bits 0 to 2 and 4 are those of a report's Event_Type as well. */
enum {
    SIM_ADV_CONNECTABLE = 0x01,
    SIM_ADV_SCANNABLE = 0x02,
    SIM_ADV_DIRECTED = 0x04,
    SIM_ADV_HIGH_DUTY = 0x08,
    SIM_ADV_LEGACY = 0x10,
    SIM_ADV_ANONYMOUS = 0x20,
    SIM_ADV_TX_POWER = 0x40,
    SIM_ADV_REPORTED = 0x17,
    SIM_ADV_PERIODIC_ALLOWS =
        0x44,                   /* beside periodic advertising a set is not connectable, scannable, legacy, unnamed */
    SIM_REPORT_RESPONSE = 0x08, /* Event_Type: a scan response */
    /* the five that go with legacy PDUs */
    SIM_ADV_IND = 0x13,
    SIM_ADV_DIRECT_LOW = 0x15,
    SIM_ADV_DIRECT_HIGH = 0x1d,
    SIM_ADV_SCAN_IND = 0x12,
    SIM_ADV_NONCONN_IND = 0x10
};

/* PDU types, Vol 6 Part B 2.3.  On auxiliary channels 3 and 5 are AUX_SCAN_REQ and AUX_CONNECT_REQ. */
enum {
    SIM_PDU_ADV_IND,
    SIM_PDU_DIRECT_IND,
    SIM_PDU_NONCONN_IND,
    SIM_PDU_SCAN_REQ,
    SIM_PDU_SCAN_RSP,
    SIM_PDU_CONNECT_IND,
    SIM_PDU_SCAN_IND,
    SIM_PDU_EXTENDED, /* ADV_EXT_IND, AUX_ADV_IND, AUX_SCAN_RSP, AUX_SYNC_IND, AUX_CHAIN_IND */
    SIM_PDU_CONNECT_RSP
};

enum { SIM_NEXT_CHANNEL_US = 400, SIM_ADV_PDU_MAX = 2 + 255, SIM_TX_POWER_UNKNOWN = 127, SIM_NO_SID = 0xff };

static inline bool sim_adv_is(const sim_advertiser *a, unsigned property)
{
    return (a->properties & property) != 0;
}

/* advertise.c */
void sim_adv_later(sim_advertiser *a, uint64_t in_us, sim_timer_due *run);
void sim_adv_next_channel(sim_advertiser *a);
void sim_adv_end_event(sim_advertiser *a);
/* A PDU on a primary channel begins: who is there.  False: somebody listens and nobody hears. */
bool sim_adv_reaches_listeners(sim_advertiser *a, uint64_t until_us);
/* The same for an auxiliary PDU, and those who follow. */
bool sim_adv_reaches_followers(sim_advertiser *a);
/* Tells everybody who heard, draws a->responder, and gives what that one wants. */
sim_want sim_adv_ask(sim_advertiser *a, const sim_advertisement *sent);
sim_controller *sim_adv_hearer(const sim_advertiser *a, size_t i);                      /* NULL: gone */
uint8_t sim_adv_header(uint8_t pdu_type, const sim_address *tx, const sim_address *rx); /* rx may be NULL */
/* Told as on the advertiser's present channel and PHY. */
void sim_adv_tell(const sim_advertiser *a, sim_controller *sender, const uint8_t *pdu, size_t len, bool lost);

/* advertise_legacy.c */
size_t sim_adv_build_legacy(const sim_advertiser *a, uint8_t *pdu);
sim_want sim_adv_ask_legacy(sim_advertiser *a);
void sim_adv_scan_response(void *advertiser);

/* advertise_extended.c */
void sim_adv_plan_auxiliary(sim_advertiser *a); /* at the start of an event */
size_t sim_adv_build_primary(const sim_advertiser *a, uint8_t *pdu);
size_t sim_adv_first_capacity(const sim_advertiser *a); /* octets of data that fit AUX_ADV_IND */
void sim_adv_go_auxiliary(sim_advertiser *a);           /* after the last primary channel */
void sim_adv_aux_scan_response(void *advertiser);
void sim_adv_aux_connect_response(void *advertiser);

/* advertise_answer.c */
void sim_adv_answer(sim_advertiser *a, sim_want want); /* lets a->responder ask, T_IFS from now */
/* The peripheral's end of a connection; the central's has been joined, if it is there. */
void sim_adv_join(sim_advertiser *a, sim_connection *k, const sim_address *central);

/* extended_pdu.c: the common extended advertising payload, Vol 6 Part B 2.3.4 */
typedef struct {
    uint8_t pdu_type;
    uint8_t mode; /* 1 connectable, 2 scannable, 0 neither */
    const sim_address *advertiser;
    const sim_address *target;
    bool has_adi;
    uint16_t adi;
    bool has_aux;
    uint8_t aux_channel;
    uint32_t aux_offset_us;
    uint8_t aux_phy;
    const uint8_t *sync_info; /* 18 octets, or NULL */
    bool has_tx_power;
    const uint8_t *data;
    size_t len;
} sim_extended_pdu;
size_t sim_extended_capacity(const sim_extended_pdu *x); /* octets of data beside its fields */
size_t sim_extended_len(const sim_extended_pdu *x);      /* of the whole PDU */
void sim_extended_build(const sim_extended_pdu *x, uint8_t *pdu);

/* advertise_extended.c: data in as many PDUs as it takes */
void sim_train_load(kith_sim *sim, sim_train *t, const sim_adv_data *data);
void sim_train_fill(kith_sim *sim, sim_train *t, uint8_t phy, sim_extended_pdu *x); /* of a PDU that begins now */

#endif
