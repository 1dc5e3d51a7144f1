#include "cli/command.h"

#include <ctype.h>

/* Help, man page and completion, all from the tables of commands, options and settings. */

static void put_wrapped(FILE *f, const char *text, int indent, int width)
{
    int column = indent;
    for (const char *p = text; *p;) {
        size_t n = strcspn(p, " \n");
        if (column > indent && column + (int)n + 1 > width) {
            fprintf(f, "\n%*s", indent, "");
            column = indent;
        } else if (column > indent) {
            fputc(' ', f);
            column++;
        }
        fwrite(p, 1, n, f);
        column += (int)n;
        p += n;
        if (*p == '\n') {
            fprintf(f, "\n%*s", indent, "");
            column = indent;
        }
        if (*p)
            p++;
    }
    fputc('\n', f);
}

static void put_options(FILE *f, const struct option *table)
{
    for (; table && table->name; table++) {
        char left[96];
        snprintf(left, sizeof(left), "--%s%s%s", table->name, table->value ? " " : "", table->value ? table->value : "");
        fprintf(f, "  %-22s", left);
        if (strlen(left) > 21)
            fprintf(f, "\n%24s", "");
        CLEANUP(arena_freep) struct arena *a = arena_new();
        put_wrapped(f,
                    arena_printf(a, "%s%s%s%s%s", table->help, table->choices ? " (" : "", table->choices ? table->choices : "",
                                 table->choices ? ")" : "", table->many ? "; may be repeated" : ""),
                    24, 100);
    }
}

static void put_command(FILE *f, const struct command *c)
{
    fprintf(f, "secchi %s%s%s%s\n\n", c->name, c->options && c->options->name ? " [OPTIONS]" : "", *c->arguments ? " " : "", c->arguments);
    put_wrapped(f, c->text, 0, 100);
    if (c->options && c->options->name) {
        fprintf(f, "\nOptions\n");
        put_options(f, c->options);
    }
    fprintf(f, "\nOptions of every command\n");
    put_options(f, cli_global_options);
    if (*c->examples)
        fprintf(f, "\nExamples\n");
    for (const char *p = c->examples; *p;) {
        size_t n = strcspn(p, "\n");
        fprintf(f, "  %.*s\n", (int)n, p);
        p += n + (p[n] == '\n');
    }
}

void cli_print_help(FILE *f, const struct command *c)
{
    if (c) {
        put_command(f, c);
        return;
    }
    fprintf(f, "secchi shows how healthy a lakehouse is: what it costs, what fails, what is slow, who touches what.\n\n"
               "secchi COMMAND [OPTIONS]\n\nCommands\n");
    for (size_t i = 0; cli_commands[i]; i++)
        fprintf(f, "  %-12s %s\n", cli_commands[i]->name, cli_commands[i]->summary);
    fprintf(f, "\nOptions of every command\n");
    put_options(f, cli_global_options);
    fprintf(f, "\n`secchi help COMMAND` tells more; `secchi help settings` lists the settings of secchi.yaml.\n");
}

static void put_settings(FILE *f)
{
    for (size_t i = 0; i < config_setting_count; i++) {
        const struct setting *s = &config_settings[i];
        fprintf(f, "%s%s%s%s  (default: %s)\n    ", s->key, s->choices ? " [" : "", s->choices ? s->choices : "", s->choices ? "]" : "",
                *s->fallback ? s->fallback : "none");
        put_wrapped(f, s->help, 4, 100);
    }
    fprintf(
        f,
        "\nEach can be set in secchi.yaml, or in the environment as SECCHI_ and its name in capitals with _ for the dot (SECCHI_SERVER_PORT).\n");
}

/* ---- man page ---- */

static void put_roff(FILE *f, const char *text)
{
    bool start = true;
    for (; *text; text++) {
        if (start && (*text == '.' || *text == '\''))
            fputs("\\&", f);
        if (*text == '\\')
            fputs("\\e", f);
        else if (*text == '-')
            fputs("\\-", f);
        else
            fputc(*text, f);
        start = *text == '\n';
    }
}

static void put_roff_options(FILE *f, const struct option *table)
{
    for (; table && table->name; table++) {
        fprintf(f, ".TP\n\\fB\\-\\-");
        put_roff(f, table->name);
        fprintf(f, "\\fR%s%s%s\n", table->value ? " \\fI" : "", table->value ? table->value : "", table->value ? "\\fR" : "");
        put_roff(f, table->help);
        if (table->choices) {
            fputs(" (", f);
            put_roff(f, table->choices);
            fputs(")", f);
        }
        fputs("\n", f);
    }
}

static void put_man(FILE *f)
{
    fprintf(f, ".TH SECCHI 1 \"\" \"secchi " SECCHI_VERSION "\" \"User Commands\"\n.SH NAME\nsecchi \\- health of a lakehouse\n"
               ".SH SYNOPSIS\n\\fBsecchi\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n.SH COMMANDS\n");
    for (size_t i = 0; cli_commands[i]; i++) {
        const struct command *c = cli_commands[i];
        fprintf(f, ".SS secchi %s ", c->name);
        put_roff(f, c->arguments);
        fputs("\n", f);
        put_roff(f, c->text);
        fputs("\n", f);
        put_roff_options(f, c->options);
    }
    fprintf(f, ".SH OPTIONS OF EVERY COMMAND\n");
    put_roff_options(f, cli_global_options);
    fprintf(f, ".SH SETTINGS\n");
    for (size_t i = 0; i < config_setting_count; i++) {
        fprintf(f, ".TP\n\\fB");
        put_roff(f, config_settings[i].key);
        fprintf(f, "\\fR (default: ");
        put_roff(f, *config_settings[i].fallback ? config_settings[i].fallback : "none");
        fprintf(f, ")\n");
        put_roff(f, config_settings[i].help);
        fputs("\n", f);
    }
    fprintf(f, ".SH EXIT STATUS\n0 good, 1 failed, 2 wrong usage, 3 partial success, 130 interrupted.\n");
}

