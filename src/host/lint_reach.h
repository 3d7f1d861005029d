/* What pairing can come to, on this device: asked of the method table, for every peer there is. */
#ifndef HOST_LINT_REACH_H
#define HOST_LINT_REACH_H

#include "kith/security.h"

typedef struct {
    kith_level level;          /* the best without out of band data; KITH_LEVEL_NONE: no pairing */
    kith_level level_with_oob; /* and with it, both ways, over a channel that is secure */
    bool as_initiator, as_responder;
} lint_reach;

lint_reach lint_reach_of(const kith_security *security);

#endif
