/* CSV records, whole and in pieces. A record that was found in a piece must be the one that is found in the whole. */
#include "engine/duckdb/csv.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static size_t use(const struct csv_record *r)
{
    size_t sum = 0;
    for (size_t i = 0; i < r->fields.len; i++)
        for (size_t k = 0; k < r->fields.items[i].len; k++)
            sum += (unsigned char)r->fields.items[i].text[k];
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct csv_record whole = {0}, piece = {0};
    const char *text = (const char *)data;
    size_t len, piece_len, cut = size ? data[0] % 64 : 0;
    for (size_t at = 0; at < size; at += len) {
        check(csv_read(&whole, text + at, size - at, true, &len) == CSV_RECORD);
        check(len > 0 && len <= size - at);
        size_t sum = use(&whole), n = cut < size - at ? cut : size - at;
        if (n && csv_read(&piece, text + at, n, false, &piece_len) == CSV_RECORD) {
            check(piece_len == len && piece.fault == whole.fault);
            check(piece.fields.len == whole.fields.len && use(&piece) == sum);
        }
    }
    csv_free(&whole);
    csv_free(&piece);
    return 0;
}
