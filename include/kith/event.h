/* Events: what the host has to tell.  Taken one at a time with kith_host_next_event().
 *
 * Order: events come in the order in which things happened.  A link's first event is CONNECTED, its last
 * DISCONNECTED; the ends of everything that was under way on it come in between.
 *
 * Never lost: all but REPORT, WRITE_COMMAND and NOTIFIED without .indicated (an indication was confirmed, and comes).
 * Those three are dropped when the queue is short, counted in kith_host_dropped().  A signed write is told when its
 * counter is in the store; one that comes meanwhile from the same peer is dropped and counted, and so is one whose
 * link, bond or store fails in that time. */
#ifndef KITH_EVENT_H
#define KITH_EVENT_H

#include "kith/address.h"
#include "kith/gatt.h"
#include "kith/uuid.h"
#include "kith/verdict.h"

typedef uint32_t kith_link;    /* names one connection; never 0, not used again soon after its end */
typedef uint32_t kith_peer_id; /* names one bond; 0: none */
typedef uint32_t kith_token;   /* names one operation of kith/peers.h; never 0 */

typedef enum {
    KITH_EVENT_NONE,

    KITH_EVENT_STORE_LOADED,    /* .store: before READY, where a store outlives the program */
    KITH_EVENT_READY,           /* .ready: the controller is up */
    KITH_EVENT_START_FAILED,    /* .start_failed: what it lacks, or what it answered */
    KITH_EVENT_CONTROLLER_LOST, /* .lost: it stopped answering or failed; all links ended before this */

    KITH_EVENT_ADVERTISING, /* .activity: on, or off and why */
    KITH_EVENT_SCANNING,    /* .activity */
    KITH_EVENT_REPORT,      /* .report: an advertiser was heard */
    KITH_EVENT_FOUND,       /* .found: end of kith_gap_find() */

    KITH_EVENT_CONNECTED,      /* .connected */
    KITH_EVENT_CONNECT_FAILED, /* .connect_failed: the end of kith_gap_connect() without a link */
    KITH_EVENT_PARAMETERS, /* .parameters: those of a link have changed; or the end of kith_gap_update_parameters() */
    KITH_EVENT_PARAMETERS_WANTED, /* .parameters_wanted: as central: the peripheral asks for others; answer with
                                     kith_gap_answer_parameters() before its deadline; with KITH_PARAMETERS_ASK alone */
    KITH_EVENT_RSSI,              /* .rssi: end of kith_gap_read_rssi() */
    KITH_EVENT_PHY,               /* .phy: PHYs of a link have changed; or the end of kith_gap_set_phy() */
    KITH_EVENT_DATA_LENGTH,       /* .data_length: how long link layer packets may be has changed */
    KITH_EVENT_DISCONNECTED,      /* .disconnected */
    KITH_EVENT_RECONNECTING,      /* .reconnecting: kith/reconnect.h goes on in another way */

    KITH_EVENT_SECURITY_REQUESTED, /* .requested: as central: the peripheral asks for security; what is done about it
                                      follows */
    KITH_EVENT_SECURITY_WANTED,    /* .security_wanted: how to pair on this link?  Answer with kith_security_answer()
                                      before its deadline; with security.ask_parameters alone */
    KITH_EVENT_SECURITY_STARTED,   /* .started: a pairing, or an encryption with a bond, begins; its end follows, one
                                      for each */
    KITH_EVENT_CONSENT_WANTED,     /* .consent: answer with kith_pairing_consent() before its deadline */
    KITH_EVENT_COMPARISON_WANTED,  /* .comparison: answer with kith_pairing_compare() before its deadline */
    KITH_EVENT_PASSKEY_SHOWN,      /* .passkey: show it to your user, who types it on the peer */
    KITH_EVENT_PASSKEY_WANTED,     /* .passkey: answer with kith_pairing_passkey() before its deadline */
    KITH_EVENT_KEYPRESS,           /* .keypress: what the peer's user does with the keys */
    KITH_EVENT_OOB_WANTED,         /* .oob_wanted: answer with kith_pairing_oob() before its deadline */
    KITH_EVENT_OOB_READY,          /* .oob: end of kith_oob_make() */
    KITH_EVENT_KEY,                /* .key: one key was given to the peer, or came from it */
    KITH_EVENT_SECURITY_CHANGED,   /* .security: what protects the link has changed */
    KITH_EVENT_PAYLOAD_TIMEOUT,    /* nothing with a valid MIC came on this encrypted link for the configured time: the
                                      peer may be gone, and somebody without the key keep the link alive.  What to do is
                                      the program's to say; told again after each such time */
    KITH_EVENT_PAIRED,             /* .verdict: end of a pairing */
    KITH_EVENT_PAIRING_FAILED,     /* .verdict: end of a pairing */
    KITH_EVENT_ENCRYPTED,          /* .verdict: end of an encryption with a bond */
    KITH_EVENT_ENCRYPTION_FAILED,  /* .verdict: end of an encryption with a bond */
    KITH_EVENT_BONDED,             /* .verdict: the bond is in the store, durable; link 0: that link has gone */
    KITH_EVENT_BOND_FAILED,       /* .verdict: the pairing went well, its bond could not be kept (a write that failed is
                                     undone; should the power go before, it may be there at the next start) */
    KITH_EVENT_ROOM_WANTED,       /* .room: whom to forget for a newcomer; answer with kith_peers_make_room() before its
                                     deadline; with security.when_full KITH_FULL_ASK alone */
    KITH_EVENT_FORGOTTEN,         /* .forgotten: end of kith_bonds_forget(); or it was forgotten to make room */
    KITH_EVENT_FORGOTTEN_ALL,     /* .forgotten: end of kith_peers_forget_all(), peer 0 */
    KITH_EVENT_PEER_DATA,         /* .data: end of an operation of kith/peers.h */
    KITH_EVENT_STORE_FAILED,      /* .store_failed: what the host keeps by itself could not be written */
    KITH_EVENT_STORE_COLLECTED,   /* .collected: the store has made room in itself */
    KITH_EVENT_ALLOW_LIST,        /* .peer_list: the controller's filter accept list has changed, or could not be */
    KITH_EVENT_ALLOW_LIST_WANTED, /* advertising that filters is about to begin: kith_allow_list_set() or _follow() may
                                     be called now, and kith_allow_list_ready() lets it begin */
    KITH_EVENT_DEVICE_IDENTITIES, /* .peer_list: the controller's resolving list has changed, or could not be */
    KITH_EVENT_IDENTITY,          /* .identity: end of kith_identity_create(), _set() or _remove() */
    KITH_EVENT_RESET,             /* .reset: end of kith_host_factory_reset(), and of all forgetting; the host is off */

    KITH_EVENT_READ_WANTED,          /* .attribute: a client reads; answer with kith_gatt_answer_read() */
    KITH_EVENT_WRITE_WANTED,         /* .attribute: a client writes; answer with kith_gatt_answer_write() */
    KITH_EVENT_WRITE_COMMAND,        /* .attribute: a client wrote without response, signed or not */
    KITH_EVENT_AUTHORIZATION_WANTED, /* .attribute: a client may do this if you say so: kith_gatt_authorize() */
    KITH_EVENT_VALUE_WRITTEN,        /* .attribute: a client has written a variable */
    KITH_EVENT_SUBSCRIBED,           /* .subscription: a client wants to be told of a value, or no more */
    KITH_EVENT_INDICATED,            /* .indicated: end of kith_gatt_indicate() */
    KITH_EVENT_TABLE_TOLD,           /* .table_told: Service Changed went to a client; then once more: its end */

    KITH_EVENT_SERVICES,    /* .list: some found by kith_gatt_discover_services(); more may follow; so the next three */
    KITH_EVENT_INCLUDES,    /* .list */
    KITH_EVENT_DESCRIPTORS, /* .list */
    KITH_EVENT_CHARACTERISTICS, /* .characteristics: some found by kith_gatt_discover(); more may follow */
    KITH_EVENT_DISCOVERED,      /* .gatt: end of kith_gatt_discover(), _discover_services() and the like */
    KITH_EVENT_VALUES,          /* .list: some found by kith_gatt_read_by_uuid(); more may follow */
    KITH_EVENT_READ,    /* .gatt: end of kith_gatt_read(), _read_by_uuid() (without a value), _read_multiple() */
    KITH_EVENT_WRITTEN, /* .gatt: end of kith_gatt_write(), _write_long(), _write_reliable() */
    KITH_EVENT_SUBSCRIPTION_WRITTEN, /* .gatt: end of kith_gatt_subscribe() */
    KITH_EVENT_NOTIFIED,             /* .notified: the peer tells of a value */
    KITH_EVENT_TABLE_CHANGED,        /* .table: what kith_gatt_discover_all() learned is no more in force */
    KITH_EVENT_MTU                   /* .gatt: end of kith_gatt_exchange_mtu() */
} kith_event_kind;
enum { KITH_EVENT_KINDS = KITH_EVENT_MTU + 1 };

