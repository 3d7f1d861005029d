#!/usr/bin/python3
"""Stands in front of BlueZ's virtual controller (btvirt) and makes of it what `kith controller` is: one unix socket,
any number of clients, each with a controller of its own, and a capture of each client's HCI traffic.

usage: bridge.py SOCKET CONTROLLER PREFIX      (captures go to PREFIX-1.btsnoop, PREFIX-2.btsnoop, ...)

- Clients write H4 as a stream, in any pieces; the controller gets one whole packet at a time (btvirt_shim.c).
- btvirt tells nobody that a controller is gone, or was reset while linked.  So before either, the bridge hangs up for
  it, with the reason that a peer would find by itself when nothing comes any more: Connection Timeout.
- btvirt knows a peer's features at once; on air they take a question and an answer.  So the host is told no sooner.
  Linux opens its ATT channel when it has them: in a link that ends within milliseconds it would else have one that
  nobody has accepted yet, and Linux 6.1 uses that again after it has freed it (README.md).
- btvirt reports an advertiser in the same moment in which it answers that it scans now, and only then.  Linux counts
  itself as scanning a moment later, and has lost the report.  On air an advertising event is still to come, so the host
  is told a little later.

SIGTERM: leaves with status 0, or 1 if a client sent what is no H4.  The captures are whole at every moment.
"""

import selectors
import signal
import socket
import struct
import sys
import time
from pathlib import Path

COMMAND, ACL, SCO, EVENT, ISO = 0x01, 0x02, 0x03, 0x04, 0x05
RESET, DISCONNECT, ADVERTISING_ENABLE = 0x0C03, 0x0406, 0x200A
BARRIER = 0xFC42  # no such command: that it is unknown is answered when all before it is done
COMMAND_COMPLETE, COMMAND_STATUS, DISCONNECTION_COMPLETE, LE_META = 0x0E, 0x0F, 0x05, 0x3E
LE_CONNECTION_COMPLETE, LE_ADVERTISING_REPORT, LE_READ_REMOTE_FEATURES_COMPLETE = 0x01, 0x02, 0x04
CONNECTION_TIMEOUT = 0x08
HARDWARE_ERROR = bytes((EVENT, 0x10, 1, 0))

# Nobody sends half a packet and pauses for that long, but a machine that is reset may never send the rest.
ABANDONED_AFTER_S = 2
FEATURES_TAKE_EVENTS = 2  # connection events
REPORTS_TAKE_S = 0.02  # the shortest advertising interval
NO_LINK = 0x0FFF
INTERVAL_UNIT_S = 0.00125
BTSNOOP_H4 = 1002
BTSNOOP_EPOCH_US = 0x00DCDDB30F2F8000  # 1970 in microseconds since the year 0


def command(opcode, parameters=b""):
    return struct.pack("<BHB", COMMAND, opcode, len(parameters)) + parameters


def answers(packet, opcode):
    """Whether this event answers that command."""
    at = {COMMAND_COMPLETE: 4, COMMAND_STATUS: 5}.get(packet[1]) if packet[0] == EVENT else None
    return at is not None and struct.unpack_from("<H", packet, at)[0] == opcode


def le_event(packet, subevent):
    """The parameters of this LE event after its subevent code, if it says success."""
    is_it = packet[:2] == bytes((EVENT, LE_META)) and packet[3:5] == bytes((subevent, 0))
    return packet[5:] if is_it else None


def is_report(packet):
    return packet[:2] == bytes((EVENT, LE_META)) and packet[3] == LE_ADVERTISING_REPORT


class LostPlace(Exception):
    """What comes is no H4."""


