/* Statements of Databricks SQL over a catalogue, made from a grammar by a stream of choices: random numbers, or the bytes of a fuzzer. */
#ifndef SECCHI_TEST_GRAMMAR_H
#define SECCHI_TEST_GRAMMAR_H

#include "pack/pack.h"

struct choices { /* data NULL: random from the state; else its bytes, then always the first way, which is the shortest */
    const uint8_t *data;
    size_t size, at;
    uint64_t state;
};

struct grammar {
    struct arena *arena;
    struct choices choices;
    struct pack_names names; /* catalogue and settings, for sql_env too */
};

/* One statement. broken: a token of it is left out, doubled, exchanged or misspelt, so that it may be no statement any more. */
char *grammar_statement(struct grammar *g, bool broken);
/* What a rewrite of it asks: names, columns, functions, metric views and settings of the catalogue. context: the grammar. */
struct sql_env grammar_env(struct grammar *g);

#endif
