"""The Security Manager's cryptographic toolbox and the air's encryption, from the specification alone.

Every value is octets, most significant first, as the specification prints it; whoever reads a PDU turns it round.
Core Vol 3 Part H 2.2; Vol 6 Part B 5.1.3 and Part E; Vol 3 Part C 10.4 (signatures).
"""

from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from cryptography.hazmat.primitives.cmac import CMAC

F5_SALT = bytes.fromhex("6C888391AAF5A53860370BDB5A6083BE")
MIC_LENGTH = 4
DEBUG_KEY_X = bytes.fromhex("20b003d2f297be2c5e2c83a7e9f9a5b9eff49111acf4fddbcc0301480e359de6")


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def e(key, block):
    """The security function e, AES-128 of one block: 2.2.1."""
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return encryptor.update(block) + encryptor.finalize()


def aes_cmac(key, message):
    mac = CMAC(algorithms.AES(key))
    mac.update(message)
    return mac.finalize()


def ah(irk, prand):
    """The hash part of a resolvable private address: 2.2.2."""
    return e(irk, bytes(13) + prand)[-3:]


# ---- legacy pairing ----

def c1(k, r, preq, pres, iat, ia, rat, ra):
    """The confirm value: 2.2.3.  Types are one octet, commands seven."""
    p1 = pres + preq + rat + iat
    p2 = bytes(4) + ia + ra
    return e(k, xor(e(k, xor(r, p1)), p2))


def s1(k, r1, r2):
    """The short term key: 2.2.4."""
    return e(k, r1[8:] + r2[8:])


# ---- Secure Connections ----

def f4(u, v, x, z):
    """Commitments: 2.2.6."""
    return aes_cmac(x, u + v + bytes([z]))


def f5(w, n1, n2, a1, a2):
    """(MacKey, LTK): 2.2.7.  Addresses are seven octets, the type first."""
    t = aes_cmac(F5_SALT, w)
    tail = b"btle" + n1 + n2 + a1 + a2 + (256).to_bytes(2, "big")
    return aes_cmac(t, b"\x00" + tail), aes_cmac(t, b"\x01" + tail)


def f6(w, n1, n2, r, io_cap, a1, a2):
    """DHKey checks: 2.2.8.  io_cap: AuthReq, OOB data flag, IO capability."""
    return aes_cmac(w, n1 + n2 + r + io_cap + a1 + a2)


def g2(u, v, x, y):
    """The number that two people compare: 2.2.9.  Its last six digits are shown."""
    return int.from_bytes(aes_cmac(x, u + v + y)[-4:], "big")


def h6(w, key_id):
    return aes_cmac(w, key_id)


def h7(salt, w):
    return aes_cmac(salt, w)


def shortened(key, size):
    """A key of that many octets: the others, the most significant ones, are zero.  2.3.4."""
    return bytes(16 - size) + key[16 - size:]


# ---- P-256 ----

@lru_cache(None)
def public_key(scalar):
    """X and Y of a private scalar."""
    numbers = ec.derive_private_key(int.from_bytes(scalar, "big"), ec.SECP256R1()).public_key().public_numbers()
    return numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")


@lru_cache(None)
def is_on_curve(point):
    numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(point[:32], "big"), int.from_bytes(point[32:], "big"),
                                            ec.SECP256R1())
    try:
        numbers.public_key()
    except ValueError:
        return False
    return True


@lru_cache(None)
def dhkey(scalar, point):
    """X of scalar * point."""
    theirs = ec.EllipticCurvePublicNumbers(int.from_bytes(point[:32], "big"), int.from_bytes(point[32:], "big"),
                                           ec.SECP256R1()).public_key()
    return ec.derive_private_key(int.from_bytes(scalar, "big"), ec.SECP256R1()).exchange(ec.ECDH(), theirs)


# ---- the air ----

def session_key(ltk, skd_central, skd_peripheral):
    """Vol 6 Part B 5.1.3.1: the peripheral's half is the more significant one."""
    return e(ltk, skd_peripheral + skd_central)


def _nonce(counter, from_central, iv):
    """Vol 6 Part E 2.1; the one value here that is in the order of the air, iv too."""
    return (counter | from_central << 39).to_bytes(5, "little") + iv


def _aad(header):
    """NESN, SN and MD change when a PDU is repeated: they count as 0."""
    return bytes([header & 0xE3])


def seal(key, iv, counter, from_central, header, payload):
    return AESCCM(key, tag_length=MIC_LENGTH).encrypt(_nonce(counter, from_central, iv), payload, _aad(header))


def unseal(key, iv, counter, from_central, header, payload):
    """The payload in plain, or None: its MIC is wrong."""
    if len(payload) <= MIC_LENGTH:
        return None
    try:
        return AESCCM(key, tag_length=MIC_LENGTH).decrypt(_nonce(counter, from_central, iv), payload, _aad(header))
    except InvalidTag:
        return None


def signature(csrk, pdu, counter):
    """The twelve octets, as on air, that close a signed PDU (given as on air, without them)."""
    signed = pdu + counter.to_bytes(4, "little")
    return counter.to_bytes(4, "little") + aes_cmac(csrk, signed[::-1])[:8][::-1]
