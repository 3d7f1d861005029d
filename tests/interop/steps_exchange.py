"""Checks in which one device takes another one's place by its bond: we Linux's, and Linux ours.

The lamp stays who it is: `kith serve`, or `kith pair` when it visits, with the store STORE.  The other device, the phone, is
one public address: now our command, now Linux, which has its bond as a file.  Our controllers are numbered as their
clients come, so that in each room (a controller of its own) the second client has the phone's address.

Facts: phone (its address), bonded (the lamp's word of the phone's bond), rooms (folders of what later rooms captured), phones
(how many of our commands were it), captures (of Linux machines that are gone).
"""

import configparser

import bare_hci
import ours
import radios
import steps
import steps_serve as serve
from cell import Mismatch, expect_equal

PHONE, IMPORTED = "phone.kith", "imported.kith"
GIVEN, TAKEN = "given", "taken"  # what bluetoothd is given, and what it had: folders as BlueZ has them
KEYS = ("LongTermKey", "PeripheralLongTermKey", "SlaveLongTermKey", "IdentityResolvingKey")
LEVEL, IO = "encrypted", "none"
PHONE_NUMBER = 2  # among the clients of a room


# Rooms.


def _another_room(context, clients):
    """The air is another one from now on; so many clients have been there before."""
    radios.stop(context)
    rooms = context.found.setdefault("rooms", [])
    folder = context.directory / f"room-{len(rooms) + 2}"
    folder.mkdir()
    rooms.append(folder)
    context.found["hci"].unlink(missing_ok=True)
    radio = context.processes.start(folder.name, ours.controller_command(context.kith, context.found["hci"], folder))
    context.parties["radio"] = [radio]
    ours.wait_for_socket(radio, context.found["hci"])
    for _ in range(clients):
        with bare_hci.BareHost(context.found["hci"]) as client:
            client.command(bare_hci.READ_BD_ADDR)


def lamp_in_another_room(legacy=False):
    """Its first client; the next one is the phone."""

    def check(context):
        _another_room(context, 0)
        return serve.start(steps.STORE, legacy=legacy)(context)

    return check


# Visits.


def _public(command):
    return [*command, "--public"]


def _visit(context, store, peer, characteristic, legacy, public):
    """One that ends well."""
    number = context.found["phones"] = context.found.get("phones", 0) + 1
    command = ours.central_command(context.kith, context.found["hci"], peer, characteristic, context.directory / store, IO,
                                   LEVEL, legacy=legacy)
    visitor = context.processes.start(f"visitor-{number}", _public(command) if public else command)
    ours.must_succeed(visitor, 40)
    return visitor


def _expect_value(visitor, value):
    (read,) = ours.events(visitor, ours.VALUE)
    expect_equal("value", read["value"], value)


def _expect_no_pairing(*processes):
    for process in processes:
        if ours.events(process, ours.PAIRED) or ours.events(process, ours.NOT_PAIRED):
            raise Mismatch(f"{process.name} paired")


def _expect_bonds_key(process, peer):
    encrypted = ours.wait_for_event(process, ours.ENCRYPTED, 10)
    expect_equal(f"peer of {process.name}", encrypted["peer"], peer)


# The phone is ours.


def phone_paired(context):
    """Our phone pairs with the lamp, reads the value, and leaves for good."""
    ready = context.found["ready"]
    phone = _visit(context, PHONE, ours.NAME, ready["characteristic"], False, True)
    ours.wait_for_event(phone, ours.PAIRED, 0)
    _expect_value(phone, ready["value"])
    context.found["peer"] = ready["address"]
    context.found["phone"] = ours.address_of(phone)
    context.found["bonded"] = ours.wait_for_event(context.parties["ours"], ours.BONDED, 10)
    return f"{context.found['phone']}, paired, read {ready['value']}"


def _place(context, folder):
    return context.directory / folder / context.found["phone"] / context.found["peer"] / "info"


def exported(store):
    """The phone's bond, for BlueZ, where BlueZ has it; no key is told."""

    def check(context):
        path = _place(context, GIVEN)
        path.parent.mkdir(parents=True)
        told = ours.export_bond(context.kith, context.directory / store, context.found["peer"], path)
        expect_equal("mode of the file", oct(path.stat().st_mode & 0o777), oct(0o600))
        expect_equal("where it belongs", told["belongs_at"], str(path.relative_to(context.directory / GIVEN)))
        _expect_no_key_in(told, path)
        return told["belongs_at"]

    return check


def _expect_no_key_in(told, path):
    for name, section in _sections(path).items():
        if section["Key"] in str(told).upper():
            raise Mismatch(f"it told a key: that of {name}")


# The phone becomes Linux.


def became_linux(agent, legacy=False):
    """Its adapter has the phone's address; before bluetoothd is started it gets the phone's bond, and has no other."""

    def check(context):
        linux = context.parties["linux"]
        expect_equal("the adapter", context.found["linux_address"], context.found["phone"])
        linux.be_given(context.found["phone"], context.found["peer"], _place(context, GIVEN))
        return steps.start_bluetooth(agent, legacy=legacy)(context)

    return check


