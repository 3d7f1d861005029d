"""A peripheral that is no host of ours: it advertises, takes one link after the other, and answers ATT requests from a
table, in plain.  H4 on a unix socket, in a thread.  Core Vol 3 Part F 3.4, written out here.
"""

import struct
import threading

from bare_central import ACL, EVENT, LE_META, CONNECTION_COMPLETE, RESET, SET_EVENT_MASK, Controller
from process import Mismatch

SET_PARAMETERS, SET_DATA, ENABLE, DISCONNECT = 0x2006, 0x2008, 0x200A, 0x0406
DISCONNECTION_COMPLETE = 0x05
ATT, SMP = 4, 6
READ, WRITE_COMMAND, WRITE, NOTIFY, INDICATE, SIGNED = 0x02, 0x04, 0x08, 0x10, 0x20, 0x40
PRIMARY, SECONDARY, INCLUDE, CHARACTERISTIC, CONFIGURATION = (struct.pack("<H", u) for u in
                                                             (0x2800, 0x2801, 0x2802, 0x2803, 0x2902))
INVALID_HANDLE, READ_NOT_PERMITTED, NOT_SUPPORTED, INVALID_OFFSET, NOT_FOUND = 0x01, 0x02, 0x06, 0x07, 0x0A
AUTHENTICATION, ENCRYPTION, AUTHORIZATION = 0x05, 0x0F, 0x08
PAIRING_NOT_SUPPORTED = bytes((0x05, 0x05))
SECURITY_REQUEST = bytes((0x0B, 0x09))  # bonding, Secure Connections


def uuid(text):
    """As on the wire: least significant octet first."""
    return bytes.fromhex(text.replace("-", ""))[::-1]


class Attribute:
    def __init__(self, handle, kind, value, error=0):
        self.handle, self.kind, self.value, self.error = handle, kind, value, error
        self.last = handle  # of a service: its last handle


class Table:
    """What it serves.  Handles are given one after the other."""

    def __init__(self):
        self.all = []

    def _add(self, kind, value, error=0):
        self.all.append(Attribute(len(self.all) + 1, kind, value, error))
        for attribute in reversed(self.all):
            if attribute.kind in (PRIMARY, SECONDARY):
                attribute.last = len(self.all)
                break
        return len(self.all)

    def service(self, of, secondary=False):
        return self._add(SECONDARY if secondary else PRIMARY, uuid(of))

    def include(self, first):
        service = self.at(first)
        short = service.value if len(service.value) == 2 else b""
        return self._add(INCLUDE, struct.pack("<HH", first, service.last) + short)

    def characteristic(self, of, properties, value=b"", error=0):
        """error: what a read or a write of it is answered with."""
        handle = len(self.all) + 2
        self._add(CHARACTERISTIC, struct.pack("<BH", properties, handle) + uuid(of))
        return self._add(uuid(of), value, error)

    def descriptor(self, of, value=b"", error=0):
        return self._add(uuid(of), value, error)

    def at(self, handle):
        return self.all[handle - 1] if 0 < handle <= len(self.all) else None

    def between(self, first, last):
        return [a for a in self.all if first <= a.handle <= last]


class Refusal(Exception):
    def __init__(self, handle, error):
        self.handle, self.error = handle, error


