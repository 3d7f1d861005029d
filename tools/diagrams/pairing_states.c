/* Prints docs/pairing-states.md from the tables that pairing runs by: what is drawn is what is run. */
#include <stdio.h>

#include "smp/session.h"

static const char *const inputs[] = {
    [SMP_IN_PDU] = NULL,
    [SMP_IN_BEGIN] = "begin",
    [SMP_IN_PARAMETERS] = "the program says how",
    [SMP_IN_CONSENT] = "a person consents",
    [SMP_IN_OOB] = "out of band data, or none",
    [SMP_IN_PASSKEY] = "a person types the passkey",
    [SMP_IN_CANCELLED] = "a person gives up",
    [SMP_IN_COMPARED] = "a person compares",
    [SMP_IN_OWN_KEY] = "own key pair",
    [SMP_IN_KEY_CHECKED] = "peer's key checked",
    [SMP_IN_DHKEY] = "shared secret",
    [SMP_IN_LTK_REQUEST] = "key asked for",
    [SMP_IN_ENCRYPTED] = "encrypted",
    [SMP_IN_ACKNOWLEDGED] = "acknowledged",
    [SMP_IN_COMMIT] = "may stand",
};

static const char *input_of(const smp_row *row)
{
    return row->input == SMP_IN_PDU ? kith_smp_opcode_name(row->opcode) : inputs[row->input];
}

static void print_arrows(const smp_row *row, uint32_t may_go)
{
    for (unsigned to = 0; to < SMP_STATE_COUNT; to++)
        if ((may_go & 1u << to) != 0)
            printf("    %s --> %s: %s\n", smp_state_name(row->state), smp_state_name((smp_state)to), input_of(row));
    if ((row->may_go & SMP_STAY) != 0)
        printf("    %s --> %s: %s\n", smp_state_name(row->state), smp_state_name(row->state), input_of(row));
}

/* Drawn once beneath the picture: an arrow from everywhere would hide all others. */
static void print_everywhere(const smp_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->rows[i].state == SMP_ANY)
            printf("\nIn every state %s is heard and changes no state.\n", input_of(&table->rows[i]));
}

static void print_rows(const smp_table *table, uint32_t begins)
{
    for (size_t i = 0; i < table->count; i++) {
        const smp_row *row = &table->rows[i];
        uint32_t to = row->may_go & ~(SMP_STAY | SMP_TO_METHOD);

        if ((row->may_go & SMP_TO_METHOD) != 0)
            to |= begins;
        if (row->state != SMP_ANY)
            print_arrows(row, to);
    }
}

static void print_method(const kith_method *m)
{
    const smp_table *phase1 = m->initiator ? &smp_phase1_initiator : &smp_phase1_responder;

    printf("\n## %s, %s, as %s\n\n```mermaid\nstateDiagram-v2\n    [*] --> START\n",
           m->secure_connections ? "Secure Connections" : "Legacy", kith_method_name(m->kind),
           m->initiator ? "initiator" : "responder");
    print_rows(phase1, m->begin_to);
    for (size_t i = 0; m->tables[i] != NULL; i++)
        print_rows(m->tables[i], 0);
    printf("    DONE --> [*]\n```\n");
    print_everywhere(phase1);
    for (size_t i = 0; m->tables[i] != NULL; i++)
        print_everywhere(m->tables[i]);
}

int main(void)
{
    printf(
        "# Pairing, state by state\n\n"
        "Made from the tables in src/smp by `make diagrams`; do not edit. An arrow is a row: in this state, on this\n"
        "input, to there. Every other message ends the pairing (FAILED), and so does a person's no, 25 seconds "
        "without\n"
        "an answer, 30 seconds without a message, or the end of the link. States are explained in "
        "src/smp/session.h.\n");
    for (size_t i = 0; kith_all_methods[i] != NULL; i++)
        print_method(kith_all_methods[i]);
    return 0;
}
