#include "cluster/authority/server_files.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/durable_file.h"
#include "base/error.h"
#include "cluster/authority/membership.h"
#include "cluster/authority/server_address.h"

#define FILE_SIZE_MAX 65536
#define PROGRAM "nats-server"
#define USUAL_PROGRAM "/usr/bin/" PROGRAM

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static void add_tls(struct buffer *text, const char *folder, const char *indent)
{
	buffer_printf(text,
		      "%stls {\n"
		      "%s  ca_file: \"%s/ca.pem\"\n"
		      "%s  cert_file: \"%s/node.pem\"\n"
		      "%s  key_file: \"%s/node.key\"\n"
		      "%s  verify: true\n"
		      "%s  timeout: 5\n"
		      "%s}\n",
		      indent, indent, folder, indent, folder, indent, folder, indent, indent,
		      indent);
}

static void add_users(struct buffer *text, const json_t *authority)
{
	const json_t *servers = json_object_get(authority, "system");
	const json_t *account = json_object_get(authority, "account");

	buffer_printf(text,
		      "operator: \"%s\"\n"
		      "system_account: \"%s\"\n"
		      "resolver: MEMORY\n"
		      "resolver_preload {\n"
		      "  %s: \"%s\"\n"
		      "  %s: \"%s\"\n"
		      "}\n",
		      text_of(authority, "operator"), text_of(servers, "name"),
		      text_of(servers, "name"), text_of(servers, "grant"), text_of(account, "name"),
		      text_of(account, "grant"));
}

static void add_routes(struct buffer *text, const char *folder, const json_t *member,
		       const struct server_address *address)
{
	char listen[SERVER_ADDRESS_SIZE], advertise[SERVER_ADDRESS_SIZE];
	const json_t *route;
	size_t i;

	server_address_listen(address, SERVER_ROUTES, listen, sizeof(listen));
	server_address_format(address, SERVER_ROUTES, NULL, advertise, sizeof(advertise));
	buffer_printf(text, "cluster {\n  name: \"%s\"\n  listen: \"%s\"\n",
		      text_of(member, "cluster"), listen);
	buffer_printf(text, "  cluster_advertise: \"%s\"\n  routes: [", advertise);
	json_array_foreach(json_object_get(member, "routes"), i, route)
		buffer_printf(text, "%s\"%s\"", i ? ", " : "", json_string_value(route));
	buffer_append_text(text, "]\n");
	add_tls(text, folder, "  ");
	buffer_append_text(text, "}\n");
}

static void make_configuration(struct buffer *text, const char *folder, const json_t *member,
			       const json_t *authority, const struct server_address *address)
{
	const char *store = text_of(member, "store");
	char listen[SERVER_ADDRESS_SIZE], advertise[SERVER_ADDRESS_SIZE];

	server_address_listen(address, SERVER_CLIENTS, listen, sizeof(listen));
	server_address_format(address, SERVER_CLIENTS, NULL, advertise, sizeof(advertise));
	buffer_printf(text,
		      "# Made by `harvester cluster`, which replaces it: do not change it.\n"
		      "server_name: \"%s\"\nlisten: \"%s\"\nclient_advertise: \"%s\"\n",
		      text_of(member, "node"), listen, advertise);
	add_tls(text, folder, "");
	add_users(text, authority);
	buffer_printf(text,
		      "jetstream {\n"
		      "  store_dir: \"%s/%s\"\n"
		      "  # Else a power cut loses what was acknowledged.\n"
		      "  sync_interval: always\n"
		      "  max_memory_store: 16MB\n"
		      "  max_file_store: 1GB\n"
		      "}\n",
		      folder, store ? store : SERVER_STORE);
	/* A server that stands alone must have no cluster: it would wait for others for ever. */
	if (json_integer_value(json_object_get(member, "replicas")) > 1)
		add_routes(text, folder, member, address);
}

/* The service */

