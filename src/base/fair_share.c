#include "base/fair_share.h"

#include <stdbool.h>
#include <stdint.h>

static bool fits(const size_t *demands, size_t count, size_t cap, size_t total)
{
	for (size_t i = 0; i < count; i++) {
		size_t taken = demands[i] < cap ? demands[i] : cap;

		if (taken > total)
			return false;
		total -= taken;
	}
	return true;
}

size_t fair_share_cap(const size_t *demands, size_t count, size_t total)
{
	size_t low = 0, high = total;

	if (fits(demands, count, SIZE_MAX, total))
		return SIZE_MAX;
	while (low < high) {
		size_t middle = high - (high - low) / 2;

		if (fits(demands, count, middle, total))
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}
