/* What the files of the virtual radio share: the room, a controller and the two ends of a connection.
 *
 * A controller here has as many radios as it needs: advertising, scanning and every connection run side
 * by side and never disturb each other; interference is modelled as loss.  A peripheral always listens,
 * whatever its latency.  Numbers named _us are microseconds of the room's clock. */
#ifndef SIM_INTERNAL_H
#define SIM_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kith/address.h"
#include "kith/codec/hci.h"
#include "kith/crypto_port.h"

#include "queue.h"
#include "rng.h"
#include "roles.h"
#include "sim.h"

enum {
    SIM_T_IFS_US = 150,
    SIM_T_MAFS_US = 300,
    SIM_DATA_MIN = 27,
    SIM_DATA_MAX = 251,
    SIM_TIME_MIN_US = 328,
    SIM_TIME_MAX_US = 2120,
    SIM_MIC = 4,
    SIM_PDU_MAX = 2 + SIM_DATA_MAX + SIM_MIC,
    SIM_CONTROL_QUEUE = 16,
    SIM_LISTENERS = 4,
    SIM_NOBODY = -1
};

#define SIM_ADVERTISING_ACCESS_ADDRESS UINT32_C(0x8e89bed6)
#define SIM_ADVERTISING_CRC_INIT       UINT32_C(0x555555)

/* le_features */
#define SIM_FEATURE_ENCRYPTION           (UINT64_C(1) << 0)
#define SIM_FEATURE_PARAMETERS_REQUEST   (UINT64_C(1) << 1)
#define SIM_FEATURE_EXTENDED_REJECT      (UINT64_C(1) << 2)
#define SIM_FEATURE_PERIPHERAL_ASKS      (UINT64_C(1) << 3)
#define SIM_FEATURE_PING                 (UINT64_C(1) << 4)
#define SIM_FEATURE_DATA_LENGTH          (UINT64_C(1) << 5)
#define SIM_FEATURE_PRIVACY              (UINT64_C(1) << 6)
#define SIM_FEATURE_2M                   (UINT64_C(1) << 8)
#define SIM_FEATURE_CODED                (UINT64_C(1) << 11)
#define SIM_FEATURE_EXTENDED_ADVERTISING (UINT64_C(1) << 12)
#define SIM_FEATURE_PERIODIC_ADVERTISING (UINT64_C(1) << 13)

/* PHYs, as HCI and reports name them */
enum { SIM_PHY_1M = 1, SIM_PHY_2M = 2, SIM_PHY_CODED = 3 };
enum { SIM_ALL_PHYS = 7 }; /* bit 0 LE 1M, bit 1 LE 2M, bit 2 LE Coded */

typedef struct sim_connection sim_connection;
typedef struct sim_link sim_link;

/* ---- towards the host ---- */

typedef struct sim_packet {
    struct sim_packet *next;
    uint64_t order; /* of happening, over both pipes */
    uint64_t queued_us;
    unsigned overtaken; /* packets of the other pipe handed out since */
    bool answer;        /* Command Complete or Status: never held back */
    size_t len;
    uint8_t data[];
} sim_packet;

typedef struct {
    sim_packet *first;
    sim_packet *last;
} sim_pipe;

/* ---- the resolving list ---- */

typedef struct {
    sim_address identity;
    uint8_t peer_irk[16];
    uint8_t local_irk[16];
    bool has_peer_irk;
    bool has_local_irk;
    bool device_privacy;
    uint8_t local_rpa[6];
    uint8_t peer_rpa[6]; /* the last one seen */
    bool has_peer_rpa;
    bool has_local_rpa;
    uint64_t local_rpa_us; /* when it was made */
} sim_resolving_entry;

/* ---- connections ---- */

typedef enum { SIM_CENTRAL, SIM_PERIPHERAL } sim_role;

typedef struct sim_acl {
    struct sim_acl *next;
    uint32_t eligible; /* first connection event it may be sent in */
    bool continuing;
    size_t sent;
    size_t len;
    uint8_t data[];
} sim_acl;

