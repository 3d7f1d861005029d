#!/usr/bin/python3
"""A judge that finds nothing looks just like a judge that can't: the specification's sample data, forged runs of every
method that are right, and runs in which one value is changed, each of which must be found.  Prints TAP.

usage: test_judge.py [RUN...]      (recorded runs: every SMP PDU and every secret of each is changed, one at a time)
"""

import contextlib
import copy
import io
import json
import pathlib
import subprocess
import sys
import tempfile
import types
import unittest
import unittest.mock

sys.dont_write_bytecode = True

import air
import forge
import judge
import secrets_of
import tables
import toolbox
from findings import Findings

HERE = pathlib.Path(__file__).resolve().parent
RECORDED = []  # folders


def octets(*hex_digits):
    return bytes.fromhex("".join(hex_digits))


def judged(capture, secrets):
    """The findings of one run that is in no files."""
    findings, kept = Findings(), judge.Kept()
    with contextlib.redirect_stdout(io.StringIO()):
        one = judge.Judge(secrets_of.told(secrets, "run"), findings, kept)
        for frame in air.frames(capture):
            one.take(frame)
        one.finish()
        kept.judge(findings)
    return findings


def flipped(data, at, bit=0):
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1:]


def flip_a_nonce(number, pdu):
    """A change() of forge: one bit of a random value."""
    return flipped(pdu, 5) if number == 4 else pdu


# Section 2.2 and Appendix D of Vol 3 Part H, most significant octet first.
A_X = octets("20b003d2f297be2c5e2c83a7e9f9a5b9eff49111acf4fddbcc0301480e359de6")
A_Y = octets("dc809c49652aeb6d63329abf5a52155c766345c28fed3024741c8ed01589d28b")
B_X = octets("1ea1f0f01faf1d9609592284f19e4c0047b58afd8615a69f559077b22faaa190")
B_Y = octets("4c55f33e429dad377356703a9ab85160472d1130e28e36765f89aff915b1214a")
A, B = (octets("3f49f6d4a3c55f3874c9b3e3d2103f504aff607beb40b7995899b8a6cd3c1abd"),
        octets("55188b3d32f6bb9a900afcfbeed4e72a59cb9ac2f19d7cfb6b4fdd49f47fc5fd"))
DHKEY = octets("ec0234a357c8ad05341010a60a397d9b99796b13b4f866f1868d34f373bfa698")
N1, N2 = octets("d5cb8454d177733effffb2ec712baeab"), octets("a6e8e7cc25a75f6e216583f7ff3dc4cf")
A1, A2 = octets("0056123737bfce"), octets("00a713702dcfc1")
MAC_KEY, LTK = octets("2965f176a1084a02fd3f6a20ce636e20"), octets("6986791169d7cd23980522b594750a38")
W = octets("ec0234a357c8ad05341010a60a397d9b")


