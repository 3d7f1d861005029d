"""What two feature sets lead to, and what then has to be on air, said anew.

Core Vol 3 Part H 2.3.5.1 (which method), 2.3.5.5, 2.3.5.6 and 2.4.3.2 (which PDUs), 3.6.1 (which keys); Vol 3 Part C
10.2.1 (which level).
"""

from dataclasses import dataclass

DISPLAY_ONLY, DISPLAY_YES_NO, KEYBOARD_ONLY, NO_INPUT_NO_OUTPUT, KEYBOARD_DISPLAY = range(5)
BONDING, MITM, SC, KEYPRESS, CT2 = 0x01, 0x04, 0x08, 0x10, 0x20
ENC_KEY, ID_KEY, SIGN_KEY, LINK_KEY = 1, 2, 4, 8

JUST_WORKS, NUMERIC_COMPARISON, PASSKEY, OOB = "Just Works", "Numeric Comparison", "Passkey Entry", "Out of Band"
INITIATOR_SHOWS, RESPONDER_SHOWS, BOTH_TYPE = "the initiator shows it", "the responder shows it", "both type it"

PAIRING_REQUEST, PAIRING_RESPONSE, CONFIRM, RANDOM, FAILED = 0x01, 0x02, 0x03, 0x04, 0x05
ENCRYPTION_INFORMATION, CENTRAL_IDENTIFICATION, IDENTITY_INFORMATION, IDENTITY_ADDRESS = 0x06, 0x07, 0x08, 0x09
SIGNING_INFORMATION, SECURITY_REQUEST, PUBLIC_KEY, DHKEY_CHECK, KEYPRESS_NOTIFICATION = 0x0A, 0x0B, 0x0C, 0x0D, 0x0E

PDU_LENGTHS = {PAIRING_REQUEST: 7, PAIRING_RESPONSE: 7, CONFIRM: 17, RANDOM: 17, FAILED: 2, ENCRYPTION_INFORMATION: 17,
               CENTRAL_IDENTIFICATION: 11, IDENTITY_INFORMATION: 17, IDENTITY_ADDRESS: 8, SIGNING_INFORMATION: 17,
               SECURITY_REQUEST: 2, PUBLIC_KEY: 65, DHKEY_CHECK: 17, KEYPRESS_NOTIFICATION: 2}
PASSKEY_ROUNDS = 20


@dataclass(frozen=True)
class Features:
    """A Pairing Request or Response, in the order of its octets."""

    io: int
    oob: int
    auth_req: int
    key_size: int
    initiator_keys: int
    responder_keys: int

    @classmethod
    def of(cls, pdu):
        return cls(*pdu[1:7])

    @property
    def is_sound(self):
        """No reserved value, no reserved bit."""
        return (self.io <= KEYBOARD_DISPLAY and self.oob <= 1 and self.auth_req & 0xC2 == 0
                and 7 <= self.key_size <= 16 and (self.initiator_keys | self.responder_keys) & 0xF0 == 0)


@dataclass(frozen=True)
class Choice:
    secure_connections: bool
    method: str
    passkey: str = ""  # who shows it

    def __str__(self):
        form = f", {self.passkey}" if self.passkey else ""
        return f"{'Secure Connections' if self.secure_connections else 'legacy'} {self.method}{form}"


def _by_what_they_have(secure_connections, initiator, responder):
    """Tables 2.8 as rules: who can type, who can show, who can do both well enough to compare."""
    def types(io):
        return io in (KEYBOARD_ONLY, KEYBOARD_DISPLAY)

    def shows(io):
        return io in (DISPLAY_ONLY, DISPLAY_YES_NO, KEYBOARD_DISPLAY)

    def compares(io):
        return io in (DISPLAY_YES_NO, KEYBOARD_DISPLAY)

    if secure_connections and compares(initiator) and compares(responder):
        return NUMERIC_COMPARISON, ""
    if shows(initiator) and types(responder):
        return PASSKEY, INITIATOR_SHOWS
    if types(initiator) and shows(responder):
        return PASSKEY, RESPONDER_SHOWS
    if types(initiator) and types(responder):
        return PASSKEY, BOTH_TYPE
    return JUST_WORKS, ""


def choose(request, response):
    secure_connections = bool(request.auth_req & response.auth_req & SC)
    data = request.oob + response.oob
    if data == 2 or (secure_connections and data):
        return Choice(secure_connections, OOB)
    if not (request.auth_req | response.auth_req) & MITM:
        return Choice(secure_connections, JUST_WORKS)
    return Choice(secure_connections, *_by_what_they_have(secure_connections, request.io, response.io))


def phase_2(choice):
    """(from the initiator?, opcode) of each PDU, in order."""
    def exchange(*opcodes):
        return [(initiator, opcode) for opcode in opcodes for initiator in (True, False)]

    if not choice.secure_connections:
        return exchange(CONFIRM, RANDOM)
    authentication = {JUST_WORKS: [(False, CONFIRM), *exchange(RANDOM)],
                      NUMERIC_COMPARISON: [(False, CONFIRM), *exchange(RANDOM)],
                      PASSKEY: PASSKEY_ROUNDS * exchange(CONFIRM, RANDOM),
                      OOB: exchange(RANDOM)}[choice.method]
    return [*exchange(PUBLIC_KEY), *authentication, *exchange(DHKEY_CHECK)]


def distributed(choice, response):
    """(keys of the initiator, keys of the responder) that go over the air."""
    carried = ID_KEY | SIGN_KEY if choice.secure_connections else ENC_KEY | ID_KEY | SIGN_KEY
    return response.initiator_keys & carried, response.responder_keys & carried


def phase_3(choice, response):
    """The responder's keys first."""
    order = ((ENC_KEY, (ENCRYPTION_INFORMATION, CENTRAL_IDENTIFICATION)),
             (ID_KEY, (IDENTITY_INFORMATION, IDENTITY_ADDRESS)),
             (SIGN_KEY, (SIGNING_INFORMATION,)))
    initiator_keys, responder_keys = distributed(choice, response)
    return [(initiator, opcode)
            for initiator, keys in ((False, responder_keys), (True, initiator_keys))
            for key, opcodes in order if keys & key
            for opcode in opcodes]


def levels(choice, key_size):
    """The levels of security mode 1 that may come of it: Core 6.2 took the protection against a man in the middle from
    legacy Passkey Entry."""
    if choice.method == JUST_WORKS:
        return {2}
    if not choice.secure_connections:
        return {2, 3} if choice.method == PASSKEY else {3}
    return {4} if key_size == 16 else {3}
