/* What a controller does beside its connections: it advertises, scans, follows periodic advertising and initiates. Here
 * is what each of them keeps, and how they hear of each other. */
#ifndef SIM_ROLES_H
#define SIM_ROLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kith/address.h"

#include "queue.h"
#include "sim.h"

enum { SIM_ADV_DATA_MAX = 31, SIM_SET_DATA_MAX = 1650 };

typedef struct sim_controller sim_controller;

/* ---- advertising, scanning, initiating ---- */

/* A device address as HCI tells it: types 2 and 3 are identities found by resolving. */
typedef kith_address sim_address;

typedef struct {
    uint16_t len;
    bool partial; /* its last fragment hasn't come */
    uint8_t octets[SIM_SET_DATA_MAX];
} sim_adv_data;

/* Data on its way in one PDU after the other. */
typedef struct {
    sim_adv_data data; /* whatever the host does meanwhile */
    size_t sent;       /* octets of it before this PDU */
    size_t sending;    /* octets of it in this PDU */
    bool more;         /* another PDU follows */
    uint8_t channel;   /* of that other one, or of the first */
    uint64_t due_us;
} sim_train;

/* Periodic advertising of a set. */
typedef struct {
    bool enabled;
    bool sends_tx_power;
    uint16_t interval; /* 1.25 ms */
    sim_adv_data data;
    uint32_t access_address;
    uint32_t crc_init;
    uint16_t counter; /* of events */
    uint64_t event_us;
    unsigned channel; /* of the PDU on air */
    sim_timer timer;
    sim_train train;
} sim_periodic;

/* Another controller, by its index, and the advertising event under way. */
typedef struct {
    bool heard;    /* the PDU just sent */
    bool follows;  /* is at the place and time of the next auxiliary one */
    uint32_t scan; /* the scanner's number when it began to follow */
} sim_hearer;

/* Advertising by the legacy commands, or an advertising set. */
typedef struct {
    sim_controller *controller;
    bool enabled;
    bool is_set;
    uint8_t handle;      /* of a set */
    uint16_t properties; /* Advertising_Event_Properties */
    uint32_t interval_min;
    uint8_t own_type;
    sim_address peer;
    uint8_t channel_map;
    uint8_t filter_policy;
    uint8_t primary_phy;
    uint8_t secondary_phy;
    uint8_t sid;
    bool tells_scan_requests;
    uint8_t random_address[6]; /* of a set */
    bool has_random_address;
    sim_adv_data data;
    sim_adv_data response;
    uint16_t did;

    /* the advertising event under way */
    sim_timer timer;
    uint64_t event_us;
    uint64_t stop_us;    /* when it ends; UINT64_MAX: never */
    uint8_t most_events; /* 0: no limit */
    uint8_t events_done;
    uint8_t phy;      /* of the PDU on air */
    unsigned channel; /* of the PDU on air */
    sim_address own;  /* as on air */
    sim_address target;
    sim_hearer *hearers; /* by controller index */
    size_t hearer_count;
    kith_sim_device responder;
    uint8_t request[36]; /* the SCAN_REQ or CONNECT_IND being answered */
    size_t request_len;
    bool request_received;

    /* auxiliary PDUs of that event */
    bool responds; /* what is sent is scan response data */
    sim_train train;

    sim_periodic *periodic; /* NULL: has no parameters */
} sim_advertiser;

typedef struct {
    uint64_t start_us;
    uint32_t interval_us;
    uint32_t window_us;
} sim_scan_window;

typedef struct {
    uint16_t event_type;
    uint16_t adi;
    sim_address address;
} sim_seen;

/* Scanning on one primary PHY. */
typedef struct {
    bool used;
    bool active;
    uint16_t interval;
    uint16_t window;
    sim_scan_window listens;
} sim_scan_phy;

enum { SIM_PRIMARY_PHYS = 2 }; /* LE 1M and LE Coded */

typedef struct {
    bool enabled;
    bool extended; /* by the extended commands: hears extended PDUs, and reports as they do */
    bool resting;  /* between the end of a duration and the next period */
    bool filter_duplicates;
    bool forgets; /* duplicates, with every period */
    uint8_t own_type;
    uint8_t filter_policy;
    sim_scan_phy phys[SIM_PRIMARY_PHYS];
    uint32_t number; /* of starts */
    uint64_t duration_us;
    uint64_t period_us;
    sim_timer timer;
    sim_seen *seen;
    size_t seen_count;
    size_t seen_capacity;
} sim_scanner;

enum { SIM_SYNCS = 4 };
typedef enum { SIM_SYNC_FREE, SIM_SYNC_WAITS, SIM_SYNC_ESTABLISHED } sim_sync_state;

/* A receiver of periodic advertising. */
typedef struct {
    sim_controller *controller;
    sim_sync_state state;
    uint16_t handle;
    uint8_t sid;
    sim_address advertiser;
    uint8_t phy;
    uint16_t interval;
    uint32_t access_address;
    uint16_t timeout; /* 10 ms */
    sim_timer lost;
    bool silent;  /* reports are not wanted */
    bool heard;   /* the PDU just sent */
    bool follows; /* is there for it */
    bool begun;   /* has told its host of what came before it */
} sim_sync;

