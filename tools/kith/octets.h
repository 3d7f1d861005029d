/* Octets that somebody gave: as text, as hex digits, in a file or on stdin. */
#ifndef TOOLS_OCTETS_H
#define TOOLS_OCTETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OCTETS_MAX = 512 }; /* no attribute is longer */

typedef struct {
    uint8_t octets[OCTETS_MAX];
    size_t len;
} octets_value;

typedef enum {
    OCTETS_GOOD,
    OCTETS_TOO_MANY,
    OCTETS_NOT_HEX,   /* something else than pairs of hex digits and blanks */
    OCTETS_UNREADABLE /* errno */
} octets_result;

octets_result octets_of_text(octets_value *v, const char *text, bool is_hex);

/* To the end of the file; "-": of stdin.  is_hex: it holds hex digits. */
octets_result octets_of_file(octets_value *v, const char *path, bool is_hex);

#endif
