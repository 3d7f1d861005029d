/* The inside of a host: what its files share.  Nothing outside src/host includes this. */
#ifndef HOST_INTERNAL_H
#define HOST_INTERNAL_H

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
    HOST_COMMAND_MAX = 68, /* type, opcode, length and 64 octets: as long as any we send */
    HOST_COMMAND_TIMEOUT_US = 4000000,
    HOST_ATT_TIMEOUT_US = 30000000,
    HOST_ENCRYPTION_TIMEOUT_US = 45000000, /* the link layer itself gives up after 40 s (Vol 6 Part B 5.2) */
    HOST_UPDATE_TIMEOUT_US = 45000000,     /* as long, for the same reason */
    HOST_UPDATE_ANSWER_US = 30000000,      /* TGAP(conn_param_timeout), Vol 3 Part C Appendix A */
    HOST_STEP_EVENTS = 8,                  /* that one packet makes at most, besides the ends of operations that wait */
    HOST_FRAME_RECORD = 3,                 /* before each frame in a transmit buffer: length and channel class */
    HOST_SMP_RESERVE = 320,                /* what one pairing can have waiting for the controller at most */
    HOST_SIGNALLING_RESERVE = 64,
    HOST_DISCONNECT_TIMEOUT_US = 2000000, /* for the peer to acknowledge what the security manager said last */
    HOST_DISCONNECT_TRIES = 3,
    HOST_BACKOFF_SLOTS = 8, /* identities that wait after failed pairings */
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
    LINK_WANTS_DATA_LENGTH = 0x10,
    LINK_WANTS_PAYLOAD_TIMEOUT = 0x20,
    LINK_WANTS_UPDATE = 0x40
};

typedef struct {
    uint16_t opcode; /* outstanding command, 0: none */
    kith_link link;  /* it is about */
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
    LISTS_SET_MODE, /* device privacy */
    LISTS_RESOLUTION_OFF,
    LISTS_RESOLUTION_ON
} host_lists_step_kind;

/* What a list of the controller has. */
typedef struct {
    kith_peer_id peer;
    uint32_t check; /* of its key, in the resolving list */
    kith_address identity;
    bool stale; /* not wanted any more, or not so */
    bool mode_set;
} host_listed;

typedef struct {
    host_lists_step_kind kind;
    uint16_t at; /* of a removal: which of the controller's */
    host_listed entry;
} host_lists_step;

typedef struct {
    /* What the program wants: limits.listed of each, and of those whose keys the controller shall have, twice. */
    kith_peer_id *allow, *identities, *resolved;
    uint16_t allow_count, identity_count, resolved_count;
    bool follows;
    kith_peers_filter filter; /* what it follows; its pointers point to these two */
    kith_address filter_identity, filter_local;

    /* What the controller has. */
    host_listed *filtered, *resolving;
    uint16_t filtered_count, resolving_count;
    uint8_t filtered_most, resolving_most;
    bool resolution, lacks_modes;

    host_lists_step sent; /* is under way */
    uint32_t seen;        /* h->bonds.changes when the above was made of them */
    bool pending;         /* the second may differ from the first, or there is something to tell */
    bool allow_due, identities_due;
} host_lists;

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
    USE_ASKED, /* the peer has not answered yet; others need not wait */
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

/* A wish for other connection parameters (parameters.c). */
typedef enum {
    UPDATE_NONE,
    UPDATE_WANTED,  /* central: a command shall go */
    UPDATE_SENT,    /* it went */
    UPDATE_ASKED,   /* peripheral: the central has not answered */
    UPDATE_ACCEPTED /* it said yes, and has not done it yet */
} host_update;

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
    uint8_t wants;               /* LINK_WANTS_* */
    uint8_t update_identifier;   /* of the last signalling request of ours; 0: none */
    host_update update;
    bool update_for_peer; /* as central: it was its wish */
    kith_connection_parameters update_to;
    uint16_t interval_1250us, latency, timeout_10ms; /* now */
    uint64_t update_deadline_us;
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
    kith_token asks; /* of the operation under way; 0: the program's */
    uint8_t answer;  /* KITH_STATE_*, to that */
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
    uint64_t end_us;                    /* of its time; UINT64_MAX: it was not used yet */
    bool enables;                       /* the command that is on its way switches advertising on */
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
    bool random_told;         /* the controller was given a random address: */
    uint8_t random_address[6];
    host_naming naming;
    host_privacy privacy;
    uint8_t doubtful; /* identities, a bit each, whose records in the store may not be what is in memory */
    bool doubt_waits; /* for the store to work again */
    crypto_random_state random;
    smp_environment smp;
    gatt_database database;

    host_activity advertiser, scanner;
    kith_advertising advertising;
    kith_scan scan;
    bool connecting, create_sent, cancel_wanted;
    bool cancel_sent; /* by the program's wish if it is wanted, else for a pause */
    kith_address connect_to;
    kith_connection_parameters connect_parameters;

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
    uint8_t pauses[PAUSE_REASONS]; /* host_pause_depth */
    kith_token last_data;
    host_use use;
    host_forgetting forgetting;
    host_reset_stage reset;
    kith_status reset_status;
    bool lost; /* controller is gone: ends are being told */
    kith_event_lost lost_why;
};

