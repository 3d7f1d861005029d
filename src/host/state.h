/* What a host is: its state and that of its parts.  Who changes which is in internal.h, which is what files of src/host
 * include. */
#ifndef HOST_STATE_H
#define HOST_STATE_H

#include "gatt/client.h"
#include "gatt/server.h"
#include "gatt/survey.h"
#include "hci/reassembly.h"
#include "kith/codec/hci.h"
#include "kith/codec/l2cap.h"
#include "kith/kith.h"
#include "peers/backoff.h"
#include "peers/bonds.h"
#include "peers/chunk.h"
#include "peers/record.h"
#include "smp/session.h"

enum {
    HOST_COMMAND_MAX = 260, /* type, opcode, length and 255 octets */
    HOST_COMMAND_TIMEOUT_US = 4000000,
    HOST_ATT_TIMEOUT_US = 30000000,
    HOST_ENCRYPTION_TIMEOUT_US = 45000000, /* the link layer itself gives up after 40 s (Vol 6 Part B 5.2) */
    HOST_UPDATE_TIMEOUT_US = 45000000,     /* as long, for the same reason */
    HOST_UPDATE_ANSWER_US = 30000000,      /* TGAP(conn_param_timeout), Vol 3 Part C Appendix A */
    HOST_WISH_ANSWER_US = 25000000,        /* so that the peer, which waits that long, has the answer */
    HOST_UPDATE_TRIES = 3,                 /* where both sides began at once */
    HOST_LONGEST_PACKET = 251,             /* of the link layer, Vol 6 Part B 4.5.10 */
    HOST_STEP_EVENTS = 10,                 /* that one packet makes at most, besides the ends of operations that wait */
    HOST_FRAME_RECORD = 3,                 /* before each frame in a transmit buffer: length and channel class */
    HOST_SMP_RESERVE = 320,                /* what one pairing can have waiting for the controller at most */
    HOST_SIGNALLING_RESERVE = 64,
    HOST_DISCONNECT_TIMEOUT_US = 2000000, /* for the peer to acknowledge what the security manager said last */
    HOST_DISCONNECT_TRIES = 3,
    HOST_BACKOFF_SLOTS = 8,              /* identities that wait after failed pairings */
    HOST_RECONNECT_ATTEMPT_US = 5000000, /* for an advertiser that was just heard */
    HOST_RECONNECT_RESCAN_US = 30000000,
    STRAY = 0x8000,
    HOST_MORE_KEYS = 2,  /* beside those of pairings: the one made ahead, and that of our out of band data */
    HOST_HOLD_EXTRA = 64 /* so that the smallest MTU still holds a whole key distribution and a request */
};

/* ---- events (events.c) ---- */

typedef struct {
    kith_event event;
    bool is_question; /* that an answer is wanted to */
    bool has_payload;
    uint32_t payload_end; /* in the ring */
} host_event;

typedef struct {
    host_event *slots;
    uint16_t capacity, head, count;
    uint16_t step; /* one packet never makes more events than this */
    bool taken;    /* the one at head was handed out; its payload is still lent */
    uint8_t *payload;
    uint32_t payload_cap, payload_head, payload_tail; /* a ring of contiguous pieces */
    uint16_t payload_count;
    uint32_t dropped;
} host_events;

/* ---- commands to the controller ---- */

typedef enum { STARTUP_OFF, STARTUP_RUNNING, STARTUP_READY, STARTUP_FAILED } host_startup_state;

/* What a link wants to tell the controller, in order of urgency. */
enum {
    LINK_WANTS_LTK_REFUSED = 0x01,
    LINK_WANTS_LTK_REPLY = 0x02,
    LINK_WANTS_ENCRYPTION = 0x04,
    LINK_WANTS_DISCONNECT = 0x08,
    LINK_WANTS_WISH_GRANTED = 0x10, /* the peer's for connection parameters, by the link layer */
    LINK_WANTS_WISH_REFUSED = 0x20,
    LINK_WANTS_DATA_LENGTH = 0x40,
    LINK_WANTS_PAYLOAD_TIMEOUT = 0x80,
    LINK_WANTS_UPDATE = 0x100,
    LINK_WANTS_PHY = 0x200,
    LINK_WANTS_RSSI = 0x400
};

