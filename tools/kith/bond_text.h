/* Bonds for people and for programs.  No key is ever shown. */
#ifndef TOOLS_BOND_TEXT_H
#define TOOLS_BOND_TEXT_H

#include <jansson.h>

#include "kith/peers.h"

enum { BOND_ADDRESS_TEXT = KITH_ADDRESS_TEXT + 16, BOND_TIME_TEXT = 32 };

void bond_print_heading(void);
void bond_print_row(const kith_bond_info *bond);  /* a line of the table under that heading */
void bond_print_full(const kith_bond_info *bond); /* all there is to know, a line a fact */

/* "C0:11:22:33:44:55 (random)"; local time, or "not known".  Both return text, or a constant. */
char *bond_address_text(const kith_address *address, char text[BOND_ADDRESS_TEXT]);
const char *bond_made_text(const kith_bond_info *bond, char text[BOND_TIME_TEXT]);

/* A new object: "event": "bond" and every field; what is not known is left out. */
json_t *bond_json(const kith_bond_info *bond);

#endif
