#include "cli/command.h"

#include <signal.h>
#include <unistd.h>

const struct command *cli_find(const char *name)
{
    for (size_t i = 0; cli_commands[i]; i++)
        if (str_eq(cli_commands[i]->name, name))
            return cli_commands[i];
    return NULL;
}

static const struct option *find_in(const struct option *table, const char *name, size_t len)
{
    for (; table && table->name; table++)
        if (strlen(table->name) == len && memcmp(table->name, name, len) == 0)
            return table;
    return NULL;
}

static int unknown_option(const struct cli *cli, const char *arg, size_t len, struct error *err)
{
    const char *names[64];
    size_t n = 0;
    for (const struct option *o = cli->command ? cli->command->options : NULL; o && o->name && n < ARRAY_LEN(names); o++)
        names[n++] = o->name;
    for (const struct option *o = cli_global_options; o->name && n < ARRAY_LEN(names); o++)
        names[n++] = o->name;
    char *name = arena_strndup(cli->arena, arg, len);
    const char *near = nearest_name(name, names, n);
    error_set(err, ERROR_USAGE, "unknown option --%s%s%s", name, cli->command ? " of secchi " : "", cli->command ? cli->command->name : "");
    if (near)
        error_hint(err, "did you mean --%s?", near);
    else
        error_hint(err, "see `secchi help%s%s`", cli->command ? " " : "", cli->command ? cli->command->name : "");
    return ERROR_USAGE;
}

static bool is_choice(const char *choices, const char *value)
{
    size_t n = strlen(value);
    for (const char *p = choices; p && n; p = strchr(p, '|') ? strchr(p, '|') + 1 : NULL)
        if (strncmp(p, value, n) == 0 && (p[n] == '|' || !p[n]))
            return true;
    return false;
}

static int check_value(const struct option *o, const char *value, struct error *err)
{
    int64_t number;
    const char *wanted = NULL;
    if (o->type == OPTION_INT && str_to_i64(value, &number))
        wanted = "a whole number";
    if (o->type == OPTION_TIME && time_parse_us(value, &number))
        wanted = "a time such as 2026-11-21 or 2026-11-21T08:00:00Z";
    if (o->type == OPTION_CHOICE && !is_choice(o->choices, value))
        wanted = o->choices;
    if (!*value)
        wanted = "a value";
    if (!wanted)
        return 0;
    return error_set(err, ERROR_USAGE, "--%s takes %s, found '%s'", o->name, wanted, value);
}

static int add_option(struct cli *cli, const struct option *o, const char *value, struct error *err)
{
    if (!o->many && o->type != OPTION_FLAG)
        for (size_t i = 0; i < cli->values.len; i++)
            if (cli->values.items[i].option == o)
                return error_set(err, ERROR_USAGE, "--%s is given twice", o->name);
    int rc = value ? check_value(o, value, err) : 0;
    if (!rc)
        *VEC_ADD(&cli->values) = (struct cli_value){o, value ? value : "true"};
    return rc;
}

/* --name, --name=value, --name value. Returns how many further words were taken in *ret_taken. */
static int parse_option(struct cli *cli, const char *arg, const char *next, int *ret_taken, struct error *err)
{
    const char *name = arg + 2, *equals = strchr(name, '=');
    size_t len = equals ? (size_t)(equals - name) : strlen(name);
    const struct option *o = find_in(cli->command ? cli->command->options : NULL, name, len);
    if (!o)
        o = find_in(cli_global_options, name, len);
    if (!o)
        return unknown_option(cli, name, len, err);
    *ret_taken = 0;
    if (o->type == OPTION_FLAG)
        return equals ? error_set(err, ERROR_USAGE, "--%s takes no value", o->name) : add_option(cli, o, NULL, err);
    if (equals)
        return add_option(cli, o, equals + 1, err);
    if (!next)
        return error_set(err, ERROR_USAGE, "--%s needs a value (%s)", o->name, o->value);
    *ret_taken = 1;
    return add_option(cli, o, next, err);
}

static int unknown_command(const char *name, struct error *err)
{
    const char *names[64];
    size_t n = 0;
    for (size_t i = 0; cli_commands[i] && n < ARRAY_LEN(names); i++)
        names[n++] = cli_commands[i]->name;
    error_set(err, ERROR_USAGE, "unknown command '%s'", name);
    error_hint_near(err, nearest_name(name, names, n), "see `secchi help`");
    return ERROR_USAGE;
}

static int check_count(const struct cli *cli, struct error *err)
{
    const struct command *c = cli->command;
    int n = (int)cli->argument_count;
    if (n < c->min_arguments) {
        error_set(err, ERROR_USAGE, "secchi %s needs %s", c->name, c->arguments);
    } else if (c->max_arguments >= 0 && n > c->max_arguments) {
        error_set(err, ERROR_USAGE, "secchi %s does not take '%s'", c->name, cli->arguments[c->max_arguments]);
    } else {
        return 0;
    }
    error_hint(err, "see `secchi help %s`", c->name);
    return ERROR_USAGE;
}