typedef struct {
    uint16_t opcode; /* outstanding command, 0: none */
    kith_link link;  /* it is about */
    uint8_t set;     /* likewise */
    uint8_t credits; /* Num_HCI_Command_Packets */
    uint64_t deadline_us;
} host_command;

/* An activity that a pause interrupts: the program sees nothing of it. */
typedef enum {
    HELD_NOT,
    HELD_STOPPING, /* the command is on its way; so in what ends in ING */
    HELD,          /* the controller does not do it now */
    HELD_RESUMING,
    HELD_UNDO, /* it was resumed when it had ended already: to be switched off again */
    HELD_UNDOING
} host_held;

/* A procedure that is a chain of commands: where it stands, and where it shall go. */
typedef struct {
    uint8_t step;  /* index in its table, while busy */
    bool busy;     /* in the chain */
    bool stopping; /* the chain is the one that switches off */
    bool on;       /* the controller does it, but for pauses */
    bool waits;    /* for the program to say that the chain may begin */
    /* A link ended it while a command was on its way: the answer to that is about what is over. */
    bool overtaken;
    host_held held;
} host_activity;

/* ---- advertising sets (advertise*.c) ---- */

/* What the controller is to be given before a set goes on, in this order. */
enum { SET_PARAMETERS = 0x01, SET_ADDRESS = 0x02, SET_DATA = 0x04, SET_RESPONSE = 0x08 };

typedef struct {
    host_activity activity;
    kith_advertising as;
    uint8_t due;        /* SET_* */
    uint8_t refused;    /* of those, data that it did not take while the set was on */
    uint16_t at, after; /* of data in several commands: what went, and will have with the one under way */
    uint32_t drawn;     /* h->privacy.made, when its random parts were */
    bool enables;       /* the command that is on its way switches it on */
    bool in_time;       /* it is being switched off because its limit is over */
    bool by_controller; /* directed: whose private address the controller makes */
    kith_peer_id to;    /* directed: to a private address of this peer; 0: to the address that is given */
    kith_status failure;
    uint64_t end_us; /* of its limit */

    /* with extended commands: what the controller has */
    bool is_made, has_address;
    bool is_left;  /* it is to be removed, for nothing of it is wanted any more */
    bool is_stuck; /* that was refused: to be switched off before, once */
    bool was_stuck;
    bool may_be_on; /* the controller refused to switch it off */
    uint8_t address[6];
} host_set;

/* ---- scanning (scan*.c, find.c) ---- */

enum { HOST_LATELY = 8 }; /* advertisers whose packets a search puts together */

/* Why it is to be switched off. */
typedef enum { SCAN_ENDS_NOT, SCAN_ENDS_ASKED, SCAN_ENDS_TIME, SCAN_ENDS_FOUND } host_scan_end;

/* What parts of one advertisement have in common. */
typedef struct {
    kith_address address;
    uint8_t address_type; /* as it was said */
    uint8_t sid, primary_phy, secondary_phy;
    bool scan_response;
} host_advertiser;

/* One that was heard in a search, and what it has said of what is sought. */
typedef struct {
    kith_address address;
    uint8_t met; /* 0: nobody */
} host_lately;

typedef struct {
    uint64_t end_us; /* UINT64_MAX: no limit */
    uint8_t end;     /* host_scan_end */
    bool disables;   /* the command that is on its way switches it off */
    bool searches;   /* what is heard is for kith_gap_find() */
    bool is_open;    /* parts of advertiser have come, and more shall */
    bool is_adrift;  /* what comes of adrift is the rest of what was given up */
    host_advertiser advertiser, adrift;
    kith_event_report report; /* of the parts so far; or what a search has found */
    uint8_t *parts;           /* limits.report_data; NULL: no more than the report holds itself */
    kith_sought sought;
    host_lately lately[HOST_LATELY]; /* the last one first */
} host_scanning;

/* ---- pauses (pause.c): what the controller does not change while it uses it ---- */

typedef enum { PAUSE_FOR_LISTS, PAUSE_FOR_ADDRESS, PAUSE_REASONS } host_pause_reason;

typedef enum {
    PAUSE_NOTHING,
    PAUSE_FILTERING, /* what uses the filter accept list */
    PAUSE_ALL        /* advertising, scanning, connecting */
} host_pause_depth;

