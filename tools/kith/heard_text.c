/* What an advertiser says is a stranger's: nothing of it is printed but printable ASCII and hex. */
#include <stdio.h>
#include <string.h>

#include "company_name.h"
#include "event_json_gap.h"
#include "heard_text.h"
#include "kith/ad.h"
#include "sentence_gap.h"
#include "uuid_name.h"

enum { STRENGTH_UNKNOWN = 127, SID_NONE = 0xff, RAW_LINE = 2 * 255 + 64 };

typedef struct {
    char *text;
    size_t len;
    const char *between; /* before the next part */
} line;

static void put(line *l, const char *text)
{
    size_t room = HEARD_LINE - 1 - l->len, len = strlen(text);

    len = len < room ? len : room;
    memcpy(l->text + l->len, text, len);
    l->len += len;
    l->text[l->len] = '\0';
}

static void put_part(line *l, const char *before, const char *text, const char *after)
{
    put(l, l->between);
    put(l, before);
    put(l, text);
    put(l, after);
    l->between = "; ";
}

static bool is_anonymous(const heard_one *one)
{
    static const kith_address none;

    return memcmp(one->address.octets, none.octets, sizeof none.octets) == 0;
}

static const char *kind_name(const heard_one *one)
{
    static const char *const names[] = {
        [KITH_ADDRESS_KIND_PUBLIC] = "public",         [KITH_ADDRESS_KIND_STATIC] = "static",
        [KITH_ADDRESS_KIND_RESOLVABLE] = "resolvable", [KITH_ADDRESS_KIND_NON_RESOLVABLE] = "non-resolvable",
        [KITH_ADDRESS_KIND_RESERVED] = "reserved",
    };

    return is_anonymous(one) ? "anonymous" : names[kith_address_kind_of(&one->address)];
}

static const char *use_name(const heard_one *one)
{
    if (one->directed)
        return "directed";
    return one->connectable ? "connectable" : one->scannable ? "scannable" : "broadcasts";
}

static void put_head(line *l, const heard_one *one)
{
    char address[KITH_ADDRESS_TEXT], kind[24], head[96], strength[12] = "    ?";

    if (one->rssi != STRENGTH_UNKNOWN)
        (void)snprintf(strength, sizeof strength, "%5d", one->rssi);
    (void)snprintf(kind, sizeof kind, "(%s)", kind_name(one));
    (void)snprintf(head, sizeof head, "%s dBm  %s %-16s  %-11s", strength, kith_address_format(&one->address, address),
                   kind, use_name(one));
    put(l, head);
}

static void put_services(line *l, const heard_one *one)
{
    char text[KITH_UUID_TEXT];

    for (uint8_t i = 0; i < one->service_count; i++) {
        const char *name = uuid_name(&one->services[i]);

        put_part(l, "", name != NULL ? name : kith_uuid_format(&one->services[i], text), "");
    }
    if (one->more_services)
        put_part(l, "more services", "", "");
}

static void put_company(line *l, const heard_one *one)
{
    const char *name = company_name(one->company);
    char number[16];

    if (!one->has_company)
        return;
    (void)snprintf(number, sizeof number, "%04x", one->company);
    put_part(l, name != NULL ? "" : "company ", name != NULL ? name : number, "");
}

static void put_claim(line *l, const heard_one *one)
{
    char number[16];

    if (one->claimed == 0)
        return;
    (void)snprintf(number, sizeof number, "%u", (unsigned)one->claimed);
    put_part(l, "claims peer ", number, "");
}

static void put_extended(line *l, const heard_one *one)
{
    bool is_one = one->secondary_phy == 0 || one->secondary_phy == one->primary_phy;
    char text[64];

    if (!one->extended)
        return;
    (void)snprintf(text, sizeof text, "extended, %s%s%s", phy_name(one->primary_phy), is_one ? "" : "/",
                   is_one ? "" : phy_name(one->secondary_phy));
    put_part(l, text, "", "");
    if (one->sid != SID_NONE) {
        (void)snprintf(text, sizeof text, "set %u", one->sid);
        put_part(l, text, "", "");
    }
    if (one->is_cut)
        put_part(l, "says more than was taken", "", "");
}

