"""Two devices that are none: a capture and secrets of any method, right in every value, or with one PDU changed.

So the judge can be asked about what no host here does wrong.  What is secret comes from a seeded generator.
"""

import random
import struct
from dataclasses import dataclass

import air
import tables
import toolbox
from air import Address
from tables import INITIATOR_SHOWS, PASSKEY, RESPONDER_SHOWS, Features

CENTRAL, PERIPHERAL = Address(0, bytes.fromhex("665544332201")), Address(1, bytes.fromhex("d1c2b3a49586"))
FRAGMENT = 27  # octets of one data PDU without data length extension
KEYS = tables.ENC_KEY | tables.ID_KEY | tables.SIGN_KEY
SIDES = {True: "initiator", False: "responder"}


@dataclass(frozen=True)
class Method:
    secure_connections: bool
    io: tuple  # of the initiator, of the responder
    mitm: bool = True
    has_data: tuple = (False, False)  # out of band, of the other one


METHODS = {
    "sc-just-works": Method(True, (3, 3), False),
    "sc-numeric-comparison": Method(True, (1, 4)),
    "sc-passkey-initiator-shows": Method(True, (0, 2)),
    "sc-passkey-responder-shows": Method(True, (2, 1)),
    "sc-passkey-both-type": Method(True, (2, 2)),
    "sc-oob-both": Method(True, (4, 1), True, (True, True)),
    "sc-oob-initiator-has": Method(True, (3, 0), True, (True, False)),
    "sc-oob-responder-has": Method(True, (0, 3), True, (False, True)),
    "legacy-just-works": Method(False, (3, 3), False),
    "legacy-passkey-initiator-shows": Method(False, (4, 4)),
    "legacy-passkey-responder-shows": Method(False, (2, 0)),
    "legacy-passkey-both-type": Method(False, (2, 2)),
    "legacy-oob": Method(False, (4, 1), True, (False, True)),
}


class Air:
    def __init__(self):
        self.capture = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, air.LINK_TYPE)
        self._time = 0

    def frame(self, access_address, direction, pdu):
        self._time += 150
        record = struct.pack("<BbbBIHI", 1, -50, 0, 0, access_address, 0x0C13 | direction << 7, access_address)
        record += pdu + bytes(3)  # nobody here looks at the CRC
        self.capture += struct.pack("<IIII", 0, self._time, len(record), len(record)) + record


class Link:
    def __init__(self, air_, rng, central=CENTRAL, peripheral=PERIPHERAL):
        self.air, self.rng, self.access_address = air_, rng, rng.getrandbits(32)
        self.sequence, self.key, self.sent = {True: 0, False: 0}, None, 0
        air_.frame(air.ADVERTISING, 0, bytes([air.CONNECT_IND | central.type << 6 | peripheral.type << 7, 34])
                   + central.octets[::-1] + peripheral.octets[::-1] + struct.pack("<I", self.access_address)
                   + bytes(18))

    def pdu(self, from_central, llid, payload):
        """Every third one is sent again: nobody may count it twice."""
        header = llid | self.sequence[from_central] << 3
        self.sequence[from_central] ^= 1
        if self.key is not None and payload:
            payload = toolbox.seal(self.key, self.iv, self.counter[from_central], from_central, header, payload)
            self.counter[from_central] += 1
        self.sent += 1
        for _ in range(2 if self.sent % 3 == 0 else 1):
            self.air.frame(self.access_address, air.FROM_CENTRAL if from_central else air.FROM_PERIPHERAL,
                           bytes([header, len(payload)]) + payload)

    def control(self, from_central, payload):
        self.pdu(from_central, air.CONTROL, payload)

    def l2cap(self, from_central, channel, payload):
        data = struct.pack("<HH", len(payload), channel) + payload
        for at in range(0, len(data), FRAGMENT):
            self.pdu(from_central, air.CONTINUATION if at else air.START, data[at:at + FRAGMENT])
            self.pdu(not from_central, air.CONTINUATION, b"")

    def encrypt(self, ltk, ediv=bytes(2), rand=bytes(8)):
        halves, ivs = [self.rng.randbytes(8) for _ in range(2)], [self.rng.randbytes(4) for _ in range(2)]
        self.control(True, bytes([air.ENC_REQ]) + rand + ediv + halves[0][::-1] + ivs[0])
        self.control(False, bytes([air.ENC_RSP]) + halves[1][::-1] + ivs[1])
        self.control(False, bytes([air.START_ENC_REQ]))
        self.key, self.iv = toolbox.session_key(ltk, *halves), ivs[0] + ivs[1]
        self.counter = {True: 0, False: 0}
        for from_central in (True, False):
            self.control(from_central, bytes([0x06]))

    def pause(self):
        self.control(True, bytes([0x0A]))
        self.control(False, bytes([air.PAUSE_ENC_RSP]))
        self.key = None
        self.control(True, bytes([air.PAUSE_ENC_RSP]))


