#include "reading/name.h"

#include <string.h>

#include "base/error.h"
#include "base/reserved.h"
#include "reading/create.h"

int reading_name_check(const char *name, struct error *err)
{
	size_t size = strnlen(name, READING_NAME_MAX + 1);

	if (!size || size > READING_NAME_MAX || name[strspn(name, READING_NAME_BYTES)])
		return error_set(err, ERROR_MALFORMED,
				 "a sensor's name has 1 to %d letters, digits and \"-_.:\"",
				 READING_NAME_MAX);
	if (name[0] == '_')
		return error_set(err, ERROR_MALFORMED,
				 "the name %s is reserved, as all that begin with \"_\"; give the "
				 "sensor another",
				 name);
	if (name_is_reserved(name))
		return error_set(err, ERROR_MALFORMED,
				 "the name %s is reserved for this program itself; give the sensor "
				 "another",
				 name);
	return 0;
}