/* What a controller can lack.  kith_lack_name() gives the words. */
enum {
    KITH_LACKS_LE = 0x0001,                /* no LE at all */
    KITH_LACKS_ENCRYPTION = 0x0002,        /* LE Encryption feature, or its commands */
    KITH_LACKS_PUBLIC_ADDRESS = 0x0004,    /* asked to use it, and it is zero */
    KITH_LACKS_BUFFERS = 0x0008,           /* no ACL buffer of at least 27 octets */
    KITH_LACKS_ADVERTISING = 0x0010,       /* legacy advertising commands */
    KITH_LACKS_SCANNING = 0x0020,          /* legacy scanning commands */
    KITH_LACKS_INITIATING = 0x0040,        /* LE Create Connection */
    KITH_LACKS_DATA_LENGTH = 0x0080,       /* data length extension */
    KITH_LACKS_RESOLVING_LIST = 0x0100,    /* link layer privacy */
    KITH_LACKS_PING = 0x0200,              /* LE Ping: the authenticated payload timeout */
    KITH_LACKS_FILTER_LIST = 0x0400,       /* the filter accept list */
    KITH_LACKS_EXTENDED = 0x0800,          /* extended advertising, scanning and connecting */
    KITH_LACKS_PRIVACY_MODES = 0x1000,     /* network and device privacy mode */
    KITH_LACKS_PARAMETER_REQUEST = 0x2000, /* the link layer's own request for connection parameters */
    KITH_LACKS_PHY_2M = 0x4000,
    KITH_LACKS_PHY_CODED = 0x8000
};

