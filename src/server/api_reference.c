/* Prints docs/api.md, or with --check FILE compares it. */
#include <stdlib.h>

#include "server/server.h"

int main(int argc, char **argv)
{
    char *text CLEANUP(free_ptr) = server_reference(), *old CLEANUP(free_ptr) = NULL;
    size_t len;
    struct error err;
    if (argc == 1)
        return fputs(text, stdout) < 0;
    if (argc != 3 || !str_eq(argv[1], "--check")) {
        fputs("usage: api_reference [--check FILE]\n", stderr);
        return 2;
    }
    if (file_read(argv[2], 16u << 20, &old, &len, &err) != 0) {
        error_print(stderr, &err);
        return 1;
    }
    if (!str_eq(text, old)) {
        fprintf(stderr, "%s is stale: make it again with `build/src/server/api_reference >docs/api.md`\n", argv[2]);
        return 1;
    }
    return 0;
}
