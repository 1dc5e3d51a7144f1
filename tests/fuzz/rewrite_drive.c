/*
 * rewrite_drive REPEATS PACK: how long the rewriting of a statement takes, for bench/bench_rewrite.py. A line each: what, its name, bytes,
 * and the microseconds of the quickest of REPEATS runs. The statements are the fills and functions of the pack.
 */
#include <stdio.h>
#include <stdlib.h>

#include "grammar.h"

static int64_t once(const struct sql_env *env, const char *sql, size_t len, uint32_t line)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct sql_rewritten *r;
    struct error err = {0};
    const int64_t start = clock_mono_ns();
    const int rc = sql_rewrite_duckdb(a, sql, len, line, env, &r, &err);
    return rc ? -1 : clock_mono_ns() - start;
}

static int measure(struct grammar *g, const char *what, const char *name, const char *sql, size_t len, uint32_t line, int64_t repeats)
{
    const struct sql_env env = grammar_env(g);
    int64_t best = -1;
    for (int64_t i = 0; i < repeats; i++) {
        const int64_t ns = once(&env, sql, len, line);
        if (ns < 0)
            return 1;
        best = best < 0 || ns < best ? ns : best;
    }
    printf("%s %s %zu %.1f\n", what, name, len, (double)best / 1000.0);
    return 0;
}

static int measure_pack(struct grammar *g, int64_t repeats)
{
    int rc = 0;
    const struct pack_catalogue *c = g->names.catalogue;
    for (size_t i = 0; i < c->object_count; i++)
        for (size_t k = 0; c->objects[i]->layer == PACK_GOLD && k < c->objects[i]->fill_count; k++) {
            const struct pack_statement *s = &c->objects[i]->fills[k];
            rc |= measure(g, "fill", c->objects[i]->name, s->sql, s->len, s->line, repeats);
        }
    for (size_t i = 0; i < c->function_count; i++)
        rc |= measure(g, "function", c->functions[i]->name, c->functions[i]->ddl, strlen(c->functions[i]->ddl), c->functions[i]->line,
                      repeats);
    return rc;
}

int main(int argc, char **argv)
{
    struct pack_catalogue *catalogue = NULL;
    struct config *config = NULL;
    struct error err = {0};
    size_t faults;
    int64_t repeats = 0;
    if (argc != 3 || str_to_i64(argv[1], &repeats) || repeats < 1) {
        fprintf(stderr, "usage: rewrite_drive REPEATS PACK\n");
        return 2;
    }
    const char *dirs[] = {argv[2]};
    int rc = config_load("/nonexistent", NULL, 0, &config, &err);
    if (!rc)
        rc = pack_load(dirs, 1, &catalogue, &err, 1, &faults);
    if (rc) {
        error_print(stderr, &err);
        return 1;
    }
    struct grammar g = {.arena = arena_new(), .names = {catalogue, config}, .choices = {.state = 5}};
    rc = measure_pack(&g, repeats);
    arena_free(g.arena);
    pack_free(catalogue);
    config_free(config);
    return rc;
}
