/* Connecting, and what a link is like.  Core Vol 3 Part C 9.3, Vol 4 Part E 7.8.12, 7.8.13, 7.8.18, 7.8.66.
 * Advertising is kith/advertising.h, scanning kith/scanning.h. */
#ifndef KITH_GAP_H
#define KITH_GAP_H

#include "kith/advertising.h"
#include "kith/event.h"
#include "kith/scanning.h"

struct kith_host;

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
 * 22, 24 or 26, and the program's table after it.  Clients that know the table are told, as of every table that
 * changes. */
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
    /* Resolvable Private Address Only is there: whoever bonds with us may refuse our identity address from then on, on
     * air.  Only with config.privacy KITH_PRIVACY_RESOLVABLE, which then stays (KITH_ERR_VALUE of kith_host_init() and
     * kith_privacy_set()); and it says so for as long as the bonds last.  12.5. */
    bool private_only;
    /* LE GATT Security Levels: the mode and level with which a client may do all that the table lets anybody do (and
     * what signed writes need, where there are some), so that it knows before it is refused. */
    bool security_levels;
} kith_gap_service;

enum { KITH_GAP_DEVICE_NAME = 0x2a00 }; /* the id in events about the name */

/* How to connect. */
typedef struct {
    bool listed; /* to whoever of the filter accept list (kith/lists.h) is heard first */
    /* Else to this one: as on air, or the identity address of a peer that the controller resolves.  A bonded peer that
     * uses private addresses and is not in the controller's resolving list (kith/lists.h) is not met by its identity
     * address: kith_gap_find() tells its address on air. */
    kith_address peer;
    kith_connection_parameters parameters;
    uint16_t scan_interval_625us, scan_window_625us; /* 0x0004..0x4000, window not above interval */
    uint8_t phys;                                    /* KITH_PHYS_1M, _CODED: where it listens; 0: LE 1M */
    uint32_t limit_ms;                               /* CONNECT_FAILED with .timed_out after so long; 0: no limit */
} kith_initiating;

/* To nobody, 60 ms in 60 ms, the parameters above, LE 1M, no limit. */
void kith_gap_default_initiating(kith_initiating *initiating);

/* Connects.  Ends once, in CONNECTED or CONNECT_FAILED; a link that is made in the moment in which its time is over, or
 * it is cancelled, is CONNECTED.  With the list it ends in CONNECT_FAILED, too, when the controller refuses to make the
 * list what it shall be: nobody is met by mistake.  Scanning goes on by itself only if the controller can do both.
 * KITH_ERR_STATE: not ready; KITH_ERR_BUSY: connecting already, or our identity is just being changed; KITH_ERR_VALUE:
 * a number is out of its range, or the parameters; KITH_ERR_FULL: all links in use; KITH_ERR_NOT_FOUND: listed, and
 * nobody is; KITH_ERR_UNSUPPORTED: the controller cannot, listed and there are no lists, a PHY it lacks, or
 * KITH_PRIVACY_NON_RESOLVABLE. */
KITH_MUST_USE kith_status kith_gap_initiate(struct kith_host *h, const kith_initiating *initiating);

/* The same to one address, for as long as it takes, or until kith_gap_cancel_connect().  parameters may be NULL: the
 * defaults. */
KITH_MUST_USE kith_status kith_gap_connect(struct kith_host *h, const kith_address *peer,
                                           const kith_connection_parameters *parameters);
KITH_MUST_USE kith_status
kith_gap_cancel_connect(struct kith_host *h); /* KITH_ERR_STATE: not connecting; KITH_ERR_FULL: take events */

