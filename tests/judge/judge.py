#!/usr/bin/python3
"""Judges pairings from what was on air: computes every value anew and says of each whether it is right.

usage: judge.py [--verbose] RUN...      (a RUN is a folder with air.pcap and secrets.json; README.md has their form)

Exit status: 0 all is right, 1 something is wrong, 2 wrong arguments or a run that can't be read.
"""

import argparse
import sys
from pathlib import Path

sys.dont_write_bytecode = True

import air
import secrets_of
import tables
import toolbox
from findings import Findings
from pairing import Pairing

SIGNED_WRITE_COMMAND = 0xD2


class Kept:
    """What must never come twice, over all runs."""

    def __init__(self):
        self._seen, self._counters = {}, {}

    def add(self, kind, value, where):
        self._seen.setdefault(kind, []).append((value, where))

    def judge(self, findings):
        for kind, all_ in self._seen.items():
            first, again = {}, []
            for value, where in all_:
                if value in first:
                    again.append(f"{value.hex()} in {first[value]} and in {where}")
                first.setdefault(value, where)
            findings.check("all runs", f"no {kind} comes twice", not again, "; ".join(again) or f"{len(all_)} of them")

    def is_newer(self, csrk, counter):
        """A sign counter only grows: Vol 3 Part H 2.4.5."""
        newer = counter > self._counters.get(csrk, -1)
        self._counters[csrk] = counter
        return newer


class Judge:
    """Follows one run over the air."""

    def __init__(self, run, findings, kept):
        self.run, self.findings, self.kept = run, findings, kept
        self.links, self.pairings, self.under_way, self.pairing_of = {}, [], [], {}

    def take(self, frame):
        if frame.access_address == air.ADVERTISING:
            if frame.pdu[0] & 0xF == air.CONNECT_IND and len(frame.pdu) == 36:
                link = air.Link(frame.pdu, self.key_for)
                self.links[link.access_address] = link
                self.under_way.append(link)
            return
        link = self.links.get(frame.access_address)
        if link is None or frame.direction not in (air.FROM_CENTRAL, air.FROM_PERIPHERAL):
            return
        for message in link.take(frame):
            if message.channel == air.SMP:
                self.security(link, message)
            elif message.channel == air.ATT and message.payload[:1] == bytes([SIGNED_WRITE_COMMAND]):
                self.signed(link, message)

    def security(self, link, message):
        if message.payload[:1] == bytes([tables.PAIRING_REQUEST]) and message.from_central:
            self.begin(link)
        if link in self.pairing_of:
            self.pairing_of[link].take(message)
        elif message.payload[:1] != bytes([tables.SECURITY_REQUEST]):
            self.findings.check(self.run.name, "no SMP PDU comes outside a pairing", False, message.payload.hex())

    def begin(self, link):
        number = len(self.pairings)
        if not self.findings.check(self.run.name, f"pairing {number + 1} is one that the hosts tell of",
                                   number < len(self.run.pairings)):
            self.pairing_of.pop(link, None)
            return
        self.pairing_of[link] = Pairing(link, self.run, number, self.findings, self.kept)
        self.pairings.append(self.pairing_of[link])

    def key_for(self, link):
        self.keep_session(link)
        pairing = self.pairing_of.get(link)
        if pairing is not None and not pairing.was_encrypted:
            return f"{pairing.where}: the link, with the key of the pairing", pairing.key()
        for pairing in reversed(self.pairings):
            key = pairing.later_key(link)
            if key is not None:
                return f"{pairing.where}: a later link, with the key of the bond", key
        return f"{self.run.name}: a link, with no key that was ever agreed on", None

    def keep_session(self, link):
        """The controllers' part of it; diversifiers and vectors are drawn for each start."""
        self.kept.add("session key diversifier", link.skd[True] + link.skd[False], self.run.name)
        self.kept.add("initialisation vector", link.iv, self.run.name)

    def signed(self, link, message):
        """Vol 3 Part C 10.4, Part F 3.4.5.4: with the CSRK that its sender gave last."""
        pdu, sender = message.payload, link.central if message.from_central else link.peripheral
        counter = int.from_bytes(pdu[-12:-8], "little")
        csrk = next((key for pairing in reversed(self.pairings)
                     if (key := pairing.distributed.get((pairing.side_of(sender), tables.SIGNING_INFORMATION)))), None)
        right = csrk is not None and len(pdu) >= 15 and toolbox.signature(csrk, pdu[:-12], counter) == pdu[-12:]
        self.findings.check(self.run.name, "a Signed Write Command is signed with its sender's CSRK", right, pdu.hex())
        self.findings.check(self.run.name, "its counter has grown", right and self.kept.is_newer(csrk, counter),
                            str(counter))

    def finish(self):
        for pairing in self.pairings:
            pairing.finish()
        self.findings.equal(self.run.name, "every pairing that the hosts tell of was on air", len(self.pairings),
                            len(self.run.pairings))
        for link in self.under_way:
            for session in link.sessions:
                self.findings.check(session.what, "every PDU under encryption opens, its MIC right",
                                    session.opened and not session.wrong,
                                    f"{session.opened} open, {session.wrong} do not")


def judge(name, capture, secrets, findings, kept):
    """One run; capture and secrets are files."""
    if not capture.is_file() or not secrets.is_file():
        missing = capture if not capture.is_file() else secrets
        raise air.Unreadable(f"there is no {missing.name}")
    one = Judge(secrets_of.read(secrets, name), findings, kept)
    for frame in air.frames(capture.read_bytes()):
        one.take(frame)
    one.finish()


def judge_all(folders):
    findings, kept = Findings(), Kept()
    for folder in folders:
        try:
            judge(folder.name, folder / "air.pcap", folder / "secrets.json", findings, kept)
        except (air.Unreadable, OSError) as error:
            raise air.Unreadable(f"{folder}: {error}") from None
    kept.judge(findings)
    return findings


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", metavar="RUN", type=Path, help="a folder with air.pcap and secrets.json")
    parser.add_argument("--verbose", action="store_true", help="tell the values of what is right, too")
    options = parser.parse_args()
    for run in options.runs:
        if not run.is_dir():
            parser.error(f"{run} is no folder")
    return options


def main():
    options = arguments()
    try:
        findings = judge_all([run.resolve() for run in options.runs])
    except air.Unreadable as error:
        print(error, file=sys.stderr)
        return 2
    for finding in findings.all:
        print(finding.line(options.verbose))
    print(f"{len(findings.all)} checks, {len(findings.wrong)} wrong")
    return 1 if findings.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