/* ---- the controller's lists of peers (lists_*.c) ---- */

typedef enum {
    LISTS_NO_STEP,
    LISTS_FILTER_REMOVE,
    LISTS_FILTER_ADD,
    LISTS_RESOLVING_REMOVE,
    LISTS_RESOLVING_ADD,
    LISTS_RENEW_REMOVE, /* and added again at once, so that the controller makes another address of our own */
    LISTS_RENEW_ADD,
    LISTS_SET_MODE,
    LISTS_SET_TIMEOUT,
    LISTS_RESOLUTION_OFF,
    LISTS_RESOLUTION_ON
} host_lists_step_kind;

/* What a list of the controller has. */
typedef struct {
    kith_peer_id peer;
    uint32_t check, local_check; /* of its key and of ours, in the resolving list */
    kith_address identity;
    bool stale;  /* not wanted any more, or not so */
    bool renew;  /* it shall be added again, for another address or key of our own: nobody is told */
    bool absent; /* and was removed for that */
    bool device; /* privacy mode; a controller begins with network privacy */
    bool sought; /* for who is looked for alone (kith/reconnect.h): the program is not told of it */
} host_listed;

typedef struct {
    host_lists_step_kind kind;
    uint16_t at; /* of a removal: which of the controller's */
    host_listed entry;
} host_lists_step;

/* All that a filter means. */
typedef struct {
    bool is_on;
    kith_peers_filter filter; /* its pointers point to these two */
    kith_address identity, local;
} host_follow;

typedef struct {
    /* What the program wants: limits.listed of each, and of those whose keys the controller shall have, twice. */
    kith_peer_id *allow, *identities, *resolved;
    uint16_t allow_count, identity_count, resolved_count;
    host_follow allow_follow, identity_follow;
    bool identities_set; /* the program said who; else privacy does */

    /* What the controller has. */
    host_listed *filtered, *resolving;
    uint16_t filtered_count, resolving_count;
    uint8_t filtered_most, resolving_most;
    bool resolution, lacks_modes;
    uint16_t timeout_s; /* of the controller's own addresses; 0: its default */

    host_lists_step sent; /* is under way */
    uint32_t seen;        /* h->bonds.changes when the above was made of them */
    bool pending;         /* the second may differ from the first, or there is something to tell */
    bool only_closes;     /* a key was refused: nobody is added before the next change, who has gone is removed */
    bool allow_due, identities_due;
    bool filter_changed; /* our address changes with it */
    bool is_sought;      /* the filter accept list is that of who is looked for, not the program's */
} host_lists;

/* ---- background reconnection (reconnect*.c) ---- */

typedef struct {
    kith_peer_id peer;
    kith_link link;         /* which it claims, or is proven on; 0: none */
    uint64_t retry_at_us;   /* WAITING */
    uint64_t give_up_at_us; /* UINT64_MAX: never */
    uint16_t failures;
    uint8_t state;   /* kith_reconnect_state, where it has no link */
    bool was_proven; /* on that link */
    bool untold;     /* that it was given up */
} host_reconnected;

typedef enum {
    RECONNECT_STILL,
    RECONNECT_SET, /* still, and the controller has the parameters of a scan */
    RECONNECT_SCANS,
    RECONNECT_INITIATES
} host_reconnect_doing;

typedef enum {
    RECONNECT_SENT_NOTHING,
    RECONNECT_SENT_PARAMETERS,
    RECONNECT_SENT_SCAN_ON,
    RECONNECT_SENT_SCAN_OFF,
    RECONNECT_SENT_CREATE,
    RECONNECT_SENT_CANCEL
} host_reconnect_sent;

