/* Calls that wait, for programs that read from top to bottom.  Link: -lkith-posix
 *
 *   kith_blocking_init(&b, host, &pump);
 *   b.person.passkey = ask_my_user;
 *   kith_blocking_start(&b, 5000);
 *   kith_blocking_find_name(&b, NULL, "thermometer", 10000);
 *   kith_blocking_connect(&b, &b.event.report.address, NULL, 5000);
 *   kith_blocking_secure(&b, b.link, KITH_LEVEL_SC_AUTHENTICATED, 60000);
 *   kith_blocking_discover(&b, b.link, &service, 5000);
 *   kith_blocking_read(&b, b.link, kith_blocking_found(&b, &temperature)->value_handle, 5000);
 *   if (b.call != KITH_CALL_OK) { kith_blocking_describe(&b, text, sizeof text); puts(text); }
 *
 * Each call moves the host (kith/port/pump.h) until it has its end or its time is up, and says how it ended: as its
 * result, and with the reason in the struct until the next call.  While a call waits everything else goes on, too.
 *
 * Nothing is lost.  An event that a call does not wait for is handed to b->on_event; what that does not take is kept
 * for kith_blocking_event() and kith_blocking_value().  Kept are KITH_BLOCKING_KEPT; then the oldest gives way, one
 * without a value first, and is counted in b->dropped.  Reports outside of a search are not kept.
 *
 * Time: max_ms is a limit in milliseconds of the pump's clock; 0 looks at what is there, KITH_BLOCKING_FOREVER has
 * none. What a call began is called off when its time is up, as each says.
 *
 * Owner: the caller; some 22 KiB, so not for small stacks.  It may hold values that were secret: wipe it when that
 * matters.  Threads: one at a time per host.  Callbacks are called from inside a call that waits: they may use the
 * host, and a call of this header made there is REFUSED and leaves everything as it is. */
#ifndef KITH_PORT_BLOCKING_H
#define KITH_PORT_BLOCKING_H

#include "kith/kith.h"
#include "kith/port/pump.h"

#define KITH_BLOCKING_FOREVER UINT32_MAX
enum {
    KITH_BLOCKING_VALUE = 517,
    KITH_BLOCKING_FOUND = 32,
    KITH_BLOCKING_KEPT = 32,
    KITH_BLOCKING_QUESTIONS = 4,
    KITH_BLOCKING_LINKS = 32
};

/* How a call ended. */
typedef enum {
    KITH_CALL_OK = 0,
    KITH_CALL_REFUSED,         /* the host would not begin: b->status says why; nothing was changed */
    KITH_CALL_TIME_IS_UP,      /* b->max_ms were not enough */
    KITH_CALL_FAILED,          /* b->verdict, b->gatt and b->att_error, or b->hci_status say why */
    KITH_CALL_LINK_LOST,       /* b->hci_status says why, if that was told */
    KITH_CALL_CONTROLLER_LOST, /* all links with it; kith_blocking_start() may find it again */
    KITH_CALL_STOPPED,         /* b->stop said so; what was begun is called off as when time is up */
    KITH_CALL_COUNT
} kith_call;

typedef enum {
    KITH_ANSWER_NO,
    KITH_ANSWER_YES,
    KITH_ANSWER_LATER /* asked again soon, until the host's own deadline for the answer */
} kith_answer;

/* The person at this device, who may be asked in any call.  What is NULL is for b->on_event or kith_blocking_event() to
 * answer; where those do not take it either the answer is no: nobody is there. */
typedef struct {
    void *context;
    kith_answer (*consent)(void *context, const kith_event *question); /* a peer asks to pair */
    kith_answer (*compare)(void *context, const kith_event *question); /* is .comparison.number on both devices? */
    kith_answer (*passkey)(void *context, const kith_event *question, uint32_t *passkey); /* 0 to 999999, as typed */
    void (*show)(void *context, const kith_event *event);                                 /* .passkey.passkey */
} kith_person;

/* An event that was kept, with its value. */
typedef struct {
    kith_event event;
    uint16_t len;
    uint8_t value[KITH_BLOCKING_VALUE];
} kith_blocking_kept;

