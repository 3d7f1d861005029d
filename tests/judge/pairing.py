"""One pairing: every value of it computed anew from what was on air and the secrets, and held against both.

Core Vol 3 Part H 2.3.5 and 2.4.  `True` as a key means the initiator, `False` the responder.
"""

import tables
import toolbox
from air import Address

SIDES = {True: "initiator", False: "responder"}
NOTHING = bytes(16)
NAMES = {opcode: name for name, opcode in vars(tables).items() if isinstance(opcode, int) and name in (
    "PAIRING_REQUEST", "PAIRING_RESPONSE", "CONFIRM", "RANDOM", "FAILED", "ENCRYPTION_INFORMATION",
    "CENTRAL_IDENTIFICATION", "IDENTITY_INFORMATION", "IDENTITY_ADDRESS", "SIGNING_INFORMATION", "PUBLIC_KEY",
    "DHKEY_CHECK")}


def value_of(pdu):
    """Its parameters as one number, most significant octet first."""
    return pdu[:0:-1]


def told_of(pdus):
    return " ".join(f"{'>' if initiator else '<'}{NAMES.get(opcode, hex(opcode))}" for initiator, opcode in pdus)


def passkey_bits(passkey):
    """The octet z of each round, the least significant bit first: 2.3.5.6.3."""
    return [0x80 | passkey >> i & 1 for i in range(tables.PASSKEY_ROUNDS)]