/* events.c */
void events_init(host_events *e, host_event *slots, uint16_t capacity, uint16_t step);
void events_give_payload(host_events *e, uint8_t *payload, uint32_t payload_cap);
bool events_have_room(kith_host *h);
bool events_have_room_for(kith_host *h, uint32_t octets); /* values of the step's events, together */
kith_event *event_post(kith_host *h, kith_event_kind kind, const host_link *link); /* never NULL: room was checked */
void events_settle(kith_host *h);
kith_event *event_ask(kith_host *h, kith_event_kind kind, host_link *link); /* a question to people */
kith_event *event_post_droppable(kith_host *h, kith_event_kind kind, const host_link *link);
/* Copies value behind the event; NULL: no room (only for droppable ones). */
const uint8_t *event_attach(kith_host *h, kith_event *event, const uint8_t *value, size_t len);

/* memory.c */
bool host_security_is_valid(const kith_host *h, const kith_security *security);
size_t host_buffer_octets(const kith_limits *limits);
uint32_t host_payload_octets(const kith_limits *limits); /* one step tells no more */
static inline uint32_t host_buffer(const kith_host *h)
{
    return (uint32_t)host_buffer_octets(&h->config.limits);
}

/* commands.c: the next command that anybody wants to send, and what comes back. */
size_t command_next(kith_host *h, uint8_t *out);
void command_begin(uint8_t *out, uint16_t opcode, size_t parameter_len); /* type, opcode, length */
void command_on_complete(kith_host *h, const uint8_t *event, size_t len);
void command_on_status(kith_host *h, const uint8_t *event, size_t len);
void command_expire(kith_host *h);
bool command_is_supported(const kith_host *h, unsigned octet, unsigned bit);

/* startup.c */
size_t startup_command(kith_host *h, uint8_t *out);
void startup_on_result(kith_host *h, uint16_t opcode, const uint8_t *parameters, size_t len);
void startup_fail_store(kith_host *h, kith_status status);
void startup_fail(kith_host *h, uint32_t lacks, uint16_t opcode, kith_hci_status hci_status, kith_status status);

/* gap: advertise.c, scan.c, connect.c */
size_t advertise_command(kith_host *h, uint8_t *out);
void advertise_on_result(kith_host *h, kith_hci_status status);
void advertise_on_connected(kith_host *h);
size_t scan_command(kith_host *h, uint8_t *out);
void scan_on_result(kith_host *h, kith_hci_status status);
void scan_on_report(kith_host *h, const uint8_t *parameters, size_t len);
void advertise_refuse(kith_host *h, kith_hci_status status); /* with a filter: the list is not what it shall be */
void advertise_give_up(kith_host *h, kith_status status);    /* nothing may go on air: it is off, and told so */
void scan_give_up(kith_host *h, kith_status status);
size_t connect_command(kith_host *h, uint8_t *out);
void connect_on_status(kith_host *h, uint16_t opcode, kith_hci_status status);
void connect_ended(kith_host *h, kith_hci_status status); /* a Connection Complete that made no link */
void connect_made(kith_host *h);                          /* one that did */
void connect_give_up(kith_host *h, kith_hci_status hci_status, kith_status status);

/* pause.c: activities are interrupted for a reason, and go on.  Once asked for, a pause goes deeper or ends. */
void pause_ask(kith_host *h, host_pause_reason reason, host_pause_depth depth);
bool pause_is_reached(const kith_host *h);
void pause_end(kith_host *h, host_pause_reason reason);
bool pause_holds_advertiser(const kith_host *h);
bool pause_holds_scanner(const kith_host *h);
bool pause_holds_initiator(const kith_host *h);
typedef enum { PAUSE_GOES_ON, PAUSE_WAITS, PAUSE_SWITCHES_OFF, PAUSE_SWITCHES_ON } pause_move;
pause_move pause_next(host_activity *activity, bool is_held); /* what it shall do instead of its own chain */
bool pause_takes_result(host_activity *activity, kith_hci_status status); /* false: it is its own, or failed */

