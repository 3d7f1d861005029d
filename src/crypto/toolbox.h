/* The Security Manager's cryptographic toolbox, over the crypto port.  Core Vol 3 Part H 2.2.
 *
 * Byte order: every argument and result is in wire order, least significant octet first, just as SMP
 * PDUs, HCI commands and kith_address carry it (AES-CMAC below is the one exception).  The functions
 * turn it round for the port.
 *
 * Each returns KITH_OK, or hands on the port's failure with its outputs zeroed.  Intermediate values
 * are wiped.  Outputs may be the same memory as inputs.  Only port->aes128 is called. */
#ifndef CRYPTO_TOOLBOX_H
#define CRYPTO_TOOLBOX_H

#include <stddef.h>
#include <stdint.h>

#include "kith/address.h"
#include "kith/crypto_port.h"

/* AES-CMAC, RFC 4493.  Key, message and tag most significant octet first, as the RFC prints them.
 * msg may be NULL when len is 0.  For a message in pieces see crypto/cmac.h. */
KITH_MUST_USE kith_status crypto_cmac(const kith_crypto_port *port, const uint8_t key[16], const uint8_t *msg,
                                      size_t len, uint8_t out[16]);

/* 2.2.1 e: one AES-128 block, in wire order. */
KITH_MUST_USE kith_status crypto_e(const kith_crypto_port *port, const uint8_t key[16], const uint8_t in[16],
                                   uint8_t out[16]);

/* 2.2.3: the confirm value of legacy pairing.
 *
 *   k           the TK
 *   r           the random of the side whose confirm value it is
 *   preq, pres  the Pairing Request and Response, opcode octet included, as sent
 *   iat, ia     type (0 public, 1 random) and address of the initiator
 *   rat, ra     of the responder */
KITH_MUST_USE kith_status crypto_c1(const kith_crypto_port *port, const uint8_t k[16], const uint8_t r[16],
                                    const uint8_t preq[7], const uint8_t pres[7], uint8_t iat, const uint8_t ia[6],
                                    uint8_t rat, const uint8_t ra[6], uint8_t out[16]);

/* 2.2.4: the STK of legacy pairing.  r1 is the responder's random (Srand), r2 the initiator's (Mrand). */
KITH_MUST_USE kith_status crypto_s1(const kith_crypto_port *port, const uint8_t k[16], const uint8_t r1[16],
                                    const uint8_t r2[16], uint8_t out[16]);

/* 2.2.6: the confirm value of Secure Connections.
 *
 *   u, v   X coordinates, as in the Pairing Public Key PDU: own and peer's seen from the side whose
 *          confirm value it is
 *   x      that side's random
 *   z      0, or 0x80 and the passkey bit */
KITH_MUST_USE kith_status crypto_f4(const kith_crypto_port *port, const uint8_t u[32], const uint8_t v[32],
                                    const uint8_t x[16], uint8_t z, uint8_t out[16]);

/* 2.2.7: MacKey and LTK.
 *
 *   w        DHKey, least significant octet first: kith_work.shared turned round
 *   n1, a1   random and address of the initiator
 *   n2, a2   of the responder */
KITH_MUST_USE kith_status crypto_f5(const kith_crypto_port *port, const uint8_t w[32], const uint8_t n1[16],
                                    const uint8_t n2[16], const kith_address *a1, const kith_address *a2,
                                    uint8_t mackey[16], uint8_t ltk[16]);

/* 2.2.8: the DHKey check.
 *
 *   w        MacKey
 *   n1, a1   random and address of the side whose check it is
 *   n2, a2   of the other side
 *   r        0, the passkey, or the other side's OOB random (2.3.5.6.5)
 *   io_cap   of the side whose check it is, in the order of its Pairing Request or Response:
 *            [0] IO Capability, [1] OOB data flag, [2] AuthReq, so &pdu[1] will do */
KITH_MUST_USE kith_status crypto_f6(const kith_crypto_port *port, const uint8_t w[16], const uint8_t n1[16],
                                    const uint8_t n2[16], const uint8_t r[16], const uint8_t io_cap[3],
                                    const kith_address *a1, const kith_address *a2, uint8_t out[16]);

/* 2.2.9: the number to compare, already taken modulo 1,000,000.
 *
 *   u, x            X coordinate and random of the initiator
 *   v, y            of the responder
 *   passkey_value   0 to 999999, shown with leading zeros; 0 on failure, so look at the status */
KITH_MUST_USE kith_status crypto_g2(const kith_crypto_port *port, const uint8_t u[32], const uint8_t v[32],
                                    const uint8_t x[16], const uint8_t y[16], uint32_t *passkey_value);

/* 2.2.10: key conversion.  keyid in wire order too: "lebr" is {'r','b','e','l'}. */
KITH_MUST_USE kith_status crypto_h6(const kith_crypto_port *port, const uint8_t w[16], const uint8_t keyid[4],
                                    uint8_t out[16]);

/* 2.2.11: key conversion.  salt in wire order: "tmp1" is {'1','p','m','t', 0, ... 0}. */
KITH_MUST_USE kith_status crypto_h7(const kith_crypto_port *port, const uint8_t salt[16], const uint8_t w[16],
                                    uint8_t out[16]);

/* 2.2.2: the hash of a resolvable private address.  In address octets hash is [0..2], prand [3..5]. */
KITH_MUST_USE kith_status crypto_ah(const kith_crypto_port *port, const uint8_t irk[16], const uint8_t prand[3],
                                    uint8_t hash[3]);

#endif