typedef struct {
    kith_reconnection as;
    host_reconnected *peers;      /* limits.reconnects of each */
    kith_peer_id *listed, *keyed; /* who is looked for; whose keys the controller shall have for that */
    uint16_t count, listed_count, keyed_count;
    bool is_on, follows;
    bool changed;      /* all of this is to be looked at anew */
    bool is_active;    /* it needs an address on air */
    bool by_list;      /* else by scanning */
    bool could_list;   /* the program had no use for the filter accept list when it was looked at */
    bool list_refused; /* by the controller, since the last change */
    bool refused;      /* to look at all, likewise */
    uint64_t refused_until_us;
    kith_status status; /* to be told; KITH_OK: nothing */
    kith_hci_status hci_status;
    uint8_t told_way;
    bool told_fast;
    uint32_t seen;    /* h->bonds.changes, and */
    uint8_t selected; /* our identity, when it was looked at */
    uint64_t fast_until_us;

    host_reconnect_doing doing;
    host_reconnect_sent sent; /* is under way */
    bool cancel_sent;
    bool late;                 /* a cancel was refused: a link may still come of what it was to end */
    bool does_list, does_fast; /* of what is done, and of a scan: */
    uint8_t scans_as;          /* the type of our own address */
    bool rescan;               /* a controller tells of each advertiser once: it must begin anew */
    bool not_both;             /* it does not connect while it scans */
    kith_peer_id target;       /* was heard */
    kith_address target_address;
    bool attempt_over;
    uint64_t attempt_end_us, rescan_at_us;
} host_reconnect;

/* ---- what the program wants of a peer's attributes (operations.c) ---- */

typedef struct host_operation host_operation;
typedef kith_status host_operation_start(gatt_client *client, const host_operation *op, uint8_t *out, size_t cap,
                                         size_t *len);

struct host_operation {
    host_operation_start *start;
    gatt_client_event_kind end; /* what tells its end, should it never start */
    kith_uuid uuid;
    bool has_uuid;
    bool is_survey;  /* no request of its own: remote_begin() */
    kith_token asks; /* it is the host's own, of this operation of kith/peers.h; 0: the program's */
    bool is_lent;    /* what it points to stays the program's until its end */
    bool is_dropped; /* it is not to be sent any more: NOT_SENT, when its turn comes */
    uint8_t bits;
    uint16_t handle, last;
    size_t len; /* octets, handles or parts */
    const uint8_t *octets;
    const uint16_t *handles;
    const kith_gatt_write_part *parts;
    uint8_t *memory; /* for a value that is read */
    size_t memory_cap;
};

/* ---- what is known of a peer's table (remote.c, tables.c) ---- */

typedef enum {
    REMOTE_IDLE,
    REMOTE_LOADING, /* what was kept beside the bond */
    REMOTE_LOADED,
    REMOTE_SURVEY,
    REMOTE_KNOWN /* to be told */
} host_remote_stage;

typedef enum { HASH_UNKNOWN, HASH_ASKED, HASH_SAME, HASH_ANOTHER } host_hash_check;

/* The way through the pieces of one value in the store (pieces.c). */
typedef struct {
    peers_chunk chunk;
    uint8_t next; /* where the store finds by name */
    uint32_t cursor;
} host_look;

typedef enum { TABLES_IDLE, TABLES_LOADING, TABLES_LOOKING /* where it goes */, TABLES_SAVING } tables_stage;

typedef struct {
    tables_stage stage;
    kith_peer_id peer;
    kith_link link;
    uint8_t next; /* piece */
    bool is_out;  /* an item is */
    host_look look;
    peers_chunk_place place;
    uint16_t len;
    bool heals;      /* what is written is newer than what made the table void */
    uint8_t *memory; /* 2 * limits.cache: of both banks, or of what is written */
} host_tables;

/* ---- operations of kith/peers.h (data.c) ---- */

typedef enum {
    USE_NONE,
    USE_RANK,
    USE_HIGHEST, /* a rank that is known when it is its turn */
    USE_PIN,
    USE_ASKED,      /* the peer has not answered yet; others need not wait */
    USE_ASKED_MORE, /* nor to the second question */
    USE_RESOLUTION
} use_change;

typedef struct {
    kith_token token; /* 0: the slot is free */
    kith_peer_id peer;
    uint8_t what;             /* kith_peer_data */
    uint8_t operation;        /* kith_peer_operation */
    uint16_t len;             /* told at its end */
    uint16_t cap;             /* LOADED: of the buffer; STORED: of the value */
    uint8_t use;              /* use_change: of KITH_PEER_USE */
    bool is_started;          /* KITH_PEER_USE: its record is to be written */
    union {                   /* the program's, but for the number */
        uint32_t number;      /* USE_*: the new value */
        const uint8_t *value; /* STORED */
        uint8_t *buffer;      /* LOADED */
    };
} host_data;

/* ---- how peers are used (use.c) ---- */

