/* Finds the route of a complete request, checks access, query and body, and runs the handler. */
#ifndef HARVESTER_HTTP_ROUTE_H
#define HARVESTER_HTTP_ROUTE_H

#include "http/server/handler.h"

web_handler web_route;

#endif
