/* Events in words.  A table from kind to writer; verdicts describe themselves. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "kith/codec/att.h"
#include "sentence_gap.h"

void add(writer *w, const char *format, ...)
{
    va_list arguments;
    int len;

    va_start(arguments, format);
    len = vsnprintf(w->text + w->len, SENTENCE_MAX - w->len, format, arguments);
    va_end(arguments);
    if (len > 0)
        w->len += (size_t)len < SENTENCE_MAX - w->len ? (size_t)len : SENTENCE_MAX - 1 - w->len;
}

const char *address_type_name(const kith_address *address)
{
    return address->type == KITH_ADDRESS_PUBLIC ? "public" : "random";
}

const char *core_version_name(uint8_t hci_version)
{
    static const char *const names[] = {"1.0b", "1.1", "1.2", "2.0", "2.1", "3.0", "4.0", "4.1",
                                        "4.2",  "5.0", "5.1", "5.2", "5.3", "5.4", "6.0"};

    return hci_version < sizeof names / sizeof names[0] ? names[hci_version] : "unknown";
}

void add_address(writer *w, const kith_address *address)
{
    char text[KITH_ADDRESS_TEXT];

    add(w, "%s (%s)", kith_address_format(address, text), address_type_name(address));
}

static void add_lacks(writer *w, uint32_t lacks)
{
    for (const char *before = " "; lacks != 0; lacks &= lacks - 1, before = ", ")
        add(w, "%s%s", before, kith_lack_name(lacks));
}

static void on_store_loaded(writer *w, const kith_event *e)
{
    const kith_event_store *s = &e->store;

    if (s->fresh)
        add(w, "The store was empty: this device has an identity of its own now.");
    else
        add(w, "The store holds %u %s.", (unsigned)s->bonds, s->bonds == 1 ? "bond" : "bonds");
    if (s->torn != 0)
        add(w, " %u unfinished %s undone; what stood before stands.", (unsigned)s->torn,
            s->torn == 1 ? "write was" : "writes were");
    if (s->damaged != 0)
        add(w, " %u of its records cannot be believed.", (unsigned)s->damaged);
}

static void add_others(writer *w, uint32_t bonds)
{
    if (bonds != 0)
        add(w, " Made under another address of this device: %u %s, whose peers will not know it.", (unsigned)bonds,
            bonds == 1 ? "bond" : "bonds");
}

static void on_ready(writer *w, const kith_event *e)
{
    add(w, "The controller is up: ");
    add_address(w, &e->ready.address);
    add(w, ", Core %s, %u buffers of %u octets.", core_version_name(e->ready.hci_version), e->ready.acl_packets,
        e->ready.acl_len);
    if (e->ready.lacks != 0) {
        add(w, " It lacks, and nothing here needs:");
        add_lacks(w, e->ready.lacks);
        add(w, ".");
    }
    add_others(w, e->ready.other_identity);
}

static void on_start_failed(writer *w, const kith_event *e)
{
    const kith_event_start_failed *f = &e->start_failed;

    add(w, f->store ? "The store could not be loaded: " : "The controller did not start: ");
    if (f->lacks != 0) {
        add(w, "it lacks");
        add_lacks(w, f->lacks);
    } else if (f->hci_status != 0) {
        add(w, "it answered command 0x%04x with \"%s\" (0x%02x)", f->opcode, kith_hci_status_name(f->hci_status),
            f->hci_status);
    } else if (f->status == KITH_ERR_IO && f->opcode != 0) {
        add(w, "it did not answer command 0x%04x", f->opcode);
    } else {
        add(w, "%s", kith_status_name(f->status));
    }
    add(w, ".");
}

static void on_lost(writer *w, const kith_event *e)
{
    if (e->lost.opcode != 0)
        add(w, "The controller was lost: it did not answer command 0x%04x.", e->lost.opcode);
    else
        add(w, "The controller was lost: hardware error 0x%02x.", e->lost.hardware_code);
}

void make_harmless(char *name)
{
    for (; *name != '\0'; name++)
        if ((unsigned char)*name < ' ' || (unsigned char)*name > '~')
            *name = '?';
}

static void on_consent(writer *w, const kith_event *e)
{
    add(w, e->consent.identity_given ? "It turns out who it is. May " : "May ");
    add_address(w, &e->consent.peer);
    add(w, e->consent.again ? " pair again? A bond with it stands. [yes/no]" : " pair? [yes/no]");
}

static void on_comparison(writer *w, const kith_event *e)
{
    add(w, "Does the other device show %06u? [yes/no]", (unsigned)e->comparison.number);
}

static void on_passkey_shown(writer *w, const kith_event *e)
{
    add(w, "Type this on the other device: %06u", (unsigned)e->passkey.passkey);
}

static void on_passkey_wanted(writer *w, const kith_event *e)
{
    add(w, e->passkey.both_type ? "Which six digits did you agree on? [digits/no]"
                                : "Which six digits does the other device show? [digits/no]");
}

static void on_keypress(writer *w, const kith_event *e)
{
    static const char *const words[] = {"begins to type", "typed a digit", "erased a digit", "erased all",
                                        "has typed the passkey"};

    add(w, "The other device's user %s.", words[e->keypress.key]);
}

static void on_oob_wanted(writer *w, const kith_event *e)
{
    add(w, "Pairing by data that came another way: is there any from ");
    add_address(w, &e->oob_wanted.peer);
    add(w, "?");
}

/* The data itself is secret, and in no sentence. */
static void on_oob_ready(writer *w, const kith_event *e)
{
    if (e->oob.status == KITH_OK)
        add(w, "Our out of band data is made: for one pairing, to be carried to the other device.");
    else
        add(w, "No out of band data could be made: %s.", kith_status_name(e->oob.status));
}