class Pairing:
    def __init__(self, link, run, number, findings, kept):
        self.where = f"{run.name}, pairing {number + 1}"
        self.link, self.findings, self.kept = link, findings, kept
        self.told = {side: run.pairings[number][name] for side, name in SIDES.items()}
        self.run, self.number = run, number
        self.plain, self.sealed, self.keypresses = [], [], 0
        self.choice = self.ltk = None
        self.distributed = {}  # {(from the initiator?, opcode): value}
        self.was_encrypted = False

    # ---- as it goes on ----

    def take(self, message):
        pdu = message.payload
        if self.findings_of_shape(pdu):
            if pdu[0] == tables.KEYPRESS_NOTIFICATION:
                self.keypresses += 1
            else:
                (self.sealed if message.encrypted else self.plain).append((message.from_central, pdu))
                if message.encrypted:
                    self.distributed[message.from_central, pdu[0]] = value_of(pdu)

    def findings_of_shape(self, pdu):
        """Silent where it is right: there are many."""
        right = len(pdu) > 0 and tables.PDU_LENGTHS.get(pdu[0]) == len(pdu)
        if not right:
            self.check("an SMP PDU has its length", False, pdu.hex())
        return right

    def check(self, says, right, detail=""):
        return self.findings.check(self.where, says, right, detail)

    def equal(self, says, is_, wanted):
        return self.findings.equal(self.where, says, is_, wanted)

    def key(self):
        """Encryption starts: everything before it is judged, and the key that it leads to is given, or None."""
        self.was_encrypted = True
        self.check("the encryption of a pairing has EDIV and Rand zero",
                   self.link.ediv == bytes(2) and self.link.rand == bytes(8))
        if not self._judge_features() or not self._judge_order():
            return None
        if self.choice.secure_connections:
            return self._judge_secure_connections()
        return self._judge_legacy()

    # ---- phase 1 ----

    def _judge_features(self):
        begins = [(initiator, pdu[0]) for initiator, pdu in self.plain[:2]]
        wanted = [(True, tables.PAIRING_REQUEST), (False, tables.PAIRING_RESPONSE)]
        if not self.check("it begins with Pairing Request and Response", begins == wanted, told_of(begins)):
            return False
        self.pdus = [self.plain[0][1], self.plain[1][1]]
        self.features = {True: tables.Features.of(self.pdus[0]), False: tables.Features.of(self.pdus[1])}
        self.key_size = min(one.key_size for one in self.features.values())
        for side, name in SIDES.items():
            if not self.check(f"the {name}'s features hold nothing reserved", self.features[side].is_sound,
                              str(self.features[side])):
                return False
        self.choice = tables.choose(self.features[True], self.features[False])
        self._judge_masks()
        for side, name in SIDES.items():
            self._judge_verdict(side, name)
        return True

    def _judge_masks(self):
        """3.6.1: a responder takes keys off the offer and puts none on."""
        request, response = self.features[True], self.features[False]
        self.check("the responder puts no key on what was offered",
                   not response.initiator_keys & ~request.initiator_keys
                   and not response.responder_keys & ~request.responder_keys)

    def _judge_verdict(self, side, name):
        verdict = self.told[side]["verdict"]
        told = {one: verdict[one].octets(6) for one in ("my_features", "peer_features")}
        for one, of in (("my_features", side), ("peer_features", not side)):
            self.equal(f"the {name} tells {one.replace('_', ' ')} as on air", told[one], self.pdus[not of][1:])
        self.equal(f"the {name} tells the method that the features lead to", verdict["method"].text,
                   self.choice.method)
        self.equal(f"the {name} tells whether it was Secure Connections", verdict["secure_connections"].flag,
                   self.choice.secure_connections)
        self.equal(f"the {name} tells the key size", verdict["key_size"].number, self.key_size)
        allowed = tables.levels(self.choice, self.key_size)
        self.check(f"the {name} tells a level that the method gives", verdict["level"].number in allowed,
                   f"{verdict['level'].number} of {sorted(allowed)}")
        both_bond = all(one.auth_req & 3 == tables.BONDING for one in self.features.values())
        self.equal(f"the {name} tells whether a bond came of it", verdict["bonded"].flag, both_bond)

    # ---- phase 2 ----

    def _judge_order(self):
        """The method that was run is the one that the features lead to: what was on air, PDU by PDU, says so."""
        is_ = [(initiator, pdu[0]) for initiator, pdu in self.plain[2:]]
        wanted = tables.phase_2(self.choice)
        right = self.check(f"the PDUs on air are those of {self.choice}", is_ == wanted,
                           f"{len(wanted)} in order" if is_ == wanted else f"{told_of(is_)}, not {told_of(wanted)}")
        self.check("keys pressed are told only where a passkey is typed and both want it", not self.keypresses or (
            self.choice.method == tables.PASSKEY
            and all(one.auth_req & tables.KEYPRESS for one in self.features.values())), f"{self.keypresses}")
        self.on_air = {(side, opcode): [value_of(pdu) for initiator, pdu in self.plain
                                        if initiator == side and pdu[0] == opcode]
                       for side in SIDES for opcode in tables.PDU_LENGTHS}
        for side, name in SIDES.items():
            for nonce in self.on_air[side, tables.RANDOM]:
                self.kept.add("nonce", nonce, f"{self.where}, {name}")
        return right

    def _passkeys(self):
        """{side: what it used}; a wrong showing is found here."""
        shows = {tables.INITIATOR_SHOWS: True, tables.RESPONDER_SHOWS: False}.get(self.choice.passkey)
        used = {}
        for side, name in SIDES.items():
            shown, typed = (self.told[side].get(one) for one in ("passkey_shown", "passkey_typed"))
            is_shower = side == shows
            self.check(f"the {name} {'shows' if is_shower else 'is given'} the passkey",
                       (shown is not None) == is_shower and (typed is not None) != is_shower)
            before = self.run.pairings[self.number - 1][name].get("passkey_shown") if self.number else None
            if shown is not None and before is not None:
                self.check(f"the {name} shows another passkey than the last time", shown.number != before.number)
            one = shown if is_shower else typed
            used[side] = one.number if one is not None else -1
        self.check("both have one passkey, of six digits", used[True] == used[False] and 0 <= used[True] <= 999999,
                   str(used))
        return {side: max(passkey, 0) for side, passkey in used.items()}

    def _judge_people(self):
        """What only this method asks or shows."""
        for side, name in SIDES.items():
            told = self.told[side]
            asks = {"a number": told.get("number") is not None,
                    "a passkey": told.get("passkey_shown") is not None or told.get("passkey_typed") is not None}
            wanted = {"a number": self.choice.method == tables.NUMERIC_COMPARISON,
                      "a passkey": self.choice.method == tables.PASSKEY}
            self.equal(f"the {name} asks its person what this method asks", asks, wanted)

    # ---- phase 2, Secure Connections ----

    def _judge_secure_connections(self):
        self._judge_people()
        if not self._judge_public_keys():
            return None
        x = {side: point[:32] for side, point in self.points.items()}
        nonces = {side: self.on_air[side, tables.RANDOM][-1] for side in SIDES}
        r = {tables.PASSKEY: self._judge_passkey, tables.OOB: self._judge_oob}.get(
            self.choice.method, self._judge_commitment)(x)
        addresses = {True: self.link.central.typed, False: self.link.peripheral.typed}
        mac_key, ltk = toolbox.f5(self.dhkey, nonces[True], nonces[False], addresses[True], addresses[False])
        for side, name in SIDES.items():
            features = self.features[side]
            wanted = toolbox.f6(mac_key, nonces[side], nonces[not side], r[side],
                                bytes([features.auth_req, features.oob, features.io]), addresses[side],
                                addresses[not side])
            self.equal(f"E{'ab'[not side]} = f6 of the {name}", self.on_air[side, tables.DHKEY_CHECK][0], wanted)
        self.ltk = toolbox.shortened(ltk, self.key_size)
        self.kept.add("long term key", ltk, self.where)
        return self.ltk

    def _judge_public_keys(self):
        self.points = {}
        for side, name in SIDES.items():
            wire = self.on_air[side, tables.PUBLIC_KEY][0][::-1]
            point = self.points[side] = wire[:32][::-1] + wire[32:][::-1]
            self.kept.add("public key", point, f"{self.where}, {name}")
            if not self.check(f"the {name}'s public key is on the curve", toolbox.is_on_curve(point), point.hex()):
                return False
            self.check(f"the {name}'s public key is not the published one", point[:32] != toolbox.DEBUG_KEY_X)
        self.check("the two public keys differ", self.points[True][:32] != self.points[False][:32])
        secrets = {}
        for side, name in SIDES.items():
            secrets[side] = next((scalar for scalar in self.run.scalars[not side]
                                  if toolbox.public_key(scalar) == self.points[side]), None)
            self.check(f"the {name}'s public key was made of a scalar of its own", secrets[side] is not None)
        if None in secrets.values():
            return False
        self.dhkey = toolbox.dhkey(secrets[True], self.points[False])
        return self.equal("both sides' secrets lead to one DHKey", toolbox.dhkey(secrets[False], self.points[True]),
                          self.dhkey)

    def _judge_commitment(self, x):
        """Just Works and Numeric Comparison: 2.3.5.6.2."""
        nonces = {side: self.on_air[side, tables.RANDOM][0] for side in SIDES}
        self.equal("Cb = f4(PKbx, PKax, Nb, 0)", self.on_air[False, tables.CONFIRM][0],
                   toolbox.f4(x[False], x[True], nonces[False], 0))
        if self.choice.method == tables.NUMERIC_COMPARISON:
            number = toolbox.g2(x[True], x[False], nonces[True], nonces[False]) % 1000000
            for side, name in SIDES.items():
                told = self.told[side].get("number")
                self.equal(f"the number that the {name} shows = g2(PKax, PKbx, Na, Nb)",
                           None if told is None else told.number, number)
        return {True: NOTHING, False: NOTHING}

    def _judge_passkey(self, x):
        """2.3.5.6.3."""
        passkeys = self._passkeys()
        for side in SIDES:
            for i, z in enumerate(passkey_bits(passkeys[side])):
                self.equal(f"C{'ab'[not side]}{i + 1} = f4(PK{'ab'[not side]}x, PK{'ba'[not side]}x, "
                           f"N{'ab'[not side]}{i + 1}, r{i + 1})", self.on_air[side, tables.CONFIRM][i],
                           toolbox.f4(x[side], x[not side], self.on_air[side, tables.RANDOM][i], z))
        return {side: passkeys[side].to_bytes(16, "big") for side in SIDES}

    def _judge_oob(self, x):
        """2.3.5.6.4: who has the other's data says so in its flag, and checks the commitment; who has none takes the
        other's random value for zero, in its own check."""
        r = {}
        for side, name in SIDES.items():
            given, other = self.told[side].get("oob_given"), self.told[not side].get("oob_own")
            self.equal(f"the {name}'s flag says whether it has the other's data", self.features[side].oob,
                       int(given is not None))
            r[side] = NOTHING
            if given is None:
                continue
            r[side], letter = given["random"].key(), "ba"[not side]
            self.check(f"what the {name} was given is what the other one made", other is not None and all(
                given[one].key() == other[one].key() for one in ("confirm", "random")))
            self.kept.add("out of band random value", r[side], self.where)
            self.equal(f"C{letter} given to the {name} = f4(PK{letter}x, PK{letter}x, r{letter}, 0)",
                       given["confirm"].key(), toolbox.f4(x[not side], x[not side], r[side], 0))
        return r

    # ---- phase 2, legacy ----

    def _judge_legacy(self):
        """2.3.5.5."""
        self._judge_people()
        tk = self._temporary_keys()
        preq, pres = (pdu[::-1] for pdu in self.pdus)
        central, peripheral = self.link.central, self.link.peripheral
        nonces = {side: self.on_air[side, tables.RANDOM][0] for side in SIDES}
        for side, name in SIDES.items():
            wanted = toolbox.c1(tk[side], nonces[side], preq, pres, bytes([central.type]), central.octets,
                                bytes([peripheral.type]), peripheral.octets)
            self.equal(f"the {name}'s confirm = c1 of its random value", self.on_air[side, tables.CONFIRM][0], wanted)
        stk = toolbox.s1(tk[True], nonces[False], nonces[True])
        self.kept.add("short term key", stk, self.where)
        return toolbox.shortened(stk, self.key_size)

    def _temporary_keys(self):
        if self.choice.method == tables.PASSKEY:
            return {side: passkey.to_bytes(16, "big") for side, passkey in self._passkeys().items()}
        if self.choice.method == tables.OOB:
            return self._temporary_keys_out_of_band()
        return {True: NOTHING, False: NOTHING}

    def _temporary_keys_out_of_band(self):
        """One side made it, the other one was given it."""
        used = {}
        for side, name in SIDES.items():
            data = self.told[side].get("oob_given") or self.told[side].get("oob_own")
            tk = data and data.get("tk")
            self.check(f"the {name}'s flag says that it has the TK", self.features[side].oob == 1 and tk is not None)
            used[side] = tk.key() if tk is not None else NOTHING
        self.equal("both have one TK", used[False], used[True])
        self.check("the TK is not zero", used[True] != NOTHING)
        self.kept.add("out of band TK", used[True], self.where)
        return used

    # ---- phase 3 ----

    def finish(self):
        """The link has ended, or another pairing begins on it."""
        if not self.check("it leads to encryption", self.was_encrypted) or self.choice is None:
            return
        is_ = [(initiator, pdu[0]) for initiator, pdu in self.sealed]
        wanted = tables.phase_3(self.choice, self.features[False])
        self.check("the keys distributed are those agreed on, in order", is_ == wanted,
                   told_of(is_) if is_ == wanted else f"{told_of(is_)}, not {told_of(wanted)}")
        self.check("nothing of phase 3 was said in plain", not any(
            tables.ENCRYPTION_INFORMATION <= pdu[0] <= tables.SIGNING_INFORMATION for _, pdu in self.plain))
        for side, name in SIDES.items():
            self._judge_identity(side, name)
            self._judge_signing(side, name)
            if not self.choice.secure_connections:
                self._judge_long_term_key(side, name)
            self._judge_told_keys(side, name)
            self._judge_bond(side, name)

    def _judge_identity(self, side, name):
        irk, identity = (self.distributed.get((side, one))
                         for one in (tables.IDENTITY_INFORMATION, tables.IDENTITY_ADDRESS))
        if irk is None or identity is None:
            return
        self.equal(f"the {name} gives the IRK that it has", irk, self.run.irks[not side])
        identity = self.identity_of(side)
        self.equal(f"the {name} gives the identity address that it has", str(identity),
                   str(self.run.identities[not side]))
        on_air = self.link.central if side else self.link.peripheral
        resolves = on_air.type == 1 and toolbox.ah(irk, on_air.octets[:3]) == on_air.octets[3:]
        self.check(f"the {name}'s address on air is that identity, or its IRK made it", resolves or on_air == identity,
                   str(on_air))

    def identity_of(self, side):
        value = self.distributed.get((side, tables.IDENTITY_ADDRESS))
        return Address(value[-1], value[:6]) if value is not None else None

    def _judge_signing(self, side, name):
        csrk = self.distributed.get((side, tables.SIGNING_INFORMATION))
        if csrk is None:
            return
        self.check(f"the {name}'s CSRK is not zero", csrk != NOTHING)
        self.kept.add("CSRK", csrk, f"{self.where}, {name}")

    def _judge_long_term_key(self, side, name):
        ltk, identification = (self.distributed.get((side, one))
                               for one in (tables.ENCRYPTION_INFORMATION, tables.CENTRAL_IDENTIFICATION))
        if ltk is None or identification is None:
            return
        self.check(f"the {name}'s LTK is shortened to {self.key_size} octets, and not zero",
                   ltk == toolbox.shortened(ltk, self.key_size) and ltk != NOTHING, ltk.hex())
        self.check(f"the {name}'s EDIV and Rand are not those of an STK or of Secure Connections",
                   identification != bytes(10), identification.hex())
        self.kept.add("long term key", ltk, f"{self.where}, {name}")
        self.kept.add("EDIV and Rand", identification, f"{self.where}, {name}")

    def _judge_told_keys(self, side, name):
        keys = tables.distributed(self.choice, self.features[False])
        verdict = self.told[side]["verdict"]
        for one, of in (("keys_sent", side), ("keys_taken", not side)):
            self.equal(f"the {name} tells {one.replace('_', ' ')} as agreed on", verdict[one].number, keys[not of])

    # ---- the bonds ----

    def _judge_bond(self, side, name):
        bond = self.told[side].get("bond")
        both_bond = all(one.auth_req & 3 == tables.BONDING for one in self.features.values())
        if not self.check(f"the {name} keeps a bond where both want one", (bond is not None) == both_bond) or not bond:
            return
        says = f"the {name}'s bond holds "
        verdict = self.told[side]["verdict"]
        self.equal(says + "the key size", bond["key_size"].number, self.key_size)
        for one in ("method", "secure_connections", "level"):
            self.equal(f"{says}the {one.replace('_', ' ')} of the verdict", bond[one].plain, verdict[one].plain)
        self.equal(says + "who began", bond["we_were_initiator"].flag, side)
        theirs = self.distributed.get((not side, tables.IDENTITY_INFORMATION), NOTHING)
        self.equal(says + "the other's IRK", bond["irk"].key(), theirs)
        self.equal(says + "whether there is one", bond["has_irk"].flag, theirs != NOTHING)
        wanted = self.identity_of(not side) or (self.link.peripheral if side else self.link.central)
        self.equal(says + "the other's identity address", str(bond["identity"].address()), str(wanted))
        self.equal(says + "its own", str(bond["local"].address()), str(self.run.identities[not side]))
        for one, of in (("my_csrk", side), ("peer_csrk", not side)):
            self.equal(f"{says}{one.replace('_', ' ')}", bond[one].key(),
                       self.distributed.get((of, tables.SIGNING_INFORMATION), NOTHING))
        self._judge_bond_keys(side, says, bond)

    def _judge_bond_keys(self, side, says, bond):
        if self.choice.secure_connections:
            if self.ltk is not None:
                self.equal(says + "the LTK = f5", bond["ltk"].key(), self.ltk)
            return
        for prefix, of, giver in (("my_", side, "it gave"), ("", not side, "the other one gave")):
            told = (bond[prefix + "ediv"].octets(2) + bond[prefix + "rand"].octets(8))[::-1]
            self.equal(f"{says}the LTK that {giver}", bond[prefix + "ltk"].key(),
                       self.distributed.get((of, tables.ENCRYPTION_INFORMATION), NOTHING))
            self.equal(f"{says}the EDIV and Rand that {giver}", told,
                       self.distributed.get((of, tables.CENTRAL_IDENTIFICATION), bytes(10)))

    # ---- later ----

    def side_of(self, address):
        """Whose address on air this is; None: nobody's of this pairing."""
        for side in SIDES:
            irk = self.distributed.get((side, tables.IDENTITY_INFORMATION))
            resolves = irk and address.type == 1 and toolbox.ah(irk, address.octets[:3]) == address.octets[3:]
            if resolves or address == (self.identity_of(side) or (self.link.central if side else self.link.peripheral)):
                return side
        return None

    def later_key(self, link):
        """The LTK of this bond for a later link, by who is who on it and by its EDIV and Rand; or None."""
        sides = self.side_of(link.central), self.side_of(link.peripheral)
        if None in sides or sides[0] == sides[1]:
            return None
        if self.choice is None or self.choice.secure_connections:
            return self.ltk if link.ediv + link.rand == bytes(10) else None
        of = sides[1]  # who gave a key is peripheral when it is used
        if self.distributed.get((of, tables.CENTRAL_IDENTIFICATION)) != (link.ediv + link.rand)[::-1]:
            return None
        return self.distributed.get((of, tables.ENCRYPTION_INFORMATION))
