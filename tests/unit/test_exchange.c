/* What holds for bonds from elsewhere whatever the format: A24, B7, B12 of docs/attacks.md, and several texts at once.
 */
#include "test_exchange_support.h"

/* Formats whose texts hold many bonds and say whose they are, and one that does not. */
static const kith_exchange_format formats[] = {KITH_EXCHANGE_JSON,   KITH_EXCHANGE_BLUEZ,   KITH_EXCHANGE_AIOBLE,
                                               KITH_EXCHANGE_BUMBLE, KITH_EXCHANGE_ANDROID, KITH_EXCHANGE_WINDOWS};
enum { FORMATS = sizeof formats / sizeof formats[0] };

/* As it is written, which is as it stands: the writer judges nothing. */
static kith_exchange_result through(kith_exchange_format format, const kith_bond_record *bonds, size_t count,
                                    kith_exchange_options options)
{
    kith_exchange_text text = write_text(format, bonds, count);
    kith_exchange_result got = {0};
    char path[80];

    kith_exchange_file_name(format, bonds, path, sizeof path);
    options.path = path;
    if (format == KITH_EXCHANGE_AIOBLE) {
        options.has_local = true;
        options.local = local_address();
    }
    assert_int_equal(kith_exchange_read(format, text.octets, text.len, &options, &got), KITH_OK);
    assert_sound(&got);
    kith_exchange_text_free(&text);
    return got;
}

static void formats_have_names(void **state)
{
    (void)state;
    for (unsigned f = KITH_EXCHANGE_NONE; f < KITH_EXCHANGE_FORMATS; f++)
        assert_int_equal(kith_exchange_format_of(kith_exchange_format_name((kith_exchange_format)f)), f);
    assert_int_equal(kith_exchange_format_of("gold"), KITH_EXCHANGE_NONE);
    assert_true(kith_exchange_is_for_one(KITH_EXCHANGE_BLUEZ));
    assert_false(kith_exchange_is_for_one(KITH_EXCHANGE_ANDROID));
}

