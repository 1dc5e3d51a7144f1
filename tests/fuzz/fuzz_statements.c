/* Statements made of the fuzzer's bytes over the catalogue of the packs: gate, rewriting, lineage and the text for other engines. */
#include <stdlib.h>

#include "grammar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct pack_names names;

static void load(void)
{
    static const char *const dirs[] = {SECCHI_TEST_PACK};
    struct pack_catalogue *c;
    struct config *config;
    struct error err;
    size_t count;
    if (config_load("/nonexistent", NULL, 0, &config, &err) || pack_load(dirs, 1, &c, &err, 1, &count))
        abort();
    names = (struct pack_names){c, config};
}

static void check(int rc, const struct error *err)
{
    if (rc && (!err->what[0] || !err->kind))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct grammar g = {.arena = a, .names = names, .choices = {.data = data, .size = size}};
    struct sql_references *refs;
    struct sql_rewritten *r;
    struct sql_lineage *l;
    struct error err = {0};
    const char *portable;
    if (!names.catalogue) {
        load();
        g.names = names;
    }
    const struct sql_env env = grammar_env(&g);
    const char *sql = grammar_statement(&g, size && data[size - 1] % 4 == 0);
    const size_t len = strlen(sql);
    check(sql_gate(a, sql, len, &env, &refs, &err), &err);
    const int rewritten = sql_rewrite_duckdb(a, sql, len, 1, &env, &r, &err);
    check(rewritten, &err);
    const int followed = sql_lineage(a, sql, len, 1, &env, &l, &err);
    check(followed, &err);
    if (!rewritten != !followed || (!followed && !l->open && l->column_count != r->column_count))
        abort(); /* both bind the same tree */
    check(sql_portable(a, sql, len, 1, &env, &portable, &err), &err);
    return 0;
}
