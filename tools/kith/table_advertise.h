/* Which services a table has, told while it advertises: phones look for a kind of device by them. */
#ifndef TOOLS_TABLE_ADVERTISE_H
#define TOOLS_TABLE_ADVERTISE_H

#include "table.h"

/* Adds as many primary services as fit: short UUIDs behind what is there, else in the scan response, and long ones
 * likewise.  Assigned Numbers 2.3; Core Supplement Part A 1.1. */
void table_advertise(const table *t, kith_advertising *advertising);

#endif