class Framing:
    """Whole packets out of a stream (Core 6.2, Vol 4 Part A)."""

    def __init__(self):
        self._pending = b""
        self._last = 0.0
        self._lost = False

    def add(self, data):
        now = time.monotonic()
        if self._pending and now - self._last > ABANDONED_AFTER_S:
            print(f"abandoned after its first octets: {self._pending.hex()}", file=sys.stderr)
            self._pending = b""
        self._pending += data
        self._last = now

    def packet(self):
        """The next one, or None.  After LostPlace everything up to an HCI Reset is thrown away (Part A 4)."""
        if self._lost and not self._find_place():
            return None
        length = self._length()
        if length is None or len(self._pending) < length:
            return None
        packet, self._pending = self._pending[:length], self._pending[length:]
        return packet

    def _find_place(self):
        reset = command(RESET)
        at = self._pending.find(reset)
        self._pending = self._pending[at:] if at >= 0 else self._pending[1 - len(reset) :]
        self._lost = at < 0
        return at >= 0

    def _length(self):
        """Of the packet that is coming, once its header is there."""
        data = self._pending
        if not data:
            return None
        if data[0] not in (COMMAND, ACL, SCO, ISO):
            self._lost = True
            raise LostPlace(data[:16].hex())
        if data[0] in (COMMAND, SCO):
            return 4 + data[3] if len(data) >= 4 else None
        mask = 0x3FFF if data[0] == ISO else 0xFFFF
        return 5 + (struct.unpack_from("<H", data, 3)[0] & mask) if len(data) >= 5 else None


class Capture:
    """A btsnoop file, each record written at once and whole."""

    def __init__(self, path):
        self._file = open(path, "wb", buffering=0)
        self._file.write(struct.pack(">8sII", b"btsnoop\0", 1, BTSNOOP_H4))

    def add(self, packet, to_host):
        flags = to_host | (packet[0] in (COMMAND, EVENT)) << 1
        when = time.time_ns() // 1000 + BTSNOOP_EPOCH_US
        self._file.write(struct.pack(">IIIIq", len(packet), len(packet), flags, 0, when) + packet)

    def close(self):
        self._file.close()


