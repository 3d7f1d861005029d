"""Names of HCI commands, status codes and requests (Core 6.2, Vol 4 Part E 7, Vol 1 Part F 2, Vol 3 Part A 4, Part F
3.4)."""

_COMMANDS = {
    0x0406: "Disconnect", 0x041D: "Read Remote Version Information",
    0x0C01: "Set Event Mask", 0x0C03: "Reset", 0x0C05: "Set Event Filter", 0x0C13: "Write Local Name",
    0x0C14: "Read Local Name", 0x0C16: "Write Connection Accept Timeout", 0x0C23: "Read Class Of Device",
    0x0C24: "Write Class Of Device", 0x0C25: "Read Voice Setting", 0x0C2D: "Read Transmit Power Level",
    0x0C31: "Set Controller To Host Flow Control", 0x0C33: "Host Buffer Size",
    0x0C56: "Write Simple Pairing Mode", 0x0C63: "Set Event Mask Page 2",
    0x0C6C: "Read LE Host Support", 0x0C6D: "Write LE Host Support",
    0x0C7A: "Write Secure Connections Host Support", 0x0C7B: "Read Authenticated Payload Timeout",
    0x0C7C: "Write Authenticated Payload Timeout",
    0x1001: "Read Local Version Information", 0x1002: "Read Local Supported Commands",
    0x1003: "Read Local Supported Features", 0x1004: "Read Local Extended Features", 0x1005: "Read Buffer Size",
    0x1009: "Read BD_ADDR", 0x100B: "Read Local Supported Codecs", 0x100C: "Read Local Simple Pairing Options",
    0x100D: "Read Local Supported Codecs [v2]", 0x1405: "Read RSSI", 0x1408: "Read Encryption Key Size",
    0x2001: "LE Set Event Mask", 0x2002: "LE Read Buffer Size", 0x2003: "LE Read Local Supported Features",
    0x2005: "LE Set Random Address", 0x2006: "LE Set Advertising Parameters",
    0x2007: "LE Read Advertising Physical Channel Tx Power", 0x2008: "LE Set Advertising Data",
    0x2009: "LE Set Scan Response Data", 0x200A: "LE Set Advertising Enable", 0x200B: "LE Set Scan Parameters",
    0x200C: "LE Set Scan Enable", 0x200D: "LE Create Connection", 0x200E: "LE Create Connection Cancel",
    0x200F: "LE Read Filter Accept List Size", 0x2010: "LE Clear Filter Accept List",
    0x2011: "LE Add Device To Filter Accept List", 0x2012: "LE Remove Device From Filter Accept List",
    0x2013: "LE Connection Update", 0x2014: "LE Set Host Channel Classification", 0x2015: "LE Read Channel Map",
    0x2016: "LE Read Remote Features", 0x2017: "LE Encrypt", 0x2018: "LE Rand", 0x2019: "LE Enable Encryption",
    0x201A: "LE Long Term Key Request Reply", 0x201B: "LE Long Term Key Request Negative Reply",
    0x201C: "LE Read Supported States", 0x2020: "LE Remote Connection Parameter Request Reply",
    0x2021: "LE Remote Connection Parameter Request Negative Reply", 0x2022: "LE Set Data Length",
    0x2023: "LE Read Suggested Default Data Length", 0x2024: "LE Write Suggested Default Data Length",
    0x2025: "LE Read Local P-256 Public Key", 0x2026: "LE Generate DHKey",
    0x2027: "LE Add Device To Resolving List", 0x2028: "LE Remove Device From Resolving List",
    0x2029: "LE Clear Resolving List", 0x202A: "LE Read Resolving List Size",
    0x202D: "LE Set Address Resolution Enable", 0x202E: "LE Set Resolvable Private Address Timeout",
    0x202F: "LE Read Maximum Data Length", 0x2030: "LE Read PHY", 0x2031: "LE Set Default PHY", 0x2032: "LE Set PHY",
    0x2035: "LE Set Advertising Set Random Address", 0x2036: "LE Set Extended Advertising Parameters",
    0x2037: "LE Set Extended Advertising Data", 0x2038: "LE Set Extended Scan Response Data",
    0x2039: "LE Set Extended Advertising Enable", 0x203A: "LE Read Maximum Advertising Data Length",
    0x203B: "LE Read Number Of Supported Advertising Sets", 0x203C: "LE Remove Advertising Set",
    0x203D: "LE Clear Advertising Sets", 0x2041: "LE Set Extended Scan Parameters",
    0x2042: "LE Set Extended Scan Enable", 0x2043: "LE Extended Create Connection",
    0x2044: "LE Periodic Advertising Create Sync", 0x204A: "LE Read Periodic Advertiser List Size",
    0x204B: "LE Read Transmit Power", 0x204E: "LE Set Privacy Mode", 0x2060: "LE Read Buffer Size [v2]",
    0x2074: "LE Set Host Feature",
}

_STATUS = {
    0x00: "Success", 0x01: "Unknown HCI Command", 0x02: "Unknown Connection Identifier", 0x03: "Hardware Failure",
    0x05: "Authentication Failure", 0x06: "PIN or Key Missing", 0x07: "Memory Capacity Exceeded",
    0x08: "Connection Timeout", 0x09: "Connection Limit Exceeded", 0x0B: "Connection Already Exists",
    0x0C: "Command Disallowed", 0x11: "Unsupported Feature or Parameter Value", 0x12: "Invalid HCI Command Parameters",
    0x1A: "Unsupported Remote Feature", 0x1F: "Unspecified Error", 0x20: "Unsupported LL Parameter Value",
    0x23: "LL Procedure Collision", 0x3A: "Controller Busy", 0x3B: "Unacceptable Connection Parameters",
    0x42: "Unknown Advertising Identifier",
}


def command_name(opcode):
    return _COMMANDS.get(opcode, f"OGF 0x{opcode >> 10:02x} OCF 0x{opcode & 0x3FF:04x}")


def status_name(status):
    return f"{_STATUS.get(status, 'status')} (0x{status:02x})"


_REQUESTS = {
    "ATT": {
        0x02: "Exchange MTU", 0x04: "Find Information", 0x06: "Find By Type Value", 0x08: "Read By Type", 0x0A: "Read",
        0x0C: "Read Blob", 0x0E: "Read Multiple", 0x10: "Read By Group Type", 0x12: "Write", 0x16: "Prepare Write",
        0x18: "Execute Write", 0x1D: "Indication", 0x20: "Read Multiple Variable",
    },
    "L2CAP": {
        0x06: "Disconnection", 0x0A: "Information", 0x12: "Connection Parameter Update",
        0x14: "LE Credit Based Connection", 0x17: "Credit Based Connection", 0x19: "Credit Based Reconfigure",
        0x16: "Flow Control Credit", 0x08: "Echo",
    },
}


# What answers, and what is told without being asked.
_UNASKED = {
    "ATT": {0x01, 0x03, 0x05, 0x07, 0x09, 0x0B, 0x0D, 0x0F, 0x11, 0x13, 0x17, 0x19, 0x1B, 0x1E, 0x21, 0x23},
    "L2CAP": {0x01, 0x03, 0x05, 0x07, 0x09, 0x0B, 0x0D, 0x0F, 0x11, 0x13, 0x15, 0x18, 0x1A},
}


def wants_answer(channel, code):
    """A reserved code too: it is refused.  ATT's commands are not (their bit 6 is set)."""
    return code not in _UNASKED[channel] and not (channel == "ATT" and code & 0x40)


def request_name(channel, code):
    return _REQUESTS[channel].get(code, f"{channel} 0x{code:02x}")
