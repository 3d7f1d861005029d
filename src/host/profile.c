/* The profile: settings that the specification knows and that make no sense for a product.  Each is a rule with a name;
 * the first that is broken is told.  What is impossible is refused by memory.c; levels and tables are lint.c's. */
#include "host/internal.h"
#include "host/lint_reach.h"

enum { SMALLEST_KEY = 7, LARGEST_KEY = 16, BOND_KEYS = KITH_KEY_ENC | KITH_KEY_ID };

static bool wants_mitm(const kith_security *s)
{
    return s->sc_only || s->ask_mitm || s->required_level > KITH_LEVEL_ENCRYPTED;
}

static uint8_t keys_of(const kith_security *s)
{
    return (s->initiator_keys | s->responder_keys) & BOND_KEYS;
}

static bool is_io_unknown(const kith_security *s)
{
    return (unsigned)s->io > KITH_IO_KEYBOARD_DISPLAY;
}

static bool is_oob_without_mitm(const kith_security *s)
{
    return s->ask_oob && !wants_mitm(s);
}

static bool is_mitm_without_io(const kith_security *s)
{
    return wants_mitm(s) && s->io == KITH_IO_NO_INPUT_NO_OUTPUT && !s->ask_oob;
}

static bool has_bad_key_sizes(const kith_security *s)
{
    return s->min_key_size < SMALLEST_KEY || s->max_key_size > LARGEST_KEY || s->min_key_size > s->max_key_size;
}

static bool has_keys_without_bonding(const kith_security *s)
{
    return !s->bonding && keys_of(s) != 0;
}

static bool has_bonding_without_keys(const kith_security *s)
{
    return s->bonding && keys_of(s) == 0;
}

/* Over all peers there may be, in a role for which there is a method at all. */
static bool has_no_method(const kith_security *s)
{
    lint_reach reach = lint_reach_of(s);
    kith_level best = s->ask_oob ? reach.level_with_oob : reach.level;
    kith_level wanted = s->sc_only ? KITH_LEVEL_SC_AUTHENTICATED : s->required_level;

    if (s->ask_mitm && wanted < KITH_LEVEL_AUTHENTICATED)
        wanted = KITH_LEVEL_AUTHENTICATED;
    return best <= KITH_LEVEL_NONE || best < wanted;
}

/* In the order in which a reader of the settings would look; what comes after is_io_unknown may rely on io. */
static const struct rule {
    bool (*is_broken)(const kith_security *s);
    const char *name, *text;
} rules[] = {
    [KITH_PROFILE_SOUND] = {NULL, "sound", "Nothing speaks against these settings."},
    [KITH_PROFILE_IO_UNKNOWN] = {is_io_unknown, "io-unknown", "The input and output capability is none that there is."},
    [KITH_PROFILE_OOB_WITHOUT_MITM] = {is_oob_without_mitm, "oob-without-mitm",
                                       "Out of band data is asked for, and no protection against a man in the middle: "
                                       "it would be carried for nothing."},
    [KITH_PROFILE_MITM_WITHOUT_IO] = {is_mitm_without_io, "mitm-without-io",
                                      "Protection against a man in the middle is asked of a device that has no input, "
                                      "no output and no out of band data: no method gives it."},
    [KITH_PROFILE_KEY_SIZES] = {has_bad_key_sizes, "key-sizes",
                                "Keys have 7 to 16 octets, and the smallest allowed is not above the largest."},
    [KITH_PROFILE_KEYS_WITHOUT_BONDING] = {has_keys_without_bonding, "keys-without-bonding",
                                           "Keys are exchanged, and no bond is made to keep them in."},
    [KITH_PROFILE_BONDING_WITHOUT_KEYS] = {has_bonding_without_keys, "bonding-without-keys",
                                           "Bonds are made, and neither encryption nor identity keys exchanged: nobody "
                                           "could be recognised by them."},
    [KITH_PROFILE_NO_METHOD] = {has_no_method, "no-method",
                                "No method that these settings name gives what they ask for, whoever the peer is."},
};

enum { RULES = sizeof rules / sizeof rules[0] };

kith_profile_fault kith_security_profile(const kith_security *security)
{
    for (unsigned i = KITH_PROFILE_SOUND + 1; security != NULL && i < RULES; i++)
        if (rules[i].is_broken(security))
            return (kith_profile_fault)i;
    return KITH_PROFILE_SOUND;
}

const char *kith_profile_fault_name(kith_profile_fault fault)
{
    return (unsigned)fault < RULES ? rules[fault].name : "unknown";
}

const char *kith_profile_fault_text(kith_profile_fault fault)
{
    return (unsigned)fault < RULES ? rules[fault].text : "unknown";
}
