/* The time that readings' ages count up to. */
#include "base/error.h"
#include "store/history/db.h"
#include "store/history/maintenance.h"

int history_db_age(struct history_db *db, uint64_t now_ms, uint64_t passed_ms, uint64_t *ret_age_ms,
		   struct error *err)
{
	const int64_t step = (int64_t)(passed_ms * HISTORY_AGE_SPEED);
	int64_t kept, age = (int64_t)now_ms;
	int ret = history_step_row(db, "SELECT value FROM cursor WHERE name = " HISTORY_AGE_NAME,
				   NUMBERS(0), NULL, &kept, err);

	if (ret)
		return ret; /* with no age: a caller would delete by what the clock says */
	*ret_age_ms = now_ms;
	if (now_ms < HISTORY_CLOCK_SET_MS)
		return 0;
	if (kept && age > kept + step)
		age = kept + step;
	*ret_age_ms = (uint64_t)age;
	return age == kept ? 0
			   : history_step_row(db,
					      "INSERT INTO cursor (name, value)"
					      " VALUES (" HISTORY_AGE_NAME ", ?1)"
					      " ON CONFLICT (name) DO UPDATE SET value = ?1",
					      NUMBERS(age), NULL, NULL, err);
}