typedef struct {
    uint32_t eligible;
    uint8_t len;
    uint8_t payload[34];
} sim_control_pdu;

typedef enum { SIM_AIR_EMPTY, SIM_AIR_CONTROL, SIM_AIR_DATA } sim_air_kind;

/* The PDU that is sent until it is acknowledged. */
typedef struct {
    bool waits;
    sim_air_kind kind;
    uint8_t llid;
    bool encrypted;
    uint8_t plain_len;
    uint8_t plain[SIM_DATA_MAX];
    uint8_t air_len;
    uint8_t air[SIM_DATA_MAX + SIM_MIC]; /* sealed once: SN, NESN and MD are outside the MIC */
} sim_outgoing;

typedef struct {
    uint8_t key[16]; /* most significant octet first, as the crypto port wants it */
    uint8_t iv[8];
    uint64_t tx_counter;
    uint64_t rx_counter;
    bool tx_on;
    bool rx_on;
} sim_session;

typedef enum {
    SIM_ENCRYPTION_IDLE,
    /* central */
    SIM_ENCRYPTION_WAIT_PAUSE_RSP,
    SIM_ENCRYPTION_WAIT_ENC_RSP,
    SIM_ENCRYPTION_WAIT_START_REQ,
    SIM_ENCRYPTION_WAIT_START_RSP,
    /* peripheral */
    SIM_ENCRYPTION_WAIT_LAST_PAUSE_RSP,
    SIM_ENCRYPTION_WAIT_ENC_REQ,
    SIM_ENCRYPTION_WAIT_HOST_KEY,
    SIM_ENCRYPTION_WAIT_CENTRAL
} sim_encryption_state;

typedef struct {
    sim_encryption_state state;
    bool refreshing;
    uint8_t ltk[16];
    uint8_t rand[8];
    uint8_t ediv[2];
    uint8_t skd[16]; /* central's 8 octets, then the peripheral's, as on air */
    uint8_t iv[8];
} sim_encryption;

typedef enum {
    SIM_PROCEDURE_NONE,
    SIM_PROCEDURE_ENCRYPTION,
    SIM_PROCEDURE_VERSION,
    SIM_PROCEDURE_FEATURES,
    SIM_PROCEDURE_LENGTH,
    SIM_PROCEDURE_UPDATE,
    SIM_PROCEDURE_PING,
    SIM_PROCEDURE_PARAMETERS,
    SIM_PROCEDURE_PHY,
    SIM_PROCEDURES
} sim_procedure;

typedef struct {
    uint16_t tx_octets;
    uint16_t tx_time; /* microseconds */
    uint16_t rx_octets;
    uint16_t rx_time;
} sim_lengths;

/* One end of a connection: what its controller believes about it. */
struct sim_link {
    sim_connection *connection;
    sim_controller *controller;
    sim_role role;
    bool alive;
    bool established; /* a packet came */
    bool deaf;        /* missed an update: listens at the wrong time until the supervision timeout */
    uint16_t handle;
    sim_address peer; /* types 0..3 */
    sim_address peer_on_air;
    uint8_t local_rpa[6];
    uint8_t peer_rpa[6];

    uint8_t sn;
    uint8_t nesn;
    bool sent_more; /* MD of the last PDU sent */
    sim_outgoing outgoing;
    sim_control_pdu control[SIM_CONTROL_QUEUE];
    size_t control_count;
    sim_acl *acl_first;
    sim_acl *acl_last;

    sim_timer supervision;
    sim_timer response;             /* 40 s for a procedure */
    sim_timer authenticated;        /* half the authenticated payload timeout, twice */
    bool ping_due;                  /* when half the timeout is over; else the timeout is */
    uint16_t authenticated_timeout; /* 10 ms */

    bool terminating; /* LL_TERMINATE_IND of ours is queued */
    uint8_t terminate_reason;
    bool leaving; /* the peer's came: gone once it has been acknowledged */
    uint8_t leave_reason;