static void on_key(writer *w, const kith_event *e)
{
    static const char *const whose[] = {"The peer has our ", "We have the peer's "};
    const char *key = e->key.key == KITH_KEY_ENC  ? "long term key"
                      : e->key.key == KITH_KEY_ID ? "identity key"
                                                  : "signing key";

    add(w, "%s%s.", whose[e->key.taken], key);
}

static void on_identity(writer *w, const kith_event *e)
{
    static const char *const done[] = {"was made", "was changed", "is gone"};
    static const char *const not_done[] = {"was not made", "was not changed", "could not be removed"};
    const kith_event_identity *i = &e->identity;
    char address[KITH_ADDRESS_TEXT];

    add(w, "Identity %u of this device %s", i->number,
        i->status == KITH_OK ? done[i->operation] : not_done[i->operation]);
    if (i->status != KITH_OK)
        add(w, ": %s.", kith_status_name(i->status));
    else
        add(w, ": %s.", kith_address_format(&i->address, address));
    add_others(w, i->other_identity);
}

static void on_reset(writer *w, const kith_event *e)
{
    if (e->reset.status == KITH_OK)
        add(w, "Factory reset: all bonds and our identity are destroyed.");
    else
        add(w, "Factory reset failed, the store may still hold keys: %s.", kith_status_name(e->reset.status));
}

static void on_security(writer *w, const kith_event *e)
{
    if (e->security.key_size == 0)
        add(w, "The link is not encrypted.");
    else
        add(w, "The link is encrypted: level %d (%s), key of %u octets, %s.", (int)e->security.level,
            kith_level_name(e->security.level), e->security.key_size,
            e->security.secure_connections ? "Secure Connections" : "legacy pairing");
}

static void on_payload_timeout(writer *w, const kith_event *e)
{
    (void)e;
    add(w, "For a while nothing came that only the peer can have sent: it may be gone, and somebody else keep the link "
           "alive.");
}

