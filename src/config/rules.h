/*
 * Syntax rules for names, addresses and URLs in configuration files: each has a function that
 * checks a text and a RULE_ string that describes it in error messages. Any thread.
 */
#ifndef HARVESTER_CONFIG_RULES_H
#define HARVESTER_CONFIG_RULES_H

#include <stdbool.h>

#define RULE_NAME "1 to 64 letters, digits, \"-\" and \"_\""
#define RULE_LABEL "1 to 64 letters, digits, \"-\", \"_\" and \".\""
#define RULE_URL "a URL that begins with http:// or https://"
#define RULE_SERVER "the address of a server, such as \"nats://pi.local:4222\""
#define RULE_LISTEN "\"ADDRESS:PORT\", such as \"127.0.0.1:3000\" or \"[::1]:3000\""
#define RULE_HOST "a host name without its port, such as \"pi.example.org\""
#define RULE_SPI "the name of an spi device, such as \"spi0.0\""
#define RULE_UART "the name of a serial port, such as \"serial0\" or \"ttyUSB0\""
#define RULE_W1 "the id of a 1-wire device, such as \"28-0316a2794bff\""

#define RULE_PATH "the path of a folder, without control characters"

bool rule_is_name(const char *text);
bool rule_is_label(const char *text);
bool rule_is_url(const char *text);
/* nats:// or tls://, the name or address of a server, and perhaps a port; at most 255 bytes. */
bool rule_is_server(const char *text);
bool rule_is_listen(const char *text);
/* At most 253 bytes, like a name in the DNS. */
bool rule_is_host(const char *text);
bool rule_is_spi(const char *text);
/* Not empty, and without control characters. */
bool rule_is_path(const char *text);
/* Begins with "serial" or "tty": a plugin can request no other file in /dev. */
bool rule_is_uart(const char *text);
/* A family code and a serial number, in the kernel's form: 2 and 12 lower-case hexadecimal digits.
 */
bool rule_is_w1(const char *text);

#endif
