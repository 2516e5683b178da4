#include "reading/name.h"

#include <string.h>

#include "base/error.h"
#include "base/reserved.h"
#include "reading/create.h"

bool reading_name_is_valid(const char *name)
{
	size_t size = name ? strspn(name, READING_NAME_BYTES) : 0;

	return size && size <= READING_NAME_MAX && !name[size];
}

int reading_name_check(const char *name, struct error *err)
{
	if (!reading_name_is_valid(name))
		return error_set(
			err, ERROR_MALFORMED,
			"the name of a sensor must have 1 to %d letters, digits and \"-_.:\"",
			READING_NAME_MAX);
	if (name[0] == '_')
		return error_set(err, ERROR_MALFORMED,
				 "the name %s is reserved, like all names that begin with \"_\"; "
				 "rename the sensor",
				 name);
	if (name_is_reserved(name))
		return error_set(
			err, ERROR_MALFORMED,
			"the name %s is reserved for this program itself; rename the sensor", name);
	return 0;
}