typedef struct {
    kith_host *host;
    kith_pump pump;

    /* The program's; all zeros at first. */
    kith_person person;
    void *context;                                            /* of the next two */
    bool (*on_event)(void *context, const kith_event *event); /* true: taken, and not kept; may be NULL */
    bool (*stop)(void *context); /* true: calls end as STOPPED; asked ten times a second; may be NULL */

    /* How the last call ended; what it does not speak of is zero. */
    kith_call call;
    const char *name;   /* of the call: "read" */
    const char *detail; /* more than a status or result says; NULL: nothing */
    uint32_t max_ms;
    kith_status status;
    kith_gatt_result gatt;
    kith_att_error att_error;
    kith_hci_status hci_status;
    kith_verdict verdict; /* with .attempt of a pairing or encryption, if there was one */
    bool has_verdict;

    /* What it brought; stays until a call brings another. */
    kith_link link;   /* connect, accept */
    kith_event event; /* find: the report (long data are cut at KITH_BLOCKING_VALUE); event: that; its pointers lead
                         into value */
    uint16_t handle;  /* read, subscribe, value: whose */
    kith_level level; /* read, value: of the link when it came; 1 is plain, and then nothing vouches for the value */
    uint16_t mtu;     /* exchange_mtu */
    uint16_t value_len;
    uint8_t value[KITH_BLOCKING_VALUE];
    uint16_t found_count; /* discover */
    kith_gatt_found found[KITH_BLOCKING_FOUND];

    uint32_t dropped; /* events that found no place to be kept, since kith_blocking_init() */

    /* Its own. */
    bool inside;
    uint16_t kept_count, question_count;
    kith_blocking_kept kept[KITH_BLOCKING_KEPT];
    kith_event questions[KITH_BLOCKING_QUESTIONS]; /* not answered yet */
    struct {
        kith_link link;
        kith_event_kind kind;
    } owed[KITH_BLOCKING_LINKS]; /* ends of requests that were not waited for to their end */
} kith_blocking;

/* Nothing is called yet.  KITH_ERR_VALUE: the pump lacks a function; nothing was changed. */
KITH_MUST_USE kith_status kith_blocking_init(kith_blocking *b, kith_host *host, const kith_pump *pump);

/* Starts the host, if nobody has, and waits until it is ready.  Whoever has taken READY already may call it, too.
 * FAILED: b->status, b->hci_status, and b->event is the START_FAILED. */
KITH_MUST_USE kith_call kith_blocking_start(kith_blocking *b, uint32_t max_ms);

/* Lets everything go on for so long.  OK: the time has passed. */
KITH_MUST_USE kith_call kith_blocking_pause(kith_blocking *b, uint32_t ms);

/* ---- finding and connecting ---- */

/* Scans until an advertiser is what is sought; b->event.report is its report.  The scan is off afterwards.
 *   scan    NULL: the defaults.  Reports come once for each advertiser unless it says otherwise
 *   is_it   asked for each report that is heard, scan responses too
 * REFUSED: as kith_gap_start_scan(), or is_it is NULL; FAILED: b->hci_status, the controller would not scan. */
KITH_MUST_USE kith_call kith_blocking_find(kith_blocking *b, const kith_scan *scan,
                                           bool (*is_it)(void *context, const kith_event_report *report), void *context,
                                           uint32_t max_ms);

/* The same; sought is an advertiser with this Complete or Shortened Local Name.  A name is a claim: anybody can have
 * it. */
KITH_MUST_USE kith_call kith_blocking_find_name(kith_blocking *b, const kith_scan *scan, const char *name,
                                                uint32_t max_ms);

/* The same by kith_gap_find(): what sought says, by address, name, service or bond, in one packet of an advertiser or
 * in several.  scan->report_duplicates is not looked at.
 * REFUSED: as kith_gap_find(); FAILED: b->hci_status and b->status; STOPPED also where a callback has stopped it. */
KITH_MUST_USE kith_call kith_blocking_find_sought(kith_blocking *b, const kith_scan *scan, const kith_sought *sought,
                                                  uint32_t max_ms);

/* Connects; b->link is the connection.  parameters may be NULL: the defaults.
 * TIME_IS_UP: the attempt was cancelled.  REFUSED: as kith_gap_connect(); FAILED: b->hci_status. */
KITH_MUST_USE kith_call kith_blocking_connect(kith_blocking *b, const kith_address *peer,
                                              const kith_connection_parameters *parameters, uint32_t max_ms);

/* The same as kith_gap_initiate() does it: to whoever of the filter accept list is heard first, on other PHYs, or not
 * listening all the time.  TIME_IS_UP also after initiating->limit_ms.  REFUSED: as kith_gap_initiate(). */
KITH_MUST_USE kith_call kith_blocking_initiate(kith_blocking *b, const kith_initiating *initiating, uint32_t max_ms);

/* Advertises until a central connects; b->link is the connection, b->event its CONNECTED.
 * TIME_IS_UP: advertising was stopped.  REFUSED: as kith_gap_advertise(); FAILED: b->hci_status. */
KITH_MUST_USE kith_call kith_blocking_accept(kith_blocking *b, const kith_advertising *advertising, uint32_t max_ms);