/* PHYs: as one is named, and as a set of them.  Vol 4 Part E 7.8.47, 7.8.49. */
enum { KITH_PHY_1M = 1, KITH_PHY_2M = 2, KITH_PHY_CODED = 3 };
enum { KITH_PHYS_1M = 0x01, KITH_PHYS_2M = 0x02, KITH_PHYS_CODED = 0x04 };

/* The words for the lowest bit of lacks; NULL for 0. */
const char *kith_lack_name(uint32_t lacks);

typedef struct {
    kith_address address;    /* the host's own, as used on air */
    uint8_t hci_version;     /* Core version as assigned: 9 is 5.0 */
    uint16_t manufacturer;   /* company identifier */
    uint16_t acl_len;        /* octets of one ACL packet to the controller */
    uint16_t acl_packets;    /* how many it holds */
    uint32_t lacks;          /* KITH_LACKS_*: not needed to start, and not there */
    uint32_t other_identity; /* bonds made under an address that is none of our identities': their peers know us by
                                it, and these bonds are not used */
    uint8_t filter_list, resolving_list; /* how many peers the controller's lists hold; 0: it has none */
    uint8_t sets;                        /* advertising sets at once; 1 without extended advertising */
    uint16_t data_most;                  /* octets of advertising data of one; 31 without */
} kith_event_ready;

typedef struct {
    uint32_t lacks;  /* KITH_LACKS_*: needed and not there; 0: a command failed */
    uint16_t opcode; /* the command that failed, or 0 */
    kith_hci_status hci_status;
    kith_status status; /* KITH_ERR_ENTROPY and so on; KITH_OK otherwise */
    bool store;         /* status is about the store: STORAGE, DAMAGED, NEWER, or FULL (more bonds than limits.bonds) */
} kith_event_start_failed;

typedef struct {
    uint32_t bonds;
    uint32_t damaged; /* records that failed their check: not used, not touched */
    uint32_t torn;    /* writes that a power cut had cut short; what they were to replace stands */
    bool fresh;       /* it was empty: an identity was drawn and stored */
} kith_event_store;

typedef struct {
    uint16_t opcode;       /* the command it never answered, or 0 */
    uint8_t hardware_code; /* of a Hardware Error event, or 0 */
} kith_event_lost;

