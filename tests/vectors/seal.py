#!/usr/bin/python3
"""Why: octets of a sealed store, computed from docs/sealing.md with another library, and not by the code under test.

seal.py >seal.h   writes the header beside this script
"""
import struct

from cryptography.hazmat.primitives import cmac
from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES

DEVICE_KEY = bytes((0x40 + i + 37) & 0xFF for i in range(16))
GENERATION = 1
BOND = bytes([1]) + bytes(range(0x61, 0x61 + 56))
BOND_ID = 7


def mac(key, message):
    c = cmac.CMAC(AES(key))
    c.update(message)
    return c.finalize()


def nonce_key(device_key):
    return AESCCM(device_key, tag_length=16).encrypt(bytes(13), b"", b"kith seal nonce")


class Draws:
    """A random source that counts: 00 01 02 ..."""

    def __init__(self):
        self.at = 0

    def draw(self):
        drawn = bytes((self.at + i) & 0xFF for i in range(16))
        self.at += 16
        return drawn


def seal(identity, kind, number, plain, fresh):
    head = struct.pack("<BH", 0x81, GENERATION)
    aad = head + struct.pack("<BI", kind, number) + identity
    nonce = bytearray(mac(nonce_key(DEVICE_KEY), fresh + aad + plain)[:13])
    nonce[0] |= 0x80
    return head + bytes(nonce) + AESCCM(DEVICE_KEY, tag_length=16).encrypt(bytes(nonce), plain, aad)


def manifest(step, skips, before, after):
    return struct.pack("<QB", step, skips) + before + after


def derived(secret, generation):
    key = secret if len(secret) == 16 else mac(bytes(16), secret)
    return mac(key, b"kith device key" + struct.pack("<H", generation))


def show(name, what, data):
    print(f"\n/* {what} */\nstatic const uint8_t {name}[{len(data)}] = {{")
    for i in range(0, len(data), 16):
        print("    " + " ".join(f"0x{octet:02x}," for octet in data[i:i + 16]))
    print("};")


draws = Draws()
IDENTITY = mac(nonce_key(DEVICE_KEY), b"identity" + draws.draw())
DIGEST_KEY = mac(nonce_key(DEVICE_KEY), b"manifest" + draws.draw())
identity_record = seal(bytes(16), 4, 0, bytes([0]) + IDENTITY + DIGEST_KEY, draws.draw())
first_manifest = seal(IDENTITY, 4, 1, manifest(2, 1, bytes(16), bytes(16)), draws.draw())
bond_record = seal(IDENTITY, 2, BOND_ID, BOND, draws.draw())
digest = mac(DIGEST_KEY, struct.pack("<BI", 2, BOND_ID) + bond_record)
second_manifest = seal(IDENTITY, 4, 1, manifest(3, 0, bytes(16), digest), draws.draw())

print("""/* Octets of a sealed store: docs/sealing.md.  Written by seal.py beside this file. */
#ifndef VECTORS_SEAL_H
#define VECTORS_SEAL_H

#include <stdint.h>

/* clang-format off */""")
show("vector_seal_plain", "a bond record of 57 octets, plain; its id is 7", BOND)
show("vector_seal_identity", "the identity: kind 4, id 0", identity_record)
show("vector_seal_first_manifest", "the manifest of an empty store under a counter that was 0", first_manifest)
show("vector_seal_bond", "the bond, sealed", bond_record)
show("vector_seal_second_manifest", "the manifest of its step", second_manifest)
show("vector_seal_key_16", "the device key of generation 1 from the secret 00 01 .. 0f", derived(bytes(range(16)), 1))
show("vector_seal_key_32", "of generation 0x0203 from the secret 00 01 .. 1f", derived(bytes(range(32)), 0x0203))
print("""
/* clang-format on */

#endif""")