/* lists_allow.c, lists_identities.c, lists_follow.c, lists_wanted.c: what the program wants */
bool lists_have_nobody(const kith_host *h);
bool lists_can_filter(const kith_host *h);
bool lists_can_resolve(const kith_host *h);
void lists_follow(kith_host *h);
bool lists_follow_meets_private(const kith_host *h, const kith_peers_filter *filter);
uint16_t lists_resolve_all(const kith_host *h, const kith_peer_id *allow, uint16_t allow_count,
                           const kith_peer_id *identities, uint16_t identity_count,
                           kith_peer_id *out); /* NULL: counts */
bool lists_has_usable_key(const kith_host *h, const peers_bond *bond);
bool lists_names(const kith_peer_id *peers, uint16_t count, kith_peer_id peer);
kith_status lists_check_call(kith_host *h, bool able, bool is_due);
kith_status lists_check_peers(const kith_host *h, const kith_peer_id *peers, uint16_t count);
bool lists_are_in_use(const kith_host *h, bool touches_resolving);
void lists_rebuild(kith_host *h);
kith_status lists_copy(const kith_peer_id *from, uint16_t from_count, kith_peer_id *to, uint16_t cap, uint16_t *count);
bool lists_wait(const kith_host *h); /* for lists_go_on() */
void lists_go_on(kith_host *h);
void lists_forget_all(kith_host *h);
void lists_lay_out(host_lists *l, uint8_t listed, kith_peer_id *peers, host_listed *entries);

/* lists_controller.c: what the controller has, and the commands that bring it nearer */
void lists_judge(kith_host *h);
host_lists_step lists_next_step(const kith_host *h);
size_t lists_command(kith_host *h, uint8_t *out);
void lists_on_result(kith_host *h, kith_hci_status status);
void lists_tell(kith_host *h, kith_event_kind kind, kith_status status, kith_hci_status hci_status);
void lists_on_ready(kith_host *h);
void lists_on_lost(kith_host *h);
const kith_address *lists_name_of(const kith_host *h, const kith_address *peer); /* as the controller knows it */

/* host.c */
void host_finish(kith_host *h); /* what was begun, as far as there is room for its events */

/* links.c */
host_link *link_by_id(const kith_host *h, kith_link id);
host_link *link_by_handle(const kith_host *h, uint16_t handle);
void link_on_connection_complete(kith_host *h, const uint8_t *parameters, size_t len, bool enhanced);
void link_on_disconnection(kith_host *h, const uint8_t *parameters, size_t len);
void link_end(kith_host *h, host_link *link, kith_hci_status reason);
void link_lengthen(const kith_host *h, host_link *link); /* asks for long link layer packets, once */
void link_watch(const kith_host *h, host_link *link);    /* it is encrypted: sets its payload timeout, once */
void link_on_payload_timeout(kith_host *h, const uint8_t *parameters, size_t len);
void link_disconnect_now(host_link *link); /* it has waited long enough */
void link_disconnect(kith_host *h, host_link *link, kith_hci_status reason);
size_t link_command(kith_host *h, uint8_t *out);
void link_on_command_status(kith_host *h, uint16_t opcode, kith_link id, kith_hci_status status);

/* parameters.c */
void parameters_on_complete(kith_host *h, const uint8_t *parameters, size_t len);
void parameters_on_command_status(kith_host *h, host_link *link, kith_hci_status status);
void parameters_on_signalling(kith_host *h, host_link *link, const uint8_t *pdu, size_t len); /* an answer to us */
bool parameters_take_request(kith_host *h, host_link *link, const uint8_t *pdu, size_t len);  /* false: not taken */
void parameters_on_link_end(kith_host *h, host_link *link);
size_t parameters_put_update(host_link *link, uint8_t *out);
bool parameters_expire(kith_host *h);
uint64_t parameters_deadline(const kith_host *h);

/* acl.c */
void acl_receive(kith_host *h, const uint8_t *packet, size_t len);
size_t acl_next_packet(kith_host *h, uint8_t *out, size_t cap);
void acl_on_completed(kith_host *h, const uint8_t *parameters, size_t len);
void acl_forget(kith_host *h, host_link *link);
bool acl_send(host_link *link, uint16_t cid, host_tx_class kind, const uint8_t *pdu, size_t len);
uint8_t *acl_reserve(host_link *link, host_tx_class kind, size_t *cap); /* room for a PDU to be made in place */
void acl_commit(host_link *link, uint16_t cid, host_tx_class kind, size_t len);
bool acl_drop_attributes(host_link *link, bool answers_too); /* true: a request of ours was not sent yet */
bool acl_has_request(const host_link *link);                 /* and still is not */
bool acl_has_held(const host_link *link);                    /* frames waited for encryption, and its outcome is here */
void acl_take_held(kith_host *h, host_link *link);           /* handles one of them */