/* The largest of all bonds; known as long as none has left. */
typedef struct {
    bool is_known;
    uint32_t left;             /* of the table of bonds, when it was known */
    uint32_t rank, rank_count; /* the highest, and how many have it */
    uint32_t last_use, last_use_count;
} host_use;

/* Who is being forgotten together. */
typedef struct {
    bool is_on;
    uint32_t left;      /* to be told */
    kith_status status; /* the first failure */
} host_forgetting;

/* Whose key did not encrypt a link from this address, last. */
typedef struct {
    kith_address address;
    kith_peer_id peer; /* 0: nobody's */
} host_failed_claim;

/* The value that is on its way to or from the store, one at a time (values.c). */
typedef enum {
    VALUES_IDLE,
    VALUES_LOOKING, /* which pieces there are */
    VALUES_READING,
    VALUES_WRITING,
    VALUES_UNDOING, /* the last piece, which failed and may be there */
    VALUES_REMOVING
} values_stage;

typedef struct {
    values_stage stage;
    kith_token token; /* of the operation */
    kith_token out;   /* of the one that the item which is out is for; 0: it is not ours */
    host_look look;
    peers_chunk_place place;
    uint8_t piece;
    bool has_moved; /* READING without names: this walk found something */
    bool has_changed;
    uint32_t check, so_far;
    kith_status result; /* UNDOING: what is told */
} host_values;

/* ---- links (links.c) ---- */

typedef enum {
    LINK_PLAIN,
    LINK_ENCRYPTING, /* the controller was given a key; received data waits for the outcome */
    LINK_ENCRYPTED
} host_encryption;

/* Other connection parameters: ours, or the peer's (parameters.c, wishes.c). */
typedef enum {
    UPDATE_NONE,
    UPDATE_WANTED,   /* a command shall go */
    UPDATE_SENT,     /* it went */
    UPDATE_ASKED,    /* peripheral, by signalling: the central has not answered */
    UPDATE_ACCEPTED, /* it said yes, and has not done it yet */
    UPDATE_WISHED,   /* the peer's: the program was asked */
    UPDATE_GRANTED   /* the peer's, by the link layer: it gets a yes, and the link layers do it */
} host_update;

/* What the peer asks for (wishes.c). */
typedef struct {
    uint8_t identifier; /* of its signalling request; 0: its link layer asks */
    uint8_t unheard;    /* questions that wait in the queue: nobody can have answered them */
    uint8_t count;      /* of the times below, that are known */
    uint8_t next;
    uint64_t times_us[KITH_PARAMETER_REQUESTS]; /* of its last requests: a ring */
    kith_connection_parameters granted;         /* for the command that says so */
} host_wish;

/* What a link is like (measures.c). */
typedef struct {
    bool reads_rssi;          /* an end is owed */
    bool sets_phy;            /* likewise */
    bool phy_was_sent;        /* its command */
    uint8_t tx_phys, rx_phys; /* that were asked for */
    uint8_t tx_phy, rx_phy;   /* now; 0: not known */
    uint16_t octets;          /* of a packet, that were asked for */
    uint16_t tx_octets, rx_octets;
    uint64_t phy_deadline_us;
} host_measures;

/* A signed write whose counter is on its way to the store. */
typedef struct {
    bool waits;
    kith_level level; /* of the signer's bond */
    kith_peer_id signer;
    uint16_t handle, id, len;
    uint8_t *value;
} host_signed_write;

/* What is remembered of a bonded client; its subscriptions lie in an array of their own. */
typedef struct {
    kith_peer_id peer; /* 0: nothing */
    uint8_t features;
    bool is_aware; /* of the table with this hash */
    bool is_wanted;
    bool is_unsaved; /* the store failed to write it; the next change tries again */
    uint8_t aware_hash[16];
} host_client;

