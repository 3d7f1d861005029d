#!/usr/bin/python3
"""Why: octets of a flash log and of its records, computed from docs/bond-format.md and not by the code under test.

store.py >store.h   writes the header beside this script
"""
import struct
import zlib


def octets(text):
    return bytes.fromhex(text)


IRK = bytes(range(0xA0, 0xB0))
STATIC_ADDRESS = octets("55 44 33 22 11 c0")
IDENTITY = octets("66 55 44 33 22 11")
LTK = bytes(range(0xC0, 0xD0))  # the sample data's is refused: everybody knows it
MY_LTK = bytes(range(0xE0, 0xF0))
MY_CSRK = bytes(range(0x20, 0x30))
PEER_CSRK = bytes(range(0x30, 0x40))
MADE = 1767225600


def device():
    return bytes([1]) + IRK + STATIC_ADDRESS


def bond(flags, level, method, kind, size, peer_class, ltk, keys):
    head = bytes([1, flags, level, method, kind, size, peer_class])
    return head + bytes([0]) + IDENTITY + bytes([1]) + STATIC_ADDRESS + struct.pack("<I", MADE) + ltk + keys


PLAIN = bond(0x05, 4, 2, 1, 16, 0, LTK, IRK)  # Numeric Comparison, we were initiator, an IRK
PEER_KEY = LTK[:7] + bytes(9) + struct.pack("<HQ", 0x1234, 0x1122334455667788)
MY_KEY = MY_LTK[:7] + bytes(9) + struct.pack("<HQ", 0x4321, 0x8877665544332211)
SIGNED = bond(0x78, 2, 1, 2, 7, 31, PEER_KEY + MY_KEY, MY_CSRK + PEER_CSRK)  # short legacy keys, no IRK


def part(kind, check, counter):
    return struct.pack("<BBII", kind, 8, check, counter)


MY_CHECK, PEER_CHECK = 0x44332211, 0x88776655  # any: the codec does not compute them
STATE = bytes([1]) + part(1, MY_CHECK, 64) + part(2, PEER_CHECK, 0x01020304)
PEER_STATE = bytes([1]) + part(2, PEER_CHECK, 0)


def part_of(kind, data):
    return bytes([kind, len(data)]) + data


HASH = bytes(range(0x50, 0x60))
FULL_STATE = (STATE + part_of(3, struct.pack("<4H", 0x0010, 2, 0x0123, 3)) + part_of(4, octets("05"))
              + part_of(5, HASH) + part_of(6, struct.pack("<I", 9)) + part_of(7, struct.pack("<I", 0x01020305))
              + part_of(8, octets("16")))
CCCDS = b"".join(struct.pack("<HH", 0x0100 + 3 * i, 1 + i % 3) for i in range(32))
LARGEST_STATE = (STATE + part_of(3, CCCDS) + part_of(4, octets("01020304")) + part_of(5, HASH)
                 + part_of(6, bytes([0xFF] * 4)) + part_of(7, bytes([0xFF] * 4))
                 + part_of(8, octets("1a")))

VALUE = bytes(i * 7 & 0xFF for i in range(400))


def chunk(value, generation, piece):
    return struct.pack("<BHHI", 1, generation, len(value), zlib.crc32(value)) + value[183 * piece:183 * piece + 183]


class Log:
    """One sector of a log."""

    def __init__(self, sector_size, unit, erased):
        self.unit, self.erased, self.sector_size = unit, erased, sector_size
        head = struct.pack("<4sBBHIII", b"Kith", 1, 0, 1, 1, 0, 0)
        check = zlib.crc32(struct.pack("<IH", sector_size, unit) + head)
        self.image = bytearray(self.padded(head + struct.pack("<I", check)))
        self.image += bytes([erased]) * (2 * unit)  # commit and seal: not programmed

    def padded(self, data):
        return data + bytes([self.erased]) * (-len(data) % self.unit)

    def append(self, kind, number, data):
        at = len(self.image)
        seed = zlib.crc32(struct.pack("<II", 1, at))
        head = struct.pack("<BBI", kind, len(data), number)
        check = zlib.crc32(head, seed)
        head += struct.pack("<H", (check ^ check >> 16) & 0xFFFF)
        size = -(-(len(head) + len(data) + 5) // self.unit) * self.unit
        body = head + data
        body += bytes([self.erased]) * (size - 5 - len(body))
        self.image += body + struct.pack("<I", zlib.crc32(body, seed)) + b"\x96"
        return at, size

    def clear(self, at, size):
        self.image[at + 8:at + size] = bytes([self.erased ^ 0xFF]) * (size - 8)


def small_log():
    """Every kind of thing there is: a device, a bond, a bond that was removed, its removal."""
    log = Log(512, 1, 0xFF)
    log.append(1, 0, device())
    log.append(2, 1, PLAIN)
    gone = log.append(2, 7, SIGNED)
    log.append(0x82, 7, b"")
    log.clear(*gone)
    return bytes(log.image)


def wide_log():
    """Erased is zero, units of 16."""
    log = Log(1024, 16, 0x00)
    log.append(2, 1, PLAIN)
    return bytes(log.image)


def state_log():
    """A bond with signing keys, and its state."""
    log = Log(512, 4, 0xFF)
    log.append(2, 7, SIGNED)
    log.append(3, 7, STATE)
    return bytes(log.image)


def show(name, what, data):
    print(f"\n/* {what} */\nstatic const uint8_t {name}[{len(data)}] = {{")
    for i in range(0, len(data), 16):
        print("    " + " ".join(f"0x{octet:02x}," for octet in data[i:i + 16]))
    print("};")


print("""/* Octets of a flash log and of its records: docs/bond-format.md.  Written by store.py beside this file. */
#ifndef VECTORS_STORE_H
#define VECTORS_STORE_H

#include <stdint.h>

/* clang-format off */""")
show("vector_device", "a device record: an IRK, C0:11:22:33:44:55", device())
show("vector_bond", "a bond of level 4 with an IRK", PLAIN)
show("vector_signed_bond", "a legacy bond with keys of 7 octets both ways, signing keys and no IRK", SIGNED)
show("vector_state", "a state: 64 counters of ours are reserved, the peer's last was 0x01020304", STATE)
show("vector_peer_state", "a state: the peer's last counter was 0, we never signed", PEER_STATE)
show("vector_full_state", "a state with every part: two CCCDs, features, aware, rank 9, last use, pinned, resolves, not private only", FULL_STATE)
show("vector_largest_state", "a state with every part as large as it may be", LARGEST_STATE)
show("vector_chunk_0", "piece 0 of 400 octets (octet i is 7 * i), generation 0xfffe", chunk(VALUE, 0xFFFE, 0))
show("vector_chunk_1", "piece 1", chunk(VALUE, 0xFFFE, 1))
show("vector_chunk_2", "piece 2", chunk(VALUE, 0xFFFE, 2))
show("vector_empty_chunk", "the piece of a value of no octets, generation 1", chunk(b"", 1, 0))
show("vector_small_log", "sectors of 512, units of 1, erased is 0xff: the device; bond 1; bond 7, which was removed",
     small_log())
show("vector_wide_log", "sectors of 1024, units of 16, erased is 0x00: bond 1", wide_log())
show("vector_state_log", "sectors of 512, units of 4, erased is 0xff: bond 7, its state", state_log())
print("""
/* clang-format on */

#endif""")
