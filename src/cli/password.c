#include "cli/password.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>

#include "base/error.h"

/* Read one line without its newline. A line that is too long is an error; cutting it would make
 * another password of it. */
static int read_line(FILE *from, char ret_line[PASSWORD_SIZE], struct error *err)
{
	char line[PASSWORD_SIZE + 1]; /* and its newline */
	size_t length;

	if (!fgets(line, sizeof(line), from))
		return error_set(
			err, ERROR_INVALID,
			"no password was given: write one line on stdin or in the terminal");
	length = strcspn(line, "\n");
	if (!line[length] && length == sizeof(line) - 1)
		return error_set(err, ERROR_TOO_LARGE,
				 "the password may have %d bytes at most: choose a shorter one",
				 ACCOUNTS_PASSWORD_MAX);
	line[length] = '\0';
	memcpy(ret_line, line, length + 1);
	sodium_memzero(line, sizeof(line));
	return 0;
}

static int ask(FILE *terminal, const char *question, const char *user,
	       char ret_password[PASSWORD_SIZE], struct error *err)
{
	int ret;

	fprintf(terminal, "%s %s: ", question, user);
	fflush(terminal);
	ret = read_line(terminal, ret_password, err);
	fputc('\n', terminal);
	fflush(terminal);
	return ret;
}

static int ask_twice(FILE *terminal, const char *user, char ret_password[PASSWORD_SIZE],
		     struct error *err)
{
	char again[PASSWORD_SIZE];
	int ret = ask(terminal, "password of", user, ret_password, err);

	if (!ret)
		ret = ask(terminal, "repeat the password of", user, again, err);
	if (!ret && strcmp(ret_password, again) != 0)
		ret = error_set(err, ERROR_INVALID,
				"the two passwords differ: run the command again");
	sodium_memzero(again, sizeof(again));
	return ret;
}

/* Like getpass(), but with a limit and errors, and from the terminal even if stdin is a pipe. */
static int read_terminal(const char *user, char ret_password[PASSWORD_SIZE], struct error *err)
{
	FILE *terminal = fopen("/dev/tty", "r+e");
	struct termios before, silent;
	int ret;

	if (!terminal)
		return error_set(err, ERROR_SYSTEM,
				 "no terminal to ask for a password: use --password-stdin");
	setvbuf(terminal, NULL, _IONBF, 0);
	if (tcgetattr(fileno(terminal), &before)) {
		ret = error_set_errno(
			err, ERROR_SYSTEM, errno,
			"cannot use the terminal (--password-stdin reads the password from stdin)");
		fclose(terminal);
		return ret;
	}
	silent = before;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(fileno(terminal), TCSAFLUSH, &silent);
	ret = ask_twice(terminal, user, ret_password, err);
	tcsetattr(fileno(terminal), TCSAFLUSH, &before);
	fclose(terminal);
	return ret;
}

int password_read(bool from_stdin, const char *user, char ret_password[PASSWORD_SIZE],
		  struct error *err)
{
	return from_stdin ? read_line(stdin, ret_password, err)
			  : read_terminal(user, ret_password, err);
}