class SampleData(unittest.TestCase):
    def test_aes_cmac(self):
        key = octets("2b7e151628aed2a6abf7158809cf4f3c")
        message = octets("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
                         "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710")
        for length, mac in ((0, "bb1d6929e95937287fa37d129b756746"), (16, "070a16b46b4d4144f79bdd9dd04a287c"),
                            (40, "dfa66747de9ae63030ca32611497c827"), (64, "51f0bebf7e3b9d92fc49741779363cfe")):
            self.assertEqual(toolbox.aes_cmac(key, message[:length]).hex(), mac)

    def test_c1_and_s1_of_legacy_pairing(self):
        self.assertEqual(toolbox.c1(bytes(16), octets("5783d52156ad6f0e6388274ec6702ee0"), octets("07071000000101"),
                                    octets("05000800000302"), b"\x01", octets("a1a2a3a4a5a6"), b"\x00",
                                    octets("b1b2b3b4b5b6")).hex(), "1e1e3fef878988ead2a74dc5bef13b86")
        self.assertEqual(toolbox.s1(bytes(16), octets("000f0e0d0c0b0a091122334455667788"),
                                    octets("010203040506070899aabbccddeeff00")).hex(),
                         "9a1fe1f0e8b0f49b5b4216ae796da062")

    def test_public_keys_and_dhkeys(self):
        self.assertEqual(toolbox.public_key(A), A_X + A_Y)
        self.assertEqual(toolbox.public_key(B), B_X + B_Y)
        self.assertEqual(toolbox.dhkey(A, B_X + B_Y), DHKEY)
        self.assertEqual(toolbox.dhkey(B, A_X + A_Y), DHKEY)
        second = (octets("06a516693c9aa31a6084545d0c5db641b48572b97203ddffb7ac73f7d0457663"),
                  octets("529aa0670d72cd6497502ed473502b037e8803b5c60829a5a3caa219505530ba"))
        self.assertEqual(toolbox.dhkey(second[0], toolbox.public_key(second[1])).hex(),
                         "ab85843a2f6d883f62e5684b38e307335fe6e1945ecd19604105c6f23221eb69")
        self.assertTrue(toolbox.is_on_curve(A_X + A_Y))
        self.assertFalse(toolbox.is_on_curve(A_X + B_Y))

    def test_f4(self):
        """Its V is printed as the sample's private key b, not as a public key."""
        self.assertEqual(toolbox.f4(A_X, B, N1, 0).hex(), "f2c916f107a9bd1cf1eda1bea974872d")

    def test_f5(self):
        self.assertEqual(toolbox.f5(DHKEY, N1, N2, A1, A2), (MAC_KEY, LTK))

    def test_f6(self):
        self.assertEqual(toolbox.f6(MAC_KEY, N1, N2, octets("12a3343bb453bb5408da42d20c2d0fc8"), octets("010102"), A1,
                                    A2).hex(), "e3c473989cd0e8c5d26c0b09da958f61")

    def test_g2(self):
        self.assertEqual(toolbox.g2(A_X, B, N1, N2), 0x2F9ED5BA)
        self.assertEqual(0x2F9ED5BA % 1000000, 938554)

    def test_h6_and_h7(self):
        self.assertEqual(toolbox.h6(W, b"lebr").hex(), "2d9ae102e76dc91ce8d3a9e280b16399")
        self.assertEqual(toolbox.h7(bytes(12) + b"tmp1", W).hex(), "fb173597c6a3c0ecd2998c2a75a57011")

    def test_ah(self):
        self.assertEqual(toolbox.ah(W, octets("708194")).hex(), "0dfbaa")

    def test_a_key_is_shortened_at_its_most_significant_end(self):
        """The example of 2.3.4."""
        self.assertEqual(toolbox.shortened(octets("123456789abcdef0123456789abcdef0"), 7).hex(),
                         "000000000000000000" "3456789abcdef0")
        self.assertEqual(toolbox.shortened(LTK, 16), LTK)

    def test_the_air_is_sealed_as_in_its_sample(self):
        """Vol 6 Part C 1: both sides' LL_START_ENC_RSP, then a data PDU of each."""
        key = toolbox.session_key(octets("4c68384139f574d836bcf34e9dfb01bf"), octets("acbdcedfe0f10213"),
                                  octets("0213243546576879"))
        iv = octets("24abdcbabebaafde")
        self.assertEqual(key.hex(), "99ad1b5226a37e3e058e3b8e27c2c666")
        for central, counter, header, plain, sealed in (
            (True, 0, 0x0F, "06", "9fcda7f448"),
            (False, 0, 0x07, "06", "a34c13a415"),
            (True, 1, 0x0E, "1700636465666768696a6b6c6d6e6f707131323334353637383930",
             "7a70d66415226df26b17839a060405596bd6564f796b5b9ce6ff32f75a6d33"),
            (False, 1, 0x06, "17003736353433323130" "4142434445464748494a4b4c4d4e4f5051",
             "f38881e7bd94c9c369b9a668" "46dd4786aa8c39ce540d0dae3adcdf89b96088"),
        ):
            plain, sealed = octets(plain), octets(sealed)
            self.assertEqual(toolbox.seal(key, iv, counter, central, header, plain), sealed)
            self.assertEqual(toolbox.unseal(key, iv, counter, central, header ^ 0x1C, sealed), plain)
            for wrong in ((counter + 1, central, header, sealed), (counter, not central, header, sealed),
                          (counter, central, header ^ 1, sealed), (counter, central, header, flipped(sealed, 0)),
                          (counter, central, header, sealed[:4])):
                self.assertIsNone(toolbox.unseal(key, iv, *wrong))

    def test_signature(self):
        """As Linux computes it; the message of no octets is RFC 4493's first block in another order."""
        self.assertEqual(toolbox.signature(octets("505e42df9691ec72d31fcdfbeb641b61")[::-1], octets("d212001337"),
                                           1).hex(), "01000000f1871e933c900ff2")
        self.assertEqual(toolbox.signature(octets("2b7e151628aed2a6abf7158809cf4f3c"), b"", 0).hex(),
                         "00000000b3a8594127ebc2c0")


