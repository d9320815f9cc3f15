// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Saying what went wrong, and what to do about it.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "commands.h"
#include "main.h"
#include "util.h"

#define DEVICE		"/dev/ipcq"
#define MODULE		"/sys/module/ipcq"

void complain(const char *format, ...)
{
	va_list arguments;

	/* What was printed so far comes before what is said about it. */
	fflush(stdout);
	if (running_command)
		fprintf(stderr, "ipcq %s: ", running_command);
	else
		fputs("ipcq: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

int exit_code(int error)
{
	switch (-error) {
	case 0:
		return EXIT_OK;
	case ENODEV:
	case ENXIO:
		return EXIT_MODULE;
	case EAGAIN:
	case ENOBUFS:
	case ETIMEDOUT:
	case ETIME:
	case ECONNREFUSED:
		return EXIT_WAIT;
	case EACCES:
	case EPERM:
	case EKEYREJECTED:
	case EDQUOT:
	case ENOSPC:
		return EXIT_REFUSED;
	case EREMOTEIO:
		return EXIT_SERVER_REFUSED;
	case ECONNRESET:
		return EXIT_SERVER_ENDED;
	case ENOTCONN:
		return EXIT_NO_SERVER;
	default:
		return EXIT_FAILED;
	}
}

/* What to do about an error, as the end of a message; may be empty. */
static const char *advice(int error)
{
	switch (-error) {
	case ENOENT:
		return "; 'ipcq ls' lists what there is";
	case EACCES:
	case EPERM:
	case EPROTOTYPE:
	case EKEYREJECTED:
	case EBADR:
		return "; 'ipcq show' tells what it is and whose";
	case EDQUOT:
	case ENOSPC:
		return "; 'ipcq info' shows the limits and what is used of them";
	case EMFILE:
		return "; raise the limit with 'ulimit -n'";
	default:
		return "";
	}
}

static const char *meaning(int error)
{
	/* The library's texts leave open what the caller knows by now. */
	switch (error) {
	case -ENOENT:
		return "there is no such object";
	case -EPERM:
		return "only its owner may do this";
	default:
		return ipcq_strerror(error);
	}
}

int report(const char *object, int error)
{
	char *shown = printable(object);

	if (error == -ENODEV || error == -ENXIO)
		report_module(error);
	else
		complain("'%s': %s%s", shown ? shown : "?", meaning(error),
			 advice(error));
	free(shown);
	return exit_code(error);
}

bool module_loaded(void)
{
	return !access(MODULE, F_OK);
}

int report_module(int error)
{
	if (error == -EACCES || error == -EPERM)
		complain("cannot open " DEVICE ": permission denied; see 'ls -l " DEVICE
			 "' for who may");
	else if (error == -EMFILE || error == -ENFILE || error == -ENOMEM)
		complain("cannot open " DEVICE ": %s", ipcq_strerror(error));
	else if (module_loaded())
		complain("cannot open " DEVICE ": the module is loaded, but the device is not here; "
			 "a container must be given it");
	else
		complain("cannot open " DEVICE ": is the module loaded? try: modprobe ipcq");
	return EXIT_MODULE;
}

int connect_device(struct ipcq **out)
{
	int error = ipcq_connect(out);

	return error ? report_module(error) : EXIT_OK;
}
