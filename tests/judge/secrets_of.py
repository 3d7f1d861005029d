"""What the air does not show, as the two hosts of a run told it: secrets.json.  README.md has its form."""

import json
from dataclasses import dataclass

from air import Address, Unreadable


class Told:
    """A part of the file; what is missing or has another form is named by its path."""

    def __init__(self, value, path):
        self._value, self._path = value, path

    def __getitem__(self, name):
        try:
            return Told(self._value[name], f"{self._path}.{name}")
        except (KeyError, TypeError, IndexError):
            raise Unreadable(f"{self._path}.{name} is missing") from None

    def get(self, name):
        """None where it is missing or null."""
        value = self._value.get(name) if isinstance(self._value, dict) else None
        return None if value is None else Told(value, f"{self._path}.{name}")

    def _of_kind(self, kind):
        if not isinstance(self._value, kind) or (isinstance(self._value, bool) and kind is not bool):
            raise Unreadable(f"{self._path} is {self._value!r}: {kind.__name__} is wanted")
        return self._value

    @property
    def number(self):
        return self._of_kind(int)

    @property
    def text(self):
        return self._of_kind(str)

    @property
    def flag(self):
        return self._of_kind(bool)

    @property
    def plain(self):
        return self._value

    @property
    def items(self):
        return [Told(one, f"{self._path}[{i}]") for i, one in enumerate(self._of_kind(list))]

    def octets(self, length):
        """Most significant first; the file has them as the hosts do."""
        try:
            value = bytes.fromhex(self.text)
        except ValueError:
            value = b""
        if len(value) != length:
            raise Unreadable(f"{self._path} is {self._value!r}: {length} octets in hex are wanted")
        return value

    def key(self):
        """Sixteen octets that the file has in the order of the air."""
        return self.octets(16)[::-1]

    def address(self):
        return Address(self["type"].number, self["octets"].octets(6)[::-1])


@dataclass(frozen=True)
class Run:
    name: str
    scalars: tuple  # per host: those of central and peripheral while pairing
    irks: tuple
    identities: tuple
    pairings: list


def told(value, name):
    """The run of that name, as secrets.json tells of it."""
    all_ = Told(value, "secrets.json")
    hosts = [all_["hosts"][side] for side in ("initiator", "responder")]
    return Run(name, tuple([scalar.octets(32) for scalar in host["scalars"].items] for host in hosts),
               tuple(host["irk"].key() for host in hosts), tuple(host["identity"].address() for host in hosts),
               all_["pairings"].items)


def read(path, name):
    try:
        value = json.loads(path.read_text())
    except (ValueError, UnicodeDecodeError) as error:
        raise Unreadable(f"{path.name} is no JSON: {error}") from None
    return told(value, name)
