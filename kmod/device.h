/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IPCQ_DEVICE_H
#define IPCQ_DEVICE_H

int ipcq_device_init(void);
void ipcq_device_exit(void);

#endif /* IPCQ_DEVICE_H */
