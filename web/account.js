"use strict";
// The log-in and the set-up page: one form each, sent as JSON.
(() => {
	const form = document.getElementById("account");
	const message = document.getElementById("message");
	const again = document.getElementById("again");
	const isSetup = form.dataset.path.endsWith("/setup");
	const token = location.hash.slice(1);
	// The texts are in the page, where account_page.js puts them into the reader's language.
	const words = (name) => document.getElementById(`text-${name}`)?.textContent;

	if (isSetup && token) {
		// Keep the secret out of the address bar and the browser's history.
		history.replaceState(null, "", location.pathname);
		document.getElementById("no-link").hidden = true;
		form.hidden = false;
		form.elements.user.focus();
	}

	async function send(body) {
		const answer = await fetch(form.dataset.path, {
			method: "POST",
			headers: {"Content-Type": "application/json"},
			body: JSON.stringify(body),
		});
		if (answer.ok)
			return true;
		const problem = await answer.json().catch(() => ({}));
		const wait = answer.headers.get("Retry-After");
		message.textContent = {401: words("wrong")}[answer.status] || (problem.detail || `This node answered with HTTP status ${answer.status}`) +
			(wait ? `; try again in ${wait} s` : "");
		form.elements.password.value = "";
		form.elements.password.focus();
		return false;
	}

	form.addEventListener("submit", async (event) => {
		event.preventDefault();
		const body = {user: form.elements.user.value, password: form.elements.password.value};
		if (again && again.value !== body.password) {
			message.textContent = words("differ");
			again.focus();
			return;
		}
		if (isSetup)
			body.token = token;
		const button = form.querySelector("button");
		button.disabled = true;
		message.textContent = "";
		try {
			if (await send(body))
				location.replace("/");
		} catch {
			message.textContent = words("network");
		} finally {
			button.disabled = false;
		}
	});
})();
