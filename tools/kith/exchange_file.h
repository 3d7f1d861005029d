/* Files of other systems that hold bonds, as kith/port/exchange.h reads them: their options, and every sentence about
 * them that people may have to read.  They hold keys; what is printed here holds none. */
#ifndef TOOLS_EXCHANGE_FILE_H
#define TOOLS_EXCHANGE_FILE_H

#include <argp.h>
#include <stdbool.h>

#include "kith/port/exchange.h"

typedef struct {
    kith_exchange_format format; /* NONE: each file's is guessed */
    kith_exchange_options how;
    bool told; /* one of these options was given */
} exchange_options;

extern const struct argp exchange_options_parser; /* its input is an exchange_options */

/* The value of --format and its like; or argp's error, which lists the names. */
kith_exchange_format exchange_format_of(const char *option, const char *arg, struct argp_state *state);

/* "C0:11:22:33:44:55/random"; the type may be missing where the octets can be a public address alone.  Or argp's error.
 */
void exchange_address_of(const char *option, const char *arg, kith_address *out, struct argp_state *state);

/* "json, bluez, ..." */
enum { EXCHANGE_FORMATS_TEXT = 96 };
const char *exchange_formats_text(char text[EXCHANGE_FORMATS_TEXT]);

/* Tells findings, those of a file: a line each for people, or an object each. */
void exchange_tell_findings(const char *path, const kith_exchange_finding *findings, size_t count, size_t lost,
                            bool json);

/* What to do about bonds of which nobody says whose they are, as the end of a sentence; "": there are none. */
const char *exchange_hint(const kith_exchange_result *got);

/* Adds what the file has to *got, which begins as zeros and is freed by its owner, with every error too; and tells what
 * was found.  *format is the file's.  false: a sentence was printed. */
bool exchange_file_read_and_tell(kith_exchange_result *got, const char *path, const exchange_options *o, bool json,
                                 kith_exchange_format *format);

#endif
