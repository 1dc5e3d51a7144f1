/* Private to cli: what a command is, and what it is given. */
#ifndef SECCHI_CLI_COMMAND_H
#define SECCHI_CLI_COMMAND_H

#include "base/base.h"
#include "cli/cli.h"
#include "config/config.h"
#include "server/server.h"

enum option_type { OPTION_FLAG, OPTION_TEXT, OPTION_INT, OPTION_TIME, OPTION_CHOICE, OPTION_FILE, OPTION_DIR, OPTION_DURATION };

struct option {
    const char *name; /* without dashes; NULL ends the table */
    enum option_type type;
    const char *value;   /* name of the value in help, e.g. "DIR"; NULL for flags */
    const char *choices; /* CHOICE: "a|b|c" */
    const char *setting; /* sets this setting (config), or NULL */
    bool many;           /* may be given more than once */
    const char *help;
};

struct cli;

struct command {
    const char *name;
    const char *arguments;            /* synopsis of positional arguments, e.g. "\"SQL\"", "[TABLE...]"; "" for none */
    int min_arguments, max_arguments; /* max -1: any number */
    const char *summary;              /* one line */
    const char *text;                 /* what it does, its output and exit status, for help and man page */
    const char *examples;             /* one a line, as they are typed; "" for none */
    const struct option *options;
    int (*run)(struct cli *cli, struct error *err);
};
extern const struct command *const cli_commands[]; /* ends with NULL; in the order of help */
extern const struct option cli_global_options[];

struct cli_value {
    const struct option *option;
    const char *text;
};

struct cli {
    struct arena *arena;
    const struct command *command;
    const char *home;  /* absolute */
    const char *packs; /* --packs or NULL */
    VEC(struct cli_value) values;
    const char **arguments;
    size_t argument_count;
    struct config *config; /* loaded by cli_load */
    struct cancel cancel;  /* set by Ctrl-C; a second Ctrl-C ends the process */
};

/* The last (or the i-th) value of an option, NULL when it was not given. */
const char *cli_value(const struct cli *cli, const char *name);
const char *cli_value_at(const struct cli *cli, const char *name, size_t i);
bool cli_flag(const struct cli *cli, const char *name);
/* Loads the configuration with the flags that set settings. A home that does not exist is an ERROR_NOT_FOUND with `secchi init`. */
int cli_load(struct cli *cli, struct error *err) MUST_CHECK;
struct cancel *cli_catch_interrupt(struct cli *cli); /* from now on Ctrl-C and SIGTERM set cli->cancel */
bool cli_is_terminal(int fd);

/* Parses argv into cli; ERROR_USAGE with the nearest name. --help and --version become their commands. */
int cli_parse(int argc, char **argv, struct cli *cli, struct error *err) MUST_CHECK;
const struct command *cli_find(const char *name);
void cli_print_help(FILE *f, const struct command *c); /* NULL: all commands */

struct yyjson_doc;
/* Asks the owner of the home. The answer is text in the arena, ret_doc what it says; with --format json it is printed as it came. */
int cli_ask(struct cli *cli, const char *method, const char *path, const char *body, struct yyjson_doc **ret_doc,
            struct error *err) MUST_CHECK;
struct verb { /* first argument of a command that does several things */
    const char *name;
    int (*run)(struct cli *cli, struct error *err);
};
/* Runs the verb that the first argument names, without one the first; the configuration is loaded before. */
int cli_run_verb(struct cli *cli, const struct verb *verbs, size_t count, struct error *err) MUST_CHECK;

/* Starts a run through the client, shows its progress, and returns as the run ended. */
int cli_follow_run(struct cli *cli, struct client *client, const char *request_json, struct error *err) MUST_CHECK;
/* Says on standard error that the last answer was cut by a limit, if it was: what goes to out stays what its format says. */
void cli_tell_cut(const struct client *client, FILE *out);
/* Prints the Arrow IPC bytes of a query as a table. */
int cli_print_table(FILE *f, const void *data, size_t len, struct error *err) MUST_CHECK;

extern const struct command command_simulate, command_init, command_setup, command_refresh, command_status, command_query, command_sql,
    command_check, command_doctor, command_backup, command_restore, command_serve, command_stop, command_token, command_help,
    command_completion, command_version, command_rules, command_explain, command_cost, command_export;

#endif
