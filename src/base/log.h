/*
 * The log: the project's only global state. Lines go to a stream (stderr), and to any sinks added.
 *
 * Only daemon/, plugin/ and output/ write to it; libraries return errors. Each line has a level, a
 * source ("broker", "web", or a plugin's name) and a text from which control characters are taken
 * out here, whoever wrote it. Any thread may log; sinks are called under the log's lock and must
 * not log themselves.
 */
#ifndef HARVESTER_BASE_LOG_H
#define HARVESTER_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

/* Longest text of a line in bytes; a longer one is cut and ends in "…". */
#define LOG_TEXT_SIZE 1024

/* Longest source in bytes, with its terminator. */
#define LOG_SOURCE_SIZE 160

/* The last millisecond that log_format() has a date for: of the year 9999. */
#define LOG_TIME_MS_MAX UINT64_C(253402300799999)

struct log_record {
	enum log_level level;
	uint64_t unix_ms;
	const char *source;
	const char *text; /* cleaned: UTF-8 without control characters */
	bool is_reading;  /* it shows what was measured; no event, so it need not be kept */
};

typedef void log_sink(void *arg, const struct log_record *record);

/* Lines below this level are dropped. Default LOG_INFO. */
void log_set_level(enum log_level level);

/* "debug", "info", "warning" (or "warn"), "error"; ERROR_INVALID otherwise. */
int log_level_parse(const char *name, enum log_level *ret_level);
const char *log_level_name(enum log_level level);

/* At most 4 sinks; arg is borrowed until log_remove_sink(). ERROR_TOO_LARGE when full. */
int log_add_sink(log_sink *sink, void *arg);
void log_remove_sink(log_sink *sink, void *arg);

void log_write(enum log_level level, const char *source, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A line of level "info" that shows a reading: for who looks on; sinks that keep events leave it
 * out. */
void log_reading(const char *source, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The line as text, "2026-01-31T12:00:00.000Z warning dht22: text", without a newline. A time
 * after LOG_TIME_MS_MAX is written as "(no valid time)". */
void log_format(const struct log_record *record, char *ret_line, size_t size);

#define log_debug(source, ...) log_write(LOG_DEBUG, source, __VA_ARGS__)
#define log_info(source, ...) log_write(LOG_INFO, source, __VA_ARGS__)
#define log_warning(source, ...) log_write(LOG_WARNING, source, __VA_ARGS__)
#define log_error(source, ...) log_write(LOG_ERROR, source, __VA_ARGS__)

#endif