# Vol 3 Part H Table 2.8: lines are the responder's capability, columns the initiator's, both as they are numbered.
# J: Just Works, N: Numeric Comparison, I and R: Passkey Entry, who shows it, B: both type it.
LEGACY = "JJRJR JJRJR IIBJI JJJJJ IIRJI"
SECURE_CONNECTIONS = "JJRJR JNRJN IIBJI JJJJJ INRJN"
CELLS = {"J": (tables.JUST_WORKS, ""), "N": (tables.NUMERIC_COMPARISON, ""),
         "I": (tables.PASSKEY, tables.INITIATOR_SHOWS), "R": (tables.PASSKEY, tables.RESPONDER_SHOWS),
         "B": (tables.PASSKEY, tables.BOTH_TYPE)}


class Tables(unittest.TestCase):
    @staticmethod
    def features(io, auth_req, oob=0):
        return tables.Features(io, oob, auth_req, 16, 0, 0)

    def test_the_rules_give_the_specifications_table(self):
        for sc, table in ((0, LEGACY), (tables.SC, SECURE_CONNECTIONS)):
            for responder, line in enumerate(table.split()):
                for initiator, cell in enumerate(line):
                    choice = tables.choose(self.features(initiator, sc | tables.MITM), self.features(responder, sc))
                    self.assertEqual((choice.method, choice.passkey), CELLS[cell], (sc, responder, initiator))
                    self.assertEqual(choice.secure_connections, bool(sc))

    def test_nobody_asks_for_protection(self):
        for io in range(5):
            choice = tables.choose(self.features(io, tables.SC), self.features(4, tables.SC))
            self.assertEqual(choice.method, tables.JUST_WORKS)

    def test_out_of_band_data(self):
        for sc in (0, tables.SC):
            for mine, theirs in ((0, 0), (0, 1), (1, 0), (1, 1)):
                choice = tables.choose(self.features(3, sc, mine), self.features(3, sc, theirs))
                is_oob = mine + theirs == 2 or (sc and mine + theirs == 1)
                self.assertEqual(choice.method == tables.OOB, bool(is_oob))

    def test_one_side_is_not_enough_for_secure_connections(self):
        self.assertFalse(tables.choose(self.features(1, 13), self.features(1, 5)).secure_connections)


