"""A host that is none: one HCI command at a time on a controller of its own, and what time it and a pairing took."""

import socket
import statistics
import struct
import time

from cell import Mismatch, output_of

READ_BD_ADDR, LE_ENCRYPT = 0x1009, 0x2017
COMMAND, EVENT, COMMAND_COMPLETE = 0x01, 0x04, 0x0E
LIMIT_S = 5
OCTET_APART_S = 0.01  # so that they are not read together
PAIRING_REQUEST, ENCRYPTION_CHANGE, SENT = "0x01", "0x08", "0x00"


def packet(opcode, parameters=b""):
    return struct.pack("<BHB", COMMAND, opcode, len(parameters)) + parameters


class BareHost:
    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(LIMIT_S)
        self._socket.connect(str(path))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def command(self, opcode, parameters=b""):
        """What Command Complete returns after the status, which must be success."""
        self.send(packet(opcode, parameters))
        return self.answer(opcode)

    def send(self, data):
        self._socket.sendall(data)

    def answer(self, opcode):
        kind, event, length = self._receive(3)
        answer = self._receive(length)
        if (kind, event) != (EVENT, COMMAND_COMPLETE) or struct.unpack_from("<HB", answer, 1) != (opcode, 0):
            raise Mismatch(f"command 0x{opcode:04x} was answered by {bytes((kind, event, length)).hex()}{answer.hex()}")
        return answer[4:]

    def _receive(self, length):
        data = b""
        while len(data) < length:
            piece = self._socket.recv(length - len(data))
            if not piece:
                raise Mismatch("the controller has gone")
            data += piece
        return data


def addresses_asked_in_pieces(path):
    """What three commands in one write, and one in single octets, are answered."""
    with BareHost(path) as host:
        host.send(3 * packet(READ_BD_ADDR))
        answers = [host.answer(READ_BD_ADDR) for _ in range(3)]
        for octet in packet(READ_BD_ADDR):
            host.send(bytes([octet]))
            time.sleep(OCTET_APART_S)
        return [*answers, host.answer(READ_BD_ADDR)]


def round_trips(path, times):
    """Median time of one Read BD_ADDR, in seconds."""
    with BareHost(path) as host:
        host.command(READ_BD_ADDR)  # the first one waits for the controller to be made
        took = []
        for _ in range(times):
            began = time.perf_counter()
            host.command(READ_BD_ADDR)
            took.append(time.perf_counter() - began)
    return statistics.median(took)


def encrypted(path, key, block):
    """AES-128 of one block by LE Encrypt; key and blocks have their most significant octet first, as FIPS 197 has."""
    with BareHost(path) as host:
        return host.command(LE_ENCRYPT, key[::-1] + block[::-1])[::-1]


def pairing_time(capture):
    """Seconds from the first Pairing Request that this host sent to the first Encryption Change after it, or None."""
    wanted = (f"(btsmp.opcode == {PAIRING_REQUEST} && hci_h4.direction == {SENT}) || "
              f"bthci_evt.code == {ENCRYPTION_CHANGE}")
    fields = output_of(["tshark", "-r", capture, "-Y", wanted, "-T", "fields", "-e", "frame.time_epoch",
                        "-e", "btsmp.opcode"])
    began = None
    for line in fields.splitlines():
        when, request = line.split("\t")
        if request:
            began = began or float(when)
        elif began:
            return float(when) - began
    return None
