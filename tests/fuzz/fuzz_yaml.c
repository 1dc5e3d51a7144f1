/* secchi.yaml as a hostile file: the YAML reader, then the whole configuration from a file with these bytes. */
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *home(void)
{
    static char dir[] = "/tmp/secchi-fuzz-yaml-XXXXXX";
    static const char *made;
    if (!made && !(made = mkdtemp(dir)))
        abort();
    return made;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err;
    struct yaml *root;
    struct arena *a = arena_new();
    if (yaml_parse((const char *)data, size, "input.yaml", a, &root, &err) == 0 && root->kind == YAML_MAP)
        (void)yaml_get(root, "sources");
    const char *path = path_join(a, home(), "secchi.yaml");
    FILE *f = fopen(path, "w");
    if (!f)
        abort();
    fwrite(data, 1, size, f);
    fclose(f);
    struct config *c;
    if (config_load(home(), NULL, 0, &c, &err) == 0) {
        for (size_t i = 0; i < config_setting_count; i++)
            (void)config_int(c, config_settings[i].key);
        config_free(c);
        struct config_source s = {.path = "/data/x", .name = "added"};
        if (config_add_source(home(), &s, &err) == 0) {
            /* what was written must be readable again */
            if (config_load(home(), NULL, 0, &c, &err) != 0)
                abort();
            config_free(c);
        }
    }
    unlink(path);
    arena_free(a);
    return 0;
}
