/*
 * Errors: 0 or a negative code from one table, and an optional text for people.
 *
 * A function that can fail returns 0 or one of these codes and leaves its ret_ parameters untouched
 * on failure. Where a person will read the reason it takes a `struct error *err` last, which may be
 * NULL. Any thread may use any function here; a struct error belongs to its caller.
 */
#ifndef HARVESTER_BASE_ERROR_H
#define HARVESTER_BASE_ERROR_H

/* name, value, text. The values are part of no protocol; they only must be negative and distinct.
 */
#define ERROR_TABLE(X)                                                                             \
	X(NO_MEMORY, -1, "out of memory")                                                          \
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
 * Longest text kept, with its terminator. A longer one is cut at the border of a character, and
 * bytes that are no UTF-8 (of a file's name, say) become "?": a text is always fit for JSON.
 */
#define ERROR_TEXT_SIZE 512

struct error {
	int code;
	char text[ERROR_TEXT_SIZE];
};

/* The text of a code in the table; "unknown error" for any other number. Static memory. */
const char *error_text(int code);

/* Fill *err (NULL is allowed) with the code and a formatted text. Returns code, to be returned on.
 */
int error_set(struct error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Like error_set(), with ": " and the text of errno_value behind it. Returns code. */
int error_set_errno(struct error *err, int code, int errno_value, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * Put a formatted text and ": " before the text that *err has (NULL is allowed), as a caller that
 * knows more: "plugins/dht22/permission.toml:3:14: expected an integer". Returns err's code, or
 * `code` where err is NULL.
 */
int error_wrap(struct error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
