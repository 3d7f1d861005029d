/* Base64 (RFC 4648), as MicroPython's binascii writes it: with a line feed at the end. */
#ifndef EXCH_BASE64_H
#define EXCH_BASE64_H

#include "inside.h"

/* With a line feed or without.  false: it is not base64, or longer than cap. */
bool exch_from_base64(exch_span text, uint8_t *out, size_t cap, size_t *len);
void exch_put_base64(exch_writer *w, const uint8_t *octets, size_t len); /* with "\n", as JSON has it */

#endif