typedef enum {
    KITH_ENDED_ASKED,     /* it is on; or off, as the program asked, or because something failed */
    KITH_ENDED_CONNECTED, /* a link came of it */
    KITH_ENDED_TIME,      /* its limit is over */
    KITH_ENDED_FOUND      /* kith_gap_find() has what it sought */
} kith_activity_end;

typedef struct {
    bool on;
    uint8_t set;                /* ADVERTISING: which */
    kith_activity_end why;      /* it is off */
    kith_hci_status hci_status; /* what failed, 0: nothing */
    kith_status status;         /* KITH_OK, or why there is no private address to do it with (kith/privacy.h), or
                                   nothing to say (kith/advertising.h) */
} kith_event_activity;

typedef struct {
    union {                       /* its AD structures, Vol 3 Part C 11; kith/ad.h reads them */
        uint8_t data[31];         /* len up to 31 */
        const uint8_t *long_data; /* len above 31; valid until the next kith_host_next_event() */
    };
    kith_peer_id claimed; /* the bond that the address would belong to; 0: none */
    uint16_t len;
    kith_address address; /* as heard, or the identity that the controller resolved it to (kith/lists.h): a claim.
                             Zeros where it says none */
    bool connectable, scannable;
    bool directed; /* to us: to our address, or to a private one that was made with our key */
    bool scan_response;
    bool extended; /* heard in extended PDUs */
    bool is_cut;   /* there was more data than limits.report_data, than the controller got, or than came in order: parts
                      of two advertisers do not come mixed, so the rest of the first is dropped, and counted */
    uint8_t sid;   /* extended: which set of it; 0xff: it says none */
    uint8_t primary_phy, secondary_phy; /* KITH_PHY_*; secondary 0: none */
    int8_t rssi;                        /* dBm; 127: not known */
    int8_t tx_power;                    /* dBm, as it says; 127: it does not */
} kith_event_report;

/* Where its AD structures are: data or long_data. */
const uint8_t *kith_report_data(const kith_event_report *report);

typedef enum {
    KITH_FOUND,
    KITH_FOUND_NOT_IN_TIME,
    KITH_FOUND_STOPPED, /* kith_gap_stop_scan() */
    KITH_FOUND_FAILED   /* .hci_status, .status as SCANNING told them */
} kith_found_result;

typedef struct {
    kith_event_report report; /* KITH_FOUND: what it said last */
    uint8_t result;           /* kith_found_result */
    kith_hci_status hci_status;
    kith_status status;
} kith_event_found;

typedef struct {
    bool we_are_central;
    kith_address peer;    /* the address on air: a claim */
    kith_peer_id claimed; /* the bond that address would belong to; proven only once the link is encrypted */
    uint16_t interval_1250us;
    uint16_t latency;
    uint16_t timeout_10ms;
} kith_event_connected;

typedef struct {
    kith_hci_status hci_status; /* 0x02: cancelled */
    bool timed_out;             /* its limit is over */
    kith_status status;         /* KITH_OK, or why there is no private address to do it with (kith/privacy.h) */
} kith_event_connect_failed;

typedef enum {
    KITH_PARAMETERS_CHANGED,
    KITH_PARAMETERS_REFUSED, /* by the peer, or it does not know the question; .hci_status 0x3b: by its link layer */
    KITH_PARAMETERS_FAILED,  /* by the controller: .hci_status */
    KITH_PARAMETERS_TIMEOUT, /* the central did not answer for 30 seconds, or nothing came of it for 45 */
    KITH_PARAMETERS_LINK_LOST
} kith_parameters_result;

const char *kith_parameters_result_name(kith_parameters_result result); /* never NULL */

typedef struct {
    bool asked; /* by us: this is the end; else the peer, or a controller, wanted it */
    kith_parameters_result result;
    kith_hci_status hci_status;
    uint16_t interval_1250us; /* as they are now, whatever the result */
    uint16_t latency;
    uint16_t timeout_10ms;
} kith_event_parameters;

typedef struct {
    uint16_t interval_min_1250us, interval_max_1250us, latency, timeout_10ms; /* they fit together */
    uint64_t deadline_us;                                                     /* no answer by then is a no */
} kith_event_parameters_wanted;

typedef struct {
    kith_hci_status hci_status; /* 0, or why it could not be read; the reason of a link's end */
    int8_t rssi;                /* dBm; 127: not known */
} kith_event_rssi;