/* security.c: the SMP channel, sessions, encryption */
void security_on_pdu(kith_host *h, host_link *link, const uint8_t *pdu, size_t len);
void security_on_ltk_request(kith_host *h, const uint8_t *parameters, size_t len);
void security_on_encryption_change(kith_host *h, uint16_t handle, kith_hci_status status, bool on);
void security_on_command_refused(kith_host *h, host_link *link, kith_hci_status status);
void security_on_acknowledged(kith_host *h, host_link *link);
void security_on_link_end(kith_host *h, host_link *link, kith_hci_status reason);
void security_input(kith_host *h, smp_session *s, const smp_input *in);
void security_answer_ltk(kith_host *h, host_link *link);
smp_session *security_wants_own_key(const kith_host *h); /* a session that waits for what is there now; NULL: none */
void security_give_own_key(kith_host *h, smp_session *s);
bool security_take_own_key(kith_host *h, kith_work *work); /* the one made ahead, or why not; false: being made */
bool security_expire(kith_host *h);                        /* one that is due; false: none */
uint64_t security_deadline(const kith_host *h);
host_link *security_link_of(const kith_host *h, const smp_session *s);

void security_note_stake(const kith_host *h, const host_link *link, smp_session *s);
smp_session *security_open(kith_host *h, host_link *link, bool initiator, kith_level level); /* NULL: none free */

/* admission.c: who may pair */
void admission_on_pdu(kith_host *h, host_link *link, const uint8_t *pdu, size_t len);      /* SMP outside a session */
bool admission_refuse_wish(kith_host *h, host_link *link, const uint8_t *pdu, size_t len); /* true: close the session */
bool admission_has_room(const kith_host *h, const host_link *link, const smp_session *s, const kith_security *security);
bool admission_has_method(const kith_security *security, bool initiator);
void admission_raise(kith_host *h, host_link *link); /* the bond is proven: pair */
void admission_tell_request(kith_host *h, const host_link *link, const uint8_t *pdu,
                            size_t len); /* of the peripheral */
bool admission_is_blocked(const kith_host *h, const kith_address *address);

/* answers.c: what people say to pairings under way */

/* oob.c: our own out of band data */
bool oob_waits(const kith_host *h); /* for a key pair that is there */
void oob_take_key(kith_host *h);
void oob_on_end(kith_host *h, const smp_session *s);
bool oob_expire(kith_host *h);
uint64_t oob_deadline(const kith_host *h);

/* attempts.c: who must wait before it may pair */
bool attempts_refuse(const kith_host *h, const host_link *link); /* the peer's request */
void attempts_on_end(kith_host *h, const host_link *link, const smp_session *s);
void attempts_settle(kith_host *h);
uint64_t attempts_deadline(const kith_host *h); /* the next end of a wait on a link */

/* bonding.c: from a pairing to a bond */
typedef enum { COMMIT_NO, COMMIT_YES, COMMIT_ASK } bonding_answer;
bonding_answer bonding_may_commit(kith_host *h, const host_link *link, smp_session *s, kith_peer_id *at_stake,
                                  kith_why *why);
bool bonding_is_class_taken(const kith_host *h, uint8_t peer_class, kith_peer_id but);
void bonding_keep(kith_host *h, host_link *link, smp_session *s);
void bonding_forget_on_links(kith_host *h, const peers_bond *bond);
void bonding_finish_forgetting(kith_host *h, host_link *link); /* of a link with key_forgotten */
void bonding_fill_verdict(const kith_verdict *pairing, kith_status result, kith_event *event);

void bonding_forget(kith_host *h, peers_bond *bond); /* there is room for its events */

/* room.c: who goes for a newcomer */
bool room_can_be_made(const kith_host *h);
void room_ask(kith_host *h, host_link *link, host_save *save);
void room_take_place(kith_host *h, host_save *save);
void room_give_up(kith_host *h, host_save *save);
void room_on_forgotten(kith_host *h, kith_peer_id id, kith_status result);
void room_on_link_end(kith_host *h, const host_link *link);
bool room_expire(kith_host *h);
uint64_t room_deadline(const kith_host *h);
bool room_load_extra(kith_host *h, const peers_bond *bond);
void room_drop_extra(kith_host *h, kith_peer_id id);
bool room_sort_extra(kith_host *h);
void room_note_beside(kith_host *h, const kith_record *record); /* the one too many has it */
bool room_settle_extra(kith_host *h);

