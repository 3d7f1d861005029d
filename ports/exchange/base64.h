/* Base64 (RFC 4648), as MicroPython's binascii writes it: with a line feed at the end. */
#ifndef EXCHANGE_BASE64_H
#define EXCHANGE_BASE64_H

#include "inside.h"

/* With a line feed or without.  false: it is not base64, or longer than cap. */
bool exchange_from_base64(exchange_span text, uint8_t *out, size_t cap, size_t *len);
void exchange_put_base64(exchange_writer *w, const uint8_t *octets, size_t len); /* with "\n", as JSON has it */

#endif
