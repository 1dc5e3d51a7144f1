/*
 * many_statements COUNT SEED PREPARE PACK: COUNT statements of the grammar, a quarter of them broken, through gate, rewriting, lineage and
 * the text for other engines; every PREPARE-th (0: none) of those that were rewritten also to DuckDB, which must know all of it. Ends with
 * "N passed, N failed", one a statement. A statement that takes more than ten seconds, or ends the process, is printed first.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "build/build.h"
#include "grammar.h"

#define SECONDS_EACH 10

static const char *current = "";

static void die(int signo)
{
    const char *texts[] = {"many_statements: died on\n", current, "\n"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (write(STDERR_FILENO, texts[i], strlen(texts[i])) < 0)
            break;
    signal(signo, SIG_DFL);
    raise(signo);
}

struct totals {
    size_t good, refused, prepared, failed, valid, valid_good;
};

static void fail(struct totals *t, const char *sql, const char *what, const struct error *err)
{
    t->failed++;
    printf("%s: %s %s\n  %s\n", what, err->where, err->what, sql);
}

/* What every parameter of the grammar is. */
static int prepare(struct engine_conn *c, struct arena *a, const char *sql, const struct sql_rewritten *r, struct error *err)
{
    static const struct engine_param all[] = {{"n", {.type = ENGINE_I64, .i = 5}},
                                              {"t", {.type = ENGINE_TEXT, .text = "2026-01-01"}},
                                              {"day", {.type = ENGINE_TEXT, .text = "2026-01-01"}}};
    struct engine_param params[ARRAY_LEN(all)];
    struct engine_column *columns;
    size_t count, n = 0;
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        for (size_t k = 0; k < r->param_count; k++)
            if (str_eq(all[i].name, r->params[k]))
                params[n++] = all[i];
    const struct engine_stmt s = {.sql = sql, .params = params, .param_count = n};
    return engine_describe(c, &s, a, &columns, &count, err);
}

static void one(struct grammar *g, struct engine_conn *c, bool broken, struct totals *t)
{
    struct sql_references *refs;
    struct sql_rewritten *r;
    struct sql_lineage *l;
    struct error err = {0}, second = {0};
    const char *sql = grammar_statement(g, broken), *portable;
    const struct sql_env env = grammar_env(g);
    const size_t len = strlen(sql), before = t->failed;
    current = sql;
    alarm(SECONDS_EACH);
    const int gated = sql_gate(g->arena, sql, len, &env, &refs, &err);
    const int rc = sql_rewrite_duckdb(g->arena, sql, len, 1, &env, &r, &err);
    const int followed = sql_lineage(g->arena, sql, len, 1, &env, &l, &second);
    if (gated && !rc && !broken)
        fail(t, sql, "the gate refuses what can be rewritten", &err);
    if (!rc != !followed)
        fail(t, sql, "lineage and rewriting disagree", rc ? &err : &second);
    if (rc && (!err.what[0] || !err.where[0]))
        fail(t, sql, "an error without place or text", &err);
    if (!rc && sql_portable(g->arena, sql, len, 1, &env, &portable, &second))
        fail(t, sql, "no text for other engines", &second);
    if (!rc && c) {
        t->prepared++;
        if (prepare(c, g->arena, sql, r, &second) && second.kind != ERROR_UNAVAILABLE) /* a table that is not there yet */
            fail(t, sql, "DuckDB does not take it", &second);
    }
    alarm(0);
    t->valid += !broken;
    t->valid_good += !broken && !rc;
    t->refused += rc != 0;
    t->good += t->failed == before;
}

static int run(const struct pack_names *names, struct engine_conn *c, size_t count, uint64_t seed, size_t each)
{
    struct totals t = {0};
    struct grammar g = {.arena = arena_new(), .names = *names, .choices = {.state = seed}};
    for (size_t i = 0; i < count; i++) {
        one(&g, each && i % each == 0 ? c : NULL, i % 4 == 3, &t);
        arena_reset(g.arena);
    }
    arena_free(g.arena);
    printf("%zu of %zu valid statements rewritten, %zu refused in all, %zu prepared\n", t.valid_good, t.valid, t.refused, t.prepared);
    if (t.valid_good * 2 < t.valid) {
        printf("most of what should be valid is refused: the grammar or the rewriting is wrong\n");
        t.failed++;
    }
    printf("%zu passed, %zu failed\n", t.good, t.failed);
    return t.failed ? 1 : 0;
}

static int with_engine(struct pack_names *names, size_t count, uint64_t seed, size_t each, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct engine_options options = {.kind = "duckdb", .lib_dir = config_find_lib(a)};
    struct engine *engine;
    struct engine_conn *c;
    int rc = engine_open(&options, &engine, err);
    if (rc)
        return rc;
    engine_set_env(engine, &(struct sql_env){.context = names,
                                             .name = pack_resolve,
                                             .variable = pack_resolve_variable,
                                             .function = pack_resolve_function,
                                             .metric = pack_resolve_metric});
    rc = build_prepare(&(struct build_context){.engine = engine, .catalogue = names->catalogue, .config = names->config}, err);
    if (!rc)
        rc = engine_connect(engine, ENGINE_READ, NULL, &c, err);
    if (!rc) {
        engine_set_user(c, "somebody", NULL, 0);
        rc = run(names, c, count, seed, each);
        engine_disconnect(c);
    }
    engine_close(engine);
    return rc;
}

int main(int argc, char **argv)
{
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGALRM};
    int64_t count = 0, seed = 0, each = 0;
    struct pack_catalogue *catalogue = NULL;
    struct config *config = NULL;
    struct error err = {0};
    size_t faults;
    if (argc != 5 || str_to_i64(argv[1], &count) || str_to_i64(argv[2], &seed) || str_to_i64(argv[3], &each) || count < 1 || each < 0) {
        fprintf(stderr, "usage: many_statements COUNT SEED PREPARE PACK\n");
        return 2;
    }
    for (size_t i = 0; i < ARRAY_LEN(fatal); i++)
        signal(fatal[i], die);
    const char *dirs[] = {argv[4]};
    int rc = config_load("/nonexistent", NULL, 0, &config, &err);
    if (!rc)
        rc = pack_load(dirs, 1, &catalogue, &err, 1, &faults);
    struct pack_names names = {catalogue, config};
    if (!rc)
        rc = each ? with_engine(&names, (size_t)count, (uint64_t)seed, (size_t)each, &err)
                  : run(&names, NULL, (size_t)count, (uint64_t)seed, 0);
    if (rc && err.what[0])
        error_print(stderr, &err);
    pack_free(catalogue);
    config_free(config);
    return rc ? 1 : 0;
}