/* identity.c: who we are */
kith_status identity_draw(kith_host *h, peers_device *out);
void identity_adopt(kith_host *h, const peers_device *device);
kith_status identity_without_store(kith_host *h);
void identity_forget_all(kith_host *h);
bool identity_is_busy(const kith_host *h); /* the one that is selected is being changed: nothing may begin under it */
size_t identity_command(kith_host *h, uint8_t *out); /* gives the controller the address that is used from now on */
void identity_on_command(kith_host *h, kith_hci_status status);
uint8_t identity_of_new_link(const kith_host *h, bool central);
bool identity_is_ours(const kith_host *h, const kith_address *local);
uint32_t identity_count_others(const kith_host *h); /* bonds of none of ours */

static inline const kith_address *link_local(const kith_host *h, const host_link *link)
{
    return &h->identities[link->identity].address;
}

bool identity_is_active(const kith_host *h); /* advertising, scanning or connecting is on, or begins */

/* privacy.c: private addresses of our own */
bool privacy_is_valid(const kith_privacy *privacy);
void privacy_drop(kith_host *h);           /* the address is of a key that is no more */
void privacy_renew(kith_host *h);          /* and another one is made, if it can be */
kith_status privacy_prepare(kith_host *h); /* there shall be one, if any is wanted */
const kith_address *privacy_on_air(const kith_host *h);
bool privacy_is_known(const kith_host *h);  /* the address on air */
void privacy_begin(kith_host *h);           /* an activity is about to begin: before it is noted as one */
void privacy_note_advertised(kith_host *h); /* the controller has begun */
void privacy_note_initiated(kith_host *h);
kith_address privacy_of_new_link(const kith_host *h, bool central, uint8_t identity); /* our address on it */
bool privacy_waits(const kith_host *h);                                               /* for privacy_go_on() */
void privacy_go_on(kith_host *h);
void privacy_on_lost(kith_host *h);
bool privacy_expire(kith_host *h);
uint64_t privacy_deadline(const kith_host *h);

/* naming.c: our identities in the store */
kith_status naming_load(kith_host *h, const kith_record *record);
kith_status naming_judge(const kith_host *h); /* all of it was read: may they be? */
bool naming_found_others(const kith_host *h); /* than the first */
bool naming_has_work(const kith_host *h);
void naming_fill(const kith_host *h, kith_work_store *w);
void naming_on_done(kith_host *h, kith_status result);
void naming_on_written(kith_host *h); /* the store works: something was */
bool naming_abandon(kith_host *h);    /* a change ends without; false: there is none */
void naming_begin(kith_host *h, kith_identity_operation operation, uint8_t number, const smp_identity *fresh);

/* storing.c: bonds on their way to and from the store */
void storing_begin(kith_host *h);
bool storing_outlives(const kith_host *h); /* false: memory is all there is */
bool storing_is_ready(const kith_host *h);
void storing_fill(const kith_host *h, kith_work_store *w);
void storing_finish(kith_host *h, const kith_work_store *w, kith_status result);
void storing_keep(kith_host *h, host_link *link, const smp_session *s, const peers_bond *bond);
void storing_tell_links(kith_host *h);                            /* there is a bond that was not there */
void storing_forget(kith_host *h);                                /* something is to be removed */
bool storing_concerns(const kith_host *h, const host_link *link); /* the bond this link may want is being written */
bool storing_has_class(const kith_host *h, uint8_t peer_class, kith_peer_id but);
bool storing_lets_answer(const kith_host *h, const host_link *link); /* a key that waited may be answered */
/* A bond of that identity, under that one of ours, is being written. */
bool storing_knows(const kith_host *h, const kith_address *local, const kith_address *identity);
bool storing_is_under(const kith_host *h, const kith_address *local); /* any under that one of ours is */
bool storing_has(const kith_host *h, kith_peer_id peer);              /* a bond of that name is being written */
kith_peer_id storing_bond_of(const kith_host *h, kith_link link);     /* made on that link; 0: none */
unsigned storing_places(const kith_host *h);                          /* how many saves there are */
host_save *storing_free_place(const kith_host *h);                    /* for a bond that is added; NULL: none */
void storing_judge(const kith_host *h, peers_bond *bond);             /* its level, as it counts today */
void storing_add(kith_host *h, host_save *place, const peers_bond *bond, kith_token token);
const peers_bond *storing_next(const kith_host *h, unsigned *at); /* that is being written; NULL: no more */
uint32_t storing_under_way(const kith_host *h);                   /* bonds that are being written */
uint32_t storing_promised(const kith_host *h);                    /* places for bonds that are being made or written */
bool storing_has_room(const kith_host *h);                        /* for one more bond */
bool storing_has_room_for(const kith_host *h, uint8_t records);   /* that can wait until there is */
bool storing_keeps_promises(const kith_host *h);                  /* there is room for those */

