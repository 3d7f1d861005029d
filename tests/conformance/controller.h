/* The controller of the bench: answers commands, counts ACL buffers, and keeps what the host says for the script.
 * It has no air and no clock; the script says what the peer and the link layer do. */
#ifndef CONFORMANCE_CONTROLLER_H
#define CONFORMANCE_CONTROLLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CONTROLLER_HANDLE = 0x0040, PACKET_MAX = 264, QUEUE_MAX = 64 };

typedef struct {
    size_t len;
    uint8_t octets[PACKET_MAX];
} packet;

typedef struct {
    packet packets[QUEUE_MAX];
    size_t head, count;
} packet_queue;

typedef struct {
    uint8_t address[6];
    uint16_t handle;                   /* of the connection that speaks just now */
    packet_queue to_host;              /* H4 packets */
    packet_queue smp, att, signalling; /* PDUs from the host */
    packet_queue commands; /* that concern encryption, parameters or the end of a link: opcode, parameters */
    bool hold_completed;
    uint16_t uncompleted;
    bool advertising, connecting;
    size_t frame_len; /* of the L2CAP frame that is being put together */
    uint8_t frame[PACKET_MAX];
} controller_state;
extern controller_state controller;

void controller_reset(const uint8_t address[6]);
void controller_take(const uint8_t *h4, size_t len); /* from the host */
void controller_tell(uint8_t event, const uint8_t *parameters, size_t len);
void controller_tell_le(uint8_t subevent, const uint8_t *parameters, size_t len);
void controller_data(uint16_t cid, const uint8_t *pdu, size_t len); /* from the peer */
void controller_completed(void);                                    /* tells of all packets that were held */

packet_queue *controller_channel(uint16_t cid); /* PDUs from the host on it; ATT stands for what nobody knows */

packet *queue_put(packet_queue *q, const uint8_t *octets, size_t len);
packet *queue_take(packet_queue *q); /* NULL: empty; valid until the queue is used again */

#endif
