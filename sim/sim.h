/* The virtual radio: any number of Bluetooth LE controllers in one room, on one virtual clock.
 *
 * A controller speaks HCI and nothing else to its host; between controllers there is air.  One seed and
 * the same inputs give the same trace, byte for byte.  Nothing here knows the security manager, GATT or
 * the host: a host of any make can sit on a controller.
 *
 * Time is virtual, in microseconds, and moves only in kith_sim_advance().  The program's loop is:
 * carry packets between hosts and controllers until nobody has any, then advance to the earliest
 * deadline of the room and of every host.
 *
 * Owner: kith_sim_new() allocates, kith_sim_free() frees all of it.  One thread per room. */
#ifndef KITH_SIM_H
#define KITH_SIM_H

#include <stdbool.h>
#include <stdio.h>

#include "kith/address.h"
#include "kith/crypto_port.h"
#include "kith/status.h"

typedef struct kith_sim kith_sim;
typedef int kith_sim_device; /* index of a controller, from 0; never re-used in a room */

typedef struct {
    uint64_t seed;
    const kith_crypto_port *crypto; /* aes128, ccm_*, p256_*; its random is not used: the room has its own, seeded */
    unsigned loss_permille;         /* of all LL packets on air, each direction, 0..1000 */
} kith_sim_config;

/* KITH_ERR_VALUE: no crypto or loss above 1000.  KITH_ERR_FULL: no memory. */
KITH_MUST_USE kith_status kith_sim_new(const kith_sim_config *config, kith_sim **out);
void kith_sim_free(kith_sim *sim); /* NULL is fine */

/* Adds a controller, powered on and just reset, with this public address (octets, wire order).
 * KITH_ERR_FULL: no memory. */
KITH_MUST_USE kith_status kith_sim_add(kith_sim *sim, const uint8_t public_address[6], kith_sim_device *out);

/* Takes a controller away without a word (its links die by supervision timeout at the peers). */
void kith_sim_remove(kith_sim *sim, kith_sim_device device);

/* Host to controller: one H4 packet (type octet 01 command, 02 ACL data; then the packet).
 * KITH_ERR_VALUE: not one whole packet, or a type a host may not send; a real controller over H4 would
 * lose step: here nothing is changed, and a live server answers with Hardware Error. */
KITH_MUST_USE kith_status kith_sim_send(kith_sim *sim, kith_sim_device device, const uint8_t *packet, size_t len);

/* Controller to host: the next H4 packet (04 event, 02 ACL data), or 0.  cap is at least 260. */
size_t kith_sim_receive(kith_sim *sim, kith_sim_device device, uint8_t *out, size_t cap);
bool kith_sim_has_packet(const kith_sim *sim, kith_sim_device device);

uint64_t kith_sim_now(const kith_sim *sim);
uint64_t kith_sim_deadline(const kith_sim *sim);      /* time of the next thing due; UINT64_MAX: nothing is */
void kith_sim_advance(kith_sim *sim, uint64_t to_us); /* runs everything due up to and including to_us, in order */

/* The air. */
void kith_sim_set_loss(kith_sim *sim, unsigned permille);
void kith_sim_set_out_of_range(kith_sim *sim, kith_sim_device device, bool out_of_range);

/* How strongly everybody hears this device, -127..20 dBm; default -50.  It changes what is reported, not what arrives.
 * KITH_ERR_VALUE: no such device, or out of range. */
KITH_MUST_USE kith_status kith_sim_set_rssi(kith_sim *sim, kith_sim_device device, int8_t dbm);

/* Whatever link this controller has: its next encryption start uses a wrong session key (for tests of
 * MIC failure). */
void kith_sim_break_next_session_key(kith_sim *sim, kith_sim_device device);

/* Somebody is quicker than this controller's peer (InjectaBLE): the next data channel PDU that would reach it is lost,
 * and this one is taken in its place, on whatever link that is.  Its sequence numbers are right, and it is not in
 * captures.
 *   llid     1: goes on with an L2CAP frame; 2: begins one; 3: LL control
 *   payload  as on air; on an encrypted link its last four octets are taken for the MIC
 * KITH_ERR_VALUE: no such device, another llid, no octets or more than 255; KITH_ERR_STATE: one waits already. */
KITH_MUST_USE kith_status kith_sim_inject(kith_sim *sim, kith_sim_device device, uint8_t llid, const uint8_t *payload,
                                          size_t len);

/* Its links go on acknowledging and say nothing any more: empty PDUs, and what comes is thrown away.  As somebody does
 * who keeps a link alive and has no key to it.  A link that was encrypted does not recover from it. */
void kith_sim_set_mute(kith_sim *sim, kith_sim_device device, bool mute);

/* Transport reordering (USB has events and ACL data on separate pipes): events held back by so
 * many ACL packets, or ACL packets held back by so many events, as kith_sim_receive hands them out.
 * 0,0 (default): in the order they happened, as over H4. */
void kith_sim_set_reorder(kith_sim *sim, kith_sim_device device, unsigned events_late_by, unsigned acl_late_by);