/* The next one, that the host asked for. */
typedef struct {
    bool pending;
    bool silent;
    uint8_t sid;
    sim_address advertiser;
    uint16_t timeout;
} sim_sync_wish;

typedef struct {
    uint16_t interval; /* 1.25 ms */
    uint16_t latency;
    uint16_t timeout; /* 10 ms */
} sim_connection_parameters;

typedef struct {
    uint16_t interval_min;
    uint16_t interval_max;
    uint16_t latency;
    uint16_t timeout;
} sim_parameter_wish;

typedef struct {
    bool enabled;
    bool extended;
    bool uses_filter_list;
    sim_address peer;
    uint8_t own_type;
    uint8_t phys;                         /* bit 0 LE 1M, bit 1 LE 2M, bit 2 LE Coded */
    sim_connection_parameters by_phy[3];  /* by bit */
    sim_connection_parameters parameters; /* of the connection being asked for */
    sim_scan_window listens[SIM_PRIMARY_PHYS];
} sim_initiator;

/* ---- what they do ---- */

/* advertise.c */
void sim_advertise_start(sim_advertiser *a, uint64_t lasts_us, uint8_t most_events); /* 0: without an end */
void sim_advertise_stop(sim_advertiser *a);
bool sim_advertises(const sim_controller *c); /* by whatever commands */
bool sim_advertise_uses_filter_list(const sim_controller *c);

/* advertise_set.c */
sim_advertiser *sim_set_find(const sim_controller *c, uint8_t handle);
sim_advertiser *sim_set_new(sim_controller *c, uint8_t handle); /* NULL: there are as many as may be, or no memory */
void sim_set_remove(sim_advertiser *set);
void sim_sets_clear(sim_controller *c);
void sim_set_terminated(sim_advertiser *set, uint8_t status, uint16_t connection); /* tells the host */

/* scan.c: what a receiver makes of advertising */
typedef enum { SIM_WANTS_NOTHING, SIM_WANTS_REST, SIM_WANTS_RESPONSE, SIM_WANTS_CONNECTION } sim_want;
typedef struct {
    uint8_t phy;           /* primary */
    uint8_t secondary_phy; /* of extended PDUs; 0: a legacy one */
    unsigned channel;
} sim_tuning;
typedef struct {
    uint16_t event_type; /* as in LE Extended Advertising Report, without the data status */
    sim_address address; /* types 0 and 1; SIM_ANONYMOUS: none was sent */
    sim_address target;  /* of directed advertising */
    const uint8_t *data;
    size_t len;
    bool more; /* of the data comes in another PDU */
    uint8_t primary_phy;
    uint8_t secondary_phy; /* 0: a legacy PDU */
    uint8_t sid;           /* 0xff: none */
    uint16_t adi;
    int8_t tx_power; /* 127: unknown */
    int8_t rssi;
    uint16_t periodic_interval;   /* 0: no periodic advertising goes with it */
    uint32_t sync_access_address; /* of that */
} sim_advertisement;
enum { SIM_ANONYMOUS = 0xff };
bool sim_scan_listens(const sim_controller *c, const sim_tuning *tuning, uint64_t from_us, uint64_t to_us);
sim_want sim_scan_hear(sim_controller *c, const sim_advertisement *heard);
bool sim_scan_response(sim_controller *c, const sim_advertisement *heard); /* it is told, and the rest wanted */
void sim_scan_rest(sim_controller *c, const sim_advertisement *heard);     /* what follows one that was told */
void sim_scan_cut(sim_controller *c, const sim_advertisement *heard);      /* nothing follows it: the rest was lost */
void sim_scan_start(sim_controller *c);
void sim_scan_stop(sim_controller *c);
void sim_scan_window_start(sim_controller *c, sim_scan_window *window, uint16_t interval, uint16_t length);
unsigned sim_primary_index(uint8_t phy); /* of LE 1M or LE Coded, in what is kept by primary PHY */

/* scan_report.c */
bool sim_scan_was_seen(const sim_scanner *s, const sim_advertisement *heard, const sim_address *peer);
/* False: filtered as a duplicate. */
bool sim_scan_report(sim_controller *c, const sim_advertisement *heard, const sim_address *peer);
void sim_scan_report_rest(sim_controller *c, const sim_advertisement *heard, const sim_address *peer, bool cut);

/* periodic.c */
bool sim_periodic_prepare(sim_advertiser *set); /* false: no memory */
void sim_periodic_free(sim_advertiser *set);
void sim_periodic_start(sim_advertiser *set);
void sim_periodic_stop(sim_advertiser *set);
bool sim_periodic_runs(const sim_advertiser *set);
void sim_periodic_put_info(const sim_advertiser *set, uint8_t info[18]); /* SyncInfo, in a PDU that begins now */

/* sync.c */
void sim_sync_hear(sim_controller *c, const sim_advertisement *heard, const sim_address *peer);
sim_sync *sim_sync_on(sim_controller *c, uint32_t access_address); /* NULL: isn't on that train */
void sim_sync_received(sim_sync *sync, const sim_advertisement *part);
void sim_sync_cancel(sim_controller *c);
bool sim_sync_end(sim_controller *c, uint16_t handle); /* false: unknown */
void sim_syncs_clear(sim_controller *c);

#endif
