#!/usr/bin/python3
"""Why: samples of what other systems write must not come from the code that reads them.

make.py   writes the samples beside it, from docs/exchange.md alone.  The keys are invented.
"""
import base64
import pathlib
import struct

HERE = pathlib.Path(__file__).parent

LOCAL = "5C:F3:70:8B:21:4E"
OWN_IRK = "d47c01e98b36a5f20d94c7be51a8f063"  # keys as people print them: most significant octet first

# A sensor, static address, Secure Connections, authenticated.
A = "C4:7E:12:9A:0B:D3"
A_LTK = "8f1d03b64ce972a5d02b9e417c5836fa"
A_IRK = "3b97e04c18d2756fa9c1840e6d5af235"

# A keyboard, public address, legacy pairing.
B = "00:1B:DC:07:5A:91"
B_LTK, B_EDIV, B_RAND = "e2604ab7913d5cf8067ea2d51b94c873", 0x9C4E, 0x71D25AB80E93C64F
B_MINE, B_MY_EDIV, B_MY_RAND = "5da8f2067b31ec94c07f1e85b62a4d19", 0x2B7D, 0xA90C4F1863E7D25B
B_IRK = "c60f9d2b4e81735aa8d4e1937f056cb2"
B_MY_CSRK = "9402e7bd5318ca6f71d04be39a25f68c"
B_CSRK = "17ae5bd084f3629cc50b7e91da3648f2"


def wire(key):
    return bytes.fromhex(key)[::-1]


def address(text):
    return bytes.fromhex(text.replace(":", ""))[::-1]


def write(name, text):
    (HERE / name).write_bytes(text if isinstance(text, bytes) else text.encode())


def bluez():
    write("bluez-sensor.info", f"""[General]
Name=Hive sensor
Appearance=0x0340
AddressType=static
SupportedTechnologies=LE;
Trusted=true
Blocked=false
WakeAllowed=true
Services=00001800-0000-1000-8000-00805f9b34fb;0000180f-0000-1000-8000-00805f9b34fb;

[IdentityResolvingKey]
Key={wire(A_IRK).hex().upper()}

[PeripheralLongTermKey]
Key={wire(A_LTK).hex().upper()}
Authenticated=3
EncSize=16
EDiv=0
Rand=0

[SlaveLongTermKey]
Key={wire(A_LTK).hex().upper()}
Authenticated=3
EncSize=16
EDiv=0
Rand=0

[DeviceID]
Source=2
Vendor=4660
Product=22136
Version=1

[ConnectionParameters]
MinInterval=6
MaxInterval=9
Latency=44
Timeout=216
""")
    write("bluez-keyboard.info", f"""[General]
Name=Old keyboard
Appearance=0x03c1
AddressType=public
SupportedTechnologies=LE;
Trusted=true
Blocked=false

[IdentityResolvingKey]
Key={wire(B_IRK).hex().upper()}

[LocalSignatureKey]
Key={wire(B_MY_CSRK).hex().upper()}
Counter=0
Authenticated=false

[RemoteSignatureKey]
Key={wire(B_CSRK).hex().upper()}
Counter=3
Authenticated=false

[LongTermKey]
Key={wire(B_LTK).hex().upper()}
Authenticated=1
EncSize=16
EDiv={B_EDIV}
Rand={B_RAND}

[PeripheralLongTermKey]
Key={wire(B_MINE).hex().upper()}
Authenticated=1
EncSize=16
EDiv={B_MY_EDIV}
Rand={B_MY_RAND}

[SlaveLongTermKey]
Key={wire(B_MINE).hex().upper()}
Authenticated=1
EncSize=16
EDiv={B_MY_EDIV}
Rand={B_MY_RAND}
""")


def nimble(kind, peer, key_size, ediv, rand, ltk, irk, csrk, authenticated, sc, layout="apache"):
    """struct ble_store_value_sec of a little-endian machine with 32 bits."""
    name = bytes([kind]) + address(peer)
    head = name
    if layout == "apache":
        head += struct.pack("<BH6x", key_size, ediv)
    else:
        head += struct.pack("<xHBxHxx", 7, key_size, ediv)
    body = head + struct.pack("<Q", rand)
    for key in (ltk, irk, csrk):
        body += (wire(key) if key else bytes(16)) + bytes([1 if key else 0])
    flags = (1 if authenticated else 0) | (2 if sc else 0)
    if layout == "long":
        body += bytes(1) + struct.pack("<I", 0) + bytes([flags]) + bytes(7)
    else:
        body = body[:-1] + bytes([body[-1] | flags << 1]) + bytes(5)
    assert len(body) == (88 if layout == "long" else 80), len(body)
    return name, body