/* Other connection parameters for the link; b->event.parameters is what they are then.
 * REFUSED with KITH_ERR_VALUE: kith_blocking_describe() says which; FAILED: b->event.parameters.result, b->hci_status.
 * TIME_IS_UP: nothing can be called off; the end is kept as an event when it comes. */
KITH_MUST_USE kith_call kith_blocking_update_parameters(kith_blocking *b, kith_link link,
                                                        const kith_connection_parameters *parameters, uint32_t max_ms);

/* Disconnects, and waits until the link is gone; b->stop is not asked.  OK also where it was gone already. */
KITH_MUST_USE kith_call kith_blocking_disconnect(kith_blocking *b, kith_link link, uint32_t max_ms);

/* ---- security ---- */

/* Makes the link at least this secure, by what stands, the bond, or pairing, and waits until the bond, where there will
 * be one, is in the store.  People are asked through b->person.
 * FAILED: b->verdict says why; where it is about BOND_FAILED the link is secure and was not remembered.
 * TIME_IS_UP: a pairing was cancelled; where it was too far for that, or the link was being encrypted with a bond, that
 * goes on, and its end is kept as an event.
 * REFUSED: as kith_security_secure(). */
KITH_MUST_USE kith_call kith_blocking_secure(kith_blocking *b, kith_link link, kith_level level, uint32_t max_ms);

/* The same, pairing anew although a bond may stand: kith_security_pair(). */
KITH_MUST_USE kith_call kith_blocking_pair(kith_blocking *b, kith_link link, kith_level level, uint32_t max_ms);

/* ---- a peer's attributes ----
 *
 * A request on its way cannot be called off.  After TIME_IS_UP its end is kept as an event when it comes; until then
 * the next of these calls on that link waits for it, within its own time (REFUSED with KITH_ERR_BUSY: that was not
 * enough).  What a program asks the host for by itself on that link must have ended before.
 * FAILED: b->gatt and b->att_error.  REFUSED: as the call of kith/gatt_client.h that has this name. */

/* Offers our MTU; b->mtu is what values may be long for: MTU - 3 octets of a write. */
KITH_MUST_USE kith_call kith_blocking_exchange_mtu(kith_blocking *b, kith_link link, uint32_t max_ms);

/* Finds a primary service; b->found are its characteristics.
 * FAILED with KITH_GATT_NOT_FOUND: it is not there; with KITH_GATT_TOO_LONG: it has more than KITH_BLOCKING_FOUND, and
 * those are the first. */
KITH_MUST_USE kith_call kith_blocking_discover(kith_blocking *b, kith_link link, const kith_uuid *service,
                                               uint32_t max_ms);

/* That one of b->found; NULL: it is not among them.  What it can do: .properties & KITH_PROPERTY_READ and so on. */
const kith_gatt_found *kith_blocking_found(const kith_blocking *b, const kith_uuid *characteristic);

/* Reads a value, whole: b->value, b->value_len, b->level.  Where config.gatt_raise lets it, the link is made secure on
 * the way, and people are asked; so with the calls below. */
KITH_MUST_USE kith_call kith_blocking_read(kith_blocking *b, kith_link link, uint16_t handle, uint32_t max_ms);

/* Writes a value with response. */
KITH_MUST_USE kith_call kith_blocking_write(kith_blocking *b, kith_link link, uint16_t handle, const uint8_t *value,
                                            size_t len, uint32_t max_ms);

/* Asks to be told of a value, KITH_SUBSCRIBED_NOTIFY or _INDICATE; 0: no more. */
KITH_MUST_USE kith_call kith_blocking_subscribe(kith_blocking *b, kith_link link, uint16_t value_handle, uint8_t bits,
                                                uint32_t max_ms);

/* Waits for a value that the peer tells, or takes the oldest that was kept: b->value, b->handle, b->level.
 * handle 0: any.  REFUSED with KITH_ERR_NOT_FOUND: no such link, and none of it was kept. */
KITH_MUST_USE kith_call kith_blocking_value(kith_blocking *b, kith_link link, uint16_t handle, uint32_t max_ms);

/* ---- anything else ---- */

/* Waits for an event, or takes the oldest that was kept: b->event, its value in b->value.
 *   kind  KITH_EVENT_NONE: any
 *   link  0: any.  Else LINK_LOST when that link ends, unless DISCONNECTED is what is waited for */
KITH_MUST_USE kith_call kith_blocking_event(kith_blocking *b, kith_event_kind kind, kith_link link, uint32_t max_ms);

/* Writes how the last call ended, for people: "read: Insufficient Authentication", cut at cap and closed with a zero.
 * Returns the length it needed without the zero.  A text of 450 octets holds every one. */
size_t kith_blocking_describe(const kith_blocking *b, char *text, size_t cap);

const char *kith_call_name(kith_call call); /* "link-lost"; never NULL */

#endif
