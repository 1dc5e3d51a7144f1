#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "access/access.h"

struct fixture {
    char home[64];
    struct config *config;
    struct state *state;
    struct arena *a;
    struct error e;
};

static const char *yaml =
    "server: {mode: production}\ntenants:\n  acme:\n    accounts: [acc-1]\n    workspaces: ['1', '2']\n  globex:\n    workspaces: ['3']\n";

static void write_config(struct fixture *f, const char *text)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/secchi.yaml", f->home);
    assert_int_equal(file_write_atomic(path, text, strlen(text), 0600, &f->e), 0);
    config_free(f->config);
    f->config = NULL;
    assert_int_equal(config_load(f->home, NULL, 0, &f->config, &f->e), 0);
}

static int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    char path[128];
    snprintf(f->home, sizeof(f->home), "/tmp/secchi-test-access-XXXXXX");
    if (!mkdtemp(f->home))
        return -1;
    f->a = arena_new();
    *state = f;
    write_config(f, yaml);
    snprintf(path, sizeof(path), "%s/state.db", f->home);
    return state_open(path, &f->state, &f->e);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    char **names;
    size_t count;
    state_close(f->state);
    config_free(f->config);
    if (dir_list(f->home, &names, &count, NULL) == 0) {
        for (size_t i = 0; i < count; i++)
            unlink(path_join(f->a, f->home, names[i]));
        dir_list_free(names, count);
    }
    rmdir(f->home);
    arena_free(f->a);
    free(f);
    return 0;
}

static const char *bearer(struct fixture *f, const char *role, const char *tenant, int64_t expires_us)
{
    const char *secret;
    assert_int_equal(state_token_create(f->state, "t", role, tenant, expires_us, f->a, &secret, &f->e), 0);
    return arena_printf(f->a, "Bearer %s", secret);
}

static int authenticate(struct fixture *f, const char *authorization, bool loopback, struct principal *p)
{
    return access_authenticate(f->config, f->state, authorization, loopback, f->a, p, &f->e);
}

static void production_asks_for_a_token_even_on_loopback(void **state)
{
    struct fixture *f = *state;
    struct principal p;
    assert_int_equal(authenticate(f, NULL, true, &p), ERROR_DENIED);
    assert_int_equal(error_http_status(&f->e), 401);
    assert_non_null(strstr(f->e.hint, "Authorization: Bearer"));
}

static void development_opens_loopback_alone(void **state)
{
    struct fixture *f = *state;
    struct principal p;
    write_config(f, "server: {mode: development}\n");
    assert_int_equal(authenticate(f, NULL, true, &p), 0);
    assert_int_equal(p.role, ROLE_ADMINISTRATOR);
    assert_string_equal(p.user, "development");
    assert_null(p.tenant);
    assert_int_equal(authenticate(f, NULL, false, &p), ERROR_DENIED);
    /* a wrong token is never taken for none */
    assert_int_equal(authenticate(f, "Bearer nonsense", true, &p), ERROR_DENIED);
    assert_int_equal(authenticate(f, "Basic dXNlcjpwdw==", true, &p), ERROR_DENIED);
    assert_int_equal(authenticate(f, "Bearer ", true, &p), ERROR_DENIED);
    assert_int_equal(authenticate(f, "", true, &p), ERROR_DENIED);
}

static void a_token_gives_its_role_and_the_scope_of_its_tenant(void **state)
{
    struct fixture *f = *state;
    struct principal p;
    assert_int_equal(authenticate(f, bearer(f, "reader", "acme", 0), false, &p), 0);
    assert_int_equal(p.role, ROLE_READER);
    assert_string_equal(p.tenant, "acme");
    assert_int_equal(p.scope->workspace_count, 2);
    assert_string_equal(p.scope->workspaces[1], "2");
    assert_string_equal(p.scope->accounts[0], "acc-1");
    assert_int_equal(authenticate(f, bearer(f, "administrator", NULL, 0), false, &p), 0);
    assert_int_equal(p.role, ROLE_ADMINISTRATOR);
    assert_null(p.scope);
}

static void scheme_is_read_without_case(void **state)
{
    struct fixture *f = *state;
    struct principal p;
    const char *header = bearer(f, "operator", "globex", 0);
    assert_int_equal(authenticate(f, arena_printf(f->a, "bearer  %s", header + 7), false, &p), 0);
    assert_int_equal(p.role, ROLE_OPERATOR);
}

