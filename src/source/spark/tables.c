#include "source/spark/tables.h"

#define COLUMN(name, type) {#name, #type},
#define X(upper, lower) \
    static const struct spark_column lower##_columns[] = {{"log", "STRING"}, {"line_offset", "BIGINT"}, SPARK_##upper(COLUMN)};
SPARK_TABLES(X)
#undef X

const struct spark_table_def spark_tables[SPARK_TABLE_COUNT] = {
#define X(upper, lower) {#lower, lower##_columns, sizeof(lower##_columns) / sizeof(lower##_columns[0])},
    SPARK_TABLES(X)
#undef X
};
