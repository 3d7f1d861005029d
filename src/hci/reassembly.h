/* ACL fragments put together to L2CAP PDUs, for one link.  Core Vol 4 Part E 5.4.2, Vol 3 Part A 7.2.1. */
#ifndef HCI_REASSEMBLY_H
#define HCI_REASSEMBLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint8_t *buffer; /* capacity octets: L2CAP header and payload */
    uint16_t capacity;
    uint16_t have;
    uint16_t want; /* 0: nothing begun, or what was begun is being skipped */
} hci_reassembly;

void hci_reassembly_init(hci_reassembly *r, uint8_t *buffer, uint16_t capacity);

/* Takes one fragment; first: it starts a PDU.  True: a whole PDU lies in buffer, want octets long, until the
 * next call.  A PDU that is too large, a fragment that starts nothing, and more octets than the PDU
 * has are dropped to the start of the next one. */
bool hci_reassembly_add(hci_reassembly *r, bool first, const uint8_t *fragment, size_t len);

#endif
