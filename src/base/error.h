/*
 * Error codes, and an error text for people.
 *
 * A function that can fail returns 0 or one of these negative codes. On failure its ret_ parameters
 * are unchanged. If a person will read the reason, its last parameter is a `struct error *err`,
 * which may be NULL. The caller owns the struct error. Any thread.
 */
#ifndef HARVESTER_BASE_ERROR_H
#define HARVESTER_BASE_ERROR_H

/* Name, value, text. No file or protocol contains the values; they must be negative and distinct.
 */
#define ERROR_TABLE(X)                                                                             \
	X(NO_MEMORY, -1, "out of memory; this machine needs more free memory")                     \
	X(INVALID, -2, "invalid value")                                                            \
	X(SYSTEM, -3, "system call failed")                                                        \
	X(NOT_FOUND, -4, "not found")                                                              \
	X(EXISTS, -5, "exists already")                                                            \
	X(TOO_LARGE, -6, "too large")                                                              \
	X(MALFORMED, -7, "malformed")                                                              \
	X(TIMEOUT, -8, "timeout")                                                                  \
	X(CLOSED, -9, "closed")                                                                    \
	X(BUSY, -10, "busy")                                                                       \
	X(UNSUPPORTED, -11, "not supported")                                                       \
	X(NOT_GRANTED, -12, "not granted")                                                         \
	X(NO_ACKNOWLEDGE, -13, "no acknowledge")                                                   \
	X(BUS, -14, "bus error")                                                                   \
	X(ARBITRATION_LOST, -15, "arbitration lost")                                               \
	X(CHECKSUM, -16, "checksum mismatch")                                                      \
	X(IMPLAUSIBLE, -17, "implausible value")                                                   \
	X(NO_SENSOR, -18, "no such sensor on this machine")

enum error_code {
#define X(name, value, text) ERROR_##name = (value),
	ERROR_TABLE(X)
#undef X
};

/*
 * Bytes of a text, with its terminator. A longer text is cut between two characters, and bytes that
 * are not UTF-8 (of a file's name, say) become "?", so that JSON can always carry the text.
 */
#define ERROR_TEXT_SIZE 512

struct error {
	int code;
	char text[ERROR_TEXT_SIZE];
};

/* The text of a code in the table; "unknown error" for any other number. Static memory. */
const char *error_text(int code);

/* Fill *err (if not NULL) with `code` and the text. Returns `code`, for the caller to return. */
int error_set(struct error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Like error_set(), with ": " and the text of errno_value after it. Returns `code`. */
int error_set_errno(struct error *err, int code, int errno_value, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * Add context: put a formatted text and ": " before the text in *err (if not NULL), such as
 * "plugins/dht22/permission.toml:3:14" before "expected an integer". Returns err's code, or `code`
 * if err is NULL.
 */
int error_wrap(struct error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
