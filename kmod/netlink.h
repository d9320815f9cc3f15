/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IPCQ_NETLINK_H
#define IPCQ_NETLINK_H

int ipcq_netlink_init(void);
void ipcq_netlink_exit(void);

#endif /* IPCQ_NETLINK_H */
