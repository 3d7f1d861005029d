#!/usr/bin/python3
"""Why: keys derived from a bond, computed by OpenSSL's command from what security.h says and not by the code under test.

derive.py >derive.h   writes the header beside this script
"""
import subprocess

SALT = b"Kith bond derive"
LTKS = [
    "bf 01 fb 9d 4e f3 bc 36 d8 74 f5 39 41 38 68 4c",
    "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
    "01 02 03 04 05 06 07 00 00 00 00 00 00 00 00 00",
]
LABELS = [b"a", b"door key", b"lebr", b"\x00", b"door\x00key", b"0123456789abcde", b"k" * 64]


def cmac(key, message):
    told = subprocess.run(["openssl", "mac", "-cipher", "AES-128-CBC", "-macopt", "hexkey:" + key.hex(), "-in", "-",
                           "CMAC"], input=message, capture_output=True, check=True)
    return bytes.fromhex(told.stdout.decode().strip())


def derived(ltk_wire, label):
    key = cmac(SALT, ltk_wire[::-1])
    return cmac(key, b"\x00\x00\x00\x01" + label + b"\x00" + b"\x00\x00\x00\x80")


def octets(data):
    return "{" + ", ".join(f"0x{octet:02x}" for octet in data) + "}"


print("""/* Keys derived from a bond: kith_bonds_derive().  Written by derive.py beside this file. */
#ifndef VECTORS_DERIVE_H
#define VECTORS_DERIVE_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint8_t ltk[16]; /* wire order */
    uint8_t label[64];
    size_t label_len;
    uint8_t out[16];
} derive_vector;

/* clang-format off */
static const derive_vector derive_vectors[] = {""")
for ltk in map(bytes.fromhex, LTKS):
    for label in LABELS:
        print(f"    {{{octets(ltk)},\n     {octets(label)}, {len(label)},\n     {octets(derived(ltk, label))}}},")
print("""};
/* clang-format on */

#endif""")
