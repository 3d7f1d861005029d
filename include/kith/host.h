/* The host: packets, time and answers go in; packets, events and work come out.
 *
 *   for (;;) {
 *       while ((n = kith_host_next_packet(h, buffer, sizeof buffer)) > 0) write them to the controller
 *       while (kith_host_next_event(h, &event)) act on it
 *       while (kith_host_take_work(h, &work)) { kith_work_run(&work); kith_host_finish_work(h, &work, now); }
 *       wait for a packet or until kith_host_deadline(h)
 *       kith_host_receive(h, packet, len, now) or kith_host_advance(h, now)
 *   }
 *
 * Owner: the caller gives one block of memory for everything; the host allocates nothing.  What the
 * configuration points to must outlive the host.  No argument may be NULL unless said.
 * Threads: one at a time per host; any number of hosts.  kith_work_run() may run anywhere.
 * Time: microseconds of one clock that never goes back.  What a call without a time begins counts from the next
 * time told, and kith_host_deadline() asks for that at once. */
#ifndef KITH_HOST_H
#define KITH_HOST_H

#include "kith/crypto_port.h"
#include "kith/event.h"
#include "kith/gap.h"
#include "kith/identity.h"
#include "kith/peers.h"
#include "kith/privacy.h"
#include "kith/reconnect.h"
#include "kith/security.h"
#include "kith/store.h"
#include "kith/work.h"

typedef struct kith_host kith_host;

typedef struct {
    uint8_t links;    /* connections at once, 1..32 */
    uint8_t pairings; /* pairings under way at once, 1..links */
    uint32_t bonds;   /* bonds kept, 0..KITH_BONDS_MAX; 0 only without bonding */
    uint16_t mtu;     /* largest ATT MTU, 23..517 */
    uint16_t events;  /* room for reports and write commands beyond what never may be lost */
    /* What follows may be 0 each. */
    uint8_t subscriptions; /* values that one client may be told of, 0..32; kept for each link and each bond.  0: nobody
                              can subscribe, and bonds remember nothing of clients */
    uint16_t queue;   /* octets for each link, up to 4096: for writes that are prepared (6 each and their octets; a long
                         value takes 518), and requests that wait for the program (as long as the MTU).  Events take
                       twice as much, once, to tell what is written */
    uint8_t services; /* that may be there besides the table, added at run time */
    uint16_t cache;   /* octets for what is known of the peer's table on each link, and beside its bond: 24 and about 8
                         for each service, characteristic and descriptor (22 with a UUID of 128 bits), up to 1464; the
                         host takes twice as much once.  0: kith_gatt_discover_all() is not there */
    uint8_t operations;   /* of kith/gatt_client.h that may wait on each link behind the one that is under way, 0..32;
                             each takes about as much as the MTU and 100 octets more */
    uint8_t data;         /* operations of kith/peers.h under way at once, 0..32 */
    uint8_t listed;       /* peers in the lists of kith/lists.h; 0: there are none */
    uint8_t sets;         /* advertising sets beside the first, 0..KITH_SETS_MAX */
    uint8_t reconnects;   /* peers that kith/reconnect.h looks for; 0: it is not there */
    uint16_t report_data; /* octets of an advertiser's data above 31 that are put together, up to 1650; 0: reports have
                             the first 31 */
    uint8_t identities;   /* of our own that may be there besides the first (kith/identity.h), 0..7 */
} kith_limits;

#define KITH_BONDS_MAX 1000000u
/* Up to so many bonds a search looks at all of them; for more there is an index, and a bond takes more memory. */
#define KITH_BONDS_SCANNED 32u

/* Octets of memory for a host, for static storage: _Alignas(8) static uint8_t memory[KITH_HOST_SIZE(...)].
 * Never less than kith_host_size() says for the same limits. */
#define KITH_HOST_SIZE(links, pairings, bonds, mtu, events)                                                            \
    ((KITH_SIZE_FIXED + (size_t)(links) * (KITH_SIZE_LINK + 5u * KITH_SIZE_BUFFER(mtu) + (size_t)(mtu)) +              \
      (size_t)(pairings)*KITH_SIZE_PAIRING + (size_t)(bonds)*KITH_SIZE_BOND + KITH_SIZE_INDEX(bonds) +                 \
      ((size_t)(events) + 8u * (size_t)(links) + 14u) * KITH_SIZE_EVENT + 2u * KITH_SIZE_BUFFER(mtu) + 7u) /           \
     8u * 8u)