class Forged:
    """One run with one pairing and what comes after it.  change(i, pdu): the i-th SMP PDU as it goes on air."""

    def __init__(self, name, key_size=16, seed=1, change=lambda _, pdu: pdu):
        self.method, self.change, self.rng = METHODS[name], change, random.Random(f"{name} {key_size} {seed}")
        self.key_size, self.pdus = key_size, 0
        self.irks = {side: self.rng.randbytes(16) for side in SIDES}
        self.scalars = {side: self.rng.randbytes(32) for side in SIDES}
        self.air = Air()
        self._pair()
        self._later()

    def again(self):
        """Another pairing; from now on secrets tell of that one."""
        self._pair()

    @property
    def capture(self):
        return self.air.capture

    @property
    def secrets(self):
        hosts = {name: {"scalars": [self.scalars[side].hex()] if self.method.secure_connections else [],
                        "irk": self.irks[side][::-1].hex(), "identity": self._told_address(side)}
                 for side, name in SIDES.items()}
        return {"hosts": hosts, "pairings": [{name: self.told[side] for side, name in SIDES.items()}]}

    @staticmethod
    def _told_address(side):
        address = CENTRAL if side else PERIPHERAL
        return {"type": address.type, "octets": address.octets[::-1].hex()}

    def _send(self, initiator, opcode, value):
        """value: most significant octet first."""
        self.link.l2cap(initiator, air.SMP, self.change(self.pdus, bytes([opcode]) + value[::-1]))
        self.pdus += 1

    # ---- pairing ----

    def _pair(self):
        self.told, self.link, m = {side: {} for side in SIDES}, Link(self.air, self.rng), self.method
        auth_req = tables.BONDING | (tables.MITM if m.mitm else 0) | (tables.SC if m.secure_connections else 0)
        flags = m.has_data if m.secure_connections else (any(m.has_data),) * 2
        self.features = {side: Features(m.io[not side], int(flags[not side]), auth_req, self.key_size, KEYS, KEYS)
                         for side in SIDES}
        self.octets = {side: bytes([f.io, f.oob, f.auth_req, f.key_size, f.initiator_keys, f.responder_keys])
                       for side, f in self.features.items()}
        self.choice = tables.choose(self.features[True], self.features[False])
        for side, opcode in ((True, tables.PAIRING_REQUEST), (False, tables.PAIRING_RESPONSE)):
            self._send(side, opcode, self.octets[side][::-1])
        self._ask_for_passkey()
        self.link.encrypt(self._secure_connections() if m.secure_connections else self._legacy())
        self._distribute()
        self._tell()

    def _ask_for_passkey(self):
        self.passkey = self.rng.randrange(1000000)
        if self.choice.method == PASSKEY:
            shows = {INITIATOR_SHOWS: True, RESPONDER_SHOWS: False}.get(self.choice.passkey)
            for side in SIDES:
                self.told[side]["passkey_shown" if side == shows else "passkey_typed"] = self.passkey

    def _secure_connections(self):
        points = {side: toolbox.public_key(self.scalars[side]) for side in SIDES}
        self.x = {side: points[side][:32] for side in SIDES}
        for side in SIDES:
            self._send(side, tables.PUBLIC_KEY, points[side][32:] + points[side][:32])
        nonces, r = {tables.PASSKEY: self._passkey, tables.OOB: self._oob}.get(self.choice.method, self._commit)()
        a, b = CENTRAL.typed, PERIPHERAL.typed
        mac_key, ltk = toolbox.f5(toolbox.dhkey(self.scalars[True], points[False]), nonces[True], nonces[False], a, b)
        for side, mine, theirs in ((True, a, b), (False, b, a)):
            f = self.features[side]
            self._send(side, tables.DHKEY_CHECK, toolbox.f6(mac_key, nonces[side], nonces[not side], r[side],
                                                            bytes([f.auth_req, f.oob, f.io]), mine, theirs))
        self.ltk = toolbox.shortened(ltk, self.key_size)
        return self.ltk

    def _nonces(self):
        return {side: self.rng.randbytes(16) for side in SIDES}

    def _commit(self):
        nonces, zero = self._nonces(), bytes(16)
        self._send(False, tables.CONFIRM, toolbox.f4(self.x[False], self.x[True], nonces[False], 0))
        for side in SIDES:
            self._send(side, tables.RANDOM, nonces[side])
        if self.choice.method == tables.NUMERIC_COMPARISON:
            number = toolbox.g2(self.x[True], self.x[False], nonces[True], nonces[False]) % 1000000
            for side in SIDES:
                self.told[side]["number"] = number
        return nonces, {True: zero, False: zero}

    def _passkey(self):
        for i in range(tables.PASSKEY_ROUNDS):
            nonces = self._nonces()
            for side in SIDES:
                self._send(side, tables.CONFIRM, toolbox.f4(self.x[side], self.x[not side], nonces[side],
                                                            0x80 | self.passkey >> i & 1))
            for side in SIDES:
                self._send(side, tables.RANDOM, nonces[side])
        return nonces, {side: self.passkey.to_bytes(16, "big") for side in SIDES}

    def _oob(self):
        nonces, r = self._nonces(), {True: bytes(16), False: bytes(16)}
        for side in SIDES:
            if self.features[side].oob:
                r[side] = self.rng.randbytes(16)
                data = {"confirm": toolbox.f4(self.x[not side], self.x[not side], r[side], 0)[::-1].hex(),
                        "random": r[side][::-1].hex()}
                self.told[side]["oob_given"] = data
                self.told[not side]["oob_own"] = dict(data)
        for side in SIDES:
            self._send(side, tables.RANDOM, nonces[side])
        return nonces, r

    def _legacy(self):
        tk = {tables.PASSKEY: self.passkey.to_bytes(16, "big"), tables.OOB: self.rng.randbytes(16)}.get(
            self.choice.method, bytes(16))
        if self.choice.method == tables.OOB:
            self.told[True]["oob_own"] = {"tk": tk[::-1].hex()}
            self.told[False]["oob_given"] = {"tk": tk[::-1].hex()}
        preq = self.octets[True][::-1] + bytes([tables.PAIRING_REQUEST])
        pres = self.octets[False][::-1] + bytes([tables.PAIRING_RESPONSE])
        nonces = self._nonces()
        for side in SIDES:
            self._send(side, tables.CONFIRM, toolbox.c1(tk, nonces[side], preq, pres, b"\x00", CENTRAL.octets,
                                                        b"\x01", PERIPHERAL.octets))
        for side in SIDES:
            self._send(side, tables.RANDOM, nonces[side])
        return toolbox.shortened(toolbox.s1(tk, nonces[False], nonces[True]), self.key_size)

    def _distribute(self):
        self.csrks = {side: self.rng.randbytes(16) for side in SIDES}
        self.ltks = {side: toolbox.shortened(self.rng.randbytes(16), self.key_size) for side in SIDES}
        self.rands = {side: self.rng.randbytes(8) for side in SIDES}
        self.edivs = {side: self.rng.randbytes(2) for side in SIDES}
        for side in (False, True):
            if not self.method.secure_connections:
                self._send(side, tables.ENCRYPTION_INFORMATION, self.ltks[side])
                self._send(side, tables.CENTRAL_IDENTIFICATION, self.rands[side][::-1] + self.edivs[side][::-1])
            address = CENTRAL if side else PERIPHERAL
            self._send(side, tables.IDENTITY_INFORMATION, self.irks[side])
            self._send(side, tables.IDENTITY_ADDRESS, address.octets + bytes([address.type]))
            self._send(side, tables.SIGNING_INFORMATION, self.csrks[side])

    # ---- what the two say of it ----

    def _tell(self):
        m = self.method
        level = max(tables.levels(self.choice, self.key_size))
        keys = tables.ID_KEY | tables.SIGN_KEY | (0 if m.secure_connections else tables.ENC_KEY)
        common = {"method": self.choice.method, "secure_connections": m.secure_connections, "level": level,
                  "key_size": self.key_size}
        for side in SIDES:
            self.told[side]["verdict"] = dict(common, my_features=self.octets[side].hex(), bonded=True,
                                              peer_features=self.octets[not side].hex(), keys_sent=keys,
                                              keys_taken=keys)
            self.told[side]["bond"] = dict(common, identity=self._told_address(not side), has_irk=True,
                                           local=self._told_address(side), we_were_initiator=side,
                                           irk=self.irks[not side][::-1].hex(),
                                           my_csrk=self.csrks[side][::-1].hex(),
                                           peer_csrk=self.csrks[not side][::-1].hex(), **self._bond_keys(side))

    def _bond_keys(self, side):
        if self.method.secure_connections:
            return {"ltk": self.ltk[::-1].hex()}
        keys = {}
        for prefix, of in (("my_", side), ("", not side)):
            keys[prefix + "ltk"] = self.ltks[of][::-1].hex()
            keys[prefix + "rand"], keys[prefix + "ediv"] = self.rands[of].hex(), self.edivs[of].hex()
        return keys

    # ---- later ----

    def encrypt_later(self, link, peripheral_was):
        """peripheral_was: which side it was when they paired."""
        if self.method.secure_connections:
            link.encrypt(self.ltk)
        else:
            link.encrypt(self.ltks[peripheral_was], self.edivs[peripheral_was], self.rands[peripheral_was])

    def _later(self):
        """The bond in both roles, a key refreshed, and signed writes on a link in plain."""
        link = Link(self.air, self.rng)
        self.encrypt_later(link, False)
        link.l2cap(True, air.ATT, bytes.fromhex("0a0900"))
        link.pause()
        self.encrypt_later(link, False)
        link.l2cap(False, air.ATT, bytes.fromhex("0b") + bytes(40))
        self.encrypt_later(Link(self.air, self.rng, PERIPHERAL, CENTRAL), True)
        self.plain = Link(self.air, self.rng)
        for side in SIDES:
            for counter in (0, 1, 7):
                self.write(side, counter)

    def write(self, side, counter):
        pdu = bytes.fromhex("d212001337")
        self.plain.l2cap(side, air.ATT, pdu + toolbox.signature(self.csrks[side], pdu, counter))
