/*
 * The log, which writes each line to stderr and to the added sinks. It is the project's only global
 * state.
 *
 * Library code does not log; it returns errors. A line has a level, a source ("broker", "web", or a
 * plugin's name) and a text; the log replaces the control characters in the text. Any thread. Sinks
 * are called while the log's lock is held, so they must not log themselves.
 */
#ifndef HARVESTER_BASE_LOG_H
#define HARVESTER_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

/* Bytes of a line's text; a longer text is cut and ends in "…". */
#define LOG_TEXT_SIZE 1024

/* Bytes of a source, with its terminator. */
#define LOG_SOURCE_SIZE 160

/* The last Unix time that log_format() can write: the end of the year 9999. */
#define LOG_TIME_MS_MAX UINT64_C(253402300799999)

struct log_record {
	enum log_level level;
	uint64_t unix_ms;
	const char *source;
	const char *text; /* UTF-8 without control characters */
	bool is_reading;  /* the line shows a measured value; it is not an event to be kept */
};

typedef void log_sink(void *arg, const struct log_record *record);

/* Drop lines below this level. The default is LOG_INFO. */
void log_set_level(enum log_level level);

/* "debug", "info", "warning" (or "warn") or "error"; ERROR_INVALID for another name. */
int log_level_parse(const char *name, enum log_level *ret_level);
const char *log_level_name(enum log_level level);

/* Call sink(arg, record) for each line. ERROR_TOO_LARGE if there are 4 sinks already. `arg` is
 * borrowed until log_remove_sink(). */
int log_add_sink(log_sink *sink, void *arg);
void log_remove_sink(log_sink *sink, void *arg);

void log_write(enum log_level level, const char *source, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Log a reading, at level "info", for a person who watches the log. Sinks that store events skip
 * it. */
void log_reading(const char *source, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Format the line as "2026-01-31T12:00:00.000Z warning dht22: text", without a newline. A time
 * after LOG_TIME_MS_MAX becomes "(no valid time)". */
void log_format(const struct log_record *record, char *ret_line, size_t size);

#define log_debug(source, ...) log_write(LOG_DEBUG, source, __VA_ARGS__)
#define log_info(source, ...) log_write(LOG_INFO, source, __VA_ARGS__)
#define log_warning(source, ...) log_write(LOG_WARNING, source, __VA_ARGS__)
#define log_error(source, ...) log_write(LOG_ERROR, source, __VA_ARGS__)

#endif