/* Besides, for a server: as in kith_limits. */
#define KITH_HOST_SIZE_SERVER(links, bonds, subscriptions, queue, services)                                            \
    ((size_t)(links) * ((size_t)(subscriptions)*4u + (size_t)(queue) + 14u) + 2u * (size_t)(queue) +                   \
     ((subscriptions) != 0 ? (size_t)(bonds) * ((size_t)(subscriptions)*4u + KITH_SIZE_CLIENT) + 14u : 0u) +           \
     (size_t)(services)*2u * sizeof(void *) + 7u)
/* Besides, for a client. */
#define KITH_HOST_SIZE_CLIENT(links, mtu, cache, operations)                                                           \
    ((size_t)(links) * ((size_t)(operations) * (KITH_SIZE_OPERATION + (size_t)(mtu) + 1u) + (size_t)(cache) + 21u) +   \
     (size_t)(operations)*KITH_SIZE_EVENT + 2u * (size_t)(cache) + ((cache) != 0 ? KITH_SIZE_TABLES : 0u) + 7u)
/* Besides, for the lists of peers. */
#define KITH_HOST_SIZE_LISTS(listed)                                                                                   \
    ((listed) != 0 ? KITH_SIZE_LISTS + (size_t)(listed) * (16u + 3u * KITH_SIZE_LISTED) : (size_t)0)
#define KITH_SIZE_LISTS  (168u + 9u * sizeof(void *))
#define KITH_SIZE_LISTED 24u
/* Besides, for operations of kith/peers.h. */
#define KITH_HOST_SIZE_DATA(data)                                                                                      \
    ((size_t)(data) * (KITH_SIZE_DATA + KITH_SIZE_EVENT) + ((data) != 0 ? KITH_SIZE_VALUES + KITH_SIZE_SAVE : 0u) + 7u)
#define KITH_SIZE_SAVE   336u
#define KITH_SIZE_VALUES (264u + 2u * sizeof(void *))
#define KITH_SIZE_DATA   (16u + sizeof(void *))
/* Besides, for advertising sets beyond the first. */
#define KITH_HOST_SIZE_SETS(sets) ((size_t)(sets) * (KITH_SIZE_SET + KITH_SIZE_EVENT) + 7u)
#define KITH_SIZE_SET             (160u + 4u * sizeof(void *))
/* Besides, for background reconnection. */
#define KITH_HOST_SIZE_RECONNECTS(reconnects)                                                                          \
    ((reconnects) != 0 ? KITH_SIZE_RECONNECT + (size_t)(reconnects)*KITH_SIZE_RECONNECTED : (size_t)0)
#define KITH_SIZE_RECONNECT   (152u + 3u * sizeof(void *))
#define KITH_SIZE_RECONNECTED 40u
/* Besides, for long advertising data. */
#define KITH_HOST_SIZE_REPORTS(report_data) ((size_t)3 * (report_data) + ((report_data) != 0 ? 64u : 0u) + 7u)
/* Besides, for identities of our own beyond the first. */
#define KITH_HOST_SIZE_IDENTITIES(identities) ((size_t)(identities)*KITH_SIZE_IDENTITY)
#define KITH_SIZE_IDENTITY                    24u
#define KITH_SIZE_TABLES                      (288u + 2u * sizeof(void *))
#define KITH_SIZE_OPERATION                   (40u + 8u * sizeof(void *))
#define KITH_SIZE_CLIENT                      40u
#define KITH_SIZE_BUFFER(mtu)                 (((size_t)(mtu) < 65u ? 65u : (size_t)(mtu)) + 16u)
#define KITH_SIZE_FIXED                       (1856u + 69u * sizeof(void *))
#define KITH_SIZE_LINK                        (1024u + 30u * sizeof(void *))
#define KITH_SIZE_PAIRING                     (1112u + 17u * sizeof(void *))
#define KITH_SIZE_BOND                        200u
#define KITH_SIZE_EVENT                       104u
#define KITH_SIZE_INDEX(bonds)                                                                                         \
    ((size_t)(bonds) <= KITH_BONDS_SCANNED                                                                             \
         ? 0u                                                                                                          \
         : 384u + 7u * sizeof(void *) + (size_t)(bonds)*40u + ((size_t)(bonds) / 32u + 1u) * 8u +                      \
               ((size_t)(bonds) / 16u + 1u) * 48u)

