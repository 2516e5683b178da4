/* cmocka 1.1.5 compares floats only, not doubles. */
#ifndef TESTS_DRIVER_NEAR_H
#define TESTS_DRIVER_NEAR_H

#include <math.h>

#define assert_near(got, expected, tolerance)                                                      \
	do {                                                                                       \
		double near_got = (got), near_expected = (expected);                               \
		if (!(fabs(near_got - near_expected) <= (tolerance)))                              \
			fail_msg("%s is %.9g, expected %.9g", #got, near_got, near_expected);      \
	} while (0)

#endif
