/* The one ATT bearer of a link: the MTU that its server and its client share.  Core Vol 3 Part F 3.2.8. */
#ifndef ATT_BEARER_H
#define ATT_BEARER_H

#include <stdint.h>

#include "kith/codec/att.h"

typedef struct {
    uint16_t my_mtu; /* the largest PDU we can take, 23..517; told to the peer */
    uint16_t mtu;    /* in force now, 23..my_mtu */
} att_bearer;

/* For a new link.  my_mtu is brought into 23..517. */
void att_bearer_init(att_bearer *bearer, uint16_t my_mtu);

/* Both sides have told their MTU: the smaller counts, and one below 23 counts as 23 (3.4.2.2). */
void att_bearer_agree(att_bearer *bearer, uint16_t peer_mtu);

#endif
