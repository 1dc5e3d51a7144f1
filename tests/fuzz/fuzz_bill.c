/* Invoices as CSV. What is accepted must be JSON: an array of objects with an amount each. */
#include "cli/cost.h"

#include <stdlib.h>
#include <yyjson.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err;
    struct buf b;
    yyjson_val *line;
    size_t i, n;
    buf_init(&b, 1u << 22);
    int rc = cost_parse_bill("bill.csv", (const char *)data, size, &b, &err);
    if (rc && !err.what[0])
        abort();
    if (!rc && !b.overflow) {
        yyjson_doc *doc = yyjson_read(b.data, b.len, 0);
        if (!yyjson_is_arr(yyjson_doc_get_root(doc)) || !yyjson_arr_size(yyjson_doc_get_root(doc)))
            abort();
        yyjson_arr_foreach(yyjson_doc_get_root(doc), i, n, line)
        {
            if (!yyjson_is_str(yyjson_obj_get(line, "amount")) || !yyjson_is_str(yyjson_obj_get(line, "month")))
                abort();
        }
        yyjson_doc_free(doc);
    }
    buf_free(&b);
    return 0;
}
