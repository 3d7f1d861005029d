/* The Device Information service (0x180a), ready for a table.  Device Information Service 1.1.
 *
 *     static kith_device_information information;
 *     static const kith_device_facts facts = {.manufacturer = "Acme", .model = "H7", .firmware = "1.0.2"};
 *
 *     table[0] = kith_device_information_service(&information, &facts);
 *
 * What is left out (NULL, has_... false) is not in the table.
 * Owner: the caller, of all memory and strings; they must outlive the host. */
#ifndef KITH_SERVICE_DEVICE_INFORMATION_H
#define KITH_SERVICE_DEVICE_INFORMATION_H

#include "kith/gatt.h"
#include "kith/verdict.h"

/* Who gave the vendor its number. */
enum { KITH_VENDOR_BLUETOOTH = 1, KITH_VENDOR_USB = 2 };

typedef struct {
    uint8_t vendor_source; /* KITH_VENDOR_* */
    uint16_t vendor, product;
    uint16_t version; /* 0xJJMN: version JJ.M.N */
} kith_pnp_id;

/* Strings are UTF-8 of up to 512 octets; a longer one makes a table that kith_host_init() refuses. */
typedef struct {
    const char *manufacturer;
    const char *model;
    const char *serial;
    const char *hardware;
    const char *firmware;
    const char *software;
    bool has_system_id;
    uint64_t system_id; /* an EUI-64, most significant digits first as it is printed */
    bool has_pnp_id;
    kith_pnp_id pnp_id;
    /* What a link must have to read the serial number and the system ID, by which somebody can know this very device
     * again; 0: nothing.  All else is open. */
    kith_level unique_level;
} kith_device_facts;

enum { KITH_DEVICE_INFORMATION_CHARACTERISTICS = 8 };

/* What the service needs of the program's memory. */
typedef struct {
    kith_characteristic characteristics[KITH_DEVICE_INFORMATION_CHARACTERISTICS];
    uint8_t system_id[8];
    uint8_t pnp_id[7];
} kith_device_information;

/* The service; facts themselves may go, what they point to must stay. */
kith_service kith_device_information_service(kith_device_information *memory, const kith_device_facts *facts);

#endif