typedef struct {
    bool asked;                 /* by us: this is the end */
    kith_hci_status hci_status; /* 0, or why they were not set: 0x22, nothing came of it for 45 seconds; the reason of a
                                   link's end */
    uint8_t tx_phy, rx_phy;     /* KITH_PHY_*, as they are now; 0: not known, before the first change of a link, where
                                   the controller has extended advertising: it does not tell with which they began */
} kith_event_phy;

typedef struct {
    uint16_t tx_octets, rx_octets; /* 27..251 */
} kith_event_data_length;

typedef enum {
    KITH_RECONNECTING_OFF,
    KITH_RECONNECTING_IDLE,    /* all are connected, rest or wait; or no link is free, or the controller refused */
    KITH_RECONNECTING_BY_LIST, /* the controller looks for them */
    KITH_RECONNECTING_BY_SCAN  /* the host does, as they do not fit into the controller's lists */
} kith_reconnecting_way;

typedef struct {
    kith_reconnecting_way way;
    bool fast;
    kith_peer_id peer;          /* given up: this one; 0: nobody */
    kith_status status;         /* KITH_ERR_IO with that; or why there is no private address to look with */
    kith_hci_status hci_status; /* the controller refused: it is tried again with the next change of a link or bond, by
                                   kith_reconnect_wake(), or after retry_longest_ms */
} kith_event_reconnecting;

typedef struct {
    kith_hci_status reason;
} kith_event_disconnected;

typedef struct {
    kith_address peer;
    bool again;                     /* a bond for this (claimed) peer stands; it asks to pair again */
    kith_peer_id replaces;          /* that bond; 0: none */
    bool identity_given;            /* all is done but the keeping: only now it showed whose bond would be replaced */
    kith_pairing_features features; /* the peer's; zeros where it is only a Security Request */
    uint64_t deadline_us;           /* no answer by then is a no */
} kith_event_consent;

typedef struct {
    uint32_t number;      /* 0 to 999999, shown with all six digits on both devices */
    uint64_t deadline_us; /* no answer by then is a no */
} kith_event_comparison;

typedef struct {
    uint32_t passkey;     /* PASSKEY_SHOWN: 0 to 999999, shown with all six digits */
    bool both_type;       /* PASSKEY_WANTED: neither side shows it; people agreed on it */
    uint64_t deadline_us; /* no answer by then is a no */
} kith_event_passkey;

/* Vol 3 Part H 3.5.8 */
typedef enum {
    KITH_KEYPRESS_STARTED,
    KITH_KEYPRESS_DIGIT_ENTERED,
    KITH_KEYPRESS_DIGIT_ERASED,
    KITH_KEYPRESS_CLEARED,
    KITH_KEYPRESS_COMPLETED
} kith_keypress;

typedef struct {
    kith_keypress key;
} kith_event_keypress;

/* The random values and TK are secrets until used.  Octets in wire order. */
typedef struct {
    bool has_sc;
    uint8_t confirm[16]; /* commitment to the public key, with */
    uint8_t random[16];  /* this value */
    bool has_tk;
    uint8_t tk[16];         /* legacy */
    bool channel_is_secure; /* nobody could overhear or change it on its way; else keys count as unauthenticated */
} kith_oob_data;

typedef struct {
    kith_address peer;
    uint64_t deadline_us; /* no answer by then: none is there, and the pairing goes on without */
} kith_event_oob_wanted;

typedef struct {
    kith_status status;   /* KITH_OK, or why there is none: KITH_ERR_ENTROPY, KITH_ERR_CRYPTO */
    kith_address address; /* ours, for the record that carries the data */
    kith_oob_data data;
} kith_event_oob;

typedef struct {
    uint8_t key; /* KITH_KEY_ENC (legacy alone: Secure Connections agrees on its key), KITH_KEY_ID, KITH_KEY_SIGN */
    bool taken;  /* from the peer; else given */
} kith_event_key;

typedef struct {
    bool bonding, mitm, secure_connections, keypress; /* as the peripheral's AuthReq says; nothing vouches for it */
} kith_event_requested;

typedef struct {
    kith_address peer;
    bool again;                     /* a bond for this (claimed) peer stands */
    kith_pairing_features features; /* the peer's; zeros where we are central: it has not said them yet */
    uint64_t deadline_us;           /* no answer by then: no pairing */
} kith_event_security_wanted;

