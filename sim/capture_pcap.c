/* What an antenna in the room would see, as a pcap file.
 *
 * LINKTYPE_BLUETOOTH_LE_LL_WITH_PHDR: a pseudo header of 10 octets, access address, on LE Coded a coding indicator,
 * PDU, CRC.  The file is written little-endian whatever the machine, with times in microseconds of the room's clock. */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#include "internal.h"

enum {
    LINKTYPE = 256,
    SNAP_LEN = 65535,
    PSEUDO_HEADER = 10,
    DEWHITENED = 0x0001,
    SIGNAL_VALID = 0x0002,
    DECRYPTED = 0x0008,
    REFERENCE_VALID = 0x0010,
    AUXILIARY = 0x0080,
    FROM_CENTRAL = 0x0100,
    FROM_PERIPHERAL = 0x0180,
    CRC_CHECKED = 0x0400,
    CRC_VALID = 0x0800,
    MIC_CHECKED = 0x1000,
    MIC_VALID = 0x2000,
    PHY_SHIFT = 14,
    FIRST_PRIMARY_CHANNEL = 37,
    CODED_BY_EIGHT = 0
};

/* The physical channel: advertising sits at both ends of the band and in the gap. */
static uint8_t rf_channel(uint8_t channel)
{
    if (channel == 37)
        return 0;
    if (channel == 38)
        return 12;
    if (channel == 39)
        return 39;
    return (uint8_t)(channel <= 10 ? channel + 1 : channel + 2);
}

static uint16_t flags_of(const kith_sim_frame *frame, bool decrypted)
{
    unsigned flags = DEWHITENED | SIGNAL_VALID | REFERENCE_VALID | CRC_CHECKED | CRC_VALID;

    if (frame->connection != 0)
        flags |= frame->from_central ? FROM_CENTRAL : FROM_PERIPHERAL;
    else if (frame->channel < FIRST_PRIMARY_CHANNEL)
        flags |= AUXILIARY;
    flags |= (unsigned)(frame->phy - SIM_PHY_1M) << PHY_SHIFT;
    if (decrypted && frame->encrypted)
        flags |= DECRYPTED | MIC_CHECKED | MIC_VALID;
    return (uint16_t)flags;
}

static size_t write_pseudo_header(const kith_sim *sim, uint8_t *out, const kith_sim_frame *frame, bool decrypted)
{
    out[0] = rf_channel(frame->channel);
    out[1] = (uint8_t)sim_rssi(sim_find(sim, frame->sender));
    out[2] = 0;
    out[3] = 0;
    bytes_put32(out + 4, frame->access_address);
    bytes_put16(out + 8, flags_of(frame, decrypted));
    bytes_put32(out + PSEUDO_HEADER, frame->access_address);
    out[PSEUDO_HEADER + 4] = CODED_BY_EIGHT;
    return PSEUDO_HEADER + 4 + (frame->phy == SIM_PHY_CODED ? 1 : 0);
}

static void on_frame(void *context, const kith_sim_frame *frame)
{
    const sim_capture *capture = context;
    const uint8_t *pdu = capture->decrypted ? frame->plain : frame->pdu;
    size_t pdu_len = capture->decrypted ? frame->plain_len : frame->len;
    uint8_t record[16 + PSEUDO_HEADER + 4 + 1 + SIM_PDU_MAX + 3];
    size_t len = 16 + write_pseudo_header(capture->sim, record + 16, frame, capture->decrypted);

    memcpy(record + len, pdu, pdu_len);
    bytes_put24(record + len + pdu_len, sim_air_crc(capture->sim->frame_crc_init, pdu, pdu_len));
    len += pdu_len + 3;
    bytes_put32(record, (uint32_t)(frame->time_us / 1000000));
    bytes_put32(record + 4, (uint32_t)(frame->time_us % 1000000));
    bytes_put32(record + 8, (uint32_t)(len - 16));
    bytes_put32(record + 12, (uint32_t)(len - 16));
    (void)fwrite(record, 1, len, capture->file);
}

static void write_file_header(FILE *file)
{
    uint8_t header[24] = {0};

    bytes_put32(header, UINT32_C(0xa1b2c3d4));
    bytes_put16(header + 4, 2);
    bytes_put16(header + 6, 4);
    bytes_put32(header + 16, SNAP_LEN);
    bytes_put32(header + 20, LINKTYPE);
    (void)fwrite(header, 1, sizeof header, file);
}

kith_status kith_sim_capture(kith_sim *sim, FILE *file, bool decrypted)
{
    sim_capture *capture = malloc(sizeof *capture);

    if (capture == NULL || kith_sim_listen(sim, on_frame, capture) != KITH_OK) {
        free(capture);
        return KITH_ERR_FULL;
    }
    capture->sim = sim;
    capture->file = file;
    capture->decrypted = decrypted;
    capture->next = sim->captures;
    sim->captures = capture;
    write_file_header(file);
    return KITH_OK;
}
