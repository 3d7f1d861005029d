/* How a conformance case is written down: under the id that the SIG gives it, or under a sentence.
 *
 *     CONFORMANCE("SM/PER/SCJW/BV-02-C", "Just Works, we respond") { peer_sends(...); ... }
 *     SENTENCE(wrong_confirm_is_refused) { ... }
 *
 * The cases of a file find themselves; case.c holds main(). */
#ifndef CONFORMANCE_CASE_H
#define CONFORMANCE_CASE_H

void case_add(const char *name, const char *what, void (*body)(void));

#define CASE_JOIN_(a, b) a##b
#define CASE_JOIN(a, b)  CASE_JOIN_(a, b)
#define CASE(name, what, body)                                                                                         \
    static void body(void);                                                                                            \
    __attribute__((constructor)) static void CASE_JOIN(body, _add)(void)                                               \
    {                                                                                                                  \
        case_add(name, what, body);                                                                                    \
    }                                                                                                                  \
    static void body(void)

#define CONFORMANCE(id, what) CASE(id, what, CASE_JOIN(case_at_line_, __LINE__))
#define SENTENCE(name)        CASE(#name, "", name)

#endif
