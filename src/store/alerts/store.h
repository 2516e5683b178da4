/*
 * What alerts keep over a restart: a SQLite database of small records, DATA/alerts.db. A record has
 * a kind, a key and a JSON text. All changes of one call are one transaction: after a power cut
 * either all of them are there or none.
 *
 * Every function blocks on the disk. Any thread, one at a time for one store.
 */
#ifndef HARVESTER_STORE_ALERTS_STORE_H
#define HARVESTER_STORE_ALERTS_STORE_H

#include <stddef.h>

struct alert_store;
struct error;

enum alert_record {
	ALERT_RECORD_STATE = 1,	 /* of an alert: alert/engine.h */
	ALERT_RECORD_SNOOZE = 2, /* of a rule */
	ALERT_RECORD_NOTICE = 3, /* a message that waits to be sent: alert/outbox.h */
	ALERT_RECORD_RULE = 4,	 /* a rule that a person added over the API */
};

/*
 * Open the database, or create it if it does not exist. If the file is damaged, move it aside
 * (base/damaged_file.h) and start with an empty one; ret_note->code is not 0 then, and its text is
 * for the log. ERROR_SYSTEM if the folder cannot be written, ERROR_UNSUPPORTED if a newer version
 * of harvester made the database, ERROR_BUSY if another program has locked it, ERROR_NO_MEMORY.
 */
int alert_store_open(const char *path, struct alert_store **ret_store, struct error *ret_note,
		     struct error *err);
void alert_store_close(struct alert_store *store); /* NULL is allowed */

/* Call on_record(arg, kind, key, value) for each record, in the order of kind and key. Texts are
 * borrowed for the call. ERROR_MALFORMED, ERROR_SYSTEM, ERROR_NO_MEMORY. */
typedef void alert_store_record(void *arg, enum alert_record kind, const char *key,
				const char *value);
int alert_store_read(struct alert_store *store, alert_store_record *on_record, void *arg,
		     struct error *err);

struct alert_change {
	enum alert_record kind;
	const char *key;   /* borrowed, like `value` */
	const char *value; /* NULL: delete the record */
};

/* Make all changes, or none; when this returns, they are on the disk. ERROR_SYSTEM,
 * ERROR_MALFORMED, ERROR_BUSY, ERROR_NO_MEMORY. */
int alert_store_write(struct alert_store *store, const struct alert_change *changes, size_t count,
		      struct error *err);

#endif
