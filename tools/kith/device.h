/* A host on a live controller with its store: opened in one place, with one sentence for each thing that can be wrong,
 * and closed in one. */
#ifndef TOOLS_DEVICE_H
#define TOOLS_DEVICE_H

#include "kith/port/posix.h"
#include "link_options.h"
#include "private_room.h"
#include "store_file.h"

typedef struct {
    const link_options *options;
    kith_host *host;
    kith_posix port;
    /* The rest is device.c's own. */
    kith_crypto_port crypto;
    uint64_t *memory;
    private_room room;
    store_file store;
    int snoop_fd;
    bool is_stored, is_open;
} device;

/* What a command brings along. */
typedef struct {
    kith_config config; /* limits, methods, services, name, policy; the rest is set from the options */
    private_room_company
        company; /* who else is there, where the radio is the command's own; its crowd is the options' */
} device_plan;

/* Opens the controller, the store, the host, and the capture.  EXIT_OK, or the exit status after a sentence was
 * printed.  device_close() is called either way. */
int device_open(device *d, const link_options *options, device_plan *plan);

/* false: a capture could not be written whole, and a sentence was printed. */
bool device_close(device *d);

/* false: a sentence was printed. */
bool device_start(device *d);

/* The next event, or what else ended the wait; a question at the prompt and Ctrl-C wake it. */
kith_posix_result device_next(device *d, uint64_t until_us, kith_event *event);

/* A store in which something is damaged is not used: what it lacks might be what keeps an impostor out.
 * false: a sentence was printed. */
bool device_may_use_store(const device *d, const kith_event *loaded);

/* Is the stream to the controller there no more?  What ends then ends because of that. */
bool device_has_gone(const device *d);

/* Sentences; each returns EXIT_FAILED. */
int device_say_start_failed(const device *d, const kith_event *event);
int device_say_lost(const device *d, const kith_event *event);
int device_say_gone(const device *d);

#endif