/* Takes the words after the program's name: options anywhere, the first other word is the command, "--" ends options. */
static int parse_words(int argc, char **argv, struct cli *cli, struct error *err)
{
    bool only_arguments = false;
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i];
        if (!only_arguments && str_eq(arg, "--")) {
            only_arguments = true;
        } else if (!only_arguments && str_eq(arg, "-h")) {
            *VEC_ADD(&cli->values) = (struct cli_value){find_in(cli_global_options, "help", 4), "true"};
        } else if (!only_arguments && arg[0] == '-' && arg[1] == '-') {
            int taken = 0, rc = parse_option(cli, arg, i + 1 < argc ? argv[i + 1] : NULL, &taken, err);
            if (rc)
                return rc;
            i += taken;
        } else if (!only_arguments && arg[0] == '-' && arg[1]) {
            return error_set(err, ERROR_USAGE, "unknown option %s; options start with two dashes", arg);
        } else if (!cli->command) {
            cli->command = cli_find(arg);
            if (!cli->command)
                return unknown_command(arg, err);
        } else {
            cli->arguments[cli->argument_count++] = arg;
        }
    }
    return 0;
}

int cli_parse(int argc, char **argv, struct cli *cli, struct error *err)
{
    cli->arguments = arena_alloc(cli->arena, ((size_t)argc + 1) * sizeof(*cli->arguments));
    int rc = parse_words(argc, argv, cli, err);
    if (rc)
        return rc;
    if (cli_flag(cli, "version")) {
        cli->command = &command_version;
        cli->argument_count = 0;
    } else if (cli_flag(cli, "help") || !cli->command) {
        if (cli->command && (cli->command != &command_help || !cli->argument_count)) {
            cli->arguments[0] = cli->command->name;
            cli->argument_count = 1;
        }
        cli->command = &command_help;
    }
    cli->home = config_home(cli_value(cli, "home"), cli->arena);
    cli->packs = cli_value(cli, "packs");
    return check_count(cli, err);
}

const char *cli_value_at(const struct cli *cli, const char *name, size_t at)
{
    for (size_t i = 0; i < cli->values.len; i++)
        if (str_eq(cli->values.items[i].option->name, name) && at-- == 0)
            return cli->values.items[i].text;
    return NULL;
}

const char *cli_value(const struct cli *cli, const char *name)
{
    const char *found = NULL;
    for (size_t i = 0; i < cli->values.len; i++)
        if (str_eq(cli->values.items[i].option->name, name))
            found = cli->values.items[i].text;
    return found;
}

bool cli_flag(const struct cli *cli, const char *name) { return cli_value(cli, name) != NULL; }
bool cli_is_terminal(int fd) { return isatty(fd) && !str_eq(getenv("TERM"), "dumb"); }

int cli_load(struct cli *cli, struct error *err)
{
    VEC(struct config_flag) flags = {0};
    for (size_t i = 0; i < cli->values.len; i++) {
        const struct option *o = cli->values.items[i].option;
        if (o->setting)
            *VEC_ADD(&flags) = (struct config_flag){o->setting, cli->values.items[i].text, arena_printf(cli->arena, "--%s", o->name)};
    }
    int rc = 0;
    if (!path_exists(path_join(cli->arena, cli->home, "secchi.yaml"))) {
        rc = error_set(err, ERROR_NOT_FOUND, "there is no home at %s", cli->home);
        error_hint(err, "make one with `secchi init`, or name another with --home or SECCHI_HOME");
    }
    if (!rc)
        rc = config_load(cli->home, flags.items, flags.len, &cli->config, err);
    VEC_FREE(&flags);
    return rc;
}

static struct cancel *caught;

static void on_signal(int number)
{
    (void)number;
    if (cancelled(caught))
        _exit(130);
    cancel_set(caught);
}

struct cancel *cli_catch_interrupt(struct cli *cli)
{
    struct sigaction action = {.sa_handler = on_signal};
    caught = &cli->cancel;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    return &cli->cancel;
}

/* SECCHI_AS_OF sets the clock of the whole process, for tests and replays. */
static int set_clock(struct error *err)
{
    const char *text = getenv("SECCHI_AS_OF");
    int64_t at_us;
    if (!text || !*text)
        return 0;
    if (time_parse_us(text, &at_us))
        return error_set(err, ERROR_USAGE, "SECCHI_AS_OF must be a time such as 2026-11-21 or 2026-11-21T08:00:00Z, found '%s'", text);
    clock_fix_us(at_us);
    return 0;
}

int cli_main(int argc, char **argv)
{
    struct error err = {0};
    struct cli cli = {.arena = arena_new()};
    signal(SIGPIPE, SIG_IGN);
    int rc = cli_parse(argc, argv, &cli, &err);
    if (!rc)
        rc = set_clock(&err);
    if (!rc)
        rc = cli.command->run(&cli, &err);
    if (rc)
        error_print(stderr, &err);
    int status = rc ? error_exit_status(&err) : 0;
    if (fflush(stdout) != 0 && !rc) {
        fprintf(stderr, "secchi: cannot write the output\n");
        status = 1;
    }
    VEC_FREE(&cli.values);
    config_free(cli.config);
    arena_free(cli.arena);
    return status;
}
