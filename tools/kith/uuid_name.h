/* Names that the Bluetooth SIG gave to UUIDs. */
#ifndef TOOLS_UUID_NAME_H
#define TOOLS_UUID_NAME_H

#include "kith/uuid.h"

/* NULL: none that is known here. */
const char *uuid_name(const kith_uuid *uuid);

#endif
