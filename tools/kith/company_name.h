/* Names that the Bluetooth SIG has for the numbers of companies. */
#ifndef TOOLS_COMPANY_NAME_H
#define TOOLS_COMPANY_NAME_H

#include <stdint.h>

/* NULL: none that is known here. */
const char *company_name(uint16_t number);

#endif
