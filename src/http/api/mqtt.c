/* GET /api/v1/mqtt: the connection to the broker, and what went over it. */
#include "http/server/handler.h"
#include "mqtt/publisher.h"

struct web_answer web_get_mqtt(struct web *web, struct web_request *request)
{
	const struct mqtt_publisher *mqtt = web_config(web)->mqtt;

	(void)request;
	if (!mqtt)
		return web_answer_problem(MHD_HTTP_NOT_FOUND,
					  "this node uses no MQTT: set url under [mqtt] in its "
					  "configuration");
	return web_answer_json(MHD_HTTP_OK, mqtt_publisher_to_json(mqtt));
}