static void what_is_no_format_is_not_guessed(void **state)
{
    static const char *const texts[] = {"", " \n", "hello", "[hello]\na=1\n", "\xff", "<xml/>", "[Default]\n"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_int_equal(kith_exchange_guess(texts[i], strlen(texts[i])), KITH_EXCHANGE_NONE);
}

/* Some editors put a mark before UTF-8. */
static void a_byte_order_mark_is_no_damage(void **state)
{
    sample whole = sample_named("kith.json");
    char marked[8192];
    sample s;
    kith_exchange_result got;

    (void)state;
    snprintf(marked, sizeof marked, "\xef\xbb\xbf%s", whole.at);
    s = sample_of(marked, strlen(marked));
    got = read_text(KITH_EXCHANGE_JSON, &s, NULL);
    assert_int_equal(got.count, 2);
    kith_exchange_free(&got);
    free(s.at);
    free(whole.at);
}

static void a_text_of_another_format_is_one_clear_error(void **state)
{
    static const char *const names[FORMATS] = {"kith.json",   "bluez-sensor.info", "aioble.json",
                                               "bumble.json", "android.conf",      "windows.reg"};

    (void)state;
    for (size_t i = 0; i < FORMATS; i++)
        for (size_t k = 0; k < FORMATS; k++) {
            sample s = sample_named(names[k]);
            kith_exchange_result got = {0};
            kith_status status = kith_exchange_read(formats[i], s.at, s.len, NULL, &got);

            assert_int_equal(status, i == k ? KITH_OK : KITH_ERR_DAMAGED);
            if (i != k)
                assert_int_equal(got.finding_count, 1);
            if (i != k)
                assert_int_equal(got.seen, 0);
            kith_exchange_free(&got);
            free(s.at);
        }
}

/* All zeros, all ones, and what the specification prints, in either order. */
static void A24_a_key_that_everybody_knows_is_not_imported(void **state)
{
    static const char *const known[] = {"00000000000000000000000000000000", "ffffffffffffffffffffffffffffffff",
                                        "4c68384139f574d836bcf34e9dfb01bf", "bf01fb9d4ef3bc36d874f5394138684c",
                                        "6986791169d7cd23980522b594750a38", "380a7594b522059823cdd76911798669",
                                        "ec0234a357c8ad05341010a60a397d9b", "9b7d390aa610103405adc857a33402ec"};
    const kith_exchange_options trusting = {.trust_levels = true};

    (void)state;
    for (size_t i = 0; i < FORMATS; i++)
        for (size_t k = 0; k < sizeof known / sizeof known[0]; k++) {
            kith_bond_record bonds[] = {sensor(), keyboard()};
            kith_exchange_result got;

            wire(known[k], bonds[0].ltk);
            got = through(formats[i], &bonds[0], 1, trusting);
            assert_int_equal(got.count, 0);
            assert_says(&got, KITH_EXCHANGE_REFUSED, "a key that everybody knows");
            kith_exchange_free(&got);
            wire(known[k], bonds[1].ltk);
            got = through(formats[i], &bonds[1], 1, trusting);
            assert_int_equal(got.count, 0);
            kith_exchange_free(&got);
        }
}

/* A known IRK would let anybody be taken for the peer's private address. */
static void A24_known_irks_and_csrks_are_left_out(void **state)
{
    const kith_exchange_options signing_too = {.signing_keys = true};

    (void)state;
    for (size_t i = 0; i < FORMATS; i++) {
        kith_bond_record bond = signing(keyboard()), expected = bond;
        kith_exchange_result got;

        wire("ec0234a357c8ad05341010a60a397d9b", bond.irk);
        memset(bond.peer_csrk, 0xff, 16);
        got = through(formats[i], &bond, 1, signing_too);
        assert_int_equal(got.count, 1);
        memset(expected.irk, 0, 16);
        assert_key(got.bonds[0].irk, expected.irk);
        assert_key(got.bonds[0].peer_csrk, expected.irk);
        assert_says(&got, KITH_EXCHANGE_LEFT, "identity resolving key: is a key that everybody knows");
        kith_exchange_free(&got);
    }
}

static void B7_an_imported_irk_of_zero_is_none(void **state)
{
    sample whole = sample_named("android.conf");
    sample s = sample_with(&whole, "LE_KEY_PID = 35f25a6d0e84c1a96f75d2184ce0973b",
                           "LE_KEY_PID = 00000000000000000000000000000000");
    kith_exchange_result got = read_text(KITH_EXCHANGE_ANDROID, &s, NULL);
    kith_bond_record one = sensor();

    (void)state;
    memset(one.irk, 0, 16);
    assert_has(&got, &one);
    kith_exchange_free(&got);
    free(s.at);
    free(whole.at);
}

static void B7_a_private_address_is_not_imported_as_identity(void **state)
{
    static const uint8_t tops[] = {0x00, 0x3f, 0x40, 0x7f, 0x80, 0xbf};

    (void)state;
    for (size_t i = 0; i < FORMATS; i++)
        for (size_t k = 0; k < sizeof tops; k++) {
            kith_bond_record bond = sensor();
            kith_exchange_result got;

            bond.identity.octets[5] = tops[k];
            got = through(formats[i], &bond, 1, of_local());
            assert_int_equal(got.count, 0);
            assert_says(&got, KITH_EXCHANGE_REFUSED, "the peer's address: is ");
            assert_int_equal(got.refused, 1);
            kith_exchange_free(&got);
        }
}

static void B7_a_device_is_not_imported_as_its_own_peer(void **state)
{
    (void)state;
    for (size_t i = 0; i < FORMATS; i++) {
        kith_bond_record bond = sensor();
        kith_exchange_result got;

        bond.identity = bond.local;
        got = through(formats[i], &bond, 1, of_local());
        assert_int_equal(got.count, 0);
        assert_says(&got, KITH_EXCHANGE_REFUSED, "is that of this device itself");
        kith_exchange_free(&got);
    }
}

static void B12_imported_key_sizes_are_7_to_16(void **state)
{
    static const uint8_t sizes[] = {1, 6, 17, 32, 255};
    static const kith_exchange_format sized[] = {KITH_EXCHANGE_JSON, KITH_EXCHANGE_BLUEZ, KITH_EXCHANGE_AIOBLE,
                                                 KITH_EXCHANGE_ANDROID, KITH_EXCHANGE_WINDOWS};

    (void)state;
    for (size_t i = 0; i < sizeof sized / sizeof sized[0]; i++)
        for (size_t k = 0; k < sizeof sizes; k++) {
            kith_bond_record bond = sensor();
            kith_exchange_result got;

            bond.key_size = sizes[k];
            got = through(sized[i], &bond, 1, of_local());
            assert_int_equal(got.count, 0);
            assert_int_equal(got.refused, 1);
            kith_exchange_free(&got);
        }
}

static void legacy_keys_are_never_authenticated(void **state)
{
    const kith_exchange_options trusting = {.trust_levels = true};

    (void)state;
    for (size_t i = 0; i < FORMATS; i++) {
        kith_bond_record bond = trusted(keyboard(), KITH_LEVEL_AUTHENTICATED, KITH_METHOD_PASSKEY);
        kith_exchange_result got = through(formats[i], &bond, 1, trusting);

        assert_int_equal(got.count, 1);
        assert_int_equal(got.bonds[0].level, KITH_LEVEL_ENCRYPTED);
        assert_int_equal(got.bonds[0].method, KITH_METHOD_JUST_WORKS);
        kith_exchange_free(&got);
    }
}

static void secure_connections_keys_are_authenticated_only_when_told_so(void **state)
{
    static const uint8_t most[FORMATS] = {4, 4, 4, 3, 3, 2};

    (void)state;
    for (size_t i = 0; i < FORMATS; i++) {
        kith_bond_record bond = trusted(sensor(), KITH_LEVEL_SC_AUTHENTICATED, KITH_METHOD_PASSKEY);
        kith_exchange_options options = {0};
        kith_exchange_result got = through(formats[i], &bond, 1, options);

        assert_int_equal(got.bonds[0].level, KITH_LEVEL_ENCRYPTED);
        kith_exchange_free(&got);
        options.trust_levels = true;
        got = through(formats[i], &bond, 1, options);
        assert_int_equal(got.bonds[0].level, most[i]);
        kith_exchange_free(&got);
        bond.level = KITH_LEVEL_ENCRYPTED; /* what does not claim it does not get it */
        bond.method = KITH_METHOD_JUST_WORKS;
        got = through(formats[i], &bond, 1, options);
        assert_int_equal(got.bonds[0].level, KITH_LEVEL_ENCRYPTED);
        kith_exchange_free(&got);
    }
}

/* A24 for this device itself. */
static void A24_a_known_key_is_not_imported_as_our_own(void **state)
{
    sample whole = sample_named("kith.json");
    sample s = sample_with(&whole, OWN_IRK, "ec0234a357c8ad05341010a60a397d9b");
    kith_exchange_result got = read_text(KITH_EXCHANGE_JSON, &s, NULL);

    (void)state;
    assert_false(got.identity.has_irk);
    assert_says(&got, KITH_EXCHANGE_LEFT, "identity.irk: is a key that everybody knows");
    kith_exchange_free(&got);
    free(s.at);
    free(whole.at);
}

/* A line without an end may go on; what is in groups before is whole. */
static void a_line_that_may_be_cut_short_refuses_its_entry(void **state)
{
    static const struct {
        kith_exchange_format format;
        const char *name, *end;
    } all[] = {{KITH_EXCHANGE_ANDROID, "android.conf", "\n\n[40:ef"}, {KITH_EXCHANGE_WINDOWS, "windows-ascii.reg", ""}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        sample s = sample_named(all[i].name);
        kith_exchange_result got = {0};
        size_t len = all[i].end[0] != '\0' ? (size_t)(strstr(s.at, all[i].end) - s.at) : s.len - 2;

        assert_int_equal(kith_exchange_read(all[i].format, s.at, len, NULL, &got), KITH_OK);
        assert_sound(&got);
        assert_int_equal(got.count, 1);
        assert_says(&got, KITH_EXCHANGE_REFUSED, "may have been cut short");
        kith_exchange_free(&got);
        free(s.at);
    }
}

/* ---- whose ---- */

static void the_given_local_identity_is_taken_and_told(void **state)
{
    kith_exchange_options options = {.has_local = true};
    kith_bond_record one = sensor();
    kith_exchange_result got;
    sample s = sample_named("bumble.json");

    (void)state;
    options.local = one.local = address_of(KITH_ADDRESS_RANDOM, "C0:11:22:33:44:55");
    got = read_text(KITH_EXCHANGE_BUMBLE, &s, &options);
    assert_has(&got, &one);
    assert_says(&got, KITH_EXCHANGE_CHANGED, "the text names another one than was given");
    kith_exchange_free(&got);
    free(s.at);
}

static void options_are_judged(void **state)
{
    kith_exchange_options options = {.has_local = true};
    kith_exchange_result got = {0};

    (void)state;
    assert_int_equal(kith_exchange_read(KITH_EXCHANGE_JSON, "{}", 2, &options, &got), KITH_ERR_VALUE);
    options.local = address_of(KITH_ADDRESS_RANDOM, "40:11:22:33:44:55");
    assert_int_equal(kith_exchange_read(KITH_EXCHANGE_JSON, "{}", 2, &options, &got), KITH_ERR_VALUE);
    options = (kith_exchange_options){.has_peer = true, .peer = {KITH_ADDRESS_RANDOM, {1, 2, 3, 4, 5, 6}}};
    assert_int_equal(kith_exchange_read(KITH_EXCHANGE_JSON, "{}", 2, &options, &got), KITH_ERR_VALUE);
    assert_int_equal(kith_exchange_read(KITH_EXCHANGE_NONE, "{}", 2, NULL, &got), KITH_ERR_VALUE);
    assert_int_equal(kith_exchange_read(KITH_EXCHANGE_FORMATS, "{}", 2, NULL, &got), KITH_ERR_VALUE);
    assert_int_equal(got.finding_count, 0);
}

/* ---- several bonds with one peer ---- */

static kith_exchange_result read_two(const kith_bond_record *first, const kith_bond_record *second)
{
    kith_exchange_options options = {.trust_levels = true};
    kith_exchange_result got = {0};
    const kith_bond_record *both[] = {first, second};

    for (size_t i = 0; i < 2; i++) {
        kith_exchange_text text = write_text(KITH_EXCHANGE_JSON, both[i], 1);

        assert_int_equal(kith_exchange_read(KITH_EXCHANGE_JSON, text.octets, text.len, &options, &got), KITH_OK);
        assert_sound(&got);
        kith_exchange_text_free(&text);
    }
    return got;
}

/* One is kept, the other is told. */
static void check_kept(const kith_bond_record *first, const kith_bond_record *second, const kith_bond_record *kept)
{
    kith_exchange_result got = read_two(first, second);

    assert_int_equal(got.count, 1);
    assert_int_equal(got.replaced, 1);
    assert_bond(&got.bonds[0], kept);
    assert_says(&got, KITH_EXCHANGE_REFUSED, "bond with this peer before");
    kith_exchange_free(&got);
}

static void of_two_bonds_with_one_peer_the_stronger_is_kept(void **state)
{
    kith_bond_record weak = sensor(), strong = trusted(sensor(), KITH_LEVEL_SC_AUTHENTICATED, KITH_METHOD_PASSKEY);
    kith_bond_record legacy = keyboard(), sc = sensor(), small = sensor();

    (void)state;
    weak.ltk[0] ^= 1;
    weak.made_s = 2000000000; /* newer, and no help */
    strong.made_s = 1000000000;
    check_kept(&weak, &strong, &strong);
    check_kept(&strong, &weak, &strong);
    sc.identity = legacy.identity;
    check_kept(&legacy, &sc, &sc);
    check_kept(&sc, &legacy, &sc);
    sc = sensor();
    small.key_size = 7;
    memset(small.ltk + 7, 0, 9);
    check_kept(&small, &sc, &sc);
    check_kept(&sc, &small, &sc);
}

static void of_two_that_are_as_strong_the_newer_is_kept(void **state)
{
    kith_bond_record old = sensor(), young = sensor(), undated = sensor();

    (void)state;
    old.made_s = 1000000000;
    young.made_s = 2000000000;
    young.ltk[0] ^= 1;
    undated.ltk[0] ^= 2;
    check_kept(&old, &young, &young);
    check_kept(&young, &old, &young);
    check_kept(&young, &undated, &undated);
    check_kept(&undated, &old, &old);
}

static void B7_an_imported_irk_that_two_bonds_have_is_told(void **state)
{
    kith_bond_record one = sensor(), two = sensor();
    kith_exchange_result got;

    (void)state;
    two.identity.octets[0] ^= 1;
    got = read_two(&one, &two);
    assert_int_equal(got.count, 2);
    assert_bond(&got.bonds[0], &one);
    assert_bond(&got.bonds[1], &two);
    assert_says(&got, KITH_EXCHANGE_NOTED, "the same identity resolving key");
    kith_exchange_free(&got);

    memset(one.irk, 0, 16); /* none is not shared */
    memset(two.irk, 0, 16);
    got = read_two(&one, &two);
    assert_false(says(got.findings, got.finding_count, KITH_EXCHANGE_NOTED, "the same identity"));
    kith_exchange_free(&got);
}

/* Windows' file of the bond that BlueZ's has, too, lacks a key. */
static void of_the_same_bond_the_one_with_more_keys_is_kept(void **state)
{
    kith_bond_record whole = keyboard(), part = without_my_key(keyboard()), nameless = keyboard(), other = part;

    (void)state;
    whole.peer = 1;
    memset(nameless.irk, 0, 16);
    other.ltk[0] ^= 1;
    check_kept(&whole, &part, &whole);
    check_kept(&part, &whole, &whole);
    check_kept(&whole, &nameless, &whole);
    check_kept(&whole, &other, &other); /* another pairing */
    part.made_s = 2000000000;
    check_kept(&whole, &part, &whole); /* one pairing, whatever its time is said to be */
}

static void one_peer_of_two_local_identities_is_two_bonds(void **state)
{
    kith_bond_record one = sensor(), two = sensor();
    kith_exchange_result got;

    (void)state;
    two.local = address_of(KITH_ADDRESS_RANDOM, "C0:11:22:33:44:55");
    got = read_two(&one, &two);
    assert_int_equal(got.count, 2);
    assert_int_equal(got.replaced, 0);
    kith_exchange_free(&got);
}

static void a_bad_text_leaves_what_was_read_before(void **state)
{
    sample s = sample_named("kith.json");
    kith_exchange_result got = read_text(KITH_EXCHANGE_JSON, &s, NULL);
    size_t findings = got.finding_count;

    (void)state;
    assert_int_equal(kith_exchange_read(KITH_EXCHANGE_BUMBLE, "{", 1, NULL, &got), KITH_ERR_DAMAGED);
    assert_int_equal(got.count, 2);
    assert_int_equal(got.seen, 2);
    assert_int_equal(got.finding_count, findings + 1);
    assert_own_irk(&got.identity);
    kith_exchange_free(&got);
    free(s.at);
}

/* ---- limits ---- */

static void a_text_that_is_too_long_is_told(void **state)
{
    char *text = malloc(KITH_EXCHANGE_OCTETS + 1);
    kith_exchange_result got = {0};

    (void)state;
    assert_non_null(text);
    memset(text, ' ', KITH_EXCHANGE_OCTETS + 1);
    assert_int_equal(kith_exchange_read(KITH_EXCHANGE_JSON, text, KITH_EXCHANGE_OCTETS + 1, NULL, &got), KITH_ERR_FULL);
    assert_says(&got, KITH_EXCHANGE_REFUSED, "too long");
    kith_exchange_free(&got);
    free(text);
}

static void too_many_bonds_are_none(void **state)
{
    kith_exchange_options options = of_local();
    kith_exchange_result got = {0};
    size_t count = KITH_EXCHANGE_BONDS + 1;
    kith_bond_record *bonds = calloc(count, sizeof *bonds);
    kith_exchange_text text;

    (void)state;
    assert_non_null(bonds);
    for (size_t i = 0; i < count; i++) {
        bonds[i] = sensor();
        bonds[i].identity.octets[0] = (uint8_t)i;
        bonds[i].identity.octets[1] = (uint8_t)(i >> 8);
    }
    assert_int_equal(kith_exchange_write(KITH_EXCHANGE_WINDOWS, bonds, count, NULL, &text), KITH_ERR_VALUE);
    assert_null(text.octets);
    text = write_text(KITH_EXCHANGE_ANDROID, bonds, count - 1);
    assert_int_equal(kith_exchange_read(KITH_EXCHANGE_ANDROID, text.octets, text.len, &options, &got), KITH_OK);
    assert_int_equal(got.count, count - 1);
    assert_true(got.findings_lost > 0); /* counted, and not a reason to fail */
    assert_int_equal(got.finding_count, KITH_EXCHANGE_FINDINGS);
    kith_exchange_text_free(&text);
    text = write_text(KITH_EXCHANGE_ANDROID, bonds + count - 1, 1);
    assert_int_equal(kith_exchange_read(KITH_EXCHANGE_ANDROID, text.octets, text.len, &options, &got), KITH_ERR_FULL);
    assert_int_equal(got.count, count - 1);
    kith_exchange_text_free(&text);
    kith_exchange_free(&got);
    free(bonds);
}

/* ---- from one to the other ---- */

static void bonds_go_from_each_format_into_each_other(void **state)
{
    (void)state;
    for (size_t i = 0; i < FORMATS; i++)
        for (size_t k = 0; k < FORMATS; k++) {
            kith_bond_record bonds[] = {sensor(), keyboard()};
            bool loses = formats[i] >= KITH_EXCHANGE_ANDROID || formats[k] >= KITH_EXCHANGE_ANDROID;

            for (size_t b = 0; b < 2; b++) {
                kith_bond_record expected = loses ? without_my_key(bonds[b]) : bonds[b];
                kith_exchange_result first = through(formats[i], &bonds[b], 1, of_local());
                kith_exchange_result second;

                assert_int_equal(first.count, 1);
                second = through(formats[k], first.bonds, 1, of_local());
                assert_has(&second, &expected);
                kith_exchange_free(&first);
                kith_exchange_free(&second);
            }
        }
}

static void what_no_format_can_use_is_not_written(void **state)
{
    static const kith_exchange_format no_own[] = {KITH_EXCHANGE_ANDROID, KITH_EXCHANGE_WINDOWS};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        kith_bond_record bond = keyboard();
        kith_exchange_text text;

        bond.has_ltk = false;
        memset(bond.ltk, 0, 16);
        text = write_text(no_own[i], &bond, 1);
        assert_int_equal(text.written, 0);
        assert_true(says(text.findings, text.finding_count, KITH_EXCHANGE_REFUSED, "no long term key"));
        kith_exchange_text_free(&text);
    }
}