static void tokens_end(void **state)
{
    struct fixture *f = *state;
    struct principal p;
    assert_int_equal(authenticate(f, bearer(f, "reader", "acme", clock_real_us() - 1), false, &p), ERROR_DENIED);
    const char *header = bearer(f, "reader", "acme", 0);
    struct state_token *tokens;
    size_t count;
    assert_int_equal(authenticate(f, header, false, &p), 0);
    assert_int_equal(state_tokens(f->state, f->a, &tokens, &count, &f->e), 0);
    for (size_t i = 0; i < count; i++)
        if (!tokens[i].expires_us)
            assert_int_equal(state_token_revoke(f->state, tokens[i].id, &f->e), 0);
    assert_int_equal(authenticate(f, header, false, &p), ERROR_DENIED);
}

static void with_tenants_nobody_but_an_administrator_goes_without_one(void **state)
{
    struct fixture *f = *state;
    struct principal p;
    assert_int_equal(authenticate(f, bearer(f, "reader", NULL, 0), false, &p), ERROR_FORBIDDEN);
    assert_int_equal(authenticate(f, bearer(f, "operator", NULL, 0), false, &p), ERROR_FORBIDDEN);
    /* a tenant that was taken out of the configuration opens nothing */
    assert_int_equal(authenticate(f, bearer(f, "reader", "initech", 0), false, &p), ERROR_FORBIDDEN);
    assert_int_equal(authenticate(f, bearer(f, "administrator", "initech", 0), false, &p), ERROR_FORBIDDEN);
    write_config(f, "server: {mode: production}\n");
    assert_int_equal(authenticate(f, bearer(f, "reader", NULL, 0), false, &p), 0);
    assert_null(p.tenant);
    assert_int_equal(authenticate(f, bearer(f, "reader", "acme", 0), false, &p), ERROR_FORBIDDEN);
}

static void roles_include_the_ones_before(void **state)
{
    struct fixture *f = *state;
    static const enum access_role roles[] = {ROLE_PUBLIC, ROLE_READER, ROLE_OPERATOR, ROLE_ADMINISTRATOR};
    for (size_t has = 0; has < ARRAY_LEN(roles); has++) {
        for (size_t needs = 0; needs < ARRAY_LEN(roles); needs++) {
            struct principal p = {.user = "u", .role = roles[has]};
            assert_int_equal(access_require(&p, roles[needs], "x", &f->e), has >= needs ? 0 : ERROR_FORBIDDEN);
        }
        struct principal p = {.user = "u", .role = roles[has]};
        assert_int_equal(access_require(&p, ROLE_NONE, "x", &f->e), ERROR_INTERNAL);
    }
    struct principal nobody = {.user = "u"};
    assert_int_equal(access_require(&nobody, ROLE_PUBLIC, "x", &f->e), ERROR_FORBIDDEN);
}

static void role_names_are_read_back(void **state)
{
    struct fixture *f = *state;
    enum access_role r = ROLE_NONE;
    assert_int_equal(access_role_parse("operator", &r, &f->e), 0);
    assert_int_equal(r, ROLE_OPERATOR);
    assert_int_equal(access_role_parse("adminstrator", &r, &f->e), ERROR_INVALID);
    assert_non_null(strstr(f->e.hint, "administrator"));
    assert_int_equal(access_role_parse("public", &r, &f->e), ERROR_INVALID);
    assert_int_equal(access_role_parse("none", &r, &f->e), ERROR_INVALID);
    assert_int_equal(access_role_parse("", &r, &f->e), ERROR_INVALID);
    assert_int_equal(r, ROLE_OPERATOR);
}

static void the_socket_is_the_local_administrator(void **state)
{
    (void)state;
    struct principal p;
    access_local(&p);
    assert_string_equal(p.user, "local");
    assert_int_equal(p.role, ROLE_ADMINISTRATOR);
    assert_null(p.tenant);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(production_asks_for_a_token_even_on_loopback, set_up, tear_down),
        cmocka_unit_test_setup_teardown(development_opens_loopback_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_token_gives_its_role_and_the_scope_of_its_tenant, set_up, tear_down),
        cmocka_unit_test_setup_teardown(scheme_is_read_without_case, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tokens_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(with_tenants_nobody_but_an_administrator_goes_without_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(roles_include_the_ones_before, set_up, tear_down),
        cmocka_unit_test_setup_teardown(role_names_are_read_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_socket_is_the_local_administrator, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
