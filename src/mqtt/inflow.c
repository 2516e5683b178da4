#include "mqtt/inflow.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define NS_PER_S UINT64_C(1000000000)

/* What the kernel received, less what still waits in it. What comes between the two questions makes
 * the answer smaller, never larger. */
static uint64_t count_read(int socket)
{
	struct tcp_info info = {0};
	socklen_t size = sizeof(info);
	uint64_t received;
	int waiting = 0;

	if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) ||
	    size < offsetof(struct tcp_info, tcpi_bytes_received) +
			    sizeof(info.tcpi_bytes_received) ||
	    ioctl(socket, FIONREAD, &waiting))
		return 0;
	received = info.tcpi_bytes_received;
	return received > (uint64_t)waiting ? received - (uint64_t)waiting : 0;
}

void mqtt_inflow_settle(struct mqtt_inflow *inflow, int socket, uint64_t now_ns)
{
	inflow->settled_bytes = count_read(socket);
	inflow->settled_ns = now_ns;
}

bool mqtt_inflow_is_too_large(const struct mqtt_inflow *inflow, int socket, uint64_t now_ns)
{
	const uint64_t seconds = (now_ns - inflow->settled_ns) / NS_PER_S;

	return count_read(socket) >
	       inflow->settled_bytes + MQTT_INFLOW_MAX + MQTT_INFLOW_A_SECOND * seconds;
}