class Client:
    """One host and its controller.  Its controller is quieted in two steps, before a reset and before it goes: it
    advertises no more, and when it is known that nobody came in the meantime, its links are ended."""

    SERVED, QUIETING, RESETTING = range(3)

    def __init__(self, number, host, controller, capture, selector, gone):
        self.lost_place = False
        self._gone = gone
        self._number = number
        self._host = host  # None: it has gone
        self._controller = controller
        self._capture = capture
        self._selector = selector
        self._framing = Framing()
        self._links = {}  # handle: interval in seconds
        self._held = []  # (when it is due, handle or NO_LINK, event)
        self._state = self.SERVED
        selector.register(host, selectors.EVENT_READ, self._take_from_host)
        selector.register(controller, selectors.EVENT_READ, self._take_from_controller)
        print(f"client {number} comes", flush=True)

    # From the host.

    def _take_from_host(self):
        try:
            data = self._host.recv(65536)
        except OSError:
            data = b""
        if data:
            self._framing.add(data)
            self._handle_packets()
        else:
            self._lose_host()

    def _handle_packets(self):
        """What comes while its controller is being reset waits."""
        while self._state == self.SERVED and (packet := self._next_packet()):
            self._capture.add(packet, to_host=False)
            if packet == command(RESET):
                self._quiet()
            else:
                self._controller.send(packet)

    def _next_packet(self):
        try:
            return self._framing.packet()
        except LostPlace as reason:
            print(f"client {self._number} sends no H4: {reason}", file=sys.stderr, flush=True)
            self.lost_place = True
            self._tell_host(HARDWARE_ERROR)
            return self._framing.packet()

    def _lose_host(self):
        self._selector.unregister(self._host)
        self._host.close()
        self._host = None
        print(f"client {self._number} goes", flush=True)
        if self._state == self.SERVED:
            self._quiet()

    def _quiet(self):
        self._state = self.QUIETING
        self._held = []
        self._controller.send(command(ADVERTISING_ENABLE, b"\0"))
        self._controller.send(command(BARRIER))

    # From the controller.

    def _take_from_controller(self):
        packet = self._controller.recv(65536)
        if not packet:
            raise ConnectionError(f"the controller of client {self._number} has ended")
        self._follow_links(packet)
        features = le_event(packet, LE_READ_REMOTE_FEATURES_COMPLETE)
        if self._state == self.SERVED and features:
            (handle,) = struct.unpack_from("<H", features)
            wait = FEATURES_TAKE_EVENTS * self._links.get(handle, 0)
            self._held.append((time.monotonic() + wait, handle, packet))
        elif self._state == self.SERVED and is_report(packet):
            self._held.append((time.monotonic() + REPORTS_TAKE_S, NO_LINK, packet))
        elif self._state == self.SERVED:
            self._tell_host(packet)
        elif self._state == self.QUIETING and answers(packet, BARRIER):
            self._reset()
        elif self._state == self.RESETTING and answers(packet, RESET):
            self._go_on(packet)

    def _follow_links(self, packet):
        connected = le_event(packet, LE_CONNECTION_COMPLETE)
        if connected:
            handle, interval = struct.unpack_from("<H8xH", connected)
            self._links[handle] = interval * INTERVAL_UNIT_S
        elif packet[:2] == bytes((EVENT, DISCONNECTION_COMPLETE)) and packet[3] == 0:
            (handle,) = struct.unpack_from("<H", packet, 4)
            self._links.pop(handle, None)
            self._held = [held for held in self._held if held[1] != handle]

    def due(self):
        """When tell_due() has something to do, or None."""
        return min((when for when, _, _ in self._held), default=None)

    def tell_due(self):
        now = time.monotonic()
        ready = [held for held in self._held if held[0] <= now]
        self._held = [held for held in self._held if held[0] > now]
        for _, _, packet in ready:
            if self._state == self.SERVED:
                self._tell_host(packet)

    def _reset(self):
        self._state = self.RESETTING
        for handle in self._links:
            self._controller.send(command(DISCONNECT, struct.pack("<HB", handle, CONNECTION_TIMEOUT)))
        self._controller.send(command(RESET))

    def _go_on(self, answer):
        """Its controller is as new: for a host that asked for it; one that has gone needs none."""
        if self._host:
            self._state = self.SERVED
            self._tell_host(answer)
            self._handle_packets()
        else:
            self._selector.unregister(self._controller)
            self._controller.close()
            self._capture.close()
            self._gone(self)

    def _tell_host(self, packet):
        """A host that lets a whole socket fill up does not read any more, and loses its controller."""
        self._capture.add(packet, to_host=True)
        try:
            whole = self._host.send(packet, socket.MSG_DONTWAIT) == len(packet)
        except OSError:
            whole = False
        if not whole:
            self._lose_host()


class Bridge:
    def __init__(self, path, controller_path, prefix):
        self._controller_path = controller_path
        self._prefix = prefix
        self._clients = set()
        self._came = 0
        self._lost_place = False
        self._selector = selectors.DefaultSelector()
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(path)
        self._door.listen()
        self._selector.register(self._door, selectors.EVENT_READ, self._welcome)
        print(f"listening on unix:{path}", flush=True)

    def run(self):
        while True:
            for key, _ in self._selector.select(self._patience()):
                if key.fileobj.fileno() >= 0:  # else it was closed in this very round
                    key.data()
            for client in tuple(self._clients):
                client.tell_due()

    def _patience(self):
        """Until something that was held is due; None: for ever."""
        due = [when for client in self._clients if (when := client.due()) is not None]
        return max(0, min(due) - time.monotonic()) if due else None

    def status(self):
        return int(self._lost_place or any(client.lost_place for client in self._clients))

    def _welcome(self):
        host, _ = self._door.accept()
        controller = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        controller.connect(self._controller_path)
        self._came += 1
        capture = Capture(f"{self._prefix}-{self._came}.btsnoop")
        self._clients.add(Client(self._came, host, controller, capture, self._selector, self._forget))

    def _forget(self, client):
        self._clients.discard(client)
        self._lost_place |= client.lost_place


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__.split("\n\n")[1])
    path, controller_path, prefix = sys.argv[1:]
    bridge = Bridge(path, controller_path, prefix)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(bridge.status()))
    try:
        bridge.run()
    finally:
        Path(path).unlink(missing_ok=True)


if __name__ == "__main__":
    main()