typedef enum { KITH_PROCEDURE_ENCRYPTION, KITH_PROCEDURE_PAIRING, KITH_PROCEDURE_BONDING } kith_procedure;

/* Each start has one end.  An end without a start is of what never began:
 *   refused at the door: pairing that is closed, a request that is no sound one, settings that SECURITY_WANTED did not
 *   get, a key that we don't have;
 *   found done: KITH_WHY_ALREADY_SECURE;
 *   a Security Request of ours that the central did not act on.  Where it does, what it began starts then. */
typedef struct {
    kith_procedure procedure; /* ENCRYPTION ends in ENCRYPTED or ENCRYPTION_FAILED, or in a pairing that goes on from
                                 it; the others in PAIRED or PAIRING_FAILED.  BONDING: we offer to bond */
    bool by_peer;             /* the peer began it */
} kith_event_started;

typedef struct {
    kith_address newcomer; /* its identity */
    kith_level level;      /* of its bond */
    kith_peer_id would_go; /* of those who may the one of the lowest rank that was not used for longest */
    uint64_t deadline_us;  /* no answer by then: nobody goes */
} kith_event_room;

typedef struct {
    kith_peer_id peer;
    kith_status status; /* KITH_OK: its keys are destroyed everywhere; else the store still holds them */
} kith_event_forgotten;

typedef enum {
    KITH_PEER_APPLICATION, /* the program's own data about the peer */
    KITH_PEER_DATABASE,    /* what is known of the peer's attributes */
    KITH_PEER_BOND,        /* the bond itself: added, never stored or deleted alone */
    KITH_PEER_USE          /* rank, pin, resolution; in STORE_FAILED all of its state record: what it subscribed to and
                              counters of signed data, too */
} kith_peer_data;

typedef enum { KITH_PEER_ADDED, KITH_PEER_LOADED, KITH_PEER_STORED, KITH_PEER_DELETED } kith_peer_operation;

enum { KITH_PEER_DATA_MAX = 1464 };

typedef struct {
    kith_token token;
    kith_peer_id peer;
    kith_peer_data what;
    kith_peer_operation operation;
    kith_status status;
    bool changed; /* the store was written to */
    uint16_t len; /* LOADED: of the value */
} kith_event_data;

/* Of what the host keeps by itself (the program's own operations say so in PEER_DATA).  Told when it fails, for each
 * peer and what, and not again until that could be written: it is tried again with the next change, not by itself. */
typedef struct {
    kith_peer_id peer;
    kith_status status; /* KITH_ERR_FULL: no room */
    kith_peer_data what;
} kith_event_store_failed;

typedef struct {
    uint32_t count; /* how often since it was opened; several may be told as one */
} kith_event_collected;

typedef struct {
    kith_status status; /* KITH_OK; KITH_ERR_FULL: it holds fewer; KITH_ERR_IO: the controller refused: hci_status */
    kith_hci_status hci_status;
    uint16_t count; /* peers in it now */
} kith_event_peer_list;

typedef struct {
    uint16_t first, last;    /* handles that it said have changed */
    bool confirmed;          /* its end; false: it goes out */
    kith_gatt_result result; /* of the end: KITH_GATT_OK, the client knows; KITH_GATT_TIMEOUT, KITH_GATT_LINK_LOST */
} kith_event_table_told;

typedef enum { KITH_IDENTITY_CREATED, KITH_IDENTITY_CHANGED, KITH_IDENTITY_REMOVED } kith_identity_operation;

typedef struct {
    uint8_t number;
    kith_identity_operation operation;
    kith_status status;      /* KITH_OK: it is so, and in the store; else it is as it was */
    kith_address address;    /* its address, as it is now; of one that was removed, as it was */
    uint32_t other_identity; /* bonds made under none of our identities, now: as in READY */
} kith_event_identity;

typedef struct {
    kith_status status; /* KITH_OK: the store is empty; else it may hold what it held, whole or in part */
} kith_event_reset;

typedef struct {
    kith_level level;
    uint8_t key_size; /* 0: not encrypted */
    bool secure_connections;
    kith_method_kind method; /* by which the key that encrypts it was made; KITH_METHOD_NONE: not encrypted */
    kith_peer_id peer;       /* proven; 0: not bonded (yet) */
} kith_event_security;