def secret(kind, key, value):
    return f'[{kind}, "{base64.b64encode(key).decode()}\\n", "{base64.b64encode(value).decode()}\\n"]'


def aioble():
    for layout, name in (("apache", "aioble.json"), ("counted", "aioble-counted.json"), ("long", "aioble-long.json")):
        items = []
        for ours in (1, 2):
            items.append(secret(ours, *nimble(1, A, 16, 0, 0, A_LTK, OWN_IRK if ours == 1 else A_IRK, None, True, True,
                                              layout)))
            if ours == 1:
                items.append(secret(1, *nimble(0, B, 16, B_MY_EDIV, B_MY_RAND, B_MINE, OWN_IRK, B_MY_CSRK, True, False,
                                               layout)))
            else:
                items.append(secret(2, *nimble(0, B, 16, B_EDIV, B_RAND, B_LTK, B_IRK, B_CSRK, True, False, layout)))
        items.append(secret(10, b"irk", wire(OWN_IRK)))
        write(name, "[" + ", ".join(items) + "]")


def bumble():
    write("bumble.json", f"""{{
    "{LOCAL}/P": {{
        "{B}/P": {{
            "address_type": 0,
            "csrk": {{
                "authenticated": true,
                "value": "{wire(B_CSRK).hex()}"
            }},
            "irk": {{
                "authenticated": true,
                "value": "{wire(B_IRK).hex()}"
            }},
            "ltk_central": {{
                "authenticated": true,
                "ediv": {B_EDIV},
                "rand": "{struct.pack("<Q", B_RAND).hex()}",
                "value": "{wire(B_LTK).hex()}"
            }},
            "ltk_peripheral": {{
                "authenticated": true,
                "ediv": {B_MY_EDIV},
                "rand": "{struct.pack("<Q", B_MY_RAND).hex()}",
                "value": "{wire(B_MINE).hex()}"
            }}
        }},
        "{A}": {{
            "address_type": 1,
            "irk": {{
                "authenticated": true,
                "value": "{wire(A_IRK).hex()}"
            }},
            "link_key": {{
                "authenticated": true,
                "value": "4be0917c25d8a36f0e52c99b74186dfa"
            }},
            "ltk": {{
                "authenticated": true,
                "value": "{wire(A_LTK).hex()}"
            }}
        }}
    }}
}}
""")


def android():
    def penc(ltk, rand, ediv, level, size):
        return (wire(ltk) + struct.pack("<QHBB", rand, ediv, level, size)).hex()

    def pid(irk, kind, peer):
        return (wire(irk) + bytes([kind]) + address(peer)[::-1]).hex()

    write("android.conf", f"""[Info]
FileSource = Original
TimeCreated = 2026-03-14 15:09:26

[Metrics]
Salt256Bit = 5a5cb7f0ce13de58e8c39e5c0b8a7ba5e4a4b53a3a7d16a1dc2dc49ef4ac87b1

[Adapter]
Address = {LOCAL.lower()}
LE_LOCAL_KEY_IRK = {wire(OWN_IRK).hex()}
LE_LOCAL_KEY_IR = 0b7e1f28c5a3d69047f80e6b2d91c4a5
LE_LOCAL_KEY_DHK = 63f0a8d41c7b952ee98d06f75b24c1a3
LE_LOCAL_KEY_ER = a1c95e03f7486bd20c6e93b8d51f7a40
ScanMode = 0
DiscoveryTimeout = 120

[{A.lower()}]
Timestamp = 1773501234
Name = Hive sensor
DevType = 2
AddrType = 1
LE_KEY_PENC = {penc(A_LTK, 0, 0, 4, 16)}
LE_KEY_PID = {pid(A_IRK, 1, A)}
LE_KEY_LENC = {(wire(A_LTK) + struct.pack("<HBB", 0, 16, 4)).hex()}
LE_KEY_LID = 00000000000000000000000000000000000000000000

[{B.lower()}]
Timestamp = 1773509999
Name = Old keyboard
DevType = 2
AddrType = 0
LE_KEY_PENC = {penc(B_LTK, B_RAND, B_EDIV, 4, 16)}
LE_KEY_PID = {pid(B_IRK, 0, B)}
LE_KEY_PCSRK = {(struct.pack("<I", 0) + wire(B_CSRK) + bytes([4, 0, 0, 0])).hex()}
LE_KEY_LENC = {(wire(B_MINE) + struct.pack("<HBB", 0x51c7, 16, 4)).hex()}
LE_KEY_LCSRK = {(struct.pack("<IHB", 0, 0x51c7, 4) + wire(B_MY_CSRK) + bytes(1)).hex()}

[40:ef:4c:91:a2:07]
Timestamp = 1773400000
Name = Headphones
DevType = 1
LinkKeyType = 4
PinLength = 0
LinkKey = 91c6a27e05bd38f42f60d7e81b9a53c4

[e2:19:7d:55:08:3c]
Timestamp = 1773300000
Name = Seen once
DevType = 2
AddrType = 1
""")


