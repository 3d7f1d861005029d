"""The number of Numeric Comparison, computed anew from what was on air: pcap, L2CAP, g2.

Nothing of ours is used: pcap and link layer are read here, AES is written out here.  Core Vol 3 Part H 2.2.9 (g2).
"""

import struct

PCAP_LE_LL_WITH_PHDR = 256
SMP_CHANNEL = 6
SMP_PUBLIC_KEY, SMP_RANDOM = 0x0C, 0x04
ADVERTISING_ACCESS_ADDRESS = 0x8E89BED6


# ---- AES-128 and AES-CMAC (FIPS 197, RFC 4493) ----

def _double(b):
    return (b << 1) ^ (0x11B if b & 0x80 else 0)


def _make_sbox():
    """Inverses by powers of the generator 3, then the affine map."""
    powers, x = [], 1
    for _ in range(255):
        powers.append(x)
        x ^= _double(x)
    box = [0x63] * 256
    for exponent, value in enumerate(powers):
        inverse = powers[-exponent % 255]
        box[value] = 0x63
        for turn in range(5):
            box[value] ^= ((inverse << turn) | (inverse >> (8 - turn))) & 0xFF
    return box


SBOX = _make_sbox()


def _round_keys(key):
    words = [list(key[i:i + 4]) for i in range(0, 16, 4)]
    rcon = 1
    for i in range(4, 44):
        word = words[-1]
        if i % 4 == 0:
            word = [SBOX[b] for b in word[1:] + word[:1]]
            word[0] ^= rcon
            rcon = _double(rcon)
        words.append([a ^ b for a, b in zip(words[-4], word)])
    return [sum(words[i:i + 4], []) for i in range(0, 44, 4)]


def _mix(column):
    total = column[0] ^ column[1] ^ column[2] ^ column[3]
    return [b ^ total ^ _double(b ^ column[(i + 1) % 4]) for i, b in enumerate(column)]


def aes(key, block):
    keys = _round_keys(key)
    state = [a ^ b for a, b in zip(block, keys[0])]
    for number, round_key in enumerate(keys[1:], 1):
        state = [SBOX[b] for b in state]
        state = [state[(i + 4 * (i % 4)) % 16] for i in range(16)]
        if number < 10:
            state = sum((_mix(state[i:i + 4]) for i in range(0, 16, 4)), [])
        state = [a ^ b for a, b in zip(state, round_key)]
    return bytes(state)


def aes_cmac(key, message):
    def shift(value):
        doubled = int.from_bytes(value, "big") << 1
        return ((doubled ^ (0x87 if doubled >> 128 else 0)) & (1 << 128) - 1).to_bytes(16, "big")

    subkey = shift(aes(key, bytes(16)))
    last_len = len(message) - 16 * ((len(message) - 1) // 16) if message else 0
    last = message[len(message) - last_len:]
    if last_len < 16:
        subkey, last = shift(subkey), last + b"\x80" + bytes(15 - last_len)
    blocks = [message[i:i + 16] for i in range(0, len(message) - last_len, 16)]
    blocks.append(bytes(a ^ b for a, b in zip(last, subkey)))
    mac = bytes(16)
    for block in blocks:
        mac = aes(key, bytes(a ^ b for a, b in zip(mac, block)))
    return mac


def g2(u, v, x, y):
    """All most significant octet first."""
    return int.from_bytes(aes_cmac(x, u + v + y)[-4:], "big")


# ---- what was on air ----

def frames(pcap):
    """(access address, from the central?, data PDU) of each data frame."""
    data = pcap.read_bytes()
    magic, _, _, _, _, _, link_type = struct.unpack_from("<IHHiIII", data)
    assert magic == 0xA1B2C3D4 and link_type == PCAP_LE_LL_WITH_PHDR
    offset = 24
    while offset + 16 <= len(data):
        length = struct.unpack_from("<8xI", data, offset)[0]
        record = data[offset + 16:offset + 16 + length]
        offset += 16 + length
        flags, address = struct.unpack_from("<8xHI", record)
        if address != ADVERTISING_ACCESS_ADDRESS:
            yield address, (flags >> 7 & 7) == 2, record[14:-3]


def l2cap_frames(pcap):
    """(connection, from the central?, channel, payload), fragments joined; what was sent again counts once."""
    pending, last = {}, {}
    for address, central, pdu in frames(pcap):
        way, llid, sequence = (address, central), pdu[0] & 3, pdu[0] >> 3 & 1
        if last.get(way) == sequence:
            continue
        last[way] = sequence
        if llid == 2:
            pending[way] = b""
        elif llid != 1:
            continue
        pending[way] = pending.get(way, b"") + pdu[2:2 + pdu[1]]
        if len(pending[way]) < 4:
            continue
        length, channel = struct.unpack_from("<HH", pending[way])
        if len(pending[way]) >= 4 + length:
            yield address, central, channel, pending.pop(way)[4:4 + length]


def numbers(pcap):
    """The six digits of every pairing on air, in their order, as g2 gives them."""
    found, keys, nonces = [], {}, {}
    for address, central, channel, pdu in l2cap_frames(pcap):
        if channel != SMP_CHANNEL or not pdu:
            continue
        if pdu[0] == SMP_PUBLIC_KEY and len(pdu) == 65:
            keys[address, central] = pdu[1:33][::-1]
        elif pdu[0] == SMP_RANDOM and len(pdu) == 17:
            nonces[address, central] = pdu[1:][::-1]
            if not central:
                value = g2(keys[address, True], keys[address, False], nonces[address, True], nonces[address, False])
                found.append(f"{value % 1000000:06}")
    return found


def pairings(pcap):
    """How many pairings were begun on air: Pairing Requests of centrals."""
    return sum(channel == SMP_CHANNEL and pdu[:1] == b"\x01" and central
               for _, central, channel, pdu in l2cap_frames(pcap))
