"""What an antenna heard: pcap, link layer, L2CAP; and with a key, what was said under encryption.

LINKTYPE_BLUETOOTH_LE_LL_WITH_PHDR; Core Vol 6 Part B 2.3, 2.4, 4.5.9 and 5.1.3; Vol 3 Part A 3.1.
"""

import struct
from dataclasses import dataclass

import toolbox

LINK_TYPE = 256
RECORD_HEADER, PSEUDO_HEADER, ACCESS_ADDRESS, CRC = 16, 10, 4, 3
ADVERTISING = 0x8E89BED6
CONNECT_IND = 5
FROM_CENTRAL, FROM_PERIPHERAL = 2, 3
CRC_CHECKED, CRC_VALID, MIC_CHECKED = 0x0400, 0x0800, 0x1000
CONTROL, START, CONTINUATION = 3, 2, 1
ENC_REQ, ENC_RSP, START_ENC_REQ, PAUSE_ENC_RSP = 0x03, 0x04, 0x05, 0x0B
SMP, ATT = 6, 4


class Unreadable(Exception):
    """This is no capture that can be judged."""


@dataclass(frozen=True)
class Frame:
    at: int  # of its PDU, in the file
    access_address: int
    direction: int
    pdu: bytes


@dataclass(frozen=True)
class Message:
    """One that has its sense: an L2CAP frame, or a PDU of link layer control."""

    from_central: bool
    channel: int  # of L2CAP; 0: link layer control
    payload: bytes
    encrypted: bool


@dataclass(frozen=True)
class Address:
    type: int
    octets: bytes  # most significant first

    @property
    def typed(self):
        return bytes([self.type]) + self.octets

    def __str__(self):
        return f"{self.octets.hex(':')} ({'random' if self.type else 'public'})"


def frames(data):
    if len(data) < 24 or struct.unpack_from("<IHH", data) != (0xA1B2C3D4, 2, 4):
        raise Unreadable("not a little-endian pcap file")
    if struct.unpack_from("<I", data, 20)[0] != LINK_TYPE:
        raise Unreadable(f"link type {struct.unpack_from('<I', data, 20)[0]}, not {LINK_TYPE}")
    offset = 24
    while offset < len(data):
        if len(data) < offset + RECORD_HEADER:
            raise Unreadable("it ends in the middle of a record")
        length = struct.unpack_from("<I", data, offset + 8)[0]
        at = offset + RECORD_HEADER + PSEUDO_HEADER + ACCESS_ADDRESS
        end = offset + RECORD_HEADER + length
        if len(data) < end or end < at + 2 + CRC:
            raise Unreadable("it ends in the middle of a record")
        flags, address = struct.unpack_from("<HI", data, at - 6)
        if flags & MIC_CHECKED:
            raise Unreadable("it was decrypted; the judge wants it as it was on air")
        if flags & (CRC_CHECKED | CRC_VALID) != CRC_CHECKED:
            yield Frame(at, address, flags >> 7 & 7, data[at:end - CRC])
        offset = end


@dataclass
class Session:
    """From one start of encryption to its pause or the link's end."""

    what: str  # which key
    key: bytes | None  # of the session; None: nobody knows it
    opened: int = 0
    wrong: int = 0  # PDUs whose MIC is

    def open(self, *sealed):
        plain = self.key and toolbox.unseal(self.key, *sealed)
        self.opened, self.wrong = self.opened + (plain is not None), self.wrong + (plain is None)
        return plain


class Link:
    """One connection.  When encryption starts `key_for(link)` is asked for (which key, its 16 octets or None)."""

    def __init__(self, connect_ind, key_for):
        self.access_address = struct.unpack_from("<I", connect_ind, 14)[0]
        self.central = Address(connect_ind[0] >> 6 & 1, connect_ind[2:8][::-1])
        self.peripheral = Address(connect_ind[0] >> 7 & 1, connect_ind[8:14][::-1])
        self.sessions = []
        self.skd, self.ivs, self.rand, self.ediv = {}, {}, b"", b""
        self._key_for = key_for
        self._encrypted = False
        self._counters = {True: 0, False: 0}
        self._sequence, self._pending = {}, {True: b"", False: b""}

    @property
    def iv(self):
        return self.ivs[True] + self.ivs[False]

    def take(self, frame):
        """The messages that this frame completes."""
        central = frame.direction == FROM_CENTRAL
        header, payload = frame.pdu[0], frame.pdu[2:2 + frame.pdu[1]]
        if self._sequence.get(central) == header >> 3 & 1:
            return  # sent again
        self._sequence[central] = header >> 3 & 1
        if not payload:
            return  # empty PDUs are never encrypted
        encrypted = self._encrypted
        if encrypted:
            payload = self._open(central, header, payload)
        if payload is None:
            return
        if header & 3 == CONTROL:
            self._control(central, payload)
            yield Message(central, 0, payload, encrypted)
        else:
            yield from self._data(central, header & 3, payload, encrypted)

    def _open(self, central, header, payload):
        counter = self._counters[central]
        self._counters[central] += 1
        return self.sessions[-1].open(self.iv, counter, central, header, payload)

    def _data(self, central, llid, payload, encrypted):
        self._pending[central] = payload if llid == START else self._pending[central] + payload
        if len(self._pending[central]) < 4:
            return
        length, channel = struct.unpack_from("<HH", self._pending[central])
        if len(self._pending[central]) >= 4 + length:
            message, self._pending[central] = self._pending[central][4:4 + length], b""
            yield Message(central, channel, message, encrypted)

    def _control(self, central, payload):
        """What changes encryption: halves of key diversifier and vector, and where it begins and pauses."""
        if payload[0] == ENC_REQ and central and len(payload) == 23:
            self.rand, self.ediv = payload[1:9], payload[9:11]
            self.skd[True], self.ivs[True] = payload[11:19][::-1], payload[19:23]
        elif payload[0] == ENC_RSP and not central and len(payload) == 13:
            self.skd[False], self.ivs[False] = payload[1:9][::-1], payload[9:13]
        elif payload[0] == START_ENC_REQ and not central and len(self.skd) == 2:
            what, ltk = self._key_for(self)
            self.sessions.append(Session(what, ltk and toolbox.session_key(ltk, self.skd[True], self.skd[False])))
            self._encrypted, self._counters = True, {True: 0, False: 0}
        elif payload[0] == PAUSE_ENC_RSP and not central:
            self._encrypted = False
