/* The log-in and set-up pages: small, and without anything that a plugin made. */
#include "http/auth/auth.h"
#include "http/server/internal.h"

/* web/login.html, setup.html, account.css and account.js, embedded at build time. */
extern const unsigned char web_login_page[], web_setup_page[], web_account_style[],
	web_account_script[];
extern const size_t web_login_page_size, web_setup_page_size, web_account_style_size,
	web_account_script_size;

static struct web_answer file(unsigned status, const unsigned char *data, size_t size,
			      const char *type)
{
	struct web_answer answer = {.status = status};

	answer.response = web_response_file(data, size, type);
	return answer;
}

#define HTML "text/html; charset=utf-8"

struct web_answer web_get_setup_page(struct web *web, struct web_request *request)
{
	(void)web, (void)request;
	return file(MHD_HTTP_OK, web_setup_page, web_setup_page_size, HTML);
}

struct web_answer web_get_account_style(struct web *web, struct web_request *request)
{
	(void)web, (void)request;
	return file(MHD_HTTP_OK, web_account_style, web_account_style_size,
		    "text/css; charset=utf-8");
}

struct web_answer web_get_account_script(struct web *web, struct web_request *request)
{
	(void)web, (void)request;
	return file(MHD_HTTP_OK, web_account_script, web_account_script_size,
		    "text/javascript; charset=utf-8");
}

struct web_answer web_account_page(struct web *web, struct web_answer refusal)
{
	struct web_rules rules = web_auth_rules(web);
	struct web_answer answer;

	switch (web_rules_judge(&rules, WEB_READ, ACCOUNTS_NOBODY)) {
	case WEB_LOGIN_NEEDED:
		/* Keep a refusal that has another reason, such as a role that is too low. */
		if (refusal.status != MHD_HTTP_UNAUTHORIZED)
			return refusal;
		answer = file(MHD_HTTP_UNAUTHORIZED, web_login_page, web_login_page_size, HTML);
		if (answer.response)
			MHD_add_response_header(answer.response, MHD_HTTP_HEADER_WWW_AUTHENTICATE,
						"Bearer");
		break;
	case WEB_NO_ACCOUNT:
		answer = file(MHD_HTTP_FORBIDDEN, web_setup_page, web_setup_page_size, HTML);
		break;
	default:
		return refusal;
	}
	if (refusal.response)
		MHD_destroy_response(refusal.response);
	return answer;
}
