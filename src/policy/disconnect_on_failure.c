/* Disconnect on failure: which ends of pairings and encryptions end the link, too. */
#include "kith/policy/disconnect_on_failure.h"

#include "kith/codec/hci.h"
#include "policy/places.h"

bool kith_failure_is_refusal(kith_why why)
{
    switch (why) {
    case KITH_WHY_PAIRING_CLOSED: /* by a rule of ours */
    case KITH_WHY_LINK_EXCLUDED:
    case KITH_WHY_PARAMETERS_REFUSED:
    case KITH_WHY_PARAMETERS_TIMEOUT:
    case KITH_WHY_REPAIRING_REFUSED:
    case KITH_WHY_PEER_BLOCKED:
    case KITH_WHY_CLASS_TAKEN:
    case KITH_WHY_NOT_BONDING:
    case KITH_WHY_REPEATED_ATTEMPTS:
    case KITH_WHY_METHOD_LEFT_OUT:
    case KITH_WHY_LEVEL_UNREACHABLE:
    case KITH_WHY_SC_REQUIRED:
    case KITH_WHY_KEY_SIZE:
    case KITH_WHY_WEAKER:
    case KITH_WHY_CONSENT_REFUSED: /* by a person */
    case KITH_WHY_CONSENT_TIMEOUT:
    case KITH_WHY_COMPARE_TIMEOUT:
    case KITH_WHY_PASSKEY_CANCELLED:
    case KITH_WHY_PASSKEY_TIMEOUT:
    case KITH_WHY_CANCELLED:
    case KITH_WHY_OOB_MISSING:
    case KITH_WHY_NO_SESSION: /* for want of room */
    case KITH_WHY_STORE_BUSY:
    case KITH_WHY_STORE_FULL:
    case KITH_WHY_PEER_REFUSED: /* by the peer */
    case KITH_WHY_REQUEST_IGNORED:
        return true;
    default:
        return false;
    }
}

/* What the peer says before it has anything to prove is a refusal of its own: it has pairing closed, or other rules. */
static bool is_refusal(const kith_verdict *v)
{
    return kith_failure_is_refusal(v->why) || (v->why == KITH_WHY_PEER_FAILED && v->phase <= KITH_PHASE_FEATURES);
}

static void on_event(kith_listener *listener, kith_host *h, const kith_event *event, uint64_t now_us)
{
    kith_disconnect_on_failure *p = (kith_disconnect_on_failure *)listener;

    (void)now_us;
    if (event->kind != KITH_EVENT_PAIRING_FAILED && event->kind != KITH_EVENT_ENCRYPTION_FAILED)
        return;
    if (protection_of(h, event->link).level > KITH_LEVEL_NONE ? !p->encrypted
                                                              : is_refusal(&event->verdict) && !p->refusals)
        return;
    if (kith_gap_disconnect(h, event->link, KITH_HCI_AUTHENTICATION_FAILURE) == KITH_OK) /* else it is gone already */
        p->ended++;
}

void kith_disconnect_on_failure_init(kith_disconnect_on_failure *policy)
{
    *policy = (kith_disconnect_on_failure){.listener = {.on_event = on_event}};
}