char *heard_line(const heard_one *one, char text[HEARD_LINE])
{
    line l = {text, 0, "  "};

    text[0] = '\0';
    put_head(&l, one);
    if (one->has_name)
        put_part(&l, "'", one->name, "'");
    put_services(&l, one);
    put_company(&l, one);
    put_extended(&l, one);
    put_claim(&l, one);
    while (l.len > 0 && text[l.len - 1] == ' ')
        text[--l.len] = '\0';
    return text;
}

/* ---- for programs ---- */

static json_t *services_json(const heard_one *one)
{
    json_t *all = json_array();
    char text[KITH_UUID_TEXT];

    for (uint8_t i = 0; i < one->service_count; i++) {
        json_t *service = json_pack("{s:s}", "uuid", kith_uuid_format(&one->services[i], text));
        const char *name = uuid_name(&one->services[i]);

        if (name != NULL)
            set_text(service, "name", name);
        (void)json_array_append_new(all, service);
    }
    return all;
}

static void set_said(json_t *o, const heard_one *one)
{
    const char *company = company_name(one->company);

    if (one->has_name)
        set_text(o, "name", one->name);
    (void)json_object_set_new(o, "services", services_json(one));
    if (one->more_services)
        set_flag(o, "more_services", true);
    if (one->has_company)
        set_number(o, "company", one->company);
    if (one->has_company && company != NULL)
        set_text(o, "company_name", company);
    if (one->has_appearance)
        set_number(o, "appearance", one->appearance);
    set_strength(o, "tx_power", one->tx_power);
}

static void set_extended(json_t *o, const heard_one *one)
{
    set_flag(o, "extended", one->extended);
    if (!one->extended)
        return;
    if (one->sid != SID_NONE)
        set_number(o, "sid", one->sid);
    set_text(o, "primary_phy", phy_name(one->primary_phy));
    if (one->secondary_phy != 0)
        set_text(o, "secondary_phy", phy_name(one->secondary_phy));
    set_flag(o, "is_cut", one->is_cut);
}

json_t *heard_json(const heard_one *one)
{
    json_t *o = json_pack("{s:s}", "event", "advertiser");

    if (!is_anonymous(one))
        set_address(o, "address", "address_type", &one->address);
    set_text(o, "address_kind", kind_name(one));
    if (one->claimed != 0)
        set_number(o, "claimed_peer", one->claimed);
    set_strength(o, "rssi", one->rssi);
    set_flag(o, "connectable", one->connectable);
    set_flag(o, "scannable", one->scannable);
    set_flag(o, "directed", one->directed);
    set_said(o, one);
    set_extended(o, one);
    set_number(o, "reports", one->reports);
    if (one->advertised.octets != NULL)
        set_hex(o, "data", one->advertised.octets, one->advertised.len);
    if (one->response.octets != NULL)
        set_hex(o, "scan_response", one->response.octets, one->response.len);
    return o;
}

/* ---- raw ---- */

static void raw_of(const char *what, const heard_data *data, void (*take)(const void *context, const char *line),
                   const void *context)
{
    size_t at = 0;
    kith_ad ad;

    while (data->octets != NULL && kith_ad_next(data->octets, data->len, &at, &ad)) {
        char text[RAW_LINE];
        int len = snprintf(text, sizeof text, "             %s %02x: ", what, ad.type);

        for (uint8_t i = 0; i < ad.len; i++)
            len += snprintf(text + len, sizeof text - (size_t)len, "%02x", ad.value[i]);
        take(context, text);
    }
}

void heard_raw(const heard_one *one, void (*take)(const void *context, const char *line), const void *context)
{
    raw_of("data", &one->advertised, take, context);
    raw_of("scan response", &one->response, take, context);
}
