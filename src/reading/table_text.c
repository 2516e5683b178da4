/* Writes readings as JSON text. The text of a reading's data is made once, with the reading, and
 * copied from there. */
#include <inttypes.h>

#include "base/buffer.h"
#include "reading/internal.h"

/* Write the same as reading_to_json(). */
static void write_entry(const struct table_entry *entry, struct buffer *text)
{
	const struct reading *reading = entry->latest;

	buffer_printf(text, "{\"sensor_id\":\"%s:%s\",\"timestamp_ms\":%" PRIu64 ",\"data\":",
		      reading->node, reading->sensor, reading->timestamp_ms);
	buffer_append(text, reading->text, reading->text_size);
	buffer_append_text(text, reading->simulated ? ",\"simulated\":true}" : "}");
}

void reading_table_write(const struct reading_table *table, struct buffer *text)
{
	buffer_append_text(text, "{\"readings\":[");
	for (size_t i = 0; i < table->count; i++) {
		buffer_append_text(text, i ? "," : "");
		write_entry(&table->entries[i], text);
	}
	buffer_printf(text, "],\"last_update\":%" PRIu64 "}", table->last_update_ms);
}