    sim_session session;
    sim_encryption encryption;
    bool last_word_waits; /* the PDU that ends the procedure for the peer is not out yet: nothing passes it */
    sim_procedure procedure;
    bool wanted[SIM_PROCEDURES];
    bool awaits_instant; /* the procedure is over but for its instant: no timer runs */

    bool version_sent;
    bool version_known;
    bool version_asked; /* by the host */
    uint8_t peer_version[5];
    bool features_known;
    uint8_t peer_features[8];

    uint16_t wanted_tx_octets;
    uint16_t tx_octets;
    uint16_t rx_octets;
    sim_lengths told; /* to the host, in the last LE Data Length Change or from the start */
    sim_connection_parameters update;
    sim_parameter_wish asked; /* by the host of a peripheral */
    bool parameters_asked;    /* the host of a central: it has to say yes or no */
    uint8_t tx_phys;          /* liked, as in SIM_ALL_PHYS */
    uint8_t rx_phys;
    bool phy_asked; /* by the host */
};

struct sim_connection {
    kith_sim *sim;
    sim_connection *next;
    uint32_t number;
    uint32_t access_address;
    uint32_t crc_init;
    sim_connection_parameters parameters;
    uint8_t channel_map[5];
    unsigned hop;
    unsigned unmapped_channel;
    unsigned channel;
    uint32_t counter; /* of the event under way, or of the next one */
    bool in_event;
    uint64_t anchor_us;
    sim_timer timer;
    sim_link ends[2]; /* by sim_role */

    bool update_pending;
    uint32_t update_instant;
    sim_connection_parameters update;
    bool update_heard; /* the peripheral has it */

    uint8_t phy[2]; /* that an end sends on, by sim_role */
    bool phy_pending;
    uint32_t phy_instant;
    uint8_t next_phy[2];
    bool phy_heard; /* by the peripheral */

    sim_role sender; /* of the PDU on air */
    uint8_t air[SIM_PDU_MAX];
    size_t air_len;
    bool received;
};

/* ---- the controller and the room ---- */

/* What HCI_Reset sets back. */
typedef struct {
    uint64_t event_mask;
    uint64_t event_mask_page_2;
    uint64_t le_event_mask;
    uint8_t random_address[6];
    bool has_random_address;
    uint16_t default_tx_octets;
    uint16_t default_tx_time;
    uint8_t tx_phys; /* liked on new connections, as in SIM_ALL_PHYS */
    uint8_t rx_phys;
    uint8_t channel_map[5];
    sim_address filter_list[KITH_SIM_LIST_MAX];
    size_t filter_count;
    bool anonymous_listed; /* in the filter list: those who send no address */
    sim_resolving_entry resolving_list[KITH_SIM_LIST_MAX];
    size_t resolving_count;
    bool resolving;
    uint16_t rpa_timeout_s;
    uint8_t p256_private[32];
    bool has_p256;
    bool has_legacy_commands; /* one of the legacy advertising commands was given */
    bool has_extended_commands;
    bool host_flow;
    uint16_t host_acl_buffers;
    uint16_t host_acl_used;
} sim_settings;

struct sim_controller {
    kith_sim *sim;
    kith_sim_device id;
    uint8_t public_address[6];
    bool out_of_range;
    bool breaks_next_session_key;
    bool mute;
    uint8_t injected[SIM_PDU_MAX]; /* taken in place of the next data PDU that would be received */
    size_t injected_len;           /* 0: none waits */
    int8_t rssi_dbm;               /* at which everybody hears it */
    kith_sim_limits limits;
    uint16_t *unsupported;
    sim_rng rng;

    sim_pipe events;
    sim_pipe acl;
    uint64_t next_order;
    unsigned answers_waiting; /* Command Complete and Status that the host hasn't taken */
    unsigned events_late_by;
    unsigned acl_late_by;
    sim_timer release;
    FILE *snoop;