typedef struct {
    kith_link id; /* 0: the slot is free */
    uint16_t handle;
    bool central;
    kith_address peer, own; /* as on air */
    uint8_t identity;       /* of ours, that it was made under: a number */
    kith_peer_id claimed;   /* the bond that the address names */
    kith_peer_id proven;    /* the bond whose key encrypts the link */
    bool excluded;          /* by the program: no security on it, and no bond claimed for it */
    uint8_t repairing;      /* kith_repairing: what becomes of a bonded peer that pairs anew */

    host_encryption encryption;
    kith_level level;
    uint8_t key_size;
    bool secure_connections;
    uint8_t method;         /* kith_method_kind of the key that encrypts it */
    kith_peer_id with_bond; /* LINK_ENCRYPTING with this bond's key; 0: with a pairing's */
    bool bond_procedure;    /* an encryption with a bond is owed its end */
    bool bond_is_part;      /* of a wish of ours that the central answers: neither its start nor its end is told */
    uint64_t bond_deadline_us;
    uint8_t bond_level, bond_key_size, bond_method; /* of the key that was given, whatever becomes of the record */
    bool bond_sc;
    bool key_given; /* LINK_ENCRYPTING: the controller has accepted the key */
    bool smp_dead, att_dead;
    bool going;                  /* disconnect asked for */
    bool lengthened;             /* long packets were asked for */
    bool watched;                /* the controller was told how long it may hear nothing authentic */
    uint16_t payload_floor_10ms; /* less than that no controller takes */
    uint16_t wants;              /* LINK_WANTS_* */
    uint8_t update_identifier;   /* of the last signalling request of ours; 0: none */
    host_update update;
    bool update_for_peer;   /* it was its wish */
    bool update_by_request; /* peripheral: its central's link layer does not know the procedure */
    bool update_crossed;    /* ours is under way, and the peer's, which was granted, ends first */
    uint8_t update_tries;
    kith_connection_parameters update_to;
    uint16_t interval_1250us, latency, timeout_10ms; /* now */
    uint64_t update_deadline_us;
    host_wish wish;
    host_measures measures;
    uint8_t disconnect_reason, disconnect_tries;
    bool disconnect_now; /* waits for nothing any more */
    uint64_t disconnect_deadline_us;
    uint8_t ltk[16];   /* for the command that is about to go */
    uint16_t key_ediv; /* and by what it asks for the key, as central */
    uint64_t key_rand;
    kith_level raise_to; /* once the bond is proven: pair for this level; 0: the bond is enough */
    uint8_t raise_key_size;
    bool raise_for_peer; /* it was the peer's wish */
    bool key_forgotten;  /* its bond was forgotten before the controller had it; to be told */
    bool ltk_waits;      /* a key was asked for, and the bond it may be of is being written */
    uint16_t ltk_ediv;
    uint64_t ltk_rand;
    smp_session *session;
    uint8_t unheard; /* questions to people that wait in the queue: nobody can have answered them */

    uint8_t *tx;                        /* records: length (2), class (1), L2CAP frame */
    uint16_t tx_cap, tx_len, tx_offset; /* offset: of the first record's frame, already given to the controller */
    uint16_t in_controller;             /* ACL packets not yet completed */
    uint32_t fragments_sent, fragments_done;
    uint32_t smp_mark;     /* fragments_sent when the last SMP frame went */
    uint8_t smp_queued;    /* SMP frames still in tx */
    bool smp_acknowledged; /* the peer has all of them, and the session does not know yet */

    hci_reassembly reassembly;
    uint8_t *hold; /* received frames that wait for the outcome of encryption: length (2), frame */
    uint16_t hold_cap, hold_len;

    att_bearer bearer;
    bool mtu_asked;
    gatt_server server;
    gatt_server_memory server_memory;
    gatt_client client;
    uint8_t *value; /* of a read under way; else our last request */
    uint8_t read_request[5];
    uint16_t request_len;
    host_operation *operations; /* that wait: a ring of limits.operations */
    uint8_t *operation_values;  /* HOST_OPERATION_VALUE() octets for each */
    uint8_t operation_head, operation_count;
    gatt_table table; /* of the peer's attributes */
    gatt_survey survey;
    host_remote_stage remote;
    host_hash_check hash_check;
    kith_token asks;      /* of the operation under way; 0: the program's */
    kith_token asks_more; /* its second question is the next one to go */
    uint8_t answer;       /* KITH_STATE_*, to that */
    bool table_in_force;
    bool table_is_proven; /* it was learned of the bonded peer itself */
    uint8_t table_level;  /* the lowest at which a part of it was learned */
    bool table_unsaved;
    uint16_t told_of; /* an indication that may be Service Changed, while no table said so; 0: none; 0xffff: several */
    bool raise_asked; /* for what is held */
    kith_level raised_from; /* what protected the link then */
    uint8_t raised_from_size;
    uint8_t asked_level,
        answered_level; /* of the last request, where it went; of the operation's weakest part so far */
    host_signed_write signed_write;
    uint64_t att_deadline_us;
    uint64_t indication_deadline_us;
    uint16_t indicated_id;  /* of what is indicated and not confirmed */
    bool set_told;          /* as peripheral: which advertising set it came of */
    uint8_t plain_features; /* of its client's: said before it was proven, and not the bond's */
    uint64_t client_due_us; /* what its client said, and its last use, are written then; UINT64_MAX: all is */
    uint16_t changed_first, changed_last; /* handles of the table that changed, to be told; 0: none */
    uint16_t told_first, told_last;       /* those that Service Changed said last */
    bool change_waits;                    /* until events have room to tell that it went */
} host_link;

