/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the linker puts in the place of functions: a call of NAME() goes to these. */
#ifndef IPCQ_FUZZ_WRAPS_H
#define IPCQ_FUZZ_WRAPS_H

struct argp_state;
struct nl_sock;
struct passwd;

void __wrap_argp_error(const struct argp_state *state, const char *format, ...);
struct passwd *__wrap_getpwnam(const char *name);

struct nl_sock *__wrap_nl_socket_alloc(void);
int __wrap_genl_connect(struct nl_sock *socket);
int __wrap_genl_ctrl_resolve(struct nl_sock *socket, const char *name);

#endif