    sim_settings settings;
    sim_advertiser advertiser;               /* of the legacy commands */
    sim_advertiser *sets[KITH_SIM_SETS_MAX]; /* those that exist, in no order; the others are NULL */
    sim_scanner scanner;
    sim_initiator initiator;
    sim_sync_wish sync_wish;
    sim_sync syncs[SIM_SYNCS];
    unsigned acl_in_use;
};

typedef struct sim_capture {
    struct sim_capture *next;
    kith_sim *sim;
    FILE *file;
    bool decrypted;
} sim_capture;

struct kith_sim {
    kith_crypto_port crypto;
    uint64_t seed;
    uint64_t now_us;
    unsigned loss_permille;
    sim_rng rng;
    sim_queue queue;
    sim_controller **controllers; /* NULL: removed */
    size_t controller_count;
    sim_connection *connections;
    uint32_t connections_made;
    bool has_dead_connections;
    struct {
        kith_sim_listener *call;
        void *context;
    } listeners[SIM_LISTENERS];
    size_t listener_count;
    uint32_t frame_crc_init; /* of the frame being told */
    sim_capture *captures;
};

/* room.c */
sim_controller *sim_find(const kith_sim *sim, kith_sim_device device); /* NULL: no such, or removed */

/* air.c */
uint64_t sim_air_duration(size_t pdu_len);                 /* on LE 1M, with preamble, access address and CRC */
uint64_t sim_air_duration_on(uint8_t phy, size_t pdu_len); /* LE Coded: with eight symbols for a bit */
int8_t sim_rssi(const sim_controller *sender);
bool sim_air_reaches(sim_controller *from, sim_controller *to); /* draws the loss */
void sim_air_tell(kith_sim *sim, uint32_t crc_init, const kith_sim_frame *frame);
uint32_t sim_air_crc(uint32_t crc_init, const uint8_t *pdu, size_t len); /* least significant octet first on air */

/* controller.c */
void sim_controller_reset(sim_controller *c); /* as HCI_Reset does, without its answer */

/* limits.c: what comes with age and features */
bool sim_has_feature(const sim_controller *c, uint64_t feature);
bool sim_has_command(const sim_controller *c, uint16_t opcode);
bool sim_has_le_event(const sim_controller *c, uint8_t subevent);

/* transport.c */
void sim_transport_clear(sim_controller *c);
void sim_event(sim_controller *c, uint8_t code, const uint8_t *parameters, size_t len); /* masks are respected */
void sim_le_event(sim_controller *c, uint8_t subevent, const uint8_t *parameters, size_t len);
bool sim_le_event_enabled(const sim_controller *c, uint8_t subevent);
void sim_command_complete(sim_controller *c, uint16_t opcode, uint8_t status, const uint8_t *parameters, size_t len);
void sim_command_status(sim_controller *c, uint16_t opcode, uint8_t status);
void sim_acl_to_host(sim_controller *c, uint16_t handle, bool continuing, const uint8_t *data, size_t len);

/* capture_btsnoop.c */
void sim_btsnoop_record(const sim_controller *c, const uint8_t *packet, size_t len, bool to_host);

/* commands.c */
void sim_command_run(sim_controller *c, uint16_t opcode, const uint8_t *parameters, size_t len);
void sim_supported_commands(const sim_controller *c, uint8_t bits[64]);
bool sim_lists_are_frozen(const sim_controller *c);         /* something on air uses addresses */
bool sim_connection_parameters_are_valid(const uint8_t *p); /* six 16-bit numbers from Interval_Min on */
sim_connection_parameters sim_connection_parameters_at(const uint8_t *p);
bool sim_scan_window_is_valid(const uint8_t *p); /* interval and window */

