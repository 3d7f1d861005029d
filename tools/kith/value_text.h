/* A value in words: as text where it is printable, and in hex. */
#ifndef TOOLS_VALUE_TEXT_H
#define TOOLS_VALUE_TEXT_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

enum { VALUE_MAX = 517, VALUE_TEXT = 3 * VALUE_MAX + 32 };

/* "\"warm white\", in hex 7761...", "in hex 00ff", "empty"; returns text.  What is above VALUE_MAX is cut. */
char *value_describe(const uint8_t *value, size_t len, char text[VALUE_TEXT]);

/* The same for programs: value in hex, and text where it is printable. */
void value_add(json_t *object, const uint8_t *value, size_t len);

#endif
