/* Learns a peer's whole attribute table: a chain of the client's lists, kept in a gatt_table.  Core Vol 3 Part G 2.5.2.
 *
 * Database Hash, primary services, includes (and secondary services where one is included), characteristics,
 * descriptors; each list is asked for over all handles at once.  A table that is there already stands where the peer's
 * hash is the same: then that is all.  For a bonded peer it also sees to it that changes are told: it subscribes to
 * Service Changed, and says which client features there are. */
#ifndef GATT_SURVEY_H
#define GATT_SURVEY_H

#include "gatt/client.h"
#include "gatt/table.h"

typedef enum {
    SURVEY_HASH,
    SURVEY_SERVICES,
    SURVEY_INCLUDES,
    SURVEY_SECONDARY,
    SURVEY_CHARACTERISTICS,
    SURVEY_DESCRIPTORS,
    SURVEY_CHANGED,
    SURVEY_FEATURES,
    SURVEY_DONE
} gatt_survey_step;

typedef struct {
    gatt_table *table;
    gatt_survey_step step;
    bool is_bonded;
    bool is_full;          /* the table had no room for something */
    bool is_contradictory; /* two things have one handle */
    bool is_new;           /* what was there did not stand */
    bool is_stale;         /* set by the host: the peer said meanwhile that it has changed */
    uint8_t feature_octet;
    uint32_t next;          /* handle that may be a descriptor's, and was not looked at */
    gatt_table_state state; /* as it is learned */
} gatt_survey;

/* The first request of a survey; errors as gatt_client_start_read_by_uuid(). */
KITH_MUST_USE kith_status gatt_survey_start(gatt_survey *survey, gatt_table *table, bool is_bonded, uint32_t bond_check,
                                            gatt_client *client, uint8_t *out, size_t cap, size_t *out_len);

/* What the client tells while a survey runs: lists are kept. */
void gatt_survey_take(gatt_survey *survey, const gatt_client_event *event);

/* What was listed so far can be no table: the list need not be heard to its end, which may be 65535 requests away. */
bool gatt_survey_has_failed(const gatt_survey *survey);

/* When an operation of the client has ended: the next one is begun, its request in out.  false: the survey is over, and
 * event->result and .error tell how. */
bool gatt_survey_go_on(gatt_survey *survey, gatt_client *client, gatt_client_event *event, uint8_t *out, size_t cap,
                       size_t *out_len);

/* The handle of the value with this UUID in a service of the other; 0: none. */
uint16_t gatt_table_value(const gatt_table *table, const kith_uuid *service, const kith_uuid *characteristic);
/* The descriptor with this UUID of the characteristic with this value; 0: none. */
uint16_t gatt_table_descriptor(const gatt_table *table, uint16_t value_handle, const kith_uuid *descriptor);

/* ---- is the table still the one that is known? ---- */

size_t gatt_survey_ask_hash(uint8_t *out, size_t cap);
/* false: the response has none. */
bool gatt_survey_read_hash(const uint8_t *pdu, size_t len, uint8_t hash[16]);

#endif