class Forged(unittest.TestCase):
    def test_what_is_right_is_called_right(self):
        for name in forge.METHODS:
            for key_size in (16, 7):
                one = forge.Forged(name, key_size)
                findings = judged(one.capture, one.secrets)
                self.assertEqual([f.line(True) for f in findings.wrong], [], f"{name}, {key_size}")
                self.assertGreater(len(findings.all), 60)

    def test_each_changed_pdu_is_found(self):
        for number, name in enumerate(forge.METHODS):
            secrets = forge.Forged(name).secrets
            for i in range(forge.Forged(name).pdus):
                changed = forge.Forged(name, change=lambda j, pdu, i=i: pdu if i != j else flipped(
                    pdu, 1 + (7 * i + number) % (len(pdu) - 1), i % 8))
                self.assertTrue(judged(changed.capture, secrets).wrong, f"PDU {i} of {name}")

    def test_each_missing_pdu_is_found(self):
        """In the place of each, and of the last one, comes one that has no place there."""
        for name in ("sc-numeric-comparison", "sc-oob-both", "legacy-passkey-initiator-shows"):
            secrets = forge.Forged(name).secrets
            for i in range(forge.Forged(name).pdus):
                changed = forge.Forged(name, change=lambda j, pdu, i=i: b"\x0e\x00" if i == j else pdu)
                self.assertTrue(judged(changed.capture, secrets).wrong, f"PDU {i} of {name}")

    def test_each_changed_secret_is_found(self):
        for name in forge.METHODS:
            one = forge.Forged(name, 7)
            for path, changed in changes_of(one.secrets):
                self.assertTrue(judged(one.capture, changed).wrong, f"{path} of {name}")

    def test_both_sides_agreeing_on_something_else_is_found(self):
        """Two hosts of one make that read the specification wrongly in the same way."""
        def bent(**functions):
            return types.SimpleNamespace(**{**vars(toolbox), **functions})

        t, everywhere = toolbox, tuple(forge.METHODS)
        sc = tuple(name for name, method in forge.METHODS.items() if method.secure_connections)
        legacy = tuple(name for name in everywhere if name not in sc)
        for names, wrong in (
            (sc, bent(f5=lambda w, n1, n2, a1, a2: t.f5(w, n2, n1, a1, a2))),
            (sc, bent(f5=lambda w, n1, n2, a1, a2: t.f5(w, n1, n2, a2, a1))),
            (sc, bent(f5=lambda w, n1, n2, a1, a2: t.f5(w, n1, n2, b"\0" + a1[1:], b"\0" + a2[1:]))),
            (sc, bent(f5=lambda *of: t.f5(*of)[::-1])),
            (sc, bent(f6=lambda w, n1, n2, r, io_cap, a1, a2: t.f6(w, n1, n2, r, io_cap[::-1], a1, a2))),
            (sc, bent(f6=lambda w, n1, n2, r, io_cap, a1, a2: t.f6(w, n2, n1, r, io_cap, a1, a2))),
            ([one for one in sc if "oob" in one or "passkey" in one],
             bent(f6=lambda w, n1, n2, r, io_cap, a1, a2: t.f6(w, n1, n2, bytes(16), io_cap, a1, a2))),
            (sc[:1], bent(f4=lambda u, v, x, z: t.f4(v, u, x, z))),
            (sc[2:5], bent(f4=lambda u, v, x, z: t.f4(u, v, x, z & 1))),
            (sc[1:2], bent(g2=lambda u, v, x, y: t.g2(v, u, x, y))),
            (legacy, bent(c1=lambda k, r, preq, pres, iat, ia, rat, ra: t.c1(k, r, pres, preq, iat, ia, rat, ra))),
            (legacy, bent(c1=lambda k, r, preq, pres, iat, ia, rat, ra: t.c1(k, r, preq, pres, rat, ia, iat, ra))),
            (legacy, bent(s1=lambda k, r1, r2: t.s1(k, r2, r1))),
            (legacy, bent(s1=lambda k, r1, r2: t.e(k, r1[:8] + r2[:8]))),
            (everywhere, bent(shortened=lambda key, size: key[:size] + bytes(16 - size))),
            (everywhere, bent(session_key=lambda ltk, central, peripheral: t.session_key(ltk, peripheral, central))),
            (everywhere, bent(signature=lambda csrk, pdu, counter: t.signature(csrk[::-1], pdu, counter))),
        ):
            for name in names:
                with unittest.mock.patch.object(forge, "toolbox", wrong):
                    one = forge.Forged(name, 7)
                self.assertTrue(judged(one.capture, one.secrets).wrong, name)

    def test_a_passkey_the_other_way_round_is_found(self):
        class Turned(forge.Forged):
            def _passkey(self):
                self.passkey = int(f"{self.passkey:020b}"[::-1], 2)
                nonces, _ = super()._passkey()
                return nonces, {side: self.told[True]["passkey_shown"].to_bytes(16, "big") for side in (True, False)}

        one = Turned("sc-passkey-initiator-shows")
        self.assertTrue(all("= f4" in f.says for f in judged(one.capture, one.secrets).wrong))
        self.assertTrue(judged(one.capture, one.secrets).wrong)

    def test_a_passkey_that_never_changes_is_found(self):
        one = forge.Forged("legacy-passkey-initiator-shows")
        secrets = one.secrets
        one.again()
        secrets["pairings"] += one.secrets["pairings"]
        self.assertEqual(judged(one.capture, secrets).wrong, [])
        for side in ("initiator", "responder"):
            for key in ("passkey_shown", "passkey_typed"):
                if key in secrets["pairings"][0][side]:
                    secrets["pairings"][0][side][key] = secrets["pairings"][1][side][key]
        self.assertTrue(any("another passkey" in f.says for f in judged(one.capture, secrets).wrong))

    def test_a_value_that_comes_twice_is_found_in_another_run(self):
        one = forge.Forged("sc-passkey-both-type")
        with tempfile.TemporaryDirectory() as folder:
            runs = [pathlib.Path(folder, name) for name in ("a", "b")]
            for run in runs:
                write(run, one.capture, one.secrets)
            wrong = [f for f in judge.judge_all(runs).wrong]
            self.assertEqual(judge.judge_all(runs[:1]).wrong, [])
        for kind in ("public key", "nonce", "long term key", "CSRK"):
            self.assertTrue(any(f.where == "all runs" and kind in f.says for f in wrong), kind)

    def test_a_sign_counter_that_comes_again_is_found(self):
        one = forge.Forged("sc-just-works")
        one.write(True, 8)
        self.assertEqual(judged(one.capture, one.secrets).wrong, [])
        one.write(True, 8)
        self.assertEqual([f.says for f in judged(one.capture, one.secrets).wrong], ["its counter has grown"])

    def test_a_signature_with_the_other_ones_key_is_found(self):
        one = forge.Forged("sc-just-works")
        one.csrks[True] = one.csrks[False]
        one.write(True, 9)
        self.assertTrue(any("signed" in f.says for f in judged(one.capture, one.secrets).wrong))

    def test_a_link_under_a_key_that_nobody_agreed_on_is_found(self):
        one = forge.Forged("legacy-just-works")
        one.ltks[False] = bytes(16)
        one.encrypt_later(forge.Link(one.air, one.rng), False)
        self.assertTrue(any("MIC" in f.says for f in judged(one.capture, one.secrets).wrong))
        one.edivs[False] = bytes(2)
        one.encrypt_later(forge.Link(one.air, one.rng), False)
        self.assertTrue(any("no key" in f.where for f in judged(one.capture, one.secrets).wrong))

    def test_keys_in_plain_are_found(self):
        one = forge.Forged("sc-just-works")
        link = forge.Link(one.air, one.rng)
        link.l2cap(True, air.SMP, bytes([tables.IDENTITY_INFORMATION]) + bytes(16))
        self.assertTrue(judged(one.capture, one.secrets).wrong)

    def test_a_pairing_that_hosts_tell_of_and_nobody_heard_is_found(self):
        one = forge.Forged("sc-just-works")
        secrets = one.secrets
        secrets["pairings"].append(secrets["pairings"][0])
        self.assertTrue(judged(one.capture, secrets).wrong)
        secrets["pairings"].clear()
        self.assertTrue(judged(one.capture, secrets).wrong)


