/* GET /api/v1/influx: the database that readings are written to. */
#include "http/server/handler.h"
#include "influx/writer.h"

struct web_answer web_get_influx(struct web *web, struct web_request *request)
{
	const struct influx_writer *influx = web_config(web)->influx;

	(void)request;
	if (!influx)
		return web_answer_problem(MHD_HTTP_NOT_FOUND,
					  "this node writes its readings to no database: set url "
					  "under [influx] in its configuration");
	return web_answer_json(MHD_HTTP_OK, influx_writer_to_json(influx));
}
