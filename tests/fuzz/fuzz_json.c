/* Fuzz target: whatever lies in the file of a JSON store.
 *
 * Input: the text.  Traps when a refusal has no line or reason or leaves records behind, and when what is read is not
 * the same after it was written and read again. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ports/stores/json_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void require_same(const jstore_records *a, const jstore_records *b)
{
    require(a->count == b->count && a->highest_id == b->highest_id);
    for (size_t i = 0; i < a->count; i++)
        require(a->all[i].kind == b->all[i].kind && a->all[i].id == b->all[i].id && a->all[i].len == b->all[i].len &&
                !a->all[i].removed && memcmp(a->all[i].octets, b->all[i].octets, a->all[i].len) == 0);
}

static void check_again(const jstore_records *records)
{
    size_t len = 0;
    char *text = jstore_write_text(records, &len);
    jstore_records again;
    jstore_fault fault;

    require(text != NULL && strlen(text) == len);
    require(jstore_read_text(text, len, &again, &fault) == KITH_OK);
    require_same(records, &again);
    jstore_free(&again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size > 0 ? size : 1); /* exactly as long: what reads behind it is seen */
    jstore_records records;
    jstore_fault fault;
    kith_status status;
    unsigned lines = 1;

    require(text != NULL);
    memcpy(text, data, size);
    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    status = jstore_read_text(text, size, &records, &fault);
    if (status == KITH_OK) {
        check_again(&records);
    } else {
        require(status == KITH_ERR_DAMAGED || status == KITH_ERR_NEWER);
        require(fault.line >= 1 && fault.line <= lines && fault.text[0] != '\0');
        require(records.count == 0 && records.all == NULL);
    }
    jstore_free(&records);
    free(text);
    return 0;
}