/* The exact figure; 0: a limit is out of its range. */
size_t kith_host_size(const kith_limits *limits);

typedef enum {
    KITH_OWN_PUBLIC, /* the controller's public address */
    KITH_OWN_STATIC  /* a static random address: config.static_address, the store's, or a fresh one */
} kith_own_address;

/* What happens where a peer refuses an operation of kith/gatt_client.h for security (ATT errors 0x05, 0x0f, 0x0c), and
 * where one begins on a plain link whose address claims a bond.  0x08 (authorization) is always reported. */
typedef enum {
    /* Refusals are reported, plain operations go out plain, to whoever is at the address of a bonded peer, too. */
    KITH_GATT_RAISE_NOT,
    /* The link is encrypted with the bond, first where there is one; the operation goes then, or once more.  Where that
     * fails it ends as it was refused, or as NOT_SENT: never in plain, and nobody is paired with. */
    KITH_GATT_RAISE_BOND,
    /* Besides, it pairs with a peer that no bond is claimed for, as kith_security_secure() does.  A bonded peer is not
     * paired with anew, however weak its bond: that is reported, and for kith_security_pair(). */
    KITH_GATT_RAISE_PAIR
} kith_gatt_raise;

typedef struct {
    kith_limits limits;
    const kith_crypto_port *crypto;
    kith_security security;
    const kith_service *services; /* the attribute table of the program; may be NULL with service_count 0 */
    size_t service_count;
    const char *name; /* Device Name characteristic, UTF-8, at most 248 octets */
    uint16_t appearance;
    kith_gap_service gap; /* what the GAP service has besides (kith/gap.h); default: nothing */
    /* Who we are: identity 0.  Others are made with kith/identity.h. */
    kith_own_address own_address;
    const uint8_t *static_address; /* 6 octets, wire order; the two top bits must be 1; NULL: random */
    const uint8_t *irk;            /* our identity resolving key, 16 octets; NULL: random */
    kith_privacy privacy;          /* whether the above is on air (kith/privacy.h); default: it is */
    /* Authenticated Payload Timeout of every encrypted link: how long nothing that the peer's key vouches for may come
     * before KITH_EVENT_PAYLOAD_TIMEOUT.  In 10 ms; default 3000; 0: the controller's own, which is 30 s, too.  At
     * least 1 + latency connection intervals, whatever is given here; where those grow beyond it before encryption, and
     * the controller refuses it for that, its own stays.  Vol 4 Part E 7.3.94. */
    uint16_t payload_timeout_10ms;
    /* As central: what becomes of connection parameters that a peripheral asks for: kith_parameters_policy; default
     * KITH_PARAMETERS_REFUSE. */
    uint8_t accept_parameters;
    const kith_connection_parameters *parameters_within; /* what is outside of these intervals, above this latency or
                                                            this timeout is refused; NULL: nothing is.  Bounds, which
                                                            need not fit together */
    /* The commands of Core 4.2 for advertising, scanning and connecting, although the controller has the extended ones;
     * default false. */
    bool legacy_commands;
    kith_gatt_raise gatt_raise; /* default KITH_GATT_RAISE_BOND */
    /* What a link must have before values that its peer notifies are handed on; default KITH_LEVEL_NONE.  Whoever
     * claims a bond is held to its level besides. */
    kith_level notified_level;
    /* Where bonds are kept, and the identity (the two above, where they are NULL: drawn once, at the first start).
     * &kith_volatile_store: nothing outlives the program.  NULL, the default, only without bonding. */
    const kith_store *store;
    /* The transport may hand over data before an event that was made before it, as USB does with its two pipes; H4 over
     * a serial line or a socket does not.  Then what a peripheral says right before the event that encryption is on
     * waits for it and counts as encrypted, whoever injected it: nobody can tell.  Default false: what comes before
     * that event was plain, and counts as plain; on a transport that does reorder, pairings as central fail by name.
     * (As peripheral it waits in any case: link layers take no plain data in that time.)  Vol 4 Part A 2, Part B 2. */
    bool transport_reorders;
} kith_config;

/* Limits for one link, Secure Connections required, bonding, pairing closed, no method, no service. */
void kith_config_default(kith_config *config);