typedef struct {
    uint16_t id; /* as in the attribute table */
    uint16_t handle;
    uint16_t offset; /* a part of a long value begins here */
    uint16_t len;
    uint8_t opcode;       /* of the request: KITH_ATT_READ_REQUEST, KITH_ATT_WRITE_REQUEST... */
    const uint8_t *value; /* valid until the next kith_host_next_event() */
    kith_peer_id signer;  /* WRITE_COMMAND: whose signature it came with, in plain; 0: not signed */
    kith_level signed_as; /* of the bond that the signing key belongs to */
} kith_event_attribute;

typedef struct {
    uint16_t id; /* of the characteristic */
    uint16_t handle;
    uint8_t bits;  /* KITH_SUBSCRIBED_*; 0: no more */
    bool restored; /* a bonded client is back, and had asked for this before: one event, id 0, bits of all values
                      together; kith_gatt_subscribed() tells of each */
} kith_event_subscription;

typedef struct {
    uint16_t id;
    uint16_t handle;
    kith_gatt_result result; /* KITH_GATT_OK: the client has confirmed; KITH_GATT_TIMEOUT, KITH_GATT_LINK_LOST */
} kith_event_indicated;

/* A list that a peer sent; kith_gatt_service_at() and its like read it. */
typedef struct {
    uint16_t count;
    uint8_t entry_len;
    const uint8_t *entries; /* valid until the next kith_host_next_event() */
} kith_event_list;
typedef kith_event_list kith_event_characteristics;

typedef struct {
    kith_gatt_result result;
    kith_att_error att_error; /* KITH_GATT_ATT_ERROR: as received */
    kith_level level; /* the lowest at which a part of it was asked or answered, or it ended: 1 is plain, and then
                         nothing vouches for the value */
    uint16_t handle;
    uint16_t mtu; /* KITH_EVENT_MTU */
    uint16_t len;
    const uint8_t *value; /* KITH_EVENT_READ; valid until the next kith_host_next_event() */
} kith_event_gatt;

typedef struct {
    uint16_t first, last; /* handles that the peer says have changed */
} kith_event_table;

typedef struct {
    uint16_t handle;  /* as the peer says: one that nobody subscribed to, too */
    bool indicated;   /* and confirmed */
    kith_level level; /* of the link when it came: 1 is plain, and then nothing vouches for the value */
    uint16_t len;
    const uint8_t *value; /* valid until the next kith_host_next_event(); a peer cuts off what is above MTU - 3 */
} kith_event_notified;

typedef struct {
    kith_event_kind kind;
    kith_link link;       /* 0 where the event is about no link */
    kith_peer_id peer;    /* proven peer of that link, 0: none */
    kith_address address; /* peer's address on air, where link is not 0 */
    union {
        kith_event_store store;
        kith_event_ready ready;
        kith_event_start_failed start_failed;
        kith_event_lost lost;
        kith_event_activity activity;
        kith_event_report report;
        kith_event_found found;
        kith_event_connected connected;
        kith_event_connect_failed connect_failed;
        kith_event_parameters parameters;
        kith_event_parameters_wanted parameters_wanted;
        kith_event_rssi rssi;
        kith_event_phy phy;
        kith_event_data_length data_length;
        kith_event_reconnecting reconnecting;
        kith_event_disconnected disconnected;
        kith_event_consent consent;
        kith_event_comparison comparison;
        kith_event_passkey passkey;
        kith_event_keypress keypress;
        kith_event_oob_wanted oob_wanted;
        kith_event_oob oob;
        kith_event_key key;
        kith_event_requested requested;
        kith_event_security_wanted security_wanted;
        kith_event_started started;
        kith_event_room room;
        kith_event_forgotten forgotten;
        kith_event_data data;
        kith_event_store_failed store_failed;
        kith_event_collected collected;
        kith_event_peer_list peer_list;
        kith_event_table_told table_told;
        kith_event_identity identity;
        kith_event_reset reset;
        kith_event_security security;
        kith_verdict verdict;
        kith_event_attribute attribute;
        kith_event_subscription subscription;
        kith_event_indicated indicated;
        kith_event_characteristics characteristics;
        kith_event_list list;
        kith_event_gatt gatt;
        kith_event_table table;
        kith_event_notified notified;
    };
} kith_event;

/* "paired", "disconnected"...; a constant string, never NULL. */
const char *kith_event_name(kith_event_kind kind);

#endif
