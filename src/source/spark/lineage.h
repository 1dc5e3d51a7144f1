/*
 * lineage - which tables and columns a physical plan reads and writes, as far as its text names them.
 *
 * Two texts of Spark are read: the tree of operators (sparkPlanInfo: a name and one line each) for the scans, and the
 * description (`== Physical Plan ==`, a tree with numbers, then a paragraph for each operator) for commands and columns.
 *   scans     `(1) Scan parquet catalog.schema.table`, `Output [2]: [a#1, b#2L]`, `Location: Index [file:/x]`
 *   commands  `(2) MergeIntoCommand`, `Arguments: ..., `catalog`.`schema`.`table`, Delta[version=1, file:/x], ...`
 * Columns carry ids that stay the same from operator to operator (`name#12L`); expressions give new ones (`a#1 + 1 AS b#3`).
 * Spark cuts long lists (`... 5 more fields`) and leaves things out, so that lineage may miss tables and columns; it
 * never makes one up. Reads of a Delta table's own log are no lineage.
 */
#ifndef SECCHI_SPARK_LINEAGE_H
#define SECCHI_SPARK_LINEAGE_H

#include "source/spark/emit.h"

#define PLAN_DEPTH_MAX 500

struct yyjson_val;

/* Rows of table_access and column_access of one plan: the root of sparkPlanInfo and the description, which may be NULL. */
void lineage_rows(struct emit *e, int64_t execution_id, struct yyjson_val *plan, const char *description, size_t len);

/* ---- between the files of lineage ------------------------------------------------------------------------ */

struct lineage_table { /* what is known of it; NULL for the rest */
    const char *full_name, *catalog, *schema, *name, *path;
};
/* Parts of a name such as `a`.`b`.`c`, a.b.c or b.c; two parts are of the session catalogue unless other_catalog. */
void lineage_name(struct arena *a, const char *text, size_t len, bool other_catalog, struct lineage_table *ret);
/* The table or path of a scan by its operator's name ("Scan parquet a.b.c") and the text behind it; false when it reads none. */
bool lineage_scan(struct arena *a, const char *name, size_t name_len, const char *text, size_t len, struct lineage_table *ret);
/* The table or path that an operator writes, by its name and arguments; false when it writes none. */
bool lineage_write(struct arena *a, const char *op, size_t op_len, const char *text, size_t len, struct lineage_table *ret);
/* Rows of column_access. */
void lineage_columns(struct emit *e, int64_t execution_id, const char *description, size_t len);

/* Walks the paragraphs of a description. */
struct lineage_section {
    long number;
    const char *name; /* "Scan parquet a.b.c", without "Execute " and "[codegen id : 1]" */
    size_t name_len;
    const char *body; /* the lines below */
    size_t body_len;
};
bool lineage_next_section(const char **at, const char *end, struct lineage_section *ret);
/* The text behind the first line that begins with label ("Output", "Arguments"), up to the next label; false when there is none. */
bool lineage_field(const struct lineage_section *s, const char *label, const char **ret, size_t *ret_len);

#endif
