#include "rollout/groups.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* One part: how many nodes it asks for. */
static bool parse_part(const char *part, size_t length, size_t nodes, size_t *ret_size)
{
	char *end;
	unsigned long number;

	if (length == 4 && !strncmp(part, "rest", 4)) {
		*ret_size = nodes;
		return true;
	}
	if (!length || part[0] < '0' || part[0] > '9')
		return false;
	number = strtoul(part, &end, 10);
	if (end == part + length && number >= 1 && number <= 1000000) {
		*ret_size = number;
		return true;
	}
	if (*end != '%' || end + 1 != part + length || number < 1 || number > 100)
		return false;
	*ret_size = (nodes * number + 99) / 100;
	return true;
}

static int fail(const char *text, struct error *err)
{
	return error_set(err, ERROR_INVALID,
			 "groups: expected numbers of nodes, percentages or \"rest\", separated by "
			 "commas, such as 1,10%%,rest, not %.64s",
			 text);
}

static int add(size_t size, size_t *left, size_t ret_sizes[ROLLOUT_GROUPS_MAX], size_t *count,
	       struct error *err)
{
	if (size > *left)
		size = *left;
	if (!size)
		return 0;
	if (*count == ROLLOUT_GROUPS_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "groups: at most %d are possible: name fewer", ROLLOUT_GROUPS_MAX);
	ret_sizes[(*count)++] = size;
	*left -= size;
	return 0;
}

int rollout_groups_parse(const char *text, size_t nodes, size_t ret_sizes[ROLLOUT_GROUPS_MAX],
			 size_t *ret_count, struct error *err)
{
	size_t sizes[ROLLOUT_GROUPS_MAX] = {0}, left = nodes, count = 0, size;
	const char *part = text;
	int ret = 0;

	while (!ret) {
		size_t length = strcspn(part, ",");

		if (!parse_part(part, length, nodes, &size))
			return fail(text, err);
		ret = add(size, &left, sizes, &count, err);
		if (!part[length])
			break;
		part += length + 1;
	}
	if (!ret)
		ret = add(left, &left, sizes, &count, err);
	if (ret)
		return ret;
	memcpy(ret_sizes, sizes, sizeof(sizes));
	*ret_count = count;
	return 0;
}
