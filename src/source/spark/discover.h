/* discover - the event logs below a folder. */
#ifndef SECCHI_SPARK_DISCOVER_H
#define SECCHI_SPARK_DISCOVER_H

#include "source/source.h"
#include "source/spark/stream.h"

enum sniff_result {
    SNIFF_LOG,   /* an event log, codec known */
    SNIFF_EMPTY, /* nothing in it yet */
    SNIFF_CODEC, /* compressed in a way that secchi does not read */
    SNIFF_OTHER, /* something else */
    SNIFF_UNREADABLE,
};
/* Looks at the first bytes of a file, not at its name. ret_what names an unknown codec or the reason (static or in err). */
enum sniff_result sniff(const char *path, bool first_part, enum unpack_codec *ret, const char **ret_what, struct error *err);

/* Number and kind of a file `events_<n>_<app>...` in a rolling folder; false for other files. */
bool rolling_part(const char *name, int64_t *ret_number, bool *ret_compact);

#endif