/* Limits of a controller as a host meets them; before its host starts.
 * le_features: the 8 octets of LE Read Local Supported Features as a little-endian number. */
typedef struct {
    uint16_t acl_len;        /* LE_ACL_Data_Packet_Length, 27..251; default 251 */
    uint8_t acl_packets;     /* Total_Num_LE_ACL_Data_Packets, default 8 */
    uint8_t command_credits; /* Num_HCI_Command_Packets, default 1 */
    uint64_t le_features;
    const uint16_t *unsupported_commands; /* opcodes answered Unknown Command and absent from Supported Commands */
    size_t unsupported_count;
    uint8_t hci_version;    /* as assigned: 8 is Core 4.2, 9 is 5.0, 13 is 5.4; not 0; default 13 */
    uint8_t filter_list;    /* entries of the filter accept list, 1..KITH_SIM_LIST_MAX; default 16 */
    uint8_t resolving_list; /* entries of the resolving list, with LL privacy, 1..KITH_SIM_LIST_MAX; default 16 */
    uint8_t sets;           /* advertising sets, with extended advertising, 1..KITH_SIM_SETS_MAX; default 4 */
    uint16_t data_most; /* octets of advertising data of one set, 31..1650, with extended advertising; default 1650 */
} kith_sim_limits;
enum { KITH_SIM_LIST_MAX = 64, KITH_SIM_SETS_MAX = 16 };

/* Commands and events of a feature are there with its bit in le_features, and only with it.  Default: those of Core 4.2
 * whose bits are set; no extended advertising and LE 1M alone.  Read PHY, Set PHY and Set Default PHY, LE Read Transmit
 * Power and Set Privacy Mode are there from version 9 on, the last only with LL privacy. */
void kith_sim_default_limits(kith_sim_limits *limits);

/* Controllers as they were built at a time. */
typedef enum {
    KITH_SIM_CORE_4_2_BARE, /* nothing that 4.2 leaves open but encryption: no privacy, long packets, ping */
    KITH_SIM_CORE_4_2,      /* privacy with a resolving list of 8, long packets, ping */
    KITH_SIM_CORE_5_0,      /* besides: extended advertising, 4 sets of 251 octets, LE 2M, privacy modes */
    KITH_SIM_CORE_5_4,      /* besides: 16 sets of 1650 octets, LE Coded, periodic advertising, long lists */
    KITH_SIM_CORES
} kith_sim_core;
void kith_sim_core_limits(kith_sim_limits *limits, kith_sim_core core);
const char *kith_sim_core_name(kith_sim_core core); /* "4.2-bare", "4.2", "5.0", "5.4"; never NULL */

/* KITH_ERR_VALUE: no such device, or a limit out of its range; KITH_ERR_FULL: no memory. */
KITH_MUST_USE kith_status kith_sim_set_limits(kith_sim *sim, kith_sim_device device, const kith_sim_limits *limits);

/* What happened on air, for captures, tests and story tellers. */
typedef struct {
    uint64_t time_us;
    kith_sim_device sender;
    uint8_t channel; /* LL channel index: 37..39 advertising, 0..36 data and auxiliary advertising */
    uint32_t access_address;
    const uint8_t *pdu; /* header and payload as on air; encrypted ones with their MIC */
    size_t len;
    const uint8_t *plain; /* the same PDU in plain, its length octet without MIC; equals pdu if never encrypted */
    size_t plain_len;
    bool encrypted;            /* pdu is ciphertext */
    bool from_central;         /* data channels only */
    bool lost;                 /* nobody at the other end received it (an antenna beside the sender did) */
    uint32_t connection_event; /* data channels: the link's event counter, not wrapped */
    uint32_t connection;       /* data channels: number of this connection in this room, from 1; 0: advertising */
    uint8_t phy;               /* 1 LE 1M, 2 LE 2M, 3 LE Coded */
} kith_sim_frame;

/* At most four listeners, called inside kith_sim_advance; frame and its pointers are valid during the call.
 * KITH_ERR_FULL: four are there already. */
typedef void kith_sim_listener(void *context, const kith_sim_frame *frame);
KITH_MUST_USE kith_status kith_sim_listen(kith_sim *sim, kith_sim_listener *listener, void *context);

/* Captures.  pcap: LINKTYPE_BLUETOOTH_LE_LL_WITH_PHDR (256).  decrypted: protected PDUs in plain, with
 * the "decrypted" flag and without MIC.  The writers own no FILE: open before, close after kith_sim_free.
 * Write errors show in ferror(file).
 * KITH_ERR_FULL: no listener place is left. */
KITH_MUST_USE kith_status kith_sim_capture(kith_sim *sim, FILE *file, bool decrypted);

/* A btsnoop file of one controller's HCI traffic (datalink 1002, H4), both directions.
 * KITH_ERR_VALUE: no such device. */
KITH_MUST_USE kith_status kith_sim_btsnoop(kith_sim *sim, kith_sim_device device, FILE *file);

#endif
