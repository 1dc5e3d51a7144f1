#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "config/config.h"

static char home[] = "/tmp/secchi-test-config-XXXXXX";

static int make_home(void **state)
{
    (void)state;
    return mkdtemp(home) ? 0 : -1;
}

static void put(const char *text)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/secchi.yaml", home);
    struct error e;
    assert_int_equal(file_write_atomic(path, text, strlen(text), 0600, &e), 0);
}

static int remove_home(void **state)
{
    (void)state;
    char path[256];
    snprintf(path, sizeof(path), "%s/secchi.yaml", home);
    unlink(path);
    return rmdir(home);
}

static void precedence_is_flag_environment_file_default(void **state)
{
    (void)state;
    struct config *c;
    struct error e;
    put("server:\n  port: 9000\n  host: 0.0.0.0\nquery.timeout: 90s\nengine: {memory_limit: 512 MiB}\n");
    setenv("SECCHI_SERVER_HOST", "::1", 1);
    struct config_flag flag = {"server.port", "9100", "--port"};
    assert_int_equal(config_load(home, &flag, 1, &c, &e), 0);
    unsetenv("SECCHI_SERVER_HOST");
    assert_int_equal(config_int(c, "server.port"), 9100);
    assert_string_equal(config_text(c, "server.host"), "::1");
    assert_int_equal(config_int(c, "query.timeout"), 90);
    assert_int_equal(config_int(c, "engine.memory_limit"), 536870912);
    assert_string_equal(config_text(c, "server.mode"), "development");
    config_free(c);
}

static void mistakes_are_one_line_with_place_and_nearest_name(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *what, *where, *hint;
    } cases[] = {
        {"server:\n  prot: 1\n", "unknown setting 'server.prot'", "secchi.yaml:2", "server.port"},
        {"server:\n  port: ninety\n", "server.port must be a whole number, found 'ninety'", "secchi.yaml:2", ""},
        {"server:\n  port: 70000\n", "server.port must lie between 0 and 65535", "secchi.yaml:2", ""},
        {"server: {mode: prod}\n", "server.mode must be one of development|production", "secchi.yaml:1", ""},
        {"query: {timeout: 5 years}\n", "query.timeout must be a duration", "secchi.yaml:1", ""},
        {"sources:\n  - pth: /x\n", "unknown key 'pth'", "secchi.yaml:2", "path"},
        {"sources:\n  - name: x\n", "a source needs a 'path'", "secchi.yaml:2", ""},
        {"sources:\n  - path: /a/x\n  - path: /b/x\n", "two sources are named 'x'", "secchi.yaml:3", ""},
        {"version: 99\n", "configuration version 99", "secchi.yaml:1", "newer"},
        {"a: [1\n", "not valid YAML", "secchi.yaml", ""},
        {"catalog: x\ncatalog: y\n", "key 'catalog' stands twice", "secchi.yaml:2", ""},
        {"- 1\n", "must be a map", "secchi.yaml:1", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct config *c = NULL;
        struct error e = {0};
        put(cases[i].yaml);
        assert_int_not_equal(config_load(home, NULL, 0, &c, &e), 0);
        assert_null(c);
        assert_non_null(strstr(e.what, cases[i].what));
        assert_non_null(strstr(e.where, cases[i].where));
        assert_non_null(strstr(e.hint, cases[i].hint));
        assert_int_equal(error_exit_status(&e), 2);
    }
}

