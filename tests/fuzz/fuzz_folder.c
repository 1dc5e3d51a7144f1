/* The end of the last complete line of a growing file: never behind the file, never in a line that may still grow. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "source/folder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int64_t end = -1;
    int fd = memfd_create("lines", MFD_CLOEXEC);
    if (fd < 0 || (size && write(fd, data, size) != (ssize_t)size))
        abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (folder_line_end(path, 0, (int64_t)size, &end, NULL) != 0 || end < 0 || end > (int64_t)size)
        abort();
    const uint8_t *newline = size ? memrchr(data, '\n', size) : NULL;
    int64_t after = newline ? newline - data + 1 : 0;
    if (end != after && end != (int64_t)size)
        abort();
    if (end != after && (data[after] == '[' || !memchr(data + after, '}', size - (size_t)after)))
        abort(); /* what needs no newline is an object */
    close(fd);
    return 0;
}