def linux_has_the_key(context):
    """bluetoothd's keys are the lamp's, octet by octet."""
    bonded = context.found["bonded"]
    bond = context.found["bond"] = context.parties["linux"].bond(context.found["peer"])
    for stored, whose in ((bond.own, ""), (bond.peers, "my_")):
        if (stored and stored.told) != ours.key_told(bonded, whose):
            raise Mismatch(f"Linux's LTK is not the lamp's {whose}ltk")  # the keys stand in the logs, not on the screen
    return f"{len(bond.keys)} of {len(bond.own.ltk)} octets, equal"


def another_linux(context):
    """A machine that was never there before."""
    told = steps.resume_linux(context, "another-linux")
    linux = context.parties["linux"]
    context.found["linux_address"] = linux.attach_adapter()
    expect_equal("what it knows of the lamp", linux.info(context.found["peer"]), "")
    return told


def _sections(path):
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str
    parser.read_string(path.read_text())
    return {name: dict(parser[name]) for name in KEYS if name in parser}


def as_linux_had_it(context):
    """Each key and all that stands beside it, octet by octet: what we wrote, by what bluetoothd had written itself."""
    taken, given = (_sections(_place(context, folder)) for folder in (TAKEN, GIVEN))
    expect_equal("sections of keys", sorted(given), sorted(taken))
    for name, section in taken.items():
        if given[name] != section:
            raise Mismatch(f"[{name}] is another one")  # the keys stand in the files, not on the screen
    return f"the same: {', '.join(sorted(taken))}"


def same_identity_key(context):
    """The lamp gave it to our phone, and later to Linux: what we wrote of it is what bluetoothd writes."""
    taken, given = (_sections(_place(context, folder))["IdentityResolvingKey"] for folder in (TAKEN, GIVEN))
    if taken != given:
        raise Mismatch("the lamp's identity resolving key is another one")
    return "16 octets, equal"


def exported_again(context):
    _place(context, GIVEN).unlink()
    _place(context, GIVEN).parent.rmdir()
    exported(IMPORTED)(context)
    return as_linux_had_it(context)


# The phone was Linux, and becomes ours.


def imported(context):
    """bluetoothd's own file, from where it lay, into an empty store."""
    context.found["phone"] = context.found["linux_address"]
    path = _place(context, TAKEN)
    path.parent.mkdir(parents=True)
    path.write_text(context.parties["linux"].info(context.found["peer"]))
    told = ours.import_bond(context.kith, context.directory / IMPORTED, path)
    _expect_no_key_in(told, path)
    stored = ours.bond_of(context.kith, context.directory / IMPORTED, context.found["peer"])
    expect_equal("our address in it", stored["local_address"], context.found["phone"])
    expect_equal("level", stored["level"], 2)
    return f"peer {stored['peer']}, level {stored['level']}, {stored['key_size']} octets"


def we_visit_lamp(legacy=False):
    """In Linux's place, as central: encrypted with the bond, on both sides, and nobody pairs."""

    def check(context):
        lamp, ready = context.parties["ours"], context.found["ready"]
        phone = _visit(context, IMPORTED, ready["address"], ready["characteristic"], legacy, True)
        expect_equal("address", ours.address_of(phone), context.found["phone"])
        _expect_bonds_key(phone, 1)
        _expect_bonds_key(lamp, context.found["bonded"]["peer"])
        _expect_no_pairing(phone, lamp)
        _expect_value(phone, ready["value"])
        ours.stop_cleanly(lamp)
        return f"encrypted on both sides, read {ready['value']}"

    return check


def lamp_visits_us(legacy=False):
    """In Linux's place, as peripheral: who was the lamp is the central now, and of two keys the other one is used."""

    def check(context):
        _another_room(context, PHONE_NUMBER - 1)
        command = ours.peripheral_command(context.kith, context.found["hci"], context.directory / IMPORTED, IO, LEVEL, legacy)
        host = context.processes.start("phone-serves", _public(command))
        ready = ours.wait_for_event(host, ours.READY, 20)
        ours.wait_for_event(host, ours.ADVERTISING, 20)
        expect_equal("address", ready["address"], context.found["phone"])
        visitor = _visit(context, steps.STORE, ready["address"], ready["characteristic"], legacy, False)
        _expect_bonds_key(visitor, context.found["bonded"]["peer"])
        _expect_bonds_key(host, 1)
        _expect_no_pairing(visitor, host)
        _expect_value(visitor, ready["value"])
        ours.stop_cleanly(host)
        return f"encrypted on both sides, read {ready['value']}"

    return check


# The end of one machine, when others follow.


def linux_gone(context):
    """What it captured is judged in the end with all else."""
    linux = context.parties["linux"]
    told = steps.power_off(context)
    context.found.setdefault("captures", []).extend(linux.captures)
    return told
