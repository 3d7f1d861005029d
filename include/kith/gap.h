/* Advertising, scanning, connecting.  Core Vol 3 Part C 9. */
#ifndef KITH_GAP_H
#define KITH_GAP_H

#include "kith/event.h"

struct kith_host;

/* Who is answered: the controller's filter accept list is kith/lists.h.  Vol 4 Part E 7.8.5. */
typedef enum {
    KITH_FILTER_NOTHING, /* anybody may connect, and is answered when scanning */
    KITH_FILTER_CONNECT, /* only listed peers may connect */
    KITH_FILTER_ALL      /* nor are others answered when they scan */
} kith_filter;

typedef struct {
    uint16_t interval_625us; /* 0x0020..0x4000 */
    bool connectable;
    uint8_t filter;                 /* kith_filter; what is not listed is kept out before it is a link */
    bool ask_list;                  /* with a filter: ALLOW_LIST_WANTED each time before it begins, and it waits for
                                       kith_allow_list_ready() */
    uint8_t data_len, response_len; /* 0..31 */
    uint8_t data[31];               /* AD structures */
    uint8_t response[31];           /* scan response */
} kith_advertising;

/* 100 ms, connectable, flags "general discoverable, no BR/EDR" and the name, cut to what fits. */
void kith_gap_default_advertising(kith_advertising *advertising, const char *name);

/* Starts legacy advertising; KITH_EVENT_ADVERTISING tells.  It ends when a link comes of it, and with a filter when the
 * controller's list could not be made what it shall be: nobody is let in by mistake.  A pause (kith/lists.h) is not
 * told.
 * KITH_ERR_STATE: not ready, or on already; KITH_ERR_VALUE: interval, lengths or filter, or ask_list without a filter;
 * KITH_ERR_NOT_FOUND: with a filter and without ask_list, and nobody is listed;
 * KITH_ERR_FULL: with ask_list: events must be taken first;
 * KITH_ERR_UNSUPPORTED: the controller cannot, or with a filter there are no lists. */
KITH_MUST_USE kith_status kith_gap_advertise(struct kith_host *h, const kith_advertising *advertising);

/* KITH_ERR_STATE: it is off; KITH_ERR_BUSY: it is being switched, KITH_EVENT_ADVERTISING will tell; KITH_ERR_FULL: it
 * waits for kith_allow_list_ready(), and events must be taken first. */
KITH_MUST_USE kith_status kith_gap_stop_advertising(struct kith_host *h);

typedef struct {
    uint16_t interval_625us, window_625us; /* 0x0004..0x4000, window not above interval */
    bool active;
    bool report_duplicates;
    bool filter; /* only listed peers (kith/lists.h) are reported */
} kith_scan;

void kith_gap_default_scan(kith_scan *scan); /* active, 60 ms window in 60 ms, no duplicates */

/* KITH_ERR_STATE: not ready, scanning already, or connecting; KITH_ERR_VALUE; KITH_ERR_UNSUPPORTED: the controller
 * cannot, or with a filter there are no lists; KITH_ERR_NOT_FOUND: with a filter, and nobody is listed. */
KITH_MUST_USE kith_status kith_gap_start_scan(struct kith_host *h, const kith_scan *scan);

/* KITH_ERR_STATE: it is off; KITH_ERR_BUSY: it is being switched, KITH_EVENT_SCANNING will tell. */
KITH_MUST_USE kith_status kith_gap_stop_scan(struct kith_host *h);

typedef struct {
    uint16_t interval_min_1250us, interval_max_1250us; /* 6..3200 */
    uint16_t latency;                                  /* 0..499 */
    uint16_t timeout_10ms;                             /* 10..3200, above (1 + latency) * interval_max * 2 */
} kith_connection_parameters;

void kith_gap_default_parameters(kith_connection_parameters *parameters); /* 30 to 50 ms, latency 0, 4 s */

/* What is wrong with them, in words; NULL: nothing.  A constant string. */
const char *kith_gap_parameters_fault(const kith_connection_parameters *parameters);