void storing_end_save(kith_host *h, host_save *save, kith_status result); /* told, and in its place if it went well */
void storing_go_on_with(kith_host *h, host_save *save);    /* SAVE_WRITE: it goes to the store, if there is one */
void storing_want(kith_host *h);                           /* something is to be written */
void storing_settle_orphan(kith_host *h, kith_peer_id id); /* is anything left to be removed of it? */
void storing_erase(kith_host *h);
bool storing_abandon_one(kith_host *h); /* a bond that was to be written ends without; false: there is none */

/* reset.c: factory reset */
void reset_on_erased(kith_host *h, kith_status result);
bool reset_waits(const kith_host *h); /* for reset_go_on() */
void reset_go_on(kith_host *h);

/* signing.c: signed data, and the counters of it */
uint8_t signing_level_of(const kith_host *h, const host_link *link); /* of the key the peer may sign with; 0: none */
void signing_on_write(kith_host *h, host_link *link, const gatt_server_event *write, const uint8_t *pdu);
kith_status signing_find_key(const kith_host *h, const host_link *link, peers_bond **bond); /* ours */
kith_status signing_sign(kith_host *h, peers_bond *bond, uint8_t *pdu, size_t len);         /* its last octets */
void signing_on_link_end(kith_host *h, host_link *link);
void signing_on_bonds_changed(kith_host *h);
kith_status signing_want_record(kith_host *h, peers_bond *bond);
kith_status signing_prepare_record(kith_host *h, peers_bond *bond); /* the same, by whom the store goes on by itself */
const peers_bond *signing_next(const kith_host *h);                 /* whose state is to be written; NULL: none */
void signing_fill(const kith_host *h, const peers_bond *bond, kith_record *out);
void signing_on_stored(kith_host *h, const kith_record *record, kith_status result);
kith_status signing_load(kith_host *h, const kith_record *record);
void signing_judge_losses(kith_host *h);   /* everything was loaded */
uint32_t signing_room(const kith_host *h); /* records that states will want */

/* use.c: rank, last use, pins */
void use_load(kith_host *h, peers_bond *bond, const kith_state_record *state);
void use_fill(const kith_host *h, const peers_bond *bond, kith_state_record *state);
bool use_wants(const kith_host *h, const peers_bond *bond); /* its state record to be written */
void use_want(const kith_host *h, peers_bond *bond);        /* what is unsaved, if there is room */
void use_on_stored(kith_host *h, peers_bond *bond, const kith_state_record *written);
void use_on_failed(kith_host *h, peers_bond *bond, const kith_state_record *written, kith_status status);
void use_on_proven(kith_host *h, host_link *link);
void use_on_stored_alone(kith_host *h, kith_peer_id peer); /* a new bond, whose link has gone */
void use_go_on(kith_host *h);                              /* operations whose turn it is */
bool use_waits(const kith_host *h);                        /* for use_go_on() */
bool use_is_turn(const kith_host *h, kith_token token);    /* of this operation */
host_data *use_find(const kith_host *h, kith_token token);

/* resolution.c: does a peer resolve our private addresses? */
bool resolution_take(host_link *link, const gatt_client_event *e); /* true: it is not the program's */
bool resolution_take_end(kith_host *h, host_link *link, const gatt_client_event *e);
void resolution_end(kith_host *h, const host_link *link, kith_token asks, kith_gatt_result result, uint8_t answer);

/* forgetting.c: all peers at once */
void forgetting_on_told(kith_host *h, kith_status status); /* one of them was */
bool forgetting_waits(const kith_host *h);                 /* for forgetting_go_on() */
void forgetting_go_on(kith_host *h);

/* encryption.c: what protects a link, and encryption with a bond */
void encryption_set(kith_host *h, host_link *link, const kith_event_security *now);
void encryption_start(host_link *link, const uint8_t ltk[16], uint16_t ediv, uint64_t rand);
void encryption_answer(host_link *link, const uint8_t ltk[16]);
void encryption_refuse(kith_host *h, host_link *link);
void encryption_drop(kith_host *h, host_link *link); /* nothing protects the link, or its protection did not come */
void encryption_begin_bond(kith_host *h, host_link *link, const peers_bond *bond, bool by_peer);
bool encryption_may_use(const kith_host *h, const peers_bond *bond, bool as_central);
void encryption_expire(kith_host *h, host_link *link); /* the controller never told the outcome */
void encryption_on_with_bond(kith_host *h, host_link *link);
void encryption_tell(kith_host *h, host_link *link, kith_why why, kith_ender ender, kith_hci_status hci_status);
kith_why encryption_evidence(kith_hci_status status);

