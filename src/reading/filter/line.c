#include "reading/filter/line.h"

double filter_line_at(const struct filter_point *points, size_t count, double measured)
{
	const struct filter_point *from = points, *to;
	double share;

	while (from + 2 < points + count && measured > from[1].measured)
		from++;
	to = from + 1;
	share = (measured - from->measured) / (to->measured - from->measured);
	return from->truth + share * (to->truth - from->truth);
}
