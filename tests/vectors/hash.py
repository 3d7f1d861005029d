#!/usr/bin/python3
"""Why: database hashes of the unit tests' tables, computed by python3-cryptography from the text of Core Vol 3 Part G
7.3.1 and from the tables written once more, not by the code under test.

hash.py >hash.h   writes the header beside this script
"""
import struct
import uuid

from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

READ, COMMAND, WRITE, NOTIFY, INDICATE = 0x02, 0x04, 0x08, 0x10, 0x20


def short(number):
    return struct.pack("<H", number)


def long(last):
    return uuid.UUID(f"9b574847-f706-436c-bed7-fc01eb0965{last:02x}").bytes[::-1]


# A service: its UUID and its characteristics.  A characteristic: properties, UUID, types of its descriptors.
BUILT_IN = [
    (short(0x1800), [(READ, short(0x2A00), []), (READ, short(0x2A01), [])]),
    (short(0x1801), [(INDICATE, short(0x2A05), [0x2902]), (READ | WRITE, short(0x2B29), []),
                     (READ, short(0x2B2A), [])]),
]
TEST_SERVICES = [
    (short(0x180F), [(READ, short(0x2A19), [0x2901])]),
    (long(0xC1), [(READ | WRITE | COMMAND, short(0x2A56), []), (READ, long(0xC2), []), (WRITE, short(0x2A57), []),
                  (READ, short(0x2A58), []), (READ | COMMAND, short(0x2A59), [None])]),
]
RICH_SERVICE = [
    (short(0x1815), [
        (READ, short(0x2A50), []),
        (READ | WRITE | COMMAND, short(0x2A51), []),
        (READ | WRITE, short(0x2A52), []),
        (READ | WRITE, short(0x2A53), []),
        (READ | WRITE, short(0x2A54), []),
        (WRITE, short(0x2A55), []),
        (READ | NOTIFY | INDICATE, short(0x2A56), [0x2902]),
        (NOTIFY, short(0x2A57), [0x2902]),
        (INDICATE, short(0x2A58), [0x2902]),
        (READ | WRITE | COMMAND, short(0x2A59), []),
        (READ, short(0x2A59), []),
        (READ | WRITE | NOTIFY, short(0x2A5A), [0x2902]),
        (NOTIFY, short(0x2A5B), [0x2902]),
    ]),
]
COUNTED = (0x2900, 0x2901, 0x2902, 0x2903, 0x2904, 0x2905)  # of 2900 the value too; none of our tables has one


def message(services):
    said, handle = b"", 0
    for of, characteristics in services:
        handle += 1
        said += short(handle) + short(0x2800) + of
        for properties, value, descriptors in characteristics:
            handle += 1
            said += short(handle) + short(0x2803) + bytes([properties]) + short(handle + 1) + value
            handle += 1
            for descriptor in descriptors:
                handle += 1
                if descriptor in COUNTED:
                    said += short(handle) + short(descriptor)
    return said


def hash_of(services):
    code = CMAC(AES(bytes(16)))
    code.update(message(BUILT_IN + services))
    return code.finalize().hex()


print(f"""/* Database hashes, most significant octet first.  Written by hash.py beside this file. */
#ifndef VECTORS_HASH_H
#define VECTORS_HASH_H

#define HASH_OF_NOTHING       "{hash_of([])}"
#define HASH_OF_TEST_SERVICES "{hash_of(TEST_SERVICES)}"
#define HASH_OF_RICH_SERVICE  "{hash_of(RICH_SERVICE)}"

#endif""")
