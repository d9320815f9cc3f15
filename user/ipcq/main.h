/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What main.c tells the helpers. */
#ifndef IPCQ_MAIN_H
#define IPCQ_MAIN_H

/* The name of the subcommand that runs, for messages; NULL before there is one. */
extern const char *running_command;

#endif /* IPCQ_MAIN_H */