static void a_format_for_one_takes_one(void **state)
{
    kith_bond_record bonds[] = {sensor(), keyboard()};
    kith_exchange_text text;
    char name[60], little[6];

    (void)state;
    assert_int_equal(kith_exchange_write(KITH_EXCHANGE_BLUEZ, bonds, 2, NULL, &text), KITH_ERR_VALUE);
    assert_int_equal(kith_exchange_write(KITH_EXCHANGE_BLUEZ, bonds, 0, NULL, &text), KITH_ERR_VALUE);
    assert_int_equal(kith_exchange_write(KITH_EXCHANGE_NONE, bonds, 1, NULL, &text), KITH_ERR_VALUE);
    assert_int_equal(kith_exchange_file_name(KITH_EXCHANGE_BLUEZ, &bonds[0], name, sizeof name), 40);
    assert_string_equal(name, "5C:F3:70:8B:21:4E/C4:7E:12:9A:0B:D3/info");
    assert_int_equal(kith_exchange_file_name(KITH_EXCHANGE_AIOBLE, NULL, little, sizeof little), 16);
    assert_string_equal(little, "ble_s");
}

static void a_text_of_no_bonds_is_read_as_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < FORMATS; i++) {
        kith_exchange_text text;
        kith_exchange_result got = {0};

        if (kith_exchange_is_for_one(formats[i]))
            continue;
        assert_int_equal(kith_exchange_write(formats[i], NULL, 0, NULL, &text), KITH_OK);
        assert_int_equal(kith_exchange_guess(text.octets, text.len), formats[i]);
        assert_int_equal(kith_exchange_read(formats[i], text.octets, text.len, NULL, &got), KITH_OK);
        assert_int_equal(got.seen, 0);
        kith_exchange_free(&got);
        kith_exchange_text_free(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_have_names),
        cmocka_unit_test(what_is_no_format_is_not_guessed),
        cmocka_unit_test(a_byte_order_mark_is_no_damage),
        cmocka_unit_test(a_text_of_another_format_is_one_clear_error),
        cmocka_unit_test(A24_a_key_that_everybody_knows_is_not_imported),
        cmocka_unit_test(A24_known_irks_and_csrks_are_left_out),
        cmocka_unit_test(B7_an_imported_irk_of_zero_is_none),
        cmocka_unit_test(B7_a_private_address_is_not_imported_as_identity),
        cmocka_unit_test(B7_a_device_is_not_imported_as_its_own_peer),
        cmocka_unit_test(B12_imported_key_sizes_are_7_to_16),
        cmocka_unit_test(legacy_keys_are_never_authenticated),
        cmocka_unit_test(secure_connections_keys_are_authenticated_only_when_told_so),
        cmocka_unit_test(A24_a_known_key_is_not_imported_as_our_own),
        cmocka_unit_test(a_line_that_may_be_cut_short_refuses_its_entry),
        cmocka_unit_test(the_given_local_identity_is_taken_and_told),
        cmocka_unit_test(options_are_judged),
        cmocka_unit_test(of_two_bonds_with_one_peer_the_stronger_is_kept),
        cmocka_unit_test(of_two_that_are_as_strong_the_newer_is_kept),
        cmocka_unit_test(B7_an_imported_irk_that_two_bonds_have_is_told),
        cmocka_unit_test(one_peer_of_two_local_identities_is_two_bonds),
        cmocka_unit_test(of_the_same_bond_the_one_with_more_keys_is_kept),
        cmocka_unit_test(a_bad_text_leaves_what_was_read_before),
        cmocka_unit_test(a_text_that_is_too_long_is_told),
        cmocka_unit_test(too_many_bonds_are_none),
        cmocka_unit_test(bonds_go_from_each_format_into_each_other),
        cmocka_unit_test(what_no_format_can_use_is_not_written),
        cmocka_unit_test(a_format_for_one_takes_one),
        cmocka_unit_test(a_text_of_no_bonds_is_read_as_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