static void added_sources_keep_the_file(void **state)
{
    (void)state;
    static const char *const before[] = {
        "# mine\nversion: 1\nsources: []\nserver: {port: 1234} # keep\n",
        "# mine\nserver: {port: 1234} # keep\n",
        "# mine\nserver: {port: 1234} # keep",
        "sources: # mine\n  - path: /data/one # keep\n    name: one\nserver: {port: 1234}\n",
        "server: {port: 1234} # mine keep\nsources:\n- path: /data/one\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(before); i++) {
        struct config *c;
        struct error e = {0};
        put(before[i]);
        struct config_source a = {.path = "/data/it's", .kind = "spark"}, b = {.path = "/data/two", .name = "second"};
        assert_int_equal(config_add_source(home, &a, &e), 0);
        assert_int_equal(config_add_source(home, &b, &e), 0);
        assert_int_equal(config_add_source(home, &a, &e), 0);
        assert_int_equal(config_load(home, NULL, 0, &c, &e), 0);
        assert_int_equal(config_int(c, "server.port"), 1234);
        assert_true(c->source_count >= 2);
        assert_string_equal(c->sources[c->source_count - 2].path, "/data/it's");
        assert_string_equal(c->sources[c->source_count - 1].name, "second");
        CLEANUP(free_ptr) char *text = NULL;
        size_t len;
        assert_int_equal(file_read(c->file, 65536, &text, &len, &e), 0);
        assert_non_null(strstr(text, "mine"));
        assert_non_null(strstr(text, "keep"));
        config_free(c);
    }
}

static void tenants_and_names(void **state)
{
    (void)state;
    struct config *c;
    struct error e;
    put("tenants: {acme: {accounts: [a1], workspaces: [w1, w2]}}\nnames: {catalog: main}\n");
    assert_int_equal(config_load(home, NULL, 0, &c, &e), 0);
    assert_int_equal(c->tenant_count, 1);
    assert_int_equal(c->tenants[0].workspace_count, 2);
    assert_string_equal(c->tenants[0].workspaces[1], "w2");
    assert_string_equal(c->name_keys[0], "catalog");
    config_free(c);
}

/* Gives the secret of engine.token, or "kind: what" in the place of it. */
static void check_secret(const char *yaml, const char *want, int kind)
{
    struct arena *a = arena_new();
    struct config *c;
    struct error e;
    const char *secret = "untouched";
    put(yaml);
    assert_int_equal(config_load(home, NULL, 0, &c, &e), 0);
    assert_int_equal(config_secret(c, "engine.token", a, &secret, &e), kind);
    assert_string_equal(secret, kind ? "untouched" : want);
    if (kind) {
        assert_non_null(strstr(e.what, want));
        assert_null(strstr(e.what, "hunter2"));
    }
    config_free(c);
    arena_free(a);
}

static void secrets_are_references(void **state)
{
    (void)state;
    char path[256];
    struct error e;
    snprintf(path, sizeof(path), "%s/token", home);
    assert_int_equal(file_write_atomic(path, "from a file\nmore\n", 17, 0600, &e), 0);
    setenv("TEST_SPARK_TOKEN", "hunter2", 1);
    check_secret("version: 1\n", "", 0);
    check_secret("engine: {token: '${TEST_SPARK_TOKEN}'}\n", "hunter2", 0);
    check_secret("engine: {token: 'file:token'}\n", "from a file", 0);
    check_secret("engine: {token: 'file:nowhere'}\n", "nowhere", ERROR_NOT_FOUND);
    check_secret("engine: {token: '${TEST_SPARK_NOTHING}'}\n", "not set", ERROR_USAGE);
    check_secret("engine: {token: 'hunter2'}\n", "holds the secret itself", ERROR_USAGE);
    setenv("SECCHI_ENGINE_TOKEN", "hunter2", 1);
    check_secret("version: 1\n", "hunter2", 0);
    unsetenv("SECCHI_ENGINE_TOKEN");
    unsetenv("TEST_SPARK_TOKEN");
    unlink(path);
}

static void deep_yaml_is_refused(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1 << 20);
    for (int i = 0; i < 5000; i++)
        buf_putc(&b, '[');
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct yaml *y;
    struct error e;
    assert_int_not_equal(yaml_parse(b.data, b.len, "deep.yaml", a, &y, &e), 0);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(precedence_is_flag_environment_file_default),
        cmocka_unit_test(mistakes_are_one_line_with_place_and_nearest_name),
        cmocka_unit_test(added_sources_keep_the_file),
        cmocka_unit_test(tenants_and_names),
        cmocka_unit_test(secrets_are_references),
        cmocka_unit_test(deep_yaml_is_refused),
    };
    return cmocka_run_group_tests(tests, make_home, remove_home);
}
