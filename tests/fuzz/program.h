/* The program of a rig, as a fuzzer has it: calls of the client, the server and GAP, at any time and on any link.  What
 * it asks for is expected to end (rig_expect()). */
#ifndef FUZZ_PROGRAM_H
#define FUZZ_PROGRAM_H

#include "rig.h"

void program_ask(rig *r, unsigned which, rig_input *in);    /* an operation on the peer's attributes, or a command */
void program_serve(rig *r, unsigned which, rig_input *in);  /* values told, answers, services that come and go */
void program_manage(rig *r, unsigned which, rig_input *in); /* parameters, disconnecting, security, bonds */

#endif
