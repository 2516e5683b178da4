#include "influx/trouble.h"

#include <stdio.h>
#include <string.h>

#include "link/http_client.h"

uint64_t influx_trouble_pause(struct influx_trouble *trouble, uint64_t asked_ms)
{
	const unsigned doublings = trouble->attempts < 6 ? trouble->attempts : 6;
	uint64_t pause = (uint64_t)INFLUX_PAUSE_MS << doublings;

	trouble->attempts++;
	pause = pause > asked_ms ? pause : asked_ms;
	return pause < INFLUX_PAUSE_MS_MAX ? pause : INFLUX_PAUSE_MS_MAX;
}

bool influx_trouble_set(struct influx_trouble *trouble, const char *reason)
{
	if (!strcmp(trouble->reason, reason))
		return false;
	snprintf(trouble->reason, sizeof(trouble->reason), "%s", reason);
	return true;
}

bool influx_trouble_clear(struct influx_trouble *trouble)
{
	const bool was_wrong = *trouble->reason;

	*trouble = (struct influx_trouble){0};
	return was_wrong;
}

static const char *find_advice(unsigned status)
{
	if (status == 401 || status == 403)
		return "; check token_file, and that the token may write to the bucket";
	if (status == 404)
		return "; check url, org and bucket";
	if (status / 100 == 3)
		return "; redirections are not followed: put the right address into url";
	if (status / 100 == 2)
		return "; a database answers with 204, so check that url leads to one";
	return "";
}

void influx_trouble_describe(char ret_text[INFLUX_REASON_SIZE], const struct http_answer *answer)
{
	char said[INFLUX_QUOTE_SIZE];

	influx_quote(said, answer);
	snprintf(ret_text, INFLUX_REASON_SIZE, "the server answered with HTTP status %u%s%s%s",
		 answer->status, find_advice(answer->status), *said ? ": " : "", said);
}

void influx_quote(char ret_text[INFLUX_QUOTE_SIZE], const struct http_answer *answer)
{
	size_t size = answer->size < INFLUX_QUOTE_SIZE - 1 ? answer->size : INFLUX_QUOTE_SIZE - 1;

	for (size_t i = 0; i < size; i++) {
		const unsigned char byte = (unsigned char)answer->body[i];

		ret_text[i] = byte >= 0x20 && byte < 0x7f ? (char)byte : ' ';
	}
	ret_text[size] = '\0';
}
