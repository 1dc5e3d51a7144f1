#include "base/base.h"

#include <dlfcn.h>
#include <pthread.h>

static int look_up(void *library, const char *file, const char *const *names, size_t count, void **ret, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        ret[i] = dlsym(library, names[i]);
        if (!ret[i]) {
            error_set(err, ERROR_UNAVAILABLE, "the library has no function %s: it is of another version", names[i]);
            error_where(err, "%s", file);
            return ERROR_UNAVAILABLE;
        }
    }
    return 0;
}

int lazy_load(const char *file, const char *const *names, size_t count, void **ret, bool *loaded, struct error *err)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    int rc = 0;
    pthread_mutex_lock(&lock);
    void *library = *loaded ? NULL : dlopen(file, RTLD_LAZY | RTLD_LOCAL);
    if (library)
        rc = look_up(library, file, names, count, ret, err);
    else if (!*loaded)
        rc = error_set(err, ERROR_UNAVAILABLE, "a library cannot be loaded: %s", dlerror());
    if (rc && library)
        dlclose(library);
    *loaded = !rc;
    pthread_mutex_unlock(&lock);
    return rc;
}