def windows():
    def octets(data):
        return ",".join(f"{octet:02x}" for octet in data)

    keys = "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\BTHPORT\\Parameters\\Keys"
    local = LOCAL.replace(":", "").lower()
    lines = ["Windows Registry Editor Version 5.00", "", f"[{keys}]", "", f"[{keys}\\{local}]",
             f'"MasterIRK"=hex:{octets(bytes.fromhex(OWN_IRK))}',
             '"40ef4c91a207"=hex:91,c6,a2,7e,05,bd,38,f4,2f,60,d7,e8,1b,9a,53,c4', ""]
    for peer, ltk, ediv, rand, irk, kind in ((A, A_LTK, 0, 0, A_IRK, 1), (B, B_LTK, B_EDIV, B_RAND, B_IRK, 0)):
        lines += [f"[{keys}\\{local}\\{peer.replace(':', '').lower()}]", f'"LTK"=hex:{octets(wire(ltk))}',
                  '"KeyLength"=dword:00000010', f'"ERand"=hex(b):{octets(struct.pack("<Q", rand))}',
                  f'"EDIV"=dword:{ediv:08x}', f'"IRK"=hex:{octets(bytes.fromhex(irk))}',
                  f'"Address"=hex(b):{octets(address(peer) + bytes(2))}', f'"AddressType"=dword:{kind:08x}']
        if peer == B:
            lines += [f'"CSRK"=hex:{octets(wire(B_MY_CSRK))}', '"OutboundSignCounter"=dword:00000000',
                      f'"CSRKInbound"=hex:{octets(wire(B_CSRK)[:13])},\\', f"  {octets(wire(B_CSRK)[13:])}",
                      '"InboundSignCounter"=dword:00000003']
        lines += ['"MasterIRKStatus"=dword:00000001', '"AuthReq"=dword:0000002d', ""]
    text = "\r\n".join(lines)
    write("windows.reg", b"\xff\xfe" + text.encode("utf-16-le"))
    write("windows-ascii.reg", text)


def kith():
    write("kith.json", f"""{{
  "kith": "exchange",
  "version": 1,
  "identity": {{
    "address": "{LOCAL} public",
    "irk": "{OWN_IRK}"
  }},
  "bonds": [
    {{
      "identity": "{A} random",
      "local": "{LOCAL} public",
      "level": "sc-authenticated",
      "method": "numeric-comparison",
      "role": "initiator",
      "class": 3,
      "made": 1773501234,
      "key": "secure-connections",
      "key_size": 16,
      "ltk": "{A_LTK}",
      "irk": "{A_IRK}"
    }},
    {{
      "identity": "{B} public",
      "local": "{LOCAL} public",
      "level": "authenticated",
      "method": "passkey",
      "role": "responder",
      "key": "legacy",
      "key_size": 16,
      "peer_key": {{"ltk": "{B_LTK}", "ediv": "{B_EDIV:04x}", "rand": "{B_RAND:016x}"}},
      "my_key": {{"ltk": "{B_MINE}", "ediv": "{B_MY_EDIV:04x}", "rand": "{B_MY_RAND:016x}"}},
      "irk": "{B_IRK}",
      "my_csrk": "{B_MY_CSRK}",
      "peer_csrk": "{B_CSRK}"
    }}
  ]
}}
""")


for make in (bluez, aioble, bumble, android, windows, kith):
    make()