def changes_of(secrets):
    """(path, a copy with one value changed) for each value.  Left out: what only names the run, and what was drawn and
    not used (a key pair made ahead; the Secure Connections half of data that served legacy pairing)."""
    def leaves(value, path):
        for key, one in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(one, (dict, list)):
                yield from leaves(one, (*path, key))
            else:
                yield (*path, key)

    def other(value):
        if isinstance(value, bool):
            return not value
        if isinstance(value, int):
            return value ^ 1
        try:
            return flipped(bytes.fromhex(value), len(value) // 4).hex()
        except ValueError:
            return "none"

    def parent(value, path):
        for key in path[:-1]:
            value = value[key]
        return value

    for path in leaves(secrets, ()):
        if path[0] in ("method", "seed"):
            continue
        if path[-1] in ("confirm", "random") and "tk" in parent(secrets, path):
            continue
        changed = copy.deepcopy(secrets)
        parent(changed, path)[path[-1]] = other(parent(secrets, path)[path[-1]])
        yield path, changed


class Recorded(unittest.TestCase):
    """Runs of real hosts."""

    def setUp(self):
        if not RECORDED:
            self.skipTest("no recorded run was given")

    def each(self):
        for folder in RECORDED:
            yield folder.name, (folder / "air.pcap").read_bytes(), json.loads((folder / "secrets.json").read_text())

    def test_they_are_right(self):
        for name, capture, secrets in self.each():
            self.assertEqual([f.line(True) for f in judged(capture, secrets).wrong], [], name)

    def test_each_changed_pdu_is_found(self):
        """Every SMP PDU in plain, and every PDU under encryption."""
        for name, capture, secrets in self.each():
            for at in self.worth_changing(capture):
                self.assertTrue(judged(flipped(capture, at), secrets).wrong, f"octet {at} of {name}")

    @staticmethod
    def worth_changing(capture):
        encrypted = {}
        for frame in air.frames(capture):
            length = frame.pdu[1]
            if frame.access_address == air.ADVERTISING:
                if frame.pdu[0] & 0xF == air.CONNECT_IND:
                    yield frame.at + 2  # an address of the initiator
                    yield frame.at + 8
                    encrypted[int.from_bytes(frame.pdu[14:18], "little")] = False
            elif encrypted[frame.access_address] and length:
                yield frame.at + 2 + length // 2
            elif frame.pdu[0] & 3 == air.CONTROL and frame.pdu[2] == air.START_ENC_REQ:
                encrypted[frame.access_address] = True
            elif frame.pdu[0] & 3 == air.CONTROL and frame.pdu[2] in (air.ENC_REQ, air.ENC_RSP):
                yield frame.at + 2 + length - 1
            elif frame.pdu[0] & 3 == air.START and frame.pdu[4:6] == bytes([air.SMP, 0]):
                yield frame.at + 2 + length - 1

    def test_each_changed_secret_is_found(self):
        for name, capture, secrets in self.each():
            used = {point for frame in air.frames(capture) for point in [frame.pdu[7:39][::-1]]
                    if frame.pdu[6:7] == bytes([tables.PUBLIC_KEY])}
            for path, changed in changes_of(secrets):
                scalar = path[-2] == "scalars" and bytes.fromhex(secrets["hosts"][path[1]]["scalars"][path[-1]])
                if scalar and toolbox.public_key(scalar)[:32] not in used:
                    continue  # made ahead, or for data that served nobody
                self.assertTrue(judged(capture, changed).wrong, f"{path} of {name}")


def write(folder, capture, secrets):
    folder.mkdir()
    (folder / "air.pcap").write_bytes(capture)
    (folder / "secrets.json").write_text(json.dumps(secrets))


class Command(unittest.TestCase):
    @staticmethod
    def run_judge(*arguments):
        done = subprocess.run([HERE / "judge.py", *arguments], capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr

    def test_it_tells_each_check_and_a_sum(self):
        one = forge.Forged("legacy-oob")
        with tempfile.TemporaryDirectory() as folder:
            run = pathlib.Path(folder, "run")
            write(run, one.capture, one.secrets)
            code, out, _ = self.run_judge(run)
            self.assertEqual(code, 0, out)
            lines = out.splitlines()
            self.assertRegex(lines[-1], r"^\d+ checks, 0 wrong$")
            self.assertEqual(len(lines) - 1, int(lines[-1].split()[0]))
            self.assertIn("c1 of its random value: ", self.run_judge("--verbose", run)[1])
            (run / "air.pcap").write_bytes(forge.Forged("legacy-oob", change=flip_a_nonce).capture)
            code, out, _ = self.run_judge(run)
            self.assertEqual(code, 1)
            self.assertIn("WRONG", out)
            self.assertNotRegex(out.splitlines()[-1], " 0 wrong$")

    def test_wrong_arguments_are_named(self):
        with tempfile.TemporaryDirectory() as folder:
            run = pathlib.Path(folder, "run")
            for arguments, named in (((), "RUN"), ((run,), str(run)), (("--quick", folder), "--quick"),
                                     ((folder,), "there is no air.pcap")):
                code, out, err = self.run_judge(*arguments)
                self.assertEqual((code, out), (2, ""))
                self.assertIn(named, err)

    def test_what_can_not_be_read_is_named(self):
        one = forge.Forged("sc-just-works")
        without = one.secrets
        del without["pairings"][0]["responder"]["bond"]["ltk"]
        for capture, secrets, named in (
            (b"", one.secrets, "not a little-endian pcap"),
            (one.capture[:20] + b"\x93" + one.capture[21:], one.secrets, "link type"),
            (one.capture[:-1], one.secrets, "in the middle"),
            (one.capture, without, "pairings[0].responder.bond.ltk"),
            (one.capture, [], "hosts"),
        ):
            with tempfile.TemporaryDirectory() as folder:
                run = pathlib.Path(folder, "run")
                write(run, capture, secrets)
                code, _, err = self.run_judge(run)
                self.assertEqual(code, 2)
                self.assertIn(named, err)


class Tap(unittest.TestResult):
    def say(self, word, test, why=""):
        name = str(test).split()[0].removeprefix("test_").replace("_", " ")
        print(f"{word} {self.testsRun} - {type(test).__name__}: {name}{why}", flush=True)

    def addSuccess(self, test):
        self.say("ok", test)

    def addSkip(self, test, reason):
        self.say("ok", test, f" # SKIP {reason}")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.say("not ok", test)
        print(self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self.say("not ok", test)
        print(self.errors[-1][1])


def run_all(recorded, outcome):
    """True if all is well; the plan is whoever's who made outcome."""
    RECORDED[:] = recorded
    unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__]).run(outcome)
    return outcome.wasSuccessful()


def main():
    outcome = Tap()
    right = run_all([pathlib.Path(run) for run in sys.argv[1:]], outcome)
    print(f"1..{outcome.testsRun}")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