static void on_verdict(writer *w, const kith_event *e)
{
    const kith_verdict *v = &e->verdict;

    (void)kith_verdict_describe(v, w->text + w->len, SENTENCE_MAX - w->len);
    w->len += strlen(w->text + w->len);
    if (v->attempt == KITH_ATTEMPT_PAIRING && v->succeeded)
        add(w, " By %s, level %d (%s), key of %u octets.", kith_method_name(v->method), (int)v->level,
            kith_level_name(v->level), v->key_size);
    if (v->attempt != KITH_ATTEMPT_BOND && v->succeeded && v->numbers_unseen)
        add(w, " Nobody compared the numbers: somebody may sit in the middle.");
    if (v->attempt != KITH_ATTEMPT_BOND && v->succeeded && v->key_kind == KITH_KEY_KIND_LEGACY)
        add(w, " Legacy pairing: who listened to it can read this link.");
    if (v->attempt == KITH_ATTEMPT_BOND && v->succeeded && e->peer != 0)
        add(w, " It is peer %u.", (unsigned)e->peer);
    if (v->irk_shared)
        add(w, " Another bond has the same identity key: a private address will name neither.");
}

static void on_read_wanted(writer *w, const kith_event *e)
{
    add(w, "The peer reads handle 0x%04x.", e->attribute.handle);
}

static void on_write(writer *w, const kith_event *e)
{
    add(w, "The peer writes %u octets to handle 0x%04x.", e->attribute.len, e->attribute.handle);
}

static void on_value_written(writer *w, const kith_event *e)
{
    add(w, "The peer has written %u octets to handle 0x%04x.", e->attribute.len, e->attribute.handle);
}

static void on_authorization(writer *w, const kith_event *e)
{
    bool writes = e->attribute.opcode == KITH_ATT_WRITE_REQUEST ||
                  e->attribute.opcode == KITH_ATT_PREPARE_WRITE_REQUEST ||
                  e->attribute.opcode == KITH_ATT_EXECUTE_WRITE_REQUEST;

    add(w, "May the peer %s handle 0x%04x? [yes/no]", writes ? "write" : "read", e->attribute.handle);
}

static void on_subscribed(writer *w, const kith_event *e)
{
    static const char *const words[] = {"nothing more", "notifications", "indications",
                                        "notifications and indications"};
    const char *wants = words[e->subscription.bits & (KITH_SUBSCRIBED_NOTIFY | KITH_SUBSCRIBED_INDICATE)];

    if (e->subscription.restored)
        add(w, "What the peer had subscribed to is in force again: %s.", wants);
    else
        add(w, "The peer wants %s of handle 0x%04x.", wants, e->subscription.handle);
}

static void on_indicated(writer *w, const kith_event *e)
{
    if (e->indicated.result == KITH_GATT_OK)
        add(w, "The peer has confirmed the value of handle 0x%04x.", e->indicated.handle);
    else
        add(w, "The peer did not confirm the value of handle 0x%04x: %s.", e->indicated.handle,
            kith_gatt_result_name(e->indicated.result));
}

static void add_found(writer *w, unsigned count, const char *one, const char *more)
{
    add(w, "Found %u %s.", count, count == 1 ? one : more);
}

static void on_services(writer *w, const kith_event *e)
{
    add_found(w, e->list.count, "service", "services");
}

static void on_includes(writer *w, const kith_event *e)
{
    add_found(w, e->list.count, "included service", "included services");
}

static void on_characteristics(writer *w, const kith_event *e)
{
    add_found(w, e->characteristics.count, "characteristic", "characteristics");
}

static void on_descriptors(writer *w, const kith_event *e)
{
    add_found(w, e->list.count, "descriptor", "descriptors");
}

static void on_values(writer *w, const kith_event *e)
{
    add_found(w, e->list.count, "value", "values");
}

static void on_gatt_end(writer *w, const kith_event *e)
{
    const kith_event_gatt *g = &e->gatt;

    if (g->result == KITH_GATT_ATT_ERROR)
        add(w, "The peer refused: %s (0x%02x), handle 0x%04x.", kith_att_error_name(g->att_error), g->att_error,
            g->handle);
    else if (g->result != KITH_GATT_OK)
        add(w, "It failed: %s.", kith_gatt_result_name(g->result));
    else if (e->kind == KITH_EVENT_MTU)
        add(w, "The MTU is %u.", g->mtu);
    else if (e->kind == KITH_EVENT_DISCOVERED)
        add(w, "It was looked through.");
    else
        add(w, "Done: %u octets.", g->len);
}

