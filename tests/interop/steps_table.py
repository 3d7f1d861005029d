"""Checks with Linux as central, of a table that our `kith serve FILE` serves.  Further facts: tables (how many were
served); those of steps_serve.py."""

import json

import captures
import ours
import steps
from cell import Mismatch, expect_equal

MTU, SHORT_MTU = 517, 64
NOTIFICATION, INDICATION, CONFIRMATION = 0x1B, 0x1D, 0x1E
WRITE_REQUEST, PREPARE_WRITE, EXECUTE_WRITE = 0x12, 0x16, 0x18
TEMPERATURE, ALARM, NOTE, PUBLIC, PUBLIC_COUNT, HUMIDITY = (f"7a1e000{n}-52b2-4ea1-a0f5-4b6974680000"
                                                            for n in range(2, 8))
FIRST, OTHER = (f"7a1e010{n}-52b2-4ea1-a0f5-4b6974680000" for n in range(2))
OPEN_TEXT, COUNT = b"for all", b"\x07"
LONG = bytes(n * 7 % 251 for n in range(400))
LONG_TOO = bytes(n * 11 % 241 for n in range(500))


def _value(name, uuid, properties, needs, value):
    permission = {"write": "write", "read": "read", "notify": "notify", "indicate": "notify"}
    return {"name": name, "uuid": uuid, "properties": properties, "hex": value.hex(),
            "permissions": {permission[one]: needs for one in properties}}


_VALUES = {"uuid": FIRST, "characteristics": [
    _value("temperature", TEMPERATURE, ["read", "notify"], "encrypted", b"\xd0\x07"),
    _value("alarm", ALARM, ["read", "indicate"], "encrypted", b"\0"),
    _value("note", NOTE, ["read", "write"], "encrypted", LONG),
]}
_OPEN = {"uuid": OTHER, "characteristics": [
    _value("public", PUBLIC, ["read", "write"], "open", OPEN_TEXT),
    _value("count", PUBLIC_COUNT, ["read", "notify"], "open", COUNT),
]}
_MORE = {"uuid": OTHER, "characteristics": [_value("humidity", HUMIDITY, ["read"], "encrypted", b"\x2a")]}
TABLE = {"name": ours.NAME, "services": [_VALUES]}
OTHER_TABLE = {"name": ours.NAME, "services": [_MORE, _VALUES]}  # the values have other handles
OPEN_TABLE = {"name": ours.NAME, "services": [_OPEN]}


def start(table, store, *more):
    """`store`: "none", or the name of a file in the cell's directory."""

    def check(context):
        number = context.found["tables"] = context.found.get("tables", 0) + 1
        file = context.directory / f"table-{number}.json"
        file.write_text(json.dumps(table, indent=1))
        path = store if store == "none" else context.directory / store
        command = ours.table_command(context.kith, context.found["hci"], file, path, *more)
        context.parties["ours"] = server = context.processes.start(f"table-{number}", command, answers=True)
        context.found["ready"] = ready = ours.wait_for_event(server, ours.READY, 20)
        ours.wait_for_event(server, ours.ADVERTISING, 20)
        return f"{ready['address']}, {' '.join(more)}"

    return check


def restarted(table, *more):
    """With the same store."""

    def check(context):
        ours.stop_cleanly(context.parties["ours"])
        return start(table, steps.STORE, *more)(context)

    return check


def resolved(context):
    context.parties["linux"].wait_for_property(context.found["peer"], "ServicesResolved", "yes")
    return "services resolved"


def read(uuid, value):
    def check(context):
        expect_equal("value", context.parties["linux"].read(uuid, len(value)).hex(), value.hex())
        return f"{len(value)} octets, equal"

    return check


def written(name, uuid, value, kind="request"):
    """Ours says what came."""

    def check(context):
        server = context.parties["ours"]
        number = len(ours.events(server, ours.WRITTEN)) + 1
        context.parties["linux"].write(uuid, value, kind)
        came = ours.wait_for_event(server, ours.WRITTEN, 20, number)
        expect_equal("name and value", (came["name"], came["value"]), (name, value.hex()))
        return f"{len(value)} octets, equal"

    return check


def subscribed(name, uuid, kind):
    """`kind`: notifications or indications."""

    def check(context):
        server = context.parties["ours"]
        number = len(ours.events(server, ours.SUBSCRIBED)) + 1
        context.parties["linux"].subscribe(uuid)
        wants = ours.wait_for_event(server, ours.SUBSCRIBED, 10, number)
        expect_equal("what it wants", (wants["name"], wants[kind], wants["restored"]), (name, True, False))
        return f"{kind} of {name}"

    return check


def _set(context, name, value):
    server = context.parties["ours"]
    number = len(ours.events(server, ours.SET)) + 1
    server.answer(f"set {name} 0x{value.hex()}")
    return ours.wait_for_event(server, ours.SET, 10, number)