/* KITH_ERR_VALUE: a parameter is outside its range, or the timeout is too short for interval and latency: the above
 * says which. */
KITH_MUST_USE kith_status kith_gap_check_parameters(const kith_connection_parameters *parameters);

/* The GAP service that clients read, beyond config.name and .appearance: all of it is off where nothing is said, and
 * everybody may read it.  Vol 3 Part C 12.
 *
 * With more characteristics than name and appearance the service stands behind the GATT service: at handles 14 to 20,
 * 22 or 24, and the program's table after it.  Clients that know the table are told, as of every table that changes. */
typedef struct {
    /* Peripheral Preferred Connection Parameters: what a central does best to connect with.  NULL: not there. */
    const kith_connection_parameters *preferred;
    /* The name in the program's memory, up to 248 octets: it may change, and is read here instead of config.name. */
    kith_variable *name;
    /* What a client's link must have to write it: KITH_WRITE_*, and a key size; 0: nobody may.  VALUE_WRITTEN tells,
     * with id KITH_GAP_DEVICE_NAME; to keep it over a restart is the program's. */
    uint32_t name_permissions;
    /* Central Address Resolution is there, and says "supported".  It is so where a peripheral's directed advertising
     * to a private address of ours finds us, which takes a controller that resolves it. */
    bool central_address_resolution;
    /* LE GATT Security Levels: the mode and level with which a client may do all that the table lets anybody do (and
     * what signed writes need, where there are some), so that it knows before it is refused. */
    bool security_levels;
} kith_gap_service;

enum { KITH_GAP_DEVICE_NAME = 0x2a00 }; /* the id in events about the name */

/* Connects.  Ends in CONNECTED or CONNECT_FAILED; waits for as long as it takes, or until
 * kith_gap_cancel_connect().  parameters may be NULL: the defaults.  Scanning goes on by itself only if
 * the controller can do both.
 * KITH_ERR_STATE: not ready; KITH_ERR_BUSY: connecting already; KITH_ERR_VALUE; KITH_ERR_FULL: all links in use;
 * KITH_ERR_UNSUPPORTED. */
KITH_MUST_USE kith_status kith_gap_connect(struct kith_host *h, const kith_address *peer,
                                           const kith_connection_parameters *parameters);
KITH_MUST_USE kith_status
kith_gap_cancel_connect(struct kith_host *h); /* KITH_ERR_STATE: not connecting; KITH_ERR_FULL: take events */

/* Asks for other parameters on a link.  A central changes them; a peripheral asks the central, which may refuse.  Ends
 * once, in PARAMETERS with .asked, which says what they are then.
 * KITH_ERR_NOT_FOUND: no such link; KITH_ERR_VALUE: kith_gap_check_parameters(); KITH_ERR_BUSY: one is under way on
 * this link, ours or the peer's; KITH_ERR_STATE: it is being disconnected; KITH_ERR_FULL: no buffer just now.  With an
 * error nothing was sent.  What a peripheral asks us for: config.accept_parameters.
 * Vol 4 Part E 7.8.18, Vol 3 Part A 4.20, Part C 9.3.9. */
KITH_MUST_USE kith_status kith_gap_update_parameters(struct kith_host *h, kith_link link,
                                                     const kith_connection_parameters *parameters);

/* Disconnects; ends in DISCONNECTED.  reason as Vol 4 Part E 7.1.6 allows (0x13: user).
 * KITH_ERR_NOT_FOUND: no such link. KITH_ERR_VALUE: reason. */
KITH_MUST_USE kith_status kith_gap_disconnect(struct kith_host *h, kith_link link, kith_hci_status reason);

/* The host's own address on air; while nothing is on, the one that is used next unless its time is over by then
 * (kith/privacy.h).  KITH_ERR_STATE: not ready, or no private address could be made. */
KITH_MUST_USE kith_status kith_gap_own_address(const struct kith_host *h, kith_address *out);

/* Finds the Complete or Shortened Local Name in AD structures; text is closed with a zero.
 * false: there is none. */
bool kith_gap_find_name(const uint8_t *data, size_t len, char text[32]);

#endif
