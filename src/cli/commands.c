#include "cli/command.h"

const struct command *const cli_commands[] = {
    &command_init, &command_setup,    &command_refresh, &command_status, &command_query,  &command_sql,        &command_explain,
    &command_cost, &command_simulate, &command_check,   &command_doctor, &command_backup, &command_restore,    &command_serve,
    &command_stop, &command_rules,    &command_export,  &command_token,  &command_help,   &command_completion, &command_version,
    NULL,
};

const struct option cli_global_options[] = {
    {"home", OPTION_DIR, "DIR", NULL, NULL, false,
     "folder of this installation: secchi.yaml, warehouse, state, packs, logs (default $SECCHI_HOME, else ./secchi-home)"},
    {"packs", OPTION_DIR, "DIR", NULL, NULL, false, "content packs that come with the program (default: beside it)"},
    {"log-level", OPTION_CHOICE, "LEVEL", "error|warn|info|debug", "log.level", false, "least severe lines that the log keeps"},
    {"help", OPTION_FLAG, NULL, NULL, NULL, false, "help on the command"},
    {"version", OPTION_FLAG, NULL, NULL, NULL, false, "version of the program"},
    {0},
};
