/* Our own identities: who this device is to its peers.
 *
 * An identity is an address that stays and an identity resolving key.  Number 0 is what the configuration and the store
 * say (config.own_address, .static_address, .irk).  Up to limits.identities others, numbers from 1, may be made, each
 * with a static random address; they are in the store with the bonds, and stay.  To peers they are devices of their
 * own:
 *
 * - A link is made under one identity, the one that was selected when advertising or connecting began, for as long as
 *   it is there.  Links under several may be there at once.
 * - A bond belongs to the identity that it was made under (kith_bond_info.local) and is claimed, proven and used on
 *   links of that one alone.  The same phone may bond with several of ours: those are several peers, with IDs and keys
 *   of their own.
 * - A peer is given address and key of the identity that it talks to, and never learns from this host of another one.
 *   Whoever hears both can still compare what they do and say: attribute table, name, timing.
 * - Bonds of an address that is none of ours (a changed adapter, an identity that was lost or set anew) are listed and
 *   can be forgotten; nobody claims them.  They are used again when there is an identity with that address.
 * - Classes that are exclusive (kith_security.exclusive_classes), waits after failed pairings and blocked peers are of
 *   the whole device.
 *
 * Calls that change an identity take the store.  They end once, in KITH_EVENT_IDENTITY; where no store outlives the
 * program the event is there when the call returns.  Errors of all of them, with which nothing was changed and there is
 * no event:
 *
 * KITH_ERR_BUSY       such a change is under way, or the store is not loaded (not before kith_host_start(), nor during
 *                     a factory reset)
 * KITH_ERR_NOT_FOUND  there is no identity of this number
 * KITH_ERR_FULL       events must be taken first
 *
 * Ends: KITH_OK, or as kith/store.h: then it is as it was, also after the next start, unless the power goes before the
 * store works again.  When the power goes before the end it is as it was, or as it was to be.
 *
 * Vol 3 Part C 10.7, 10.8, 15.1; Vol 4 Part E 7.8.4.  docs/bond-format.md has the record. */
#ifndef KITH_IDENTITY_H
#define KITH_IDENTITY_H

#include "kith/address.h"
#include "kith/crypto_port.h"

struct kith_host;

enum { KITH_IDENTITIES_MAX = 7 }; /* besides the first */

typedef struct {
    kith_address address;
    bool is_selected;
    uint32_t links; /* made under it, that are there */
    uint32_t bonds; /* made under its address */
} kith_identity_info;

/* How many there are, the first one included; 0: not known yet. */
uint8_t kith_identity_count(const struct kith_host *h);

/* One of them.  Numbers are 0 to limits.identities; some may be missing.  It takes time in proportion to the bonds.
 * KITH_ERR_NOT_FOUND; KITH_ERR_STATE: the store is not loaded, or it is the controller's public address, which has not
 * been read yet: wait for READY. */
KITH_MUST_USE kith_status kith_identity_get(const struct kith_host *h, uint8_t number, kith_identity_info *out);

/* Copies out the identity resolving key, in wire order.  THIS IS A SECRET: whoever has it recognizes this device by its
 * private addresses for as long as the key is in use.  For backing it up, or moving it to another device that takes
 * this one's place.  The caller overwrites it when done. KITH_ERR_NOT_FOUND; KITH_ERR_STATE: the store is not loaded.
 */
KITH_MUST_USE kith_status kith_identity_copy_irk(const struct kith_host *h, uint8_t number, uint8_t irk[16]);

/* Makes another one.
 *   address   static random; NULL: a fresh one is drawn
 *   irk       16 octets, wire order; NULL: a fresh one is drawn
 *   number    out: its number; it is there when the event says KITH_OK
 * Besides: KITH_ERR_VALUE: an address that is not static random, or a key that everybody knows (zeros, samples of the
 * specification); KITH_ERR_EXISTS: another identity of ours has that address or that key, by which both would be known
 * as one; KITH_ERR_FULL: limits.identities are there, or no room in the store; KITH_ERR_ENTROPY, KITH_ERR_CRYPTO: none
 * could be drawn. */
