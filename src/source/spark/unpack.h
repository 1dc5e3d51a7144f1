/* unpack - one file, decompressed as it is read. */
#ifndef SECCHI_SPARK_UNPACK_H
#define SECCHI_SPARK_UNPACK_H

#include "source/spark/stream.h"

enum unpack_state { UNPACK_DATA, UNPACK_END, UNPACK_TRUNCATED, UNPACK_DAMAGED };

struct unpack;
int unpack_open(const char *path, enum stream_codec codec, struct unpack **ret, struct error *err) MUST_CHECK;
/* Goes on at an uncompressed offset: a seek in a plain file, else everything before it is decompressed and dropped. */
enum unpack_state unpack_skip(struct unpack *u, int64_t bytes);
/* Fills up to cap bytes. UNPACK_DATA: *ret_len > 0; the other states come alone, with *ret_len 0. */
enum unpack_state unpack_read(struct unpack *u, char *data, size_t cap, size_t *ret_len);
const char *unpack_why(const struct unpack *u); /* of UNPACK_DAMAGED */
int64_t unpack_bytes_read(const struct unpack *u);
void unpack_close(struct unpack *u);

#endif
