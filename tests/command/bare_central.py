"""A central that is no host: it connects, says what it can of pairing, and is answered.  H4 on a unix socket."""

import socket
import struct

from process import LIMIT_S, Mismatch

COMMAND, ACL, EVENT = 1, 2, 4
RESET, SET_EVENT_MASK, CREATE_CONNECTION = 0x0C03, 0x0C01, 0x200D
COMMAND_COMPLETE, COMMAND_STATUS = 0x0E, 0x0F
SET_SCAN_PARAMETERS, SET_SCAN_ENABLE = 0x200B, 0x200C
LE_META, CONNECTION_COMPLETE, ADVERTISING_REPORT = 0x3E, 0x01, 0x02
SCAN_RESPONSE = 0x04
SCAN = struct.pack("<HHB", 0x60, 0x60, 0)  # interval, window, no filter
TIMES = struct.pack("<BHHHHHH", 0, 24, 24, 0, 200, 0, 0)  # under its public address, every 30 ms, lost after 2 s
ATT, SMP = 4, 6
# A Pairing Request, Core Vol 3 Part H 3.5.1: code, IO, OOB, authentication requirements, key size, keys of both.
LEGACY = bytes.fromhex("01 03 00 01 10 00 01")
AUTHENTICATION_REQUIREMENTS = bytes.fromhex("05 03")
PAIRING_RESPONSE = 0x02


class Controller:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(LIMIT_S)
        self.socket.connect(path)

    def command(self, opcode, parameters=b""):
        """Sends it, and waits for its answer, whatever that is."""
        self.socket.sendall(struct.pack("<BHB", COMMAND, opcode, len(parameters)) + parameters)
        while self.packet()[1][0] not in (COMMAND_COMPLETE, COMMAND_STATUS):
            pass

    def _octets(self, count):
        octets = b""
        while len(octets) < count:
            piece = self.socket.recv(count - len(octets))
            if not piece:
                raise Mismatch("the controller has gone")
            octets += piece
        return octets

    def packet(self):
        """(what it is, its head, its body)."""
        (kind,) = self._octets(1)
        head = self._octets(4 if kind == ACL else 2)
        length = struct.unpack_from("<H", head, 2)[0] if kind == ACL else head[1]
        return kind, head, self._octets(length)

    def connect(self, address):
        """The handle of a link with this random address."""
        self.command(RESET)
        self.command(SET_EVENT_MASK, b"\xff" * 8)
        self.command(CREATE_CONNECTION, SCAN + b"\x01" + address + TIMES)
        while True:
            kind, head, body = self.packet()
            if kind == EVENT and head[0] == LE_META and body[0] == CONNECTION_COMPLETE:
                status, handle = struct.unpack_from("<BH", body, 1)
                if status:
                    raise Mismatch(f"not connected: 0x{status:02x}")
                return handle

    def send(self, handle, channel, pdu):
        self.socket.sendall(struct.pack("<BHHHH", ACL, handle, len(pdu) + 4, len(pdu), channel) + pdu)

    def receive(self, channel):
        """The next PDU on this channel."""
        while True:
            kind, _, body = self.packet()
            if kind == ACL and struct.unpack_from("<H", body, 2)[0] == channel:
                return body[4:]


def advertised(path):
    """The advertising data and the scan response of whoever is heard, in hex."""
    controller = Controller(path)
    heard = {}
    with controller.socket:
        controller.command(RESET)
        controller.command(SET_EVENT_MASK, b"\xff" * 8)
        controller.command(SET_SCAN_PARAMETERS, struct.pack("<BHHBB", 1, 0x60, 0x60, 0, 0))  # active
        controller.command(SET_SCAN_ENABLE, b"\x01\x00")
        while len(heard) < 2:
            kind, head, body = controller.packet()
            if kind == EVENT and head[0] == LE_META and body[0] == ADVERTISING_REPORT:
                heard[body[2] == SCAN_RESPONSE] = body[11:11 + body[10]].hex()
    return heard[False], heard[True]


class Client:
    """Asks a server of attributes over a plain link: PDUs in hex, as in Core Vol 3 Part F 3.4."""

    def __init__(self, path, address):
        self._controller = Controller(path)
        self._handle = self._controller.connect(bytes.fromhex(address.replace(":", ""))[::-1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._controller.socket.close()

    def say(self, pdu):
        """What has no answer."""
        self._controller.send(self._handle, ATT, bytes.fromhex(pdu))

    def fail_to_pair(self):
        """Asks for legacy pairing, and is refused it."""
        self._controller.send(self._handle, SMP, LEGACY)

    def hear(self):
        return self._controller.receive(ATT).hex()

    def ask(self, pdu):
        self.say(pdu)
        return self.hear()


def pairing_answered(path, address, request):
    """What the peripheral of this address says to a Pairing Request; then the link is lost."""
    controller = Controller(path)
    with controller.socket:
        handle = controller.connect(bytes.fromhex(address.replace(":", ""))[::-1])
        controller.send(handle, SMP, request)
        return controller.receive(SMP)
