/* How a conformance case is written down: under the id that the SIG gives it, or under a sentence.
 *
 *     CONFORMANCE("SM/PER/SCJW/BV-02-C", "Just Works, we respond") { peer_sends(...); ... }
 *     SENTENCE(wrong_confirm_is_refused) { ... }
 *
 * What has an id runs in two configurations: without out of band data, and with a program that is asked for it (and has
 * none for this peer, where the script does not give it some).  CONFORMANCE_IN() names one of them alone, or a third
 * too: a host with every method there is, to which legacy pairing is allowed.  CONFORMANCE_ONCE() is for ids that ask
 * nothing of how one pairs, as those of GATT: they run once, and make the host that they want by themselves.
 *
 * The cases of a file find themselves; case.c holds main(). */
#ifndef CONFORMANCE_CASE_H
#define CONFORMANCE_CASE_H

typedef enum {
    NO_OOB = 1,
    OOB = 2,
    EITHER = NO_OOB | OOB,
    EVERY_METHOD = 4,
    EVERY = EITHER | EVERY_METHOD,
    ONCE = 8
} case_configuration;

void case_add(const char *name, const char *what, case_configuration in, void (*body)(void));

#define CASE_JOIN_(a, b) a##b
#define CASE_JOIN(a, b)  CASE_JOIN_(a, b)
#define CASE(name, what, in, body)                                                                                     \
    static void body(void);                                                                                            \
    __attribute__((constructor)) static void CASE_JOIN(body, _add)(void)                                               \
    {                                                                                                                  \
        case_add(name, what, in, body);                                                                                \
    }                                                                                                                  \
    static void body(void)

#define CONFORMANCE_IN(in, id, what) CASE(id, what, in, CASE_JOIN(case_at_line_, __LINE__))
#define CONFORMANCE(id, what)        CONFORMANCE_IN(EITHER, id, what)
#define CONFORMANCE_ONCE(id, what)   CONFORMANCE_IN(ONCE, id, what)
#define SENTENCE(name)               CASE(#name, "", (case_configuration)0, name)

#endif
