/*
 * What is wrong with the server: the reason for people, and the pause before the next attempt,
 * which grows. Loop thread.
 */
#ifndef HARVESTER_INFLUX_TROUBLE_H
#define HARVESTER_INFLUX_TROUBLE_H

#include <stdbool.h>
#include <stdint.h>

struct http_answer;

#define INFLUX_PAUSE_MS 1000 /* after the first failure; doubles, up to: */
#define INFLUX_PAUSE_MS_MAX 60000
#define INFLUX_REFUSED_IN_A_ROW_MAX 16
#define INFLUX_REASON_SIZE 300
#define INFLUX_QUOTE_SIZE (INFLUX_REASON_SIZE / 2)

/* All zero: nothing is wrong. */
struct influx_trouble {
	unsigned attempts;	   /* that failed, one after the other */
	unsigned refused_in_a_row; /* readings */
	char reason[INFLUX_REASON_SIZE];
};

/* Count a failure. Returns the pause in ms before the next attempt: `asked_ms`, which the server
 * asked for, if that is longer than ours, and INFLUX_PAUSE_MS_MAX at most. */
uint64_t influx_trouble_pause(struct influx_trouble *trouble, uint64_t asked_ms);

/* Returns whether the reason is another one than before: each is logged once. */
bool influx_trouble_set(struct influx_trouble *trouble, const char *reason);

/* The server accepts readings. Returns whether there was a reason, so that its end is logged. */
bool influx_trouble_clear(struct influx_trouble *trouble);

/* Describe an answer that is no success, with advice and the server's own words. */
void influx_trouble_describe(char ret_text[INFLUX_REASON_SIZE], const struct http_answer *answer);

/* The beginning of the server's own words, on one line, of printable ASCII. */
void influx_quote(char ret_text[INFLUX_QUOTE_SIZE], const struct http_answer *answer);

#endif