def told(name, value):
    """Somebody sets it here, and it appears there."""

    def check(context):
        expect_equal("clients told", str(_set(context, name, value)["told"]), "1")
        context.parties["linux"].expect_told(value)
        return value.hex()

    return check


def told_again(name, value, opcode):
    """bluetoothd receives it.  bluetoothctl 5.66 shows what is told on the link on which it subscribed, and no more."""

    def check(context):
        linux = context.parties["linux"]
        number = linux.att_pdus(opcode) + 1
        expect_equal("clients told", str(_set(context, name, value)["told"]), "1")
        linux.expect_att_pdu(opcode, number)
        context.found.setdefault("told_again", []).append((opcode, value))
        return value.hex()

    return check


def reconnected(context):
    """Encrypted from the bond; what was subscribed to is in force by then, by the bond alone.  bluetoothd writes both
    configurations again all the same, and takes no value before it has."""
    server, linux = context.parties["ours"], context.parties["linux"]
    before = len(ours.events(server, ours.ENCRYPTED))
    number = len(ours.events(server, ours.SUBSCRIBED)) + 1
    linux.connect(context.found["peer"])
    encrypted = ours.wait_for_event(server, ours.ENCRYPTED, 10, before + 1)
    expect_equal("level", encrypted["level"], context.found["bonded"]["level"])
    wants = ours.wait_for_event(server, ours.SUBSCRIBED, 10, number)
    expect_equal("restored, all at once", (wants["restored"], wants.get("name")), (True, None))
    ours.wait_for_event(server, ours.SUBSCRIBED, 10, number + 2)
    linux.wait_for_property(context.found["peer"], "ServicesResolved", "yes")
    return f"level {encrypted['level']}, subscriptions restored"


def told_without_asking(value):
    """Over a link of guest_att, which only listens; `kith serve --notify` tells all the time."""

    def check(context):
        ready = context.found["ready"]
        (said,) = context.parties["linux"].ask(ready["address"], ready["address_type"], "medium", ["told="])
        pdu = bytes.fromhex(said)
        expect_equal("PDU", (pdu[0], pdu[3:].hex()), (NOTIFICATION, value.hex()))
        return f"{said}, and Linux sent no request"

    return check


def found_again(context):
    """Linux looks through our table anew, and finds what is new."""
    linux = context.parties["linux"]
    linux.connect(context.found["peer"])
    linux.expect_characteristic(HUMIDITY)
    linux.wait_for_property(context.found["peer"], "ServicesResolved", "yes")
    return f"{HUMIDITY} is new"


# From the captures.


def _att(context):
    """(opcode, whether Linux sent it, frame) of all ATT PDUs, and None where a link begins."""
    for capture in context.parties["linux"].captures:
        for frame in captures.frames(capture):
            if {"0x01", "0x0a"} & set(frame.values("bthci_evt.le_meta_subevent")):
                yield None
            elif frame.text("btatt.opcode"):
                sent = frame.has("hci_mon.opcode", captures.MONITOR_SENT)
                yield int(frame.text("btatt.opcode").split(",")[0], 16), sent, frame


def _sent(context, opcode):
    return sum(one is not None and one[:2] == (opcode, True) for one in _att(context))


def prepared(context):
    parts, ends = _sent(context, PREPARE_WRITE), _sent(context, EXECUTE_WRITE)
    if not parts or not ends:
        raise Mismatch("Linux prepared no write")
    return f"{parts} Prepare Writes, {ends} Execute Writes"


def came_again(context):
    """What told_again() told is in Linux's own capture, with these values."""
    seen = {(one[0], one[2].text("btatt.value")) for one in _att(context) if one is not None and not one[1]}
    missing = [value.hex() for opcode, value in context.found["told_again"] if (opcode, value.hex()) not in seen]
    if missing:
        raise Mismatch(f"not seen: {', '.join(missing)}")
    return ", ".join(value.hex() for _, value in context.found["told_again"])


def whole_links(context):
    """The ATT PDUs of each link."""
    links = [[]]
    for one in _att(context):
        if one is None:
            links.append([])
        else:
            links[-1].append(one[:2])
    return links


def notified_without_write(context):
    """On some link values were notified, and Linux never wrote."""
    found = [link for link in whole_links(context)
             if (NOTIFICATION, False) in link and (WRITE_REQUEST, True) not in link]
    if not found:
        raise Mismatch("no link with notifications is without a write")
    rewritten = sum((NOTIFICATION, False) in link and (WRITE_REQUEST, True) in link for link in whole_links(context))
    return f"so it was on {len(found)}; on {rewritten} others bluetoothd wrote its configurations itself"


def service_changed(context):
    """The indication came, and was confirmed, on the link after the table changed, which was the last."""
    last = whole_links(context)[-1]
    if (INDICATION, False) not in last or (CONFIRMATION, True) not in last:
        raise Mismatch("no indication was confirmed on the last link")
    return "Service Changed indicated and confirmed"
