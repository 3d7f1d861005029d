/* Comparing secrets. */
#ifndef BASE_EQUAL_H
#define BASE_EQUAL_H

#include <stdbool.h>
#include <stddef.h>

/* Are len octets the same?  Takes the same time wherever they differ.  len 0: true. */
bool equal_ct(const void *a, const void *b, size_t len);

#endif