static void on_notified(writer *w, const kith_event *e)
{
    add(w, "The peer %s %u octets of handle 0x%04x.", e->notified.indicated ? "indicates" : "notifies", e->notified.len,
        e->notified.handle);
}

static void on_table_changed(writer *w, const kith_event *e)
{
    add(w, "The peer has changed what it has at handles 0x%04x to 0x%04x: what was found there is not valid any more.",
        e->table.first, e->table.last);
}

static void (*const writers[])(writer *w, const kith_event *e) = {
    [KITH_EVENT_STORE_LOADED] = on_store_loaded,
    [KITH_EVENT_READY] = on_ready,
    [KITH_EVENT_START_FAILED] = on_start_failed,
    [KITH_EVENT_CONTROLLER_LOST] = on_lost,
    [KITH_EVENT_CONSENT_WANTED] = on_consent,
    [KITH_EVENT_COMPARISON_WANTED] = on_comparison,
    [KITH_EVENT_PASSKEY_SHOWN] = on_passkey_shown,
    [KITH_EVENT_PASSKEY_WANTED] = on_passkey_wanted,
    [KITH_EVENT_KEYPRESS] = on_keypress,
    [KITH_EVENT_OOB_WANTED] = on_oob_wanted,
    [KITH_EVENT_OOB_READY] = on_oob_ready,
    [KITH_EVENT_KEY] = on_key,
    [KITH_EVENT_SECURITY_CHANGED] = on_security,
    [KITH_EVENT_PAYLOAD_TIMEOUT] = on_payload_timeout,
    [KITH_EVENT_PAIRED] = on_verdict,
    [KITH_EVENT_PAIRING_FAILED] = on_verdict,
    [KITH_EVENT_ENCRYPTED] = on_verdict,
    [KITH_EVENT_ENCRYPTION_FAILED] = on_verdict,
    [KITH_EVENT_BONDED] = on_verdict,
    [KITH_EVENT_BOND_FAILED] = on_verdict,
    [KITH_EVENT_IDENTITY] = on_identity,
    [KITH_EVENT_RESET] = on_reset,
    [KITH_EVENT_READ_WANTED] = on_read_wanted,
    [KITH_EVENT_WRITE_WANTED] = on_write,
    [KITH_EVENT_WRITE_COMMAND] = on_write,
    [KITH_EVENT_AUTHORIZATION_WANTED] = on_authorization,
    [KITH_EVENT_VALUE_WRITTEN] = on_value_written,
    [KITH_EVENT_SUBSCRIBED] = on_subscribed,
    [KITH_EVENT_INDICATED] = on_indicated,
    [KITH_EVENT_SERVICES] = on_services,
    [KITH_EVENT_INCLUDES] = on_includes,
    [KITH_EVENT_DESCRIPTORS] = on_descriptors,
    [KITH_EVENT_CHARACTERISTICS] = on_characteristics,
    [KITH_EVENT_VALUES] = on_values,
    [KITH_EVENT_DISCOVERED] = on_gatt_end,
    [KITH_EVENT_READ] = on_gatt_end,
    [KITH_EVENT_WRITTEN] = on_gatt_end,
    [KITH_EVENT_SUBSCRIPTION_WRITTEN] = on_gatt_end,
    [KITH_EVENT_NOTIFIED] = on_notified,
    [KITH_EVENT_TABLE_CHANGED] = on_table_changed,
    [KITH_EVENT_MTU] = on_gatt_end,
};

char *sentence_of(const kith_event *event, char text[SENTENCE_MAX])
{
    writer w = {text, 0};
    size_t kind = (size_t)event->kind;

    text[0] = '\0';
    if (kind < sizeof writers / sizeof writers[0] && writers[kind] != NULL)
        writers[kind](&w, event);
    else if (!sentence_of_gap(&w, event) && !sentence_of_peers(&w, event))
        add(&w, "%s", kith_event_name(event->kind));
    return text;
}
