/* Log: one plain line for each event.
 *
 *   static void line(void *context, const char *text) { puts(text); }
 *   static kith_log log;
 *
 *   kith_log_init(&log, line, NULL);
 *   if (kith_listeners_add(&all, &log.listener) != KITH_OK)
 *       ...
 *
 *   "security-changed link 1 peer 7 C0:11:22:33:44:55: level 4, key of 16"
 *
 * Names of events are those of kith_event_name(), and verdicts are whole sentences.  What is secret is not in it:
 * no key, no passkey, no number that is compared, no out of band data, and nothing of what attributes hold.
 * Owner: the caller.  text is valid while line() runs.  At most 56 octets, and 600 of stack. */
#ifndef KITH_POLICY_LOG_H
#define KITH_POLICY_LOG_H

#include "kith/listener.h"

enum { KITH_LOG_LINE = 512 }; /* octets of the longest line, its closing zero included */

typedef struct {
    kith_listener listener;
    void (*line)(void *context, const char *text);
    void *context;
    bool reports; /* advertisers that are heard, too, which may be many; default false */
} kith_log;

void kith_log_init(kith_log *log, void (*line)(void *context, const char *text), void *context);

#endif