/* Lays the host out in memory (8-octet aligned).  Nothing is sent yet.
 * KITH_ERR_VALUE: a limit, an address, privacy, the name or what GAP has besides, a level, what peripherals may ask
 * for, the security parameters or the alignment, or bonding without a store; KITH_ERR_FULL: size is below
 * kith_host_size(); KITH_ERR_ENTROPY or the crypto port's own: with more than KITH_BONDS_SCANNED bonds a random key is
 * drawn here, so that no peer can choose addresses that make searches slow. On failure *out is NULL. */
KITH_MUST_USE kith_status kith_host_init(void *memory, size_t size, const kith_config *config, kith_host **out);

/* Starts: loads the store (once), resets the controller and reads what it can do.  Ends in READY or START_FAILED.
 * The store needs its work items done before a command goes out; bonds can be listed and forgotten as soon as
 * STORE_LOADED has come, with or without a controller.
 * Also restarts a host whose controller was lost: every link is gone, bonds stay.
 * KITH_ERR_STATE: it is starting, or has started.  KITH_ERR_FULL: events must be taken first.
 * KITH_ERR_BUSY: a factory reset is under way: wait for RESET. */
KITH_MUST_USE kith_status kith_host_start(kith_host *h, uint64_t now_us);

/* One H4 packet from the controller: type octet first.
 * KITH_ERR_FULL: events must be taken first; nothing was consumed, give the same packet again.
 * KITH_ERR_VALUE: not a whole packet, or of a type a controller does not send; ignored. */
KITH_MUST_USE kith_status kith_host_receive(kith_host *h, const uint8_t *packet, size_t len, uint64_t now_us);

/* Runs what is due.  KITH_ERR_FULL: events must be taken first, then call again. */
KITH_MUST_USE kith_status kith_host_advance(kith_host *h, uint64_t now_us);

/* As config.transport_reorders, for whoever opens the transport; before kith_host_start(). */
void kith_host_set_reordering(kith_host *h, bool reorders);

/* When to call kith_host_advance(), UINT64_MAX: nothing is waited for. */
uint64_t kith_host_deadline(const kith_host *h);

/* The next packet for the controller, type octet first; 0: nothing to send.  cap of 260 holds every one;
 * a packet that does not fit stays. */
size_t kith_host_next_packet(kith_host *h, uint8_t *out, size_t cap);

/* Tells the calendar: seconds since 1970 now; bonds keep when they were made.  0, and untold: not known. */
void kith_host_set_calendar(kith_host *h, uint64_t seconds_since_1970);

/* The next event; false: none.  Pointers in it are valid until the next call of this function. */
bool kith_host_next_event(kith_host *h, kith_event *out);

/* Droppable events that found no room since the start, values that peers notified or indicated over links that are not
 * good enough (kith_gatt_subscribe()), and signed writes that were sound and came to nothing: theirs
 * because one was still being stored (kith/event.h), ours because encryption began before they went. */
uint32_t kith_host_dropped(const kith_host *h);

/* Takes one work item; false: none. */
bool kith_host_take_work(kith_host *h, kith_work *out);

/* Gives it back; *work is wiped.
 * KITH_ERR_FULL: events must be taken first; *work is unchanged.
 * KITH_ERR_NOT_FOUND: what it was for has ended; wiped all the same. */
KITH_MUST_USE kith_status kith_host_finish_work(kith_host *h, kith_work *work, uint64_t now_us);

/* Factory reset: all bonds and what is kept beside them, our identity resolving key and static address are destroyed,
 * in memory at once and in the store as a work item; of a store that is damaged, or of a later version, too.  Links and
 * all that is under way end as when the controller is lost (links with KITH_HCI_LOCAL_HOST_TERMINATED, a start with
 * START_FAILED); then RESET says how it went, and the host is off.  kith_host_start() makes it another device, which
 * peers do not know; it also resets the controller, which is told nothing before.  What the configuration gives (irk,
 * static_address) is the program's own and stays.
 * KITH_ERR_BUSY: one is under way (kith_host_start() says so, too); KITH_ERR_UNSUPPORTED: the store cannot be erased;
 * KITH_ERR_FULL: events must be taken first.  With an error nothing was changed. */
KITH_MUST_USE kith_status kith_host_factory_reset(kith_host *h);

/* Overwrites all of its memory, keys included, and destroys those that the crypto port keeps.  The host is gone: work
 * items that are out go to kith_work_discard(). */
void kith_host_erase(kith_host *h);

#endif
