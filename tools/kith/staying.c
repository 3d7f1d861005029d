/* Tells how the link began, asks for another PHY, and looks now and then how strongly the peer is heard. */
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "kith/port/posix.h"
#include "staying.h"

enum { RSSI_EVERY_US = 2 * 1000 * 1000, WORTH_TELLING_DB = 5, NEVER_TOLD = 1000, SENTENCE = 256 };

void staying_init(staying *s, unsigned time_s, uint8_t phys)
{
    *s = (staying){.time_s = time_s, .phys = phys, .until_us = UINT64_MAX, .told_rssi = NEVER_TOLD};
}

static void tell_link(const errand_site *site)
{
    const kith_event_connected *c = &site->connected;
    kith_event_security security = {.level = KITH_LEVEL_NONE};
    unsigned hundredths = c->interval_1250us * 125u;
    char sentence[SENTENCE];

    if (kith_security_of(site->host, site->link, &security) != KITH_OK)
        return;
    (void)snprintf(sentence, sizeof sentence, "The link: every %u.%02u ms, latency %u, timeout %u ms; level %d (%s).",
                   hundredths / 100, hundredths % 100, c->latency, c->timeout_10ms * 10u, (int)security.level,
                   kith_level_name(security.level));
    report_record(site->report,
                  json_pack("{s:s,s:I,s:I,s:I,s:I,s:i,s:s,s:i}", "event", "link", "link", (json_int_t)site->link,
                            "interval_1250us", (json_int_t)c->interval_1250us, "latency", (json_int_t)c->latency,
                            "timeout_10ms", (json_int_t)c->timeout_10ms, "level", (int)security.level, "level_name",
                            kith_level_name(security.level), "key_size", (int)security.key_size),
                  sentence);
}

static void read_rssi(staying *s, const errand_site *site, uint64_t now_us)
{
    kith_status status = kith_gap_read_rssi(site->host, site->link);

    s->reads_rssi = status == KITH_OK;
    s->next_rssi_us = status == KITH_ERR_UNSUPPORTED ? UINT64_MAX : now_us + RSSI_EVERY_US;
}

static errand_result ask_phy(const staying *s, const errand_site *site)
{
    kith_status status = s->phys == 0 ? KITH_OK : kith_gap_set_phy(site->host, site->link, s->phys, s->phys);

    if (status == KITH_OK)
        return ERRAND_GOES_ON;
    if (status == KITH_ERR_UNSUPPORTED)
        (void)complain("this controller has not the PHY that --phy wants");
    else
        (void)complain("the PHY could not be asked for: %s", kith_status_name(status));
    return ERRAND_FAILED;
}

static errand_result begin(void *self, const errand_site *site)
{
    staying *s = self;
    uint64_t now_us = kith_posix_now();

    if (s->time_s != 0)
        s->until_us = now_us + UINT64_C(1000000) * s->time_s;
    tell_link(site);
    read_rssi(s, site, now_us);
    return ask_phy(s, site);
}

/* Programs are told each of them anyway. */
static void on_rssi(staying *s, const errand_site *site, const kith_event *e)
{
    s->reads_rssi = false;
    if (site->report->json || (e->rssi.hci_status == 0 && abs(e->rssi.rssi - s->told_rssi) < WORTH_TELLING_DB))
        return;
    report_event(site->report, site->host, e, NULL);
    s->told_rssi = e->rssi.rssi;
    if (e->rssi.hci_status != 0)
        s->next_rssi_us = UINT64_MAX;
}

static errand_result on_event(void *self, const errand_site *site, const kith_event *e)
{
    if (e->kind == KITH_EVENT_RSSI)
        on_rssi(self, site, e);
    return ERRAND_GOES_ON;
}

static errand_result turn(void *self, const errand_site *site, uint64_t now_us)
{
    staying *s = self;

    if (now_us >= s->until_us)
        return ERRAND_DONE;
    if (!s->reads_rssi && now_us >= s->next_rssi_us)
        read_rssi(s, site, now_us);
    return ERRAND_GOES_ON;
}

static uint64_t deadline(const void *self)
{
    const staying *s = self;

    return s->reads_rssi || s->until_us < s->next_rssi_us ? s->until_us : s->next_rssi_us;
}

const errand staying_errand = {.doing = "staying with",
                               .tells_link = true,
                               .begin = begin,
                               .on_event = on_event,
                               .turn = turn,
                               .deadline = deadline};
