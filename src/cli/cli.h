/*
 * cli - the command line: one file per command, one table of all commands (commands.c). Parser, help, man page and shell
 * completion come from that table. A command that needs the warehouse is a client of the owner of the home (server.h).
 */
#ifndef SECCHI_CLI_H
#define SECCHI_CLI_H

/* Runs the program and returns its exit status: 0 good, 1 failed, 2 usage, 3 partial success, 130 interrupted. */
int cli_main(int argc, char **argv);

#endif