/* privacy.c: the filter accept list and the resolving list */
bool sim_filter_list_has(const sim_controller *c, const sim_address *address); /* types 2 and 3 count as 0 and 1 */
bool sim_address_is_resolvable(const sim_address *address);
sim_resolving_entry *sim_resolving_find(sim_controller *c, const sim_address *identity);
/* The identity (type 2 or 3) behind an address on air, or that address itself.  entry may be NULL. */
sim_address sim_resolve(sim_controller *c, const sim_address *on_air, sim_resolving_entry **entry);
/* May a peer that is in the list use its identity address on air?  Not in network privacy mode. */
bool sim_privacy_allows(sim_controller *c, const sim_address *on_air);
/* Is this address on air ours?  RPAs are resolved with our own IRKs. */
bool sim_address_is_mine(sim_controller *c, const sim_address *on_air, uint8_t own_type);
/* The private address in use towards this peer, a new one if it is time for it.  NULL: there is none. */
const uint8_t *sim_local_rpa(sim_controller *c, sim_resolving_entry *entry);
/* The address to use on air towards a peer (identity), for an Own_Address_Type of 0..3. */
sim_address sim_own_address(sim_controller *c, uint8_t own_type, const sim_address *peer);
/* The address of a peer to name on air in a directed PDU: an RPA if its IRK is known. */
sim_address sim_peer_address(sim_controller *c, uint8_t own_type, const sim_address *peer);
bool sim_own_address_missing(const sim_controller *c, uint8_t own_type); /* random wanted and never set */
/* The same for an advertiser: a set has a random address of its own. */
sim_address sim_advertiser_address(sim_advertiser *a);
bool sim_advertiser_address_missing(sim_advertiser *a);
/* Is this address on air one that the host gave, and not made here from an IRK? */
bool sim_address_is_given(const sim_controller *c, const sim_address *on_air);

/* connection.c */
/* What an initiator sends; its addresses, access address and the rest are drawn here. */
void sim_connect_ind(sim_controller *central, const sim_address *own, const sim_address *advertiser, uint8_t pdu[36]);
uint32_t sim_draw_access_address(kith_sim *sim);
sim_connection *sim_connection_new(kith_sim *sim, const uint8_t connect_ind[36]); /* NULL: no memory */
/* Brings one end to life and tells its host. */
void sim_connection_join(sim_connection *k, sim_controller *c, sim_role role, const sim_address *peer_on_air,
                         const sim_address *own_on_air);
void sim_connections_sweep(kith_sim *sim); /* frees those with no end left */
sim_link *sim_link_find(sim_controller *c, uint16_t handle);
sim_link *sim_link_to(sim_controller *c, const sim_address *peer); /* NULL: not connected with this address */
void sim_link_end(sim_link *link, uint8_t reason, bool tell);      /* the memory stays until the sweep */
void sim_link_for_each(sim_controller *c, void (*visit)(sim_link *link));
sim_link *sim_link_peer(sim_link *link);
uint32_t sim_link_next_event(const sim_link *link); /* first one that what is queued now may be sent in */

/* link_event.c */
void sim_connection_on_anchor(void *connection);

/* link_queue.c: what one end has to send */
bool sim_link_control(sim_link *link, const uint8_t *payload, size_t len); /* false: the queue is full */
void sim_link_acl(sim_link *link, bool continuing, const uint8_t *data, size_t len);
void sim_link_select(sim_link *link);           /* fills link->outgoing */
size_t sim_link_fragment(const sim_link *link); /* octets of data that a PDU may have */
bool sim_link_has_more(const sim_link *link);
void sim_link_acknowledged(sim_link *link);
void sim_link_drop_queues(sim_link *link);

