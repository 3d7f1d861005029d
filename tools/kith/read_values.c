/* Finds all that is meant, then reads one after the other.  One that fails does not keep the others. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "read_values.h"
#include "trouble_att.h"
#include "value_text.h"

enum { SENTENCE = VALUE_TEXT + TARGET_LABEL + 16 };

void read_values_init(read_values *r, const what *whats, size_t count)
{
    memset(r, 0, sizeof *r);
    targets_init(&r->targets, whats, count);
    r->targets.takes_each = true;
    r->raw_fd = -1;
}

void read_values_close(read_values *r)
{
    targets_close(&r->targets);
    if (r->raw_fd >= 0)
        (void)close(r->raw_fd);
}

/* ---- one value ---- */

static errand_result put_raw(const read_values *r, const uint8_t *octets, size_t len)
{
    while (len > 0) {
        ssize_t done = write(r->raw_fd, octets, len);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0) {
            (void)complain("the value could not be written to stdout: %s", strerror(errno));
            return ERRAND_FAILED;
        }
        octets += done;
        len -= (size_t)done;
    }
    return ERRAND_GOES_ON;
}

static void tell(const read_values *r, const errand_site *site, const kith_event_gatt *g)
{
    const target *t = &r->targets.found[r->at];
    char label[TARGET_LABEL], text[VALUE_TEXT], sentence[SENTENCE];
    json_t *o = json_pack("{s:s}", "event", "value");

    target_add(o, &r->targets, t);
    value_add(o, g->value, g->len);
    (void)snprintf(sentence, sizeof sentence, "%s is %s.", target_label(t, label),
                   value_describe(g->value, g->len, text));
    report_record(site->report, o, sentence);
}

static const char *not_read(const read_values *r, char text[TARGET_LABEL + 16])
{
    char label[TARGET_LABEL];

    (void)snprintf(text, TARGET_LABEL + 16, "%s was not read", target_label(&r->targets.found[r->at], label));
    return text;
}

/* ---- steps ---- */

static errand_result read_next(read_values *r, const errand_site *site)
{
    char text[TARGET_LABEL + 16];
    kith_status status;

    r->is_reading = true;
    if (r->at == r->targets.count)
        return r->failed || r->targets.missed ? ERRAND_FAILED : ERRAND_DONE;
    status = kith_gatt_read(site->host, site->link, r->targets.found[r->at].handle);
    if (status == KITH_OK)
        return ERRAND_GOES_ON;
    trouble_call(site, not_read(r, text), status);
    return ERRAND_FAILED;
}

static errand_result on_read(read_values *r, const errand_site *site, const kith_event_gatt *g)
{
    char text[TARGET_LABEL + 16];
    errand_result result = ERRAND_GOES_ON;

    if (g->result != KITH_GATT_OK) {
        trouble_att(site, not_read(r, text), g);
        r->failed = true;
    } else if (r->raw_fd >= 0) {
        result = put_raw(r, g->value, g->len);
    } else {
        tell(r, site, g);
    }
    if (result != ERRAND_GOES_ON || g->result == KITH_GATT_TIMEOUT)
        return ERRAND_FAILED;
    r->at++;
    return read_next(r, site);
}

static errand_result when_found(read_values *r, const errand_site *site, errand_result result)
{
    return result == ERRAND_DONE ? read_next(r, site) : result;
}

static errand_result begin(void *self, const errand_site *site)
{
    read_values *r = self;

    return when_found(r, site, targets_begin(&r->targets, site));
}

static errand_result on_event(void *self, const errand_site *site, const kith_event *e)
{
    read_values *r = self;

    if (!r->is_reading)
        return when_found(r, site, targets_on_event(&r->targets, site, e));
    return e->kind == KITH_EVENT_READ ? on_read(r, site, &e->gatt) : ERRAND_GOES_ON;
}

const errand read_values_errand = {.doing = "reading from", .patience_s = 180, .begin = begin, .on_event = on_event};