KITH_MUST_USE kith_status kith_identity_create(struct kith_host *h, const kith_address *address, const uint8_t irk[16],
                                               uint8_t *number);

/* Gives it another address, another identity resolving key, or both; NULL: stays.  Peers that bonded with it go on
 * looking for the old ones.  With another address its bonds are of none of our identities (the event says how many
 * there are of those) until the old address is set again; with another key they stay, but their peers no longer
 * recognize private addresses of ours.  Who was forgotten and shall not be able to follow this device any more makes
 * both necessary (with private addresses alone on air, the key: kith_identity_rotate()), and its other peers pair anew.
 * Besides: KITH_ERR_VALUE, KITH_ERR_EXISTS as above, or neither is given; KITH_ERR_IN_USE: advertising, scanning or
 * connecting with it is on, or a link of it is there; KITH_ERR_STATE: the configuration gives it, and would again at
 * the next start; KITH_ERR_UNSUPPORTED: it is the controller's public address; KITH_ERR_BUSY: a bond of it is being
 * written, too.  Out of band data of ours that names it is dropped. */
KITH_MUST_USE kith_status kith_identity_set(struct kith_host *h, uint8_t number, const kith_address *address,
                                            const uint8_t irk[16]);

/* Gives it a fresh identity resolving key, drawn here, and the same address: as kith_identity_set().  Whoever has the
 * old key, forgotten peers too, no longer recognizes its private addresses, which are made with the new one from then
 * on, by the host and by the controller.  Bonds stay; but a peer that finds this device by those addresses must pair
 * anew, and is known as the same peer when it does.  How many there may be is said before by kith_identity_get():
 * .bonds.  Where the identity's address is on air bonds are as good as before. Besides: KITH_ERR_STATE: config.irk
 * gives the key; KITH_ERR_ENTROPY, KITH_ERR_CRYPTO: none could be drawn. */
KITH_MUST_USE kith_status kith_identity_rotate(struct kith_host *h, uint8_t number);

/* Removes one; its key is overwritten, and destroyed in the store.
 * Besides: KITH_ERR_VALUE: the first one stays; KITH_ERR_IN_USE: it is selected, a link of it is there, or out of band
 * data of it is being made; KITH_ERR_EXISTS: bonds of it stand: forget them first; KITH_ERR_BUSY: a bond of it is being
 * written, too. */
KITH_MUST_USE kith_status kith_identity_remove(struct kith_host *h, uint8_t number);

/* From now on advertising, scanning and connecting use this one; kith_gap_own_address() is its address, or a private
 * one of it (kith/privacy.h).  It is the first one after kith_host_init() and a factory reset; a restart of the
 * controller changes nothing.  The controller is given the address before anything begins; one that does not take it is
 * lost (CONTROLLER_LOST). KITH_ERR_NOT_FOUND; KITH_ERR_IN_USE: advertising, scanning or connecting is on;
 * KITH_ERR_BUSY: that identity is being changed, the store is not loaded, or the controller is starting: wait for
 * READY. */
KITH_MUST_USE kith_status kith_identity_select(struct kith_host *h, uint8_t number);

/* Was this private address made with this identity resolving key (wire order), whoever's it is?
 * KITH_OK: yes; KITH_ERR_NOT_FOUND: no, or the key is all zeros, which makes none; KITH_ERR_VALUE: it is not a
 * resolvable private address; KITH_ERR_CRYPTO and the like: the crypto port could not tell.  One private address in
 * 2^24 fits a key by chance.  Vol 6 Part B 1.3.2.3. */
KITH_MUST_USE kith_status kith_address_resolve(const kith_crypto_port *crypto, const uint8_t irk[16],
                                               const kith_address *address);

#endif
