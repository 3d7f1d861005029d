/* Advertising: one set, or several side by side.  Core Vol 3 Part C 9.2, 9.3, Vol 4 Part E 7.8.5 to 7.8.9, 7.8.52 to
 * 7.8.60; Vol 6 Part B 4.4.2.
 *
 * Number 0 is always there; limits.sets says how many others may be.  More than one at a time, extended PDUs and an
 * address of its own for each take a controller with extended advertising (Core 5.0; READY.sets says how many it has).
 * Where it has it, its commands are used for everything; else those of Core 4.2, and set 0 alone.
 *
 * What is on ends by itself when a link comes of it, and tells so.  kith/policy/advertise_again.h begins again. */
#ifndef KITH_ADVERTISING_H
#define KITH_ADVERTISING_H

#include "kith/event.h"

struct kith_host;

enum { KITH_SETS_MAX = 15, KITH_ADVERTISING_DATA_MAX = 1650 };

/* Who is answered: the controller's filter accept list is kith/lists.h.  Vol 4 Part E 7.8.5. */
typedef enum {
    KITH_FILTER_NOTHING, /* anybody may connect, and is answered when scanning */
    KITH_FILTER_CONNECT, /* only listed peers may connect */
    KITH_FILTER_ALL      /* nor are others answered when they scan */
} kith_filter;

/* A part of the data that is drawn anew with each private address of ours, so that nobody recognizes this device by it:
 * len octets from octet `at` on.  len 0: none.  The number that extended PDUs tell data by (the DID) changes with the
 * address in any case; sid, interval and kind of a set stay, and are the program's. */
typedef struct {
    uint16_t at, len;
} kith_random_part;

/* Which PDUs it is, by what is true of it:
 *                     legacy (31 octets)               extended
 *   connectable       ADV_IND, answers scan requests   connectable, does not answer
 *   else              ADV_SCAN_IND                     scannable: the response alone has data
 *   else and silent   ADV_NONCONN_IND                  neither
 *   directed          ADV_DIRECT_IND, without data     connectable, or neither with silent */
typedef struct {
    uint16_t interval_625us; /* 0x0020..0x4000; not looked at with high_duty */
    bool connectable;
    bool silent;    /* scan requests are not answered; not with connectable */
    bool extended;  /* extended PDUs, which scanners before Core 5.0 do not hear */
    bool directed;  /* to one device alone: */
    bool high_duty; /* with directed, legacy and connectable: as often as it goes, for 1.28 s */
    /* Whom it is directed to.  The identity address of a bonded peer that gave an identity resolving key becomes a
     * private address of that peer on air; where it is not known that its central resolves those
     * (kith_peers_ask_resolution()) it would not be heard, and is refused; so is what is connectable where our
     * controller does not resolve (kith/lists.h): it would not know the answer. */
    kith_address to;
    uint8_t filter;    /* kith_filter; what is not listed is kept out before it is a link.  Not with directed */
    bool ask_list;     /* with a filter: ALLOW_LIST_WANTED each time before it begins, and it waits for
                          kith_allow_list_ready(), which all sets that wait hear */
    uint32_t limit_ms; /* it is off after so long; 0: no limit.  Up to 0xffffffff */
    uint8_t primary_phy, secondary_phy; /* extended: KITH_PHY_*; 0: LE 1M.  Primary: not LE 2M */
    uint8_t sid;                        /* extended: 0..15, a number that scanners tell sets by */
    uint8_t data_len, response_len;     /* 0..31 */
    uint8_t data[31];                   /* AD structures (kith/ad.h) */
    uint8_t response[31];               /* scan response */
    const uint8_t *long_data;           /* extended: in place of the above; lent until it is off.  NULL: the above */
    const uint8_t *long_response;       /* likewise */
    uint16_t long_data_len, long_response_len; /* up to READY.data_most */
    kith_random_part random_data, random_response;
} kith_advertising;

/* 100 ms, connectable, flags "general discoverable, no BR/EDR" and the name, cut to what fits. */
void kith_gap_default_advertising(kith_advertising *advertising, const char *name);

/* What is wrong with it, in words; NULL: nothing.  A constant string. */
const char *kith_gap_advertising_fault(const kith_advertising *advertising);

/* Starts set 0; KITH_EVENT_ADVERTISING tells, once when it is on, and once when it is off: when a link came of it
 * (which is told before), when its limit is over, when it was stopped, when the controller refuses what is to go on
 * after a pause; with a filter when the controller's list could not be made what it shall be: nobody is let in by
 * mistake.  Where it could not begin, it is told to be off, and never on.  A pause (kith/lists.h, kith/privacy.h) is
 * not told, nor is the end where the controller is lost.
 * .activity.status: KITH_ERR_ENTROPY or the crypto port's own: there was no address, or nothing for a random part;
 * KITH_ERR_NOT_FOUND: the bonded peer that it was directed to was forgotten.
 * KITH_ERR_STATE: not ready, on already, or being switched; KITH_ERR_VALUE: kith_gap_advertising_fault() says what, or
 * there is no such set; KITH_ERR_NOT_FOUND: with a filter and without ask_list, and nobody is listed; KITH_ERR_FULL:
 * with ask_list: events must be taken first; KITH_ERR_BUSY: our identity is just being changed; KITH_ERR_UNSUPPORTED:
 * the controller cannot (kith_lack_name() of READY.lacks), or not with so many octets or sets; with a filter there are
 * no lists; directed to a peer that is not known to resolve private addresses, or by one that does not; connectable
 * with KITH_PRIVACY_NON_RESOLVABLE. */
KITH_MUST_USE kith_status kith_gap_advertise(struct kith_host *h, const kith_advertising *advertising);
/* The same for a set: 0 to limits.sets. */
KITH_MUST_USE kith_status kith_gap_advertise_set(struct kith_host *h, uint8_t set, const kith_advertising *advertising);

/* KITH_ERR_STATE: it is off; KITH_ERR_BUSY: it is being switched, KITH_EVENT_ADVERTISING will tell; KITH_ERR_FULL: it
 * waits for kith_allow_list_ready(), and events must be taken first; KITH_ERR_VALUE: no such set. */
KITH_MUST_USE kith_status kith_gap_stop_advertising(struct kith_host *h);
KITH_MUST_USE kith_status kith_gap_stop_set(struct kith_host *h, uint8_t set);

/* Other data and response for a set that is on (random parts stay where they are, and are drawn anew).  Up to 31 octets
 * are copied; longer ones, of extended PDUs, are lent until it is off or has others.  From when the controller takes
 * it; where it does not, it advertises on with what it had, and the next change of address tries again; where that is
 * refused, too, it ends.  More than 251 octets take several commands and a pause, and a refusal ends it at once.
 * KITH_ERR_STATE: it is off, or being switched; KITH_ERR_VALUE: lengths, a random part that does not fit any more, or
 * no such set; KITH_ERR_UNSUPPORTED: too long for the controller; KITH_ERR_BUSY: the last ones are on their way. */
KITH_MUST_USE kith_status kith_gap_set_data(struct kith_host *h, uint8_t set, const uint8_t *data, uint16_t data_len,
                                            const uint8_t *response, uint16_t response_len);

#endif