/* window.c */
bool window_admits(const kith_host *h);
void window_on_end(kith_host *h, const smp_session *s);
bool window_expire(kith_host *h);

/* The base of a deadline.  Outside of the calls that tell the time nobody knows it: the duration is kept, marked, and
 * counts from the next time told; kith_host_deadline() asks for that at once. */
#define HOST_UNSETTLED PEERS_UNTOLD

static inline uint64_t host_time(kith_host *h)
{
    h->unsettled |= !h->told;
    return h->told ? h->now_us : HOST_UNSETTLED;
}

/* host.c */
void host_begin(kith_host *h, uint64_t now_us); /* a call that tells the time */
void host_end(kith_host *h);
void host_settle(const kith_host *h, uint64_t *deadline_us); /* it is known what time it is */

/* work.c */
void work_want(kith_host *h, smp_session *s, kith_work_kind kind);
void work_want_store(kith_host *h); /* unless it is at it */
void work_forget(kith_host *h, const smp_session *s);
void work_prepare_own_key(kith_host *h);
void work_forget_own_key(kith_host *h);

/* keys.c: keys that the crypto port keeps.  Holders are the key made ahead, our out of band data, or a session. */
#define KEYS_AHEAD(h) ((const void *)(h)->own_private)
#define KEYS_OOB(h)   ((const void *)&(h)->oob)
bool keys_have_room(const kith_host *h);                  /* for one more to be made */
void keys_on_take(kith_host *h, const kith_work *work);   /* an item goes out */
void keys_on_return(kith_host *h, const kith_work *work); /* and is back, wanted or not */
void keys_give(kith_host *h, const void *holder);         /* the one made ahead, if there is one */
void keys_drop_of(kith_host *h, const void *holder);      /* who lets it go */
void keys_drop_making(kith_host *h);
void keys_erase(kith_host *h);

/* attributes.c: ATT between the channel and the program */
/* clients.c: what is remembered of bonded clients */
void clients_fill(const kith_host *h, const peers_bond *bond, kith_state_record *state);
bool clients_load(kith_host *h, const peers_bond *bond, const kith_state_record *state);
bool clients_want(const kith_host *h, const peers_bond *bond); /* to be written */
void clients_on_stored(kith_host *h, const peers_bond *bond, const kith_state_record *written);
void clients_on_failed(kith_host *h, const peers_bond *bond);
void clients_on_stored_alone(kith_host *h, kith_peer_id peer); /* a new bond, whose link has gone */
void clients_on_change(kith_host *h, host_link *link);
void clients_on_proven(kith_host *h, host_link *link);
void clients_on_link_end(kith_host *h, host_link *link);
bool clients_expire(kith_host *h);
uint64_t clients_deadline(const kith_host *h);
void clients_forget_all(kith_host *h);
void clients_forget_values(kith_host *h, uint16_t first, uint16_t last); /* they are gone from the table */
uint32_t clients_room(const kith_host *h);                               /* records that they will want */

/* serving.c: the server's side of it */
void serving_on_pdu(kith_host *h, host_link *link, const uint8_t *pdu, size_t len);
void serving_note_change(host_link *link, uint16_t first, uint16_t last);
void serving_tell_change(kith_host *h, host_link *link); /* if it may go now; events have room */
void serving_go_on(kith_host *h, host_link *link);       /* of a change that waited for that room */
void serving_end_indication(kith_host *h, host_link *link, kith_gatt_result result);

/* operations.c */
#define HOST_OPERATION_VALUE(mtu) (((size_t)(mtu) + 1) / 2 * 2) /* handles lie in it, too */
void operations_launch(kith_host *h, host_link *link, size_t len);
bool operations_wait(const kith_host *h, host_link *link); /* for operations_go_on() */
void operations_go_on(kith_host *h, host_link *link);
void operations_end(kith_host *h, host_link *link, kith_gatt_result result); /* of those that wait */
void operations_drop(kith_host *h, host_link *link);                         /* none of those that wait is sent */

/* The host's own: the first value of this type, for an operation of kith/peers.h. */
kith_status operations_ask(kith_host *h, kith_link id, const kith_uuid *uuid, kith_token token);