/* Asks for other parameters on a link.  A central changes them; a peripheral asks the central, which may refuse.  Ends
 * once, in PARAMETERS with .asked, which says what they are then.
 * KITH_ERR_NOT_FOUND: no such link; KITH_ERR_VALUE: kith_gap_check_parameters(); KITH_ERR_BUSY: one is under way on
 * this link, ours or the peer's; KITH_ERR_STATE: it is being disconnected; KITH_ERR_FULL: no buffer just now.  With an
 * error nothing was sent.  As peripheral it goes by the link layer where both ends can, else by L2CAP; that the
 * central's cannot is found by trying, once for each link.  Where both sides began at once it is tried again, three
 * times in all.  Vol 4 Part E 7.8.18, Vol 3 Part A 4.20, Part C 9.3.9, Vol 6 Part B 5.3. */
KITH_MUST_USE kith_status kith_gap_update_parameters(struct kith_host *h, kith_link link,
                                                     const kith_connection_parameters *parameters);

/* What becomes of parameters that a peripheral asks for (config.accept_parameters), by L2CAP or by its link layer.  A
 * peer may ask KITH_PARAMETER_REQUESTS times in KITH_PARAMETER_REQUESTS_S seconds; what is more is refused, unseen.
 * What is no sound request, does not fit together, or comes while a change is under way, is always refused.  A central
 * needs nobody's leave: one that asks a peripheral by its link layer is told yes, within these rules and without that
 * policy.  Vol 3 Part A 4.20, Vol 4 Part E 7.7.65.6. */
typedef enum {
    KITH_PARAMETERS_REFUSE,
    KITH_PARAMETERS_ACCEPT, /* within config.parameters_within; it may make its link slow, and no other */
    KITH_PARAMETERS_ASK     /* within that, PARAMETERS_WANTED asks */
} kith_parameters_policy;
enum { KITH_PARAMETER_REQUESTS = 4, KITH_PARAMETER_REQUESTS_S = 10 };

/* Answers PARAMETERS_WANTED.  The change is told in PARAMETERS, without .asked; where nothing comes of it, nothing is.
 * KITH_ERR_NOT_FOUND: no such link; KITH_ERR_STATE: nothing was asked on it (any more), or the question has not been
 * taken yet, and this would answer an earlier one. */
KITH_MUST_USE kith_status kith_gap_answer_parameters(struct kith_host *h, kith_link link, bool accept);

/* How strongly the peer is heard; ends once, in RSSI.
 * KITH_ERR_NOT_FOUND: no such link; KITH_ERR_BUSY: it is being read; KITH_ERR_STATE: it is being disconnected;
 * KITH_ERR_UNSUPPORTED: the controller has no such command.  With an error nothing was sent.  Vol 4 Part E 7.5.4. */
KITH_MUST_USE kith_status kith_gap_read_rssi(struct kith_host *h, kith_link link);

/* Asks for other PHYs: KITH_PHYS_* each, 0: as the controllers like.  Ends once, in PHY with .asked, which says what
 * they are then; what the peer or a controller changes is told in PHY, too.
 * KITH_ERR_NOT_FOUND: no such link; KITH_ERR_VALUE: no such PHY; KITH_ERR_UNSUPPORTED: the controller has none but LE
 * 1M, or lacks one of these; KITH_ERR_STATE: it is being disconnected; KITH_ERR_BUSY: one is under way on this link.
 * With an error nothing was sent.  Vol 4 Part E 7.8.49. */
KITH_MUST_USE kith_status kith_gap_set_phy(struct kith_host *h, kith_link link, uint8_t tx_phys, uint8_t rx_phys);

/* Asks for link layer packets of up to so many octets, 27..251, to be sent.  The host asks for the longest by itself
 * once, unless this was called before: on a new link, or where its address claims a bond, once it is encrypted.
 * DATA_LENGTH tells each change, whoever wanted it.  There is no end of its own: a peer without the feature leaves
 * everything as it is.
 * KITH_ERR_NOT_FOUND: no such link; KITH_ERR_VALUE: octets; KITH_ERR_UNSUPPORTED: KITH_LACKS_DATA_LENGTH;
 * KITH_ERR_STATE: it is being disconnected.  With an error nothing was sent.  Vol 4 Part E 7.8.33. */
KITH_MUST_USE kith_status kith_gap_set_data_length(struct kith_host *h, kith_link link, uint16_t octets);

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