class Server:
    """One answer for each request."""

    def __init__(self, table, mtu):
        self.table, self.my_mtu = table, mtu
        self.mtu, self.prepared = 23, []
        self.written = []  # (opcode, handle, value) of each write that was taken

    def answer(self, pdu):
        """The response; None: none is due."""
        try:
            return self.ANSWERS[pdu[0]](self, pdu) if pdu[0] in self.ANSWERS else self._unknown(pdu)
        except Refusal as refusal:
            return struct.pack("<BBHB", 0x01, pdu[0], refusal.handle, refusal.error)

    def _unknown(self, pdu):
        if pdu[0] & 0x40 or pdu[0] == 0x1E:
            return None
        raise Refusal(0, NOT_SUPPORTED)

    def _attribute(self, handle):
        attribute = self.table.at(handle)
        if attribute is None:
            raise Refusal(handle, INVALID_HANDLE)
        if attribute.error:
            raise Refusal(handle, attribute.error)
        return attribute

    def _list(self, opcode, first, entries, head=True):
        """As many of one length as fit."""
        if not entries:
            raise Refusal(first, NOT_FOUND)
        taken = [e for e in entries[:(self.mtu - 2) // len(entries[0])]]
        same = next((i for i, e in enumerate(taken) if len(e) != len(taken[0])), len(taken))
        return bytes((opcode, len(taken[0])) if head else (opcode,)) + b"".join(taken[:same])

    def on_mtu(self, pdu):
        self.mtu = max(23, min(self.my_mtu, struct.unpack("<H", pdu[1:])[0]))
        return struct.pack("<BH", 0x03, self.my_mtu)

    def on_find_information(self, pdu):
        first, last = struct.unpack("<HH", pdu[1:])
        found = self.table.between(first, last)
        if not found:
            raise Refusal(first, NOT_FOUND)
        size = len(found[0].kind)
        fit = [a for a in found[:(self.mtu - 2) // (2 + size)]]
        same = next((i for i, a in enumerate(fit) if len(a.kind) != size), len(fit))
        return bytes((0x05, 1 if size == 2 else 2)) + b"".join(struct.pack("<H", a.handle) + a.kind for a in fit[:same])

    def on_find_by_value(self, pdu):
        first, last = struct.unpack("<HH", pdu[1:5])
        found = [struct.pack("<HH", a.handle, a.last) for a in self.table.between(first, last)
                 if a.kind == pdu[5:7] and a.value == pdu[7:]]
        return self._list(0x07, first, found, head=False)

    def on_read_by_type(self, pdu):
        first, last = struct.unpack("<HH", pdu[1:5])
        found = [struct.pack("<H", a.handle) + a.value[:self.mtu - 4] for a in self.table.between(first, last)
                 if a.kind == pdu[5:]]
        return self._list(0x09, first, found)

    def on_read_by_group(self, pdu):
        first, last = struct.unpack("<HH", pdu[1:5])
        found = [struct.pack("<HH", a.handle, a.last) + a.value for a in self.table.between(first, last)
                 if a.kind == pdu[5:]]
        return self._list(0x11, first, found)

    def on_read(self, pdu):
        return b"\x0b" + self._attribute(struct.unpack("<H", pdu[1:])[0]).value[:self.mtu - 1]

    def on_read_blob(self, pdu):
        handle, offset = struct.unpack("<HH", pdu[1:])
        value = self._attribute(handle).value
        if offset > len(value):
            raise Refusal(handle, INVALID_OFFSET)
        return b"\x0d" + value[offset:offset + self.mtu - 1]

    def _take(self, pdu, handle, value):
        self._attribute(handle).value = value
        self.written.append((pdu[0], handle, value))

    def on_write(self, pdu):
        self._take(pdu, struct.unpack("<H", pdu[1:3])[0], pdu[3:])
        return b"\x13"

    def on_command(self, pdu):
        self._take(pdu, struct.unpack("<H", pdu[1:3])[0], pdu[3:])

    def on_prepare(self, pdu):
        self._attribute(struct.unpack("<H", pdu[1:3])[0])
        self.prepared.append(pdu)
        return b"\x17" + pdu[1:]

    def on_execute(self, pdu):
        values = {}
        for part in self.prepared if pdu[1] else []:
            handle, offset = struct.unpack("<HH", part[1:5])
            values[handle] = values.get(handle, b"")[:offset] + part[5:]
        self.prepared = []
        for handle, value in values.items():
            self._take(pdu, handle, value)
        return b"\x19"

    ANSWERS = {0x02: on_mtu, 0x04: on_find_information, 0x06: on_find_by_value, 0x08: on_read_by_type,
               0x10: on_read_by_group, 0x0A: on_read, 0x0C: on_read_blob, 0x12: on_write, 0x52: on_command,
               0x16: on_prepare, 0x18: on_execute}


class Peripheral(threading.Thread):
    """Advertises under this name until the test ends.

    before(peripheral, pdu) sees each ATT PDU first: it may answer in its own way, and then returns True.
    after(peripheral, pdu) comes when the answer has gone.  first: what it says on the Security Manager's channel when a
    link begins.
    """

    def __init__(self, path, name, table, mtu=100, before=None, after=None, first=None):
        super().__init__(daemon=True)
        self.controller = Controller(path)
        self.controller.socket.settimeout(None)
        self.name, self.table, self.mtu = name, table, mtu
        self.before, self.after, self.first = before, after, first
        self.heard = []  # every ATT PDU
        self.smp = []  # every PDU of the Security Manager
        self.links = 0
        self.handle, self.server = None, Server(table, mtu)
        self.written = self.server.written
        self.controller.command(RESET)
        self.controller.command(SET_EVENT_MASK, b"\xff" * 8)
        self._advertise()
        self.start()

    def _advertise(self):
        data = b"\x02\x01\x06" + bytes((len(self.name) + 1, 0x09)) + self.name.encode()
        self.controller.command(SET_PARAMETERS, struct.pack("<HHBBB6sBB", 0x20, 0x20, 0, 0, 0, b"", 7, 0))
        self.controller.command(SET_DATA, bytes((len(data),)) + data.ljust(31, b"\0"))
        self.controller.command(ENABLE, b"\x01")

    def say(self, pdu):
        self.controller.send(self.handle, ATT, pdu)

    def notify(self, handle, value, indicate=False):
        self.say(struct.pack("<BH", 0x1D if indicate else 0x1B, handle) + value)

    def disconnect(self, reason=0x13):
        """Nothing is waited for: what comes is read where everything is."""
        self.controller.socket.sendall(struct.pack("<BHBHB", 1, DISCONNECT, 3, self.handle, reason))

    def run(self):
        try:
            while True:
                self._on_packet(*self.controller.packet())
        except (OSError, Mismatch):
            pass  # the radio has gone

    def _on_packet(self, kind, head, body):
        if kind == EVENT and head[0] == LE_META and body[0] == CONNECTION_COMPLETE and body[1] == 0:
            self.handle = struct.unpack_from("<H", body, 2)[0]
            self.links += 1
            self.server.mtu, self.server.prepared = 23, []
            if self.first:
                self.controller.send(self.handle, SMP, self.first)
        elif kind == EVENT and head[0] == DISCONNECTION_COMPLETE:
            self.handle = None
            self.controller.command(ENABLE, b"\x01")
        elif kind == ACL:
            self._on_data(body)

    def _on_data(self, body):
        channel, pdu = struct.unpack_from("<H", body, 2)[0], body[4:]
        if channel == SMP:
            self.smp.append(pdu)
        if channel == SMP and pdu[0] == 0x01:
            self.controller.send(self.handle, SMP, PAIRING_NOT_SUPPORTED)
        if channel != ATT:
            return
        self.heard.append(pdu)
        if self.before and self.before(self, pdu):
            return
        response = self.server.answer(pdu)
        if response is not None:
            self.say(response)
        if self.after:
            self.after(self, pdu)
