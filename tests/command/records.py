"""Reads and changes store files as docs/bond-format.md describes them, so that what a test spoils or forges is what it
says and nothing else."""

import os
import struct
import zlib
from dataclasses import dataclass

SECTOR = 4096
UNIT = 1  # octets programmed at once: what a store file has
SECTOR_HEADER, RECORD_HEADER, RECORD_TRAILER = 24, 8, 5
FIRST_RECORD = SECTOR_HEADER + 2 * UNIT
REMOVAL, KIND = 0x80, 0x3F
DEVICE, BOND = 1, 2
LTK_AT = 24  # in a bond's octets


@dataclass
class Record:
    sector_at: int  # of the sector, in the file
    sequence: int  # of the sector
    at: int  # in the sector
    kind: int
    removal: bool
    len: int
    id: int

    @property
    def octets_at(self):
        return self.sector_at + self.at + RECORD_HEADER

    @property
    def size(self):
        return RECORD_HEADER + self.len + RECORD_TRAILER

    def check(self, data):
        """CRC-32 of where it lies, its header and its octets."""
        begin = self.sector_at + self.at
        return zlib.crc32(data[begin:begin + self.size - RECORD_TRAILER],
                          zlib.crc32(struct.pack("<II", self.sequence, self.at)))


def records(data):
    """All records of a sound store, in the order in which they lie."""
    found = []
    for sector_at in range(0, len(data), SECTOR):
        magic, sequence = struct.unpack_from("<4s4xI", data, sector_at)
        at = FIRST_RECORD
        while magic == b"Kith" and at + RECORD_HEADER < SECTOR and data[sector_at + at] not in (0x00, 0xFF):
            kind, length, identifier = struct.unpack_from("<BBI", data, sector_at + at)
            found.append(Record(sector_at, sequence, at, kind & KIND, bool(kind & REMOVAL), length, identifier))
            at += found[-1].size
    for record in found:
        stored = struct.unpack_from("<I", data, record.octets_at + record.len)[0]
        assert stored == record.check(data), "not as docs/bond-format.md says"
    return found


def standing(data, kind):
    """The last record of a kind."""
    return [record for record in records(data) if record.kind == kind and not record.removal][-1]


def bonds(data):
    """The octets of every bond record, in order: what is kept beside them may change with each use."""
    return [data[record.octets_at:record.octets_at + record.len] for record in records(data) if record.kind == BOND]


def _flip(path, kind, at):
    data = bytearray(path.read_bytes())
    data[standing(data, kind).octets_at + at] ^= 0x10
    path.write_bytes(data)


def flip_in_bond(path):
    _flip(path, BOND, LTK_AT + 3)


def flip_in_device(path):
    _flip(path, DEVICE, 5)


def _rewrite(data, record):
    """Makes the check right again."""
    struct.pack_into("<I", data, record.octets_at + record.len, record.check(data))


def make_bond_newer(path):
    data = bytearray(path.read_bytes())
    bond = standing(data, BOND)
    data[bond.octets_at] = 2
    _rewrite(data, bond)
    path.write_bytes(data)


def make_newer(path):
    """Every sector with a header gets format version 2."""
    data = bytearray(path.read_bytes())
    for at in range(0, len(data), SECTOR):
        if data[at:at + 4] == b"Kith":
            data[at + 4] = 2
            geometry = struct.pack("<IH", SECTOR, UNIT)
            struct.pack_into("<I", data, at + 20, zlib.crc32(data[at:at + 20], zlib.crc32(geometry)))
    path.write_bytes(data)


def copy_with_other_key(path, to):
    """The same bond, but for its long term key."""
    data = bytearray(path.read_bytes())
    bond = standing(data, BOND)
    data[bond.octets_at + LTK_AT:bond.octets_at + LTK_AT + 16] = os.urandom(16)
    _rewrite(data, bond)
    to.write_bytes(data)
    to.chmod(0o600)


def tear(path):
    """As a power cut leaves it: the log ends in the first half of a bond."""
    data = bytearray(path.read_bytes())
    last, bond = records(data)[-1], standing(data, BOND)
    end, begin = last.octets_at + last.len + RECORD_TRAILER, bond.sector_at + bond.at
    data[end:end + bond.size // 2] = data[begin:begin + bond.size // 2]
    path.write_bytes(data)
