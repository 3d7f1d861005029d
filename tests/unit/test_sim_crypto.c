/* Encryption on air against the specification's sample data (Core Vol 6 Part C 1), through the radio's own
 * functions; and the CRC. */
#include "test_sim_support.h"

#include "../../sim/internal.h"

static const uint8_t LTK[16] = {0xbf, 0x01, 0xfb, 0x9d, 0x4e, 0xf3, 0xbc, 0x36,
                                0xd8, 0x74, 0xf5, 0x39, 0x41, 0x38, 0x68, 0x4c};
static const uint8_t SKD[16] = {0x13, 0x02, 0xf1, 0xe0, 0xdf, 0xce, 0xbd, 0xac,
                                0x79, 0x68, 0x57, 0x46, 0x35, 0x24, 0x13, 0x02};
static const uint8_t IV[8] = {0x24, 0xab, 0xdc, 0xba, 0xbe, 0xba, 0xaf, 0xde};
static const uint8_t SESSION_KEY[16] = {0x99, 0xad, 0x1b, 0x52, 0x26, 0xa3, 0x7e, 0x3e,
                                        0x05, 0x8e, 0x3b, 0x8e, 0x27, 0xc2, 0xc6, 0x66};
static const uint8_t START_ENC_RSP[1] = {0x06};

/* LL_DATA1 and LL_DATA2 */
static const uint8_t DATA_1[27] = {0x17, 0x00, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e,
                                   0x6f, 0x70, 0x71, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x30};
static const uint8_t DATA_1_AIR[31] = {0x7a, 0x70, 0xd6, 0x64, 0x15, 0x22, 0x6d, 0xf2, 0x6b, 0x17, 0x83,
                                       0x9a, 0x06, 0x04, 0x05, 0x59, 0x6b, 0xd6, 0x56, 0x4f, 0x79, 0x6b,
                                       0x5b, 0x9c, 0xe6, 0xff, 0x32, 0xf7, 0x5a, 0x6d, 0x33};
static const uint8_t DATA_2[27] = {0x17, 0x00, 0x37, 0x36, 0x35, 0x34, 0x33, 0x32, 0x31, 0x30, 0x41, 0x42, 0x43, 0x44,
                                   0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f, 0x50, 0x51};
static const uint8_t DATA_2_AIR[31] = {0xf3, 0x88, 0x81, 0xe7, 0xbd, 0x94, 0xc9, 0xc3, 0x69, 0xb9, 0xa6,
                                       0x68, 0x46, 0xdd, 0x47, 0x86, 0xaa, 0x8c, 0x39, 0xce, 0x54, 0x0d,
                                       0x0d, 0xae, 0x3a, 0xdc, 0xdf, 0x89, 0xb9, 0x60, 0x88};

static sim_session sample(kith_crypto_port *crypto)
{
    sim_session session;

    assert_int_equal(kith_openssl_port(crypto), KITH_OK);
    assert_int_equal(sim_session_make(crypto, LTK, SKD, IV, &session), KITH_OK);
    return session;
}

static void session_key_is_the_samples(void **state)
{
    kith_crypto_port crypto;
    sim_session session = sample(&crypto);

    (void)state;
    assert_memory_equal(session.key, SESSION_KEY, 16);
}

static void central_seals_as_in_the_sample(void **state)
{
    static const uint8_t rsp_air[5] = {0x9f, 0xcd, 0xa7, 0xf4, 0x48};
    kith_crypto_port crypto;
    sim_session session = sample(&crypto);
    uint8_t air[31];

    (void)state;
    assert_int_equal(sim_session_seal(&crypto, &session, true, 0x0f, START_ENC_RSP, 1, air), KITH_OK);
    assert_memory_equal(air, rsp_air, 5);
    assert_int_equal(sim_session_seal(&crypto, &session, true, 0x0e, DATA_1, 27, air), KITH_OK);
    assert_memory_equal(air, DATA_1_AIR, 31);
}

static void peripheral_seals_as_in_the_sample(void **state)
{
    static const uint8_t rsp_air[5] = {0xa3, 0x4c, 0x13, 0xa4, 0x15};
    kith_crypto_port crypto;
    sim_session session = sample(&crypto);
    uint8_t air[31];

    (void)state;
    assert_int_equal(sim_session_seal(&crypto, &session, false, 0x07, START_ENC_RSP, 1, air), KITH_OK);
    assert_memory_equal(air, rsp_air, 5);
    assert_int_equal(sim_session_seal(&crypto, &session, false, 0x06, DATA_2, 27, air), KITH_OK);
    assert_memory_equal(air, DATA_2_AIR, 31);
}

static void opens_the_sample_and_refuses_it_altered(void **state)
{
    kith_crypto_port crypto;
    sim_session session = sample(&crypto);
    uint8_t air[31];
    uint8_t plain[27];

    (void)state;
    session.rx_counter = 1;
    assert_int_equal(sim_session_open(&crypto, &session, true, 0x0e, DATA_1_AIR, 31, plain), KITH_OK);
    assert_memory_equal(plain, DATA_1, 27);
    for (size_t i = 0; i < 31; i++) {
        memcpy(air, DATA_1_AIR, 31);
        air[i] ^= 1;
        session.rx_counter = 1;
        assert_int_not_equal(sim_session_open(&crypto, &session, true, 0x0e, air, 31, plain), KITH_OK);
    }
    session.rx_counter = 1;
    assert_int_not_equal(sim_session_open(&crypto, &session, false, 0x0e, DATA_1_AIR, 31, plain), KITH_OK);
    session.rx_counter = 2;
    assert_int_not_equal(sim_session_open(&crypto, &session, true, 0x0e, DATA_1_AIR, 31, plain), KITH_OK);
}

/* Flow bits of the header change with each repetition; LLID does not. */
static void only_flow_bits_are_outside_the_mic(void **state)
{
    kith_crypto_port crypto;
    sim_session session = sample(&crypto);
    uint8_t plain[27];

    (void)state;
    for (unsigned bit = 0; bit < 8; bit++) {
        bool flow = bit >= 2 && bit <= 4;
        uint8_t header = (uint8_t)(0x0e ^ 1 << bit);

        session.rx_counter = 1;
        assert_int_equal(sim_session_open(&crypto, &session, true, header, DATA_1_AIR, 31, plain) == KITH_OK, flow);
    }
}

/* As Wireshark computes it for a captured ADV_DIRECT_IND and ADV_IND; octets as on air. */
static void crc_is_what_a_sniffer_computes(void **state)
{
    static const uint8_t directed[] = {0x01, 0x0c, 0x03, 0, 0, 0, 0, 0xc0, 0x02, 0, 0, 0, 0, 0xc0};
    static const uint8_t general[] = {0x00, 0x0f, 0x01, 0,    0,    0,    0,    0xc0, 0x02,
                                      0x01, 0x06, 0x05, 0x09, 0x6b, 0x69, 0x74, 0x68};

    (void)state;
    assert_int_equal(sim_air_crc(SIM_ADVERTISING_CRC_INIT, directed, sizeof directed), 0x683a76);
    assert_int_equal(sim_air_crc(SIM_ADVERTISING_CRC_INIT, general, sizeof general), 0xdae34f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(session_key_is_the_samples),         cmocka_unit_test(central_seals_as_in_the_sample),
        cmocka_unit_test(peripheral_seals_as_in_the_sample),  cmocka_unit_test(opens_the_sample_and_refuses_it_altered),
        cmocka_unit_test(only_flow_bits_are_outside_the_mic), cmocka_unit_test(crc_is_what_a_sniffer_computes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