static int run_help(struct cli *cli, struct error *err)
{
    const char *topic = cli->argument_count ? cli->arguments[0] : NULL;
    if (str_eq(topic, "settings")) {
        put_settings(stdout);
    } else if (str_eq(topic, "man")) {
        put_man(stdout);
    } else if (str_eq(topic, "api")) {
        CLEANUP(free_ptr) char *text = server_openapi();
        puts(text);
    } else if (topic && !cli_find(topic)) {
        const char *names[64] = {"settings", "man", "api"};
        size_t n = 3;
        for (size_t i = 0; cli_commands[i] && n < ARRAY_LEN(names); i++)
            names[n++] = cli_commands[i]->name;
        error_set(err, ERROR_USAGE, "there is no help on '%s'", topic);
        error_hint_near(err, nearest_name(topic, names, n), NULL);
        return ERROR_USAGE;
    } else {
        cli_print_help(stdout, topic ? cli_find(topic) : NULL);
    }
    return 0;
}

const struct command command_help = {
    .name = "help",
    .arguments = "[COMMAND|settings|man|api]",
    .max_arguments = 1,
    .summary = "help on a command, the settings, or the HTTP API",
    .text =
        "Prints help on a command. `settings` lists every key of secchi.yaml, `man` prints the manual page, `api` the OpenAPI document.",
    .examples = "secchi help query\nsecchi help settings",
    .run = run_help,
};

static int run_version(struct cli *cli, struct error *err)
{
    (void)cli;
    (void)err;
    puts("secchi " SECCHI_VERSION);
    return 0;
}

const struct command command_version = {
    .name = "version",
    .arguments = "",
    .summary = "version of the program",
    .text = "Prints the version.",
    .examples = "",
    .run = run_version,
};

/* ---- completion ---- */

static void put_words(FILE *f, const struct option *table)
{
    for (; table && table->name; table++)
        fprintf(f, " --%s", table->name);
}

static void put_bash(FILE *f)
{
    fprintf(
        f,
        "_secchi() {\n    local word=${COMP_WORDS[COMP_CWORD]} last=${COMP_WORDS[COMP_CWORD-1]} command= i\n"
        "    for ((i = 1; i < COMP_CWORD; i++)); do case ${COMP_WORDS[i]} in -*) ;; *) [ \"${COMP_WORDS[i-1]}\" = --home ] || { command=${COMP_WORDS[i]}; break; } ;; esac; done\n"
        "    case $command:$last in\n");
    for (size_t i = 0; cli_commands[i]; i++)
        for (const struct option *o = cli_commands[i]->options; o && o->name; o++)
            if (o->type == OPTION_CHOICE) {
                fprintf(f, "    %s:--%s) COMPREPLY=($(compgen -W \"", cli_commands[i]->name, o->name);
                for (const char *p = o->choices; *p; p++)
                    fputc(*p == '|' ? ' ' : *p, f);
                fprintf(f, "\" -- \"$word\")); return ;;\n");
            }
    fprintf(f, "    *:--home|*:--packs|*:--source) COMPREPLY=($(compgen -d -- \"$word\")); return ;;\n"
               "    *:--file|*:--output) COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n    esac\n    case $command in\n");
    for (size_t i = 0; cli_commands[i]; i++) {
        fprintf(f, "    %s) COMPREPLY=($(compgen -W \"", cli_commands[i]->name);
        put_words(f, cli_commands[i]->options);
        put_words(f, cli_global_options);
        fprintf(f, "\" -- \"$word\")) ;;\n");
    }
    fprintf(f, "    *) COMPREPLY=($(compgen -W \"");
    for (size_t i = 0; cli_commands[i]; i++)
        fprintf(f, "%s ", cli_commands[i]->name);
    put_words(f, cli_global_options);
    fprintf(f, "\" -- \"$word\")) ;;\n    esac\n}\ncomplete -o default -F _secchi secchi\n");
}

static int run_completion(struct cli *cli, struct error *err)
{
    if (!str_eq(cli->arguments[0], "bash") && !str_eq(cli->arguments[0], "zsh"))
        return error_set(err, ERROR_USAGE, "completion is made for bash or zsh, not '%s'", cli->arguments[0]);
    if (str_eq(cli->arguments[0], "zsh"))
        puts("autoload -U +X bashcompinit && bashcompinit");
    put_bash(stdout);
    return 0;
}

const struct command command_completion = {
    .name = "completion",
    .arguments = "bash|zsh",
    .min_arguments = 1,
    .max_arguments = 1,
    .summary = "completion script for a shell",
    .text = "Prints a script that makes the shell complete commands, options and their values.",
    .examples = "source <(secchi completion bash)",
    .run = run_completion,
};