/* link_control.c: LL control PDUs */
void sim_control_received(sim_link *link, const uint8_t *payload, size_t len);
void sim_procedure_want(sim_link *link, sim_procedure procedure);
void sim_procedure_next(sim_link *link);
void sim_procedure_done(sim_link *link, sim_procedure procedure);
void sim_procedure_restart_timer(sim_link *link);
void sim_procedure_restart_authenticated(sim_link *link);
void sim_link_terminate(sim_link *link, uint8_t reason, uint8_t local_reason);
void sim_link_unknown(sim_link *link, uint8_t opcode);                /* LL_UNKNOWN_RSP */
void sim_link_reject(sim_link *link, uint8_t opcode, uint8_t reason); /* LL_REJECT_EXT_IND */
bool sim_procedure_collides(const sim_link *central); /* with what a peripheral that asks for an instant wants */
void sim_procedure_await_instant(sim_link *link, sim_procedure procedure);
void sim_tell_version(sim_link *link);
void sim_tell_features(sim_link *link, uint8_t status);
void sim_update_complete(sim_link *link, uint8_t status);

/* link_length.c: data length */
void sim_length_start(sim_link *link);
void sim_link_note_length(sim_link *link);                     /* its host knows */
void sim_link_tell_length(sim_link *link);                     /* to its host, if it is not what was told last */
uint16_t sim_octets_within(uint16_t octets, uint16_t time_us); /* of a packet on LE 1M */
void sim_on_length_req(sim_link *link, const uint8_t *p);
void sim_on_length_rsp(sim_link *link, const uint8_t *p);

/* link_parameters.c: connection parameters request */
void sim_parameters_start(sim_link *link);
void sim_parameters_accept(sim_link *link, const sim_connection_parameters *parameters); /* by the host */
void sim_parameters_refuse(sim_link *link, uint8_t reason);
void sim_parameters_refused(sim_link *link, uint8_t status); /* by the peer */
void sim_on_parameters_req(sim_link *link, const uint8_t *p);

/* link_phy.c: PHY update */
uint8_t sim_phys(const sim_controller *c); /* that it has, as in SIM_ALL_PHYS */
bool sim_has_phy(const sim_controller *c, uint8_t phy);
void sim_phy_start(sim_link *link);
void sim_phy_finish(sim_link *link, uint8_t status, bool tell);
void sim_phy_refused(sim_link *link, uint8_t status); /* by the peer */
void sim_phy_apply(sim_connection *k);                /* at the instant */
void sim_on_phy_req(sim_link *link, const uint8_t *p);
void sim_on_phy_rsp(sim_link *link, const uint8_t *p);
void sim_on_phy_update(sim_link *link, const uint8_t *p);

/* link_encryption.c: the procedures */
bool sim_encryption_allows_sending(const sim_link *link, uint8_t opcode);
bool sim_encryption_holds_data(const sim_link *link);
bool sim_encryption_expects(const sim_link *link, bool control, uint8_t opcode);
void sim_encryption_start(sim_link *link);
void sim_encryption_key(sim_link *link, const uint8_t ltk[16]);
void sim_encryption_no_key(sim_link *link);
void sim_encryption_failed(sim_link *link, uint8_t status);
void sim_encryption_sending(sim_link *link, uint8_t opcode);
void sim_on_enc_req(sim_link *link, const uint8_t *p);
void sim_on_enc_rsp(sim_link *link, const uint8_t *p);
void sim_on_start_enc_req(sim_link *link, const uint8_t *p);
void sim_on_start_enc_rsp(sim_link *link, const uint8_t *p);
void sim_on_pause_enc_req(sim_link *link, const uint8_t *p);
void sim_on_pause_enc_rsp(sim_link *link, const uint8_t *p);

/* link_crypto.c: one PDU */
kith_status sim_session_make(const kith_crypto_port *crypto, const uint8_t ltk[16], const uint8_t skd[16],
                             const uint8_t iv[8], sim_session *session);
/* sealed has room for len + 4.  Counts. */
kith_status sim_session_seal(const kith_crypto_port *crypto, sim_session *session, bool from_central, uint8_t header,
                             const uint8_t *plain, size_t len, uint8_t *sealed);
/* len is with MIC, at least 5.  Counts. */
kith_status sim_session_open(const kith_crypto_port *crypto, sim_session *session, bool from_central, uint8_t header,
                             const uint8_t *sealed, size_t len, uint8_t *plain);

#endif