/* Where the program is: the first in PATH, else where a package would put it. */
static void find_program(char ret_path[PATH_MAX])
{
	const char *path = getenv("PATH");
	char *copy = strdup(path ? path : ""), *rest = copy, *folder;

	snprintf(ret_path, PATH_MAX, USUAL_PROGRAM);
	while (rest && (folder = strsep(&rest, ":"))) {
		char found[PATH_MAX];

		if (*folder == '/' &&
		    snprintf(found, sizeof(found), "%s/" PROGRAM, folder) < PATH_MAX &&
		    !access(found, X_OK)) {
			memcpy(ret_path, found, strlen(found) + 1);
			break;
		}
	}
	free(copy);
}

static const char *find_user(const char *data_folder)
{
	const struct passwd *user;
	struct stat found;

	if (stat(data_folder, &found))
		return "harvester";
	user = getpwuid(found.st_uid);
	return user ? user->pw_name : "harvester";
}

static void make_unit(struct buffer *text, const char *data_folder, const char *folder,
		      const json_t *member)
{
	char program[PATH_MAX];

	find_program(program);
	buffer_printf(text,
		      "# Made by `harvester cluster`, which replaces it: do not change it.\n"
		      "[Unit]\n"
		      "Description=Server of the harvester cluster %s\n"
		      "After=network-online.target\n"
		      "Wants=network-online.target\n\n"
		      "[Service]\n"
		      "User=%s\n"
		      "ExecStart=\"%s\" -c \"%s/" SERVER_CONFIGURATION "\"\n"
		      "ExecReload=/bin/kill -HUP $MAINPID\n"
		      "Restart=always\n"
		      "RestartSec=2\n"
		      "# The garbage collector keeps the server small; it is no hard limit.\n"
		      "Environment=GOMEMLIMIT=48MiB\n"
		      "LimitNOFILE=16384\n",
		      text_of(member, "cluster"), find_user(data_folder), program, folder);
	buffer_printf(text,
		      "NoNewPrivileges=yes\n"
		      "CapabilityBoundingSet=\n"
		      "ProtectSystem=strict\n"
		      "ProtectHome=read-only\n"
		      "ReadWritePaths=\"%s\"\n"
		      "PrivateTmp=yes\n"
		      "PrivateDevices=yes\n"
		      "ProtectKernelTunables=yes\n"
		      "ProtectKernelModules=yes\n"
		      "ProtectControlGroups=yes\n"
		      "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK\n"
		      "RestrictNamespaces=yes\n"
		      "LockPersonality=yes\n"
		      "SystemCallArchitectures=native\n\n"
		      "[Install]\n"
		      "WantedBy=multi-user.target\n",
		      folder);
}

/* Writing. Takes the content of `text`. */

static int write_text(const char *data_folder, const char *file, struct buffer *text,
		      struct error *err)
{
	char path[PATH_MAX];
	int ret = membership_path(data_folder, file, path, err);

	if (!ret && text->failed)
		ret = error_set(err, text->failed, "cannot write the server's file %s: %s", file,
				error_text(text->failed));
	if (!ret)
		ret = durable_file_replace_path(path, text->data, text->size, err);
	buffer_finish(text);
	return ret;
}

/* systemd and the server need an absolute path. A quote would end its text in their files. */
static int find_folder(const char *data_folder, char ret_folder[PATH_MAX], struct error *err)
{
	char path[PATH_MAX];
	int ret = membership_path(data_folder, ".", path, err);

	if (ret)
		return ret;
	if (!realpath(path, ret_folder) || strpbrk(ret_folder, "\"\\%$\n"))
		return error_set(err, ERROR_INVALID,
				 "%s: the path of the data folder must exist and have none of the "
				 "characters \", \\, %% and $: choose another with --data",
				 data_folder);
	return 0;
}

int server_files_write(const char *data_folder, const json_t *member, const json_t *authority,
		       struct error *err)
{
	char folder[PATH_MAX];
	struct server_address address;
	struct buffer text;
	int ret = find_folder(data_folder, folder, err);

	if (!ret)
		ret = server_address_parse(text_of(member, "server"), &address, err);
	if (ret)
		return ret;
	buffer_init(&text, FILE_SIZE_MAX);
	make_configuration(&text, folder, member, authority, &address);
	ret = write_text(data_folder, SERVER_CONFIGURATION, &text, err);
	if (ret)
		return ret;
	make_unit(&text, data_folder, folder, member);
	return write_text(data_folder, SERVER_UNIT, &text, err);
}
