/* The Battery service (0x180f), ready for a table, once for each battery.  Battery Service 1.0.
 *
 *     static kith_battery battery;
 *
 *     table[0] = kith_battery_service(&battery, BATTERY, 87, 0);
 *     ...
 *     kith_battery_tell(&battery, h, 86);
 *
 * The level is open: everybody may read it, and be notified of it.
 * Owner: the caller, of all memory; it must outlive the host. */
#ifndef KITH_SERVICE_BATTERY_H
#define KITH_SERVICE_BATTERY_H

#include "kith/gatt.h"

struct kith_host;

/* What one battery needs of the program's memory. */
typedef struct {
    kith_characteristic level;
    kith_descriptor format;
    kith_variable variable;
    uint8_t percent;
    uint8_t format_value[7];
} kith_battery;

/* The service.
 *
 *   id            the program's, to tell this battery's level by
 *   percent       0 to 100; above counts as 100
 *   description   0 for the only battery.  Of several, each has another one: 1 for the first, 2 for the second..., or
 *                 what GATT Format Types name (0x0106: main).  It is told in a Characteristic Presentation Format. */
kith_service kith_battery_service(kith_battery *memory, uint16_t id, uint8_t percent, uint16_t description);

/* Sets the level, and notifies every client that wants to know, if it is another one than before; how many were told.
 */
unsigned kith_battery_tell(kith_battery *battery, struct kith_host *h, uint8_t percent);

#endif
