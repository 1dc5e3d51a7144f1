/* Reads an Arrow IPC stream from standard input and writes it in the format that is named: for tests that compare with other programs. */
#include <stdio.h>

#include "nanoarrow/nanoarrow_ipc.h"
#include "semantic/semantic.h"

static int write_out(void *context, const void *data, size_t len) { return fwrite(data, 1, len, context) == len ? 0 : 1; }

int main(int argc, char **argv)
{
    struct error err;
    enum semantic_format format;
    struct ArrowIpcInputStream input;
    struct ArrowArrayStream stream;
    if (argc != 2 || semantic_format_parse(argv[1], &format, &err) != 0) {
        fprintf(stderr, "usage: write_drive FORMAT <arrow\n");
        return 2;
    }
    if (ArrowIpcInputStreamInitFile(&input, stdin, 0) != NANOARROW_OK ||
        ArrowIpcArrayStreamReaderInit(&stream, &input, NULL) != NANOARROW_OK)
        return 1;
    int rc = semantic_write(&stream, format, write_out, stdout, &err);
    ArrowArrayStreamRelease(&stream);
    if (rc)
        error_print(stderr, &err);
    return rc ? 1 : 0;
}
