/* Private: records of CSV text by RFC 4180, and scalars from text. Pure functions. */
#ifndef SECCHI_ENGINE_CSV_H
#define SECCHI_ENGINE_CSV_H

#include "base/base.h"

struct csv_field {
    const char *text; /* points into the record, or into `spill` when quotes had to be undone */
    size_t len;
    bool quoted; /* tells "" (empty text) from nothing (null) */
};

struct csv_record {
    VEC(struct csv_field) fields;
    VEC(size_t) spilled; /* indexes of fields whose text is an offset into spill until the record ends */
    struct buf spill;
    const char *fault; /* what is wrong with the record, or NULL; fields before it stand */
};

enum csv_found {
    CSV_RECORD, /* *ret_len bytes are one record with its line end */
    CSV_MORE,   /* the record does not end in these bytes */
};
/* Reads the record that data begins with; last says that nothing follows data. A bare quote within a field is a fault, and
 * the record then ends at the end of its line. A quote that never closes is a fault of the first line, too. */
enum csv_found csv_read(struct csv_record *r, const char *data, size_t len, bool last, size_t *ret_len);
void csv_free(struct csv_record *r);

/* Scalars as Databricks reads them; false: the text is no such value. Blanks around are not trimmed. */
bool value_i64(const char *s, size_t len, int64_t *ret);                                /* also 1.0 and 1e3 when they are whole */
bool value_f64(const char *s, size_t len, double *ret);                                 /* also NaN, Infinity, -Infinity */
bool value_bool(const char *s, size_t len, bool *ret);                                  /* true or false in any case */
bool value_decimal(const char *s, size_t len, int precision, int scale, __int128 *ret); /* scaled; more digits are rounded half up */
bool value_date(const char *s, size_t len, int32_t *ret_days);                          /* YYYY-MM-DD, with a time only at midnight */
bool value_timestamp(const char *s, size_t len, int64_t *ret_us);                       /* no zone is UTC */
bool value_base64(const char *s, size_t len, struct buf *ret);

#endif
