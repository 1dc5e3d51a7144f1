#include "pack/reference.h"

#include <stdlib.h>

#define WIDTH 150

void reference_wrapped(struct buf *b, const char *text, const char *indent)
{
    size_t column = 0;
    for (const char *word = text; *word;) {
        size_t n = strcspn(word, " \n");
        if (column && column + 1 + n > WIDTH) {
            buf_printf(b, "\n%s", indent);
            column = strlen(indent);
        } else if (column) {
            buf_putc(b, ' ');
            column++;
        }
        buf_add(b, word, n);
        column += n;
        word += n + strspn(word + n, " \n");
    }
    buf_putc(b, '\n');
}

const char *reference_code(struct arena *a, const char *type)
{
    struct buf b CLEANUP(buf_free);
    int depth = 0;
    buf_init(&b, LIMIT_SQL_BYTES);
    for (const char *c = type; *c; c++) {
        depth += *c == '(' ? 1 : *c == ')' ? -1 : 0;
        if (*c != ' ')
            buf_putc(&b, *c);
        if ((*c == ',' && !depth) || *c == ':')
            buf_putc(&b, ' ');
    }
    return arena_strdup(a, b.data);
}

const char *reference_prose(struct arena *a, const char *text)
{
    struct buf b CLEANUP(buf_free);
    buf_init(&b, LIMIT_SQL_BYTES);
    for (const char *c = text ? text : ""; *c; c++)
        buf_printf(&b, strchr("<*[`\\", *c) ? "\\%c" : "%c", *c);
    return arena_strdup(a, b.data ? b.data : "");
}

static int compare(const char *file, const char *text, const char *made)
{
    char *old CLEANUP(free_ptr) = NULL;
    size_t len;
    struct error err;
    if (file_read(file, 16u << 20, &old, &len, &err) != 0) {
        error_print(stderr, &err);
        return 1;
    }
    if (str_eq(text, old))
        return 0;
    fprintf(stderr, "%s is stale: make it again with `%s`\n", file, made);
    return 1;
}

int reference_main(int argc, char **argv, reference_fn *fn, const char *made)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct pack_catalogue *c = NULL;
    struct error err;
    if (argc != 2 && !(argc == 4 && str_eq(argv[2], "--check"))) {
        fprintf(stderr, "usage: %s PACK [--check FILE]\n", argv[0]);
        return 2;
    }
    const char *dirs[] = {argv[1]};
    if (pack_load(dirs, 1, &c, &err, 1, NULL) != 0) {
        error_print(stderr, &err);
        return 1;
    }
    char *text CLEANUP(free_ptr) = fn(a, c);
    int rc = argc == 2 ? fputs(text, stdout) < 0 : compare(argv[3], text, made);
    pack_free(c);
    return rc;
}
