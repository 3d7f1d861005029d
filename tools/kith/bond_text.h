/* Bonds for people and for programs.  No key is ever shown. */
#ifndef TOOLS_BOND_TEXT_H
#define TOOLS_BOND_TEXT_H

#include <jansson.h>

#include "kith/security.h"

void bond_print_heading(void);
void bond_print_row(const kith_bond_info *bond);  /* a line of the table under that heading */
void bond_print_full(const kith_bond_info *bond); /* all there is to know, a line a fact */

/* A new object: "event": "bond" and every field; what is not known is left out. */
json_t *bond_json(const kith_bond_info *bond);

#endif
