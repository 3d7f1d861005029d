/* Where an example that waits runs: on the virtual radio of this process, beside its counterpart, or on a controller.
 * The program is the same on both.  And who sits there: a person with a keyboard, who can be interrupted. */
#ifndef EXAMPLES_DESK_H
#define EXAMPLES_DESK_H

#include "kith/port/blocking.h"
#include "kith/port/posix.h"
#include "room.h"

#define DESK_HCI_HELP                                                                                                  \
    "use the controller at WHERE, unix:PATH, tcp:HOST:PORT, uart:DEV[,BAUD] or hciN; without it everything happens "   \
    "on the virtual radio"

#define DESK_NOTHING_SHOWN UINT32_MAX

typedef struct {
    kith_blocking blocking;
    bool is_virtual;

    /* The person types the passkey .given, else what .display shows, else what comes from the terminal; and compares
     * numbers with .display, else is asked there. */
    const char *given;       /* NULL: none */
    const uint32_t *display; /* of another device that the person can see; DESK_NOTHING_SHOWN: not yet; may be NULL */
    uint32_t number;         /* shown here, to be compared */
    bool asked;

    /* Its own. */
    room room;
    size_t place;
    kith_crypto_port crypto;
    kith_posix port;
    kith_flash_file file;
    kith_flash_log log;
    kith_store store;
    bool has_file, has_port;
    kith_host *host;
} desk;

/* Switches the program's host on, and the counterpart's where the radio is virtual, and waits until it is ready.
 *   hci    DESK_HCI_HELP; NULL: virtual
 *   store  the file of the program's bonds; NULL: the room's, or none that outlives the program
 * What the person types with is told afterwards.  False: it has said why, or was stopped; desk_close() all
 * the same. */
bool desk_open(desk *d, const char *hci, const char *store, const room_device *program, const room_device *counterpart);
void desk_close(desk *d);

/* Power off and on; on the virtual radio alone.  False: it has said why. */
bool desk_power_cycle(desk *d);

/* A device that acts on events, on a controller, until it is stopped.  Says how that ended: the exit status. */
int desk_serve(desk *d, const char *hci, const char *store, const room_device *device);

bool desk_is_stopped(void); /* by SIGINT or SIGTERM */

/* Says how the last call ended; EXIT_SUCCESS: well, or the person stopped it. */
int desk_status(const desk *d);

#endif
