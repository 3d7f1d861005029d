"""Bonds as other systems keep them, written here as those systems do, and what a store then has, octet by octet."""

import base64
import json
import struct

import records

DEVICE, BOND = 1, 2
PEER, OTHER_PEER, OURS, OTHERS = "C0:11:22:33:44:55", "C0:11:22:33:44:66", "D0:99:88:77:66:01", "E0:99:88:77:66:02"
PUBLIC = "00:1A:7D:DA:71:13"
# Most significant octet first, as people print keys; no octet twice, so that an order that is wrong shows.
LTK, MY_LTK, IRK, OTHER_LTK = (bytes((k + 17 * i) % 251 + 1 for i in range(16)) for k in (3, 50, 90, 130))
SC, SC_AUTHENTICATED, LEGACY = 2, 3, 0  # what BlueZ calls `Authenticated`


def bluez(ltk=LTK, kind=SC, irk=IRK, size=16, address_type="static", name="lamp"):
    """`info`.  Of Secure Connections bluetoothd has one key, under both names of its own."""
    text = f"[General]\nName={name}\nAddressType={address_type}\nSupportedTechnologies=LE;\nTrusted=false\n"
    if irk:
        text += f"\n[IdentityResolvingKey]\nKey={irk[::-1].hex().upper()}\n"
    for section in ("SlaveLongTermKey", "PeripheralLongTermKey"):
        text += _bluez_key(section, ltk, kind, size, 0, 0)
    return text


def bluez_legacy(peers=LTK, own=MY_LTK, irk=IRK):
    text = bluez(own, LEGACY, irk)
    text = text.replace("EDiv=0\nRand=0", "EDiv=4660\nRand=1311768467463790320")
    return text + _bluez_key("LongTermKey", peers, LEGACY, 16, 0x5678, 0x1122334455667788)


def _bluez_key(section, key, kind, size, ediv, rand):
    return (f"\n[{section}]\nKey={key[::-1].hex().upper()}\nAuthenticated={kind}\nEncSize={size}\nEDiv={ediv}\n"
            f"Rand={rand}\n")


def bumble(*peers, local=OURS):
    """Its key store: (address, long term key of Secure Connections or None) each."""
    entries = {}
    for address, ltk in peers:
        key = {"value": (ltk or b"short")[::-1].hex(), "authenticated": False}
        entries[f"{address}"] = {"address_type": 1, "ltk": key, "irk": {"value": IRK[::-1].hex(), "authenticated": False}}
    return json.dumps({local: entries})


def aioble(peer=PEER, ltk=LTK, own_irk=IRK):
    """ble_secrets.json of an aioble device that has a bond of Secure Connections, as NimBLE lays it out; own_irk: its own
    identity resolving key, of which the file says no address."""
    def item(kind, key, value):
        return [kind, base64.encodebytes(key).decode(), base64.encodebytes(value).decode().replace("\n", "") + "\n"]
    key = b"\1" + bytes.fromhex(peer.replace(":", ""))[::-1]
    value = (key + b"\x10").ljust(24, b"\0") + ltk[::-1] + b"\1" + bytes(17) + bytes(16) + b"\4" + bytes(5)
    return json.dumps([item(1, key, value), item(2, key, value), item(10, b"irk", own_irk[::-1])])


def place(scene, text, peer=PEER, local=OURS):
    """Where BlueZ keeps it, which says whose it is.  Its user has not seen to it that others cannot read it."""
    folder = scene.folder / "bluetooth" / local / peer
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "info"
    path.write_text(text)
    return path


# ---- what a store has ----


def address(octets):
    return f"{octets[6::-1][:6].hex(':').upper()}", ("public", "random")[octets[0]]


def stored(path):
    """{peer's address: its bond} of a store; docs/bond-format.md."""
    data, found = path.read_bytes(), {}
    for record in records.records(data):
        if record.kind != BOND:
            continue
        for name in [name for name, bond in found.items() if bond["peer"] == record.id]:
            del found[name]
        if not record.removal:
            bond = _bond(data[record.octets_at:record.octets_at + record.len])
            found[bond["identity"][0]] = {"peer": record.id, **bond}
    return found


def _bond(o):
    sc, flags, at, bond = o[4] == 1, o[1], 25, {}
    bond.update(level=o[2], method=o[3], sc=sc, size=o[5], peer_class=o[6], identity=address(o[7:14]),
                local=address(o[14:21]), initiator=bool(flags & 1))
    for name, bit, size in (("ltk", 0x20, 26), ("my_ltk", 0x40, 26), ("irk", 4, 16), ("my_csrk", 8, 16), ("csrk", 16, 16)):
        if flags & bit or name == "ltk" and sc:
            size = 16 if sc else size
            value = o[at:at + 16][::-1]
            bond[name] = (value, *struct.unpack("<HQ", o[at + 16:at + 26])) if size == 26 else value
            at += size
    return bond


def device(path):
    """(our identity resolving key, our static address)."""
    data = path.read_bytes()
    at = records.standing(data, DEVICE).octets_at
    return data[at + 1:at + 17][::-1], data[at + 17:at + 23][::-1].hex(":").upper()