/* remote.c: what is known of a peer's table */
kith_status remote_begin(kith_host *h, host_link *link); /* a survey, or what stands for it */
/* An event of the client: true where it was the survey's. */
bool remote_take(kith_host *h, host_link *link, gatt_client_event *e, uint8_t *out, size_t cap, size_t *out_len);
bool remote_take_hash(kith_host *h, host_link *link, const uint8_t *pdu, size_t len);
void remote_end(host_link *link, gatt_client_event *e); /* of whatever is under way: it is the survey that ends so */
void remote_on_told(kith_host *h, host_link *link, uint16_t handle, const uint8_t *value, size_t len);
void remote_on_proven(host_link *link);
void remote_on_link_end(kith_host *h, const host_link *link); /* while it is known whose it is */
void remote_on_bonded(host_link *link);                       /* a new bond, on a link that was encrypted before it */
bool remote_may_check(const host_link *link);
bool remote_waits(host_link *link); /* for remote_go_on() */
void remote_go_on(kith_host *h, host_link *link);

/* tables.c: and how it is kept */
bool tables_has(const kith_host *h, kith_peer_id peer);
void tables_want(kith_host *h, host_link *link);   /* its table is to be kept */
void tables_void(kith_host *h, kith_peer_id peer); /* what is kept of that peer's is not to be used any more */
bool tables_has_work(kith_host *h);
bool tables_are_busy(const kith_host *h);
void tables_fill(const kith_host *h, kith_work_store *w);
void tables_on_done(kith_host *h, const kith_work_store *w, kith_status result);
void tables_forget_all(kith_host *h);

/* data.c: operations that end in PEER_DATA.  Each owns the event of its end, so that data_end() may be called whenever
 * the operation is known, also where nobody looked for room. */
host_data *data_begin(kith_host *h, kith_peer_id peer, kith_peer_data what, kith_peer_operation operation,
                      kith_token *token, kith_status *status);               /* NULL: *status says why, *token is 0 */
void data_end(kith_host *h, host_data *d, kith_status status, bool changed); /* the slot is free then */
host_data *data_oldest(const kith_host *h, bool (*is_meant)(const kith_host *h, const host_data *d)); /* NULL: none */
void data_end_all(kith_host *h, kith_status status);
void data_end_lost(kith_host *h); /* of peers that are forgotten */

/* values.c: the program's values beside bonds */
bool values_are_busy(const kith_host *h);
bool values_have_work(kith_host *h);
void values_fill(const kith_host *h, kith_work_store *w);
void values_forget(const kith_host *h);   /* whatever is under way, and the item that is out */
bool values_own_item(const kith_host *h); /* the one that is out */
void values_on_done(kith_host *h, const kith_work_store *w, kith_status result);

/* pieces.c: pieces of values in the store.  Those that look are tables and values, never at once. */
typedef enum { PIECES_GO_ON, PIECES_SEEN, PIECES_FAILED } host_seen;
bool pieces_is(uint8_t kind);
void pieces_note(peers_bond *bond, const kith_record *record); /* it is there, or was removed */
void pieces_note_of(const kith_host *h, const kith_record *record);
uint8_t pieces_kind_to_remove(const peers_bond *bond); /* 0: none is there */
bool pieces_are_found_by_name(const kith_host *h);
void pieces_look(host_look *look, kith_peer_id peer, uint8_t type, uint8_t *memory, size_t cap);
bool pieces_are_seen(const kith_host *h, const host_look *look); /* without another item */
void pieces_fill(const kith_host *h, const host_look *look, kith_work_store *w);
host_seen pieces_take(const kith_host *h, host_look *look, const kith_work_store *w, kith_status result);
void pieces_on_written(const kith_host *h); /* something was, whatever it is */

/* store_events.c: what the store could not do for the host itself, and what it does by itself */
void store_events_failed(kith_host *h, kith_peer_id peer, kith_peer_data what, kith_status status);
void store_events_saved(kith_host *h, kith_peer_id peer, kith_peer_data what);
void store_events_on_state(kith_host *h, kith_peer_id peer, kith_status result); /* its state record was written */
bool store_events_wait(const kith_host *h);                                      /* for store_events_go_on() */
void store_events_go_on(kith_host *h);

/* raising.c: our requests that need a better link */
void raising_repeat(kith_host *h, host_link *link);
bool raising_comes_first(const kith_host *h, const host_link *link);
bool raising_waits(const kith_host *h, host_link *link);
void raising_go_on(kith_host *h, host_link *link);

void attributes_tell_end(kith_host *h, host_link *link, const gatt_client_event *e);
void attributes_start_timer(kith_host *h, host_link *link);
void attributes_keep_request(host_link *link, const uint8_t *request, size_t len);
void attributes_note_request(host_link *link);
void attributes_init_link(kith_host *h, host_link *link);
void attributes_on_pdu(kith_host *h, host_link *link, const uint8_t *pdu, size_t len);
void attributes_on_link_end(kith_host *h, host_link *link);
void attributes_on_drop(kith_host *h, host_link *link, bool was_protected);
bool attributes_expire(kith_host *h);
uint64_t attributes_deadline(const kith_host *h);

#endif