typedef enum { TX_ATT_APP, TX_ATT_ANSWER, TX_SMP, TX_SIGNALLING } host_tx_class;

/* ---- work (work.c) ---- */

typedef enum { JOB_NONE, JOB_WAITING, JOB_RUNNING } host_job_state;

typedef struct {
    host_job_state state;
    kith_work_kind kind;
    uint32_t token;
    smp_session *session; /* NULL: the key pair made ahead */
} host_job;

/* ---- our identities (identity.c, naming.c) ---- */

/* A change of one of them, on its way to the store. */
typedef struct {
    bool under_way;
    uint8_t operation; /* kith_identity_operation */
    uint8_t number;
    smp_identity fresh; /* what it will be */
} host_naming;

/* ---- private addresses of our own (privacy.c) ---- */

typedef struct {
    kith_address address;               /* that is used, or will be */
    bool is_made;                       /* it is there */
    uint32_t made;                      /* how many there were: who has something of its own to draw looks at it */
    uint64_t time_us;                   /* how long it is used */
    uint64_t end_us;                    /* of its time; UINT64_MAX: it was not used yet */
    kith_address advertised, initiated; /* on air, when the controller last began to advertise or to connect */
} host_privacy;

/* ---- the store (storing.c) ---- */

typedef enum {
    STORE_CLOSED, /* or none that outlives the program is configured */
    STORE_OPENING,
    STORE_READING,
    STORE_READING_STATES, /* once more from the beginning: what lies beside bonds that are all known now */
    STORE_NAMING,         /* it is new: our identity is being written */
    STORE_READY,
    STORE_ERASING /* factory reset */
} host_store_stage;

typedef struct {
    host_store_stage stage;
    uint32_t cursor;
    kith_store_state state;
    uint32_t unusable; /* sound records without sense */
    bool has_device, has_states;
    bool has_failures;   /* some bond's are to be told, perhaps */
    uint32_t collected;  /* as it was told */
    peers_device device; /* number 0, as it is stored */
    uint8_t surplus;     /* identities that there is no place for, a bit each */
    uint32_t last_order;
} host_store;

typedef enum { RESET_NONE, RESET_ERASING, RESET_DONE /* to be told */ } host_reset_stage;

typedef enum {
    SAVE_WRITE,    /* to be put into the store */
    SAVE_ASKED,    /* the table is full: ROOM_WANTED was told */
    SAVE_CLEARING, /* it is in the store, and another one is being forgotten for it */
    SAVE_UNDO      /* nobody goes: to be removed from the store */
} host_save_stage;

/* A bond on its way to the store; one for each pairing slot, which is not used again before it is free. */
typedef struct {
    bool used;
    bool is_loaded; /* one too many, found by a start: no pairing's */
    bool by_window; /* of a pairing that the window admitted */
    host_save_stage stage;
    kith_peer_id go;      /* who is forgotten for it; 0: nobody */
    uint64_t deadline_us; /* SAVE_ASKED */
    uint32_t order;       /* first come, first written */
    peers_bond bond;
    kith_link link; /* the pairing's; it may be gone */
    kith_address address;
    kith_verdict verdict;
    kith_token token;   /* it is added, and this is the operation; 0: it is of a pairing */
    bool is_out;        /* it is being written */
    kith_status result; /* SAVE_UNDO: of the writing that failed; KITH_OK: nobody goes */
} host_save;

/* ---- keys that the crypto port keeps (keys.c) ---- */

