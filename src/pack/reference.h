/* Private to the programs that write references of a pack: Markdown from texts of the catalogue. */
#ifndef SECCHI_PACK_REFERENCE_H
#define SECCHI_PACK_REFERENCE_H

#include "pack/pack.h"

/* Adds the text as lines of at most 150 bytes; the lines after the first are indented. A word that is longer stands alone. */
void reference_wrapped(struct buf *b, const char *text, const char *indent);
const char *reference_code(struct arena *a, const char *type);  /* a type as code, with room to break lines after its commas */
const char *reference_prose(struct arena *a, const char *text); /* plain text as Markdown: what would be markup is escaped */
typedef char *reference_fn(struct arena *a, const struct pack_catalogue *c);
/* The program: PACK, then nothing (prints it) or --check FILE (compares it); made is the command that makes the file. */
int reference_main(int argc, char **argv, reference_fn *fn, const char *made);

#endif
