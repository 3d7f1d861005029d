/* A program that waits, at one place of a stage, and what it meets at the other: a device that does as it is told. */
#ifndef SCENARIO_BLOCKING_H
#define SCENARIO_BLOCKING_H

#include "cast.h"
#include "kith/port/blocking.h"
#include "kith/port/openssl.h"

enum { STATE_ID = 1, TOLD_ID = 2, GUARDED_ID = 3 };
extern const kith_uuid meet_service, meet_state, meet_told, meet_guarded;

/* The device: STATE is read and written by anybody and answered by the program, TOLD is notified, GUARDED needs
 * level 4.
 */
typedef struct {
    kith_host *host;
    kith_link link;
    bool silent;      /* does not answer requests; what was asked waits */
    bool waits;       /* a read does */
    bool gone_on_ask; /* goes out of range instead of answering */
    bool mute;        /* does not advertise */
    bool seeks;       /* is the one that connects */
    uint8_t reads, written[32];
    size_t written_len;
    unsigned tells;   /* so many values at each read, before its answer */
    uint32_t shown;   /* UINT32_MAX: nothing */
    uint32_t number;  /* to be compared */
    bool is_numbers;  /* it can compare */
    unsigned updates; /* PARAMETERS it was told */
    unsigned failed;  /* pairings */
    _Alignas(8) uint8_t memory[KITH_HOST_SIZE(1, 1, 4, 65, 8) + KITH_HOST_SIZE_SERVER(1, 4, 4, 0, 0)];
} device;

typedef struct {
    kith_crypto_port crypto;
    kith_stage stage;
    kith_stage_seat seat;
    device other;
    kith_host *host;
    kith_blocking b;

    uint16_t state_at, told_at; /* handles, once connected */

    /* The person: */
    bool away; /* never answers */
    bool gives_up;
    unsigned asked;
    bool stopped;
    unsigned stop_after; /* looks; 0: never */
    unsigned hooked;     /* events the hook took */
    bool hook_takes;
    kith_call nested;
    _Alignas(8) uint8_t memory[KITH_HOST_SIZE(1, 1, 4, 65, 8) + KITH_HOST_SIZE_CLIENT(1, 65, 0, 4)];
} meeting;

/* Two devices, ready; configure may change the program's configuration, and the other's. */
void meet_open(meeting *m, void (*configure)(kith_config *ours, kith_config *theirs));
void meet_close(meeting *m);
void meet_connect(meeting *m); /* found, connected, its service discovered */
uint16_t meet_handle(const meeting *m, const kith_uuid *characteristic);
uint64_t meet_now(const meeting *m);
void meet_tell(meeting *m, uint8_t value); /* the device notifies */
void meet_out_of_range(meeting *m);

#define expect_call(m, call_, wanted)                                                                                  \
    do {                                                                                                               \
        kith_call is_ = (call_);                                                                                       \
        char text_[450];                                                                                               \
        (void)kith_blocking_describe(&(m)->b, text_, sizeof text_);                                                    \
        if (is_ != (wanted))                                                                                           \
            fail_msg("%s ended as %s, not %s: %s", #call_, kith_call_name(is_), kith_call_name(wanted), text_);        \
        assert_int_equal((m)->b.call, is_);                                                                            \
    } while (0)

#endif