typedef enum { KEY_FREE, KEY_MAKING, KEY_ALIVE } host_key_state;

typedef struct {
    host_key_state state;
    bool dropped;       /* nobody holds it any more: it is destroyed when the items that use it are back */
    uint8_t uses;       /* items that are out with it */
    uint32_t token;     /* KEY_MAKING: of the item that makes it */
    const void *holder; /* NULL: nobody */
    uint8_t reference[32];
} host_key;

typedef enum { OWN_KEY_NONE, OWN_KEY_MAKING, OWN_KEY_READY } host_own_key_state;

struct kith_host {
    kith_config config;
    size_t size;
    uint64_t now_us;
    bool told;      /* inside a call that told the time */
    bool unsettled; /* something counts from the next time told */
    kith_link last_link;

    host_startup_state startup;
    uint8_t startup_step;
    host_command command;
    uint8_t commands_supported[64];
    uint64_t le_features;
    kith_event_ready ready;
    kith_address own; /* of the identity that is selected */
    uint16_t acl_credits;
    uint8_t next_link; /* round robin of transmission */

    bool identity_known;      /* irk and a random own address stay the same over restarts */
    smp_identity *identities; /* by number: the first, and limits.identities of them */
    uint8_t selected;         /* is used from now on */
    uint8_t advertised_as;    /* was used when advertising began last */
    uint8_t initiated_as;     /* and when connecting did */
    uint8_t public_address[6];
    bool random_told; /* the controller was given a random address: */
    uint8_t random_address[6];
    host_naming naming;
    host_privacy privacy;
    uint8_t doubtful; /* identities, a bit each, whose records in the store may not be what is in memory */
    bool doubt_waits; /* for the store to work again */
    crypto_random_state random;
    smp_environment smp;
    gatt_database database;

    host_set *sets; /* the first, and limits.sets of them */
    host_activity scanner;
    kith_scan scan;
    host_scanning scanning;
    bool connecting, create_sent, cancel_wanted;
    bool cancel_sent;        /* by the program's wish, or its limit, if it is wanted; else for a pause */
    bool cancel_refused;     /* it was, and is sent once more */
    bool connect_timed_out;  /* the limit is over */
    uint64_t connect_end_us; /* of that limit, or until a cancel is sent once more; UINT64_MAX: neither */
    kith_initiating initiating;

    uint16_t stray; /* STRAY and the handle of a connection there was no slot for */

    bool window_open;
    bool room_made; /* somebody went for a newcomer of this window */
    uint8_t window_failures, window_class;
    uint64_t window_end_us;

    smp_local_oob oob;
    bool oob_wanted, oob_dropped;
    uint64_t oob_lifetime_us, oob_end_us;
    peers_backoff backoff;
    peers_backoff_slot backoff_slots[HOST_BACKOFF_SLOTS];

    uint64_t calendar_s, calendar_at_us; /* 0: not told */

    host_own_key_state own_key;
    uint8_t own_private[32], own_public[64]; /* crypto port's order */
    uint8_t own_key_tries;
    kith_status own_key_status; /* why there is none */
    uint32_t last_token;

    host_events events;
    host_link *links;
    smp_session *sessions;
    host_save *saves;     /* one for each session, and one for a bond that is added */
    host_job *jobs;       /* one for the key made ahead, one for the store, then one for each session */
    host_client *clients; /* one for each bond; NULL: nothing is kept */
    gatt_subscription *client_subscriptions; /* limits.subscriptions for each of them */
    host_key *keys;                          /* one for each session, and HOST_MORE_KEYS */
    peers_bonds bonds;
    host_store store;
    host_tables *tables;           /* NULL: nothing is known of peers' tables */
    host_data *data;               /* limits.data */
    host_values *values;           /* NULL: limits.data is 0 */
    host_lists *lists;             /* NULL: there are none */
    host_reconnect *reconnect;     /* NULL: limits.reconnects is 0 */
    uint8_t pauses[PAUSE_REASONS]; /* host_pause_depth */
    kith_token last_data;
    host_use use;
    host_failed_claim failed_claim;
    host_forgetting forgetting;
    host_reset_stage reset;
    kith_status reset_status;
    bool lost; /* controller is gone: ends are being told */
    kith_event_lost lost_why;
};

#endif
