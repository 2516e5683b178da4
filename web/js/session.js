// <harvester-session>: who is logged in. <harvester-login>: the log-in form, only on harvester's own page /login.
import strings from '../strings.en.js';
import {get, goToLogin, LOGIN, send} from './api.js';
import {el, say} from './dom.js';

const PATH = '/api/v1/session';
const words = strings.session;

customElements.define('harvester-session', class extends HTMLElement {
	async connectedCallback() {
		let session;
		try {
			session = await get(PATH);
		} catch {
			return; // a node without accounts
		}
		if (session.user) {
			this.replaceChildren(el('span', {class: 'user'}, session.user),
				el('button', {type: 'button', class: 'quiet', onclick: () => this.leave()}, words.logout));
		} else if (session.login_required) {
			this.replaceChildren(el('button', {type: 'button', class: 'quiet', onclick: goToLogin}, words.login));
		}
	}

	async leave() {
		await send(PATH, undefined, 'DELETE').catch(() => {});
		location.reload();
	}
});

customElements.define('harvester-login', class extends HTMLElement {
	connectedCallback() {
		if (location.pathname !== LOGIN) return; // a plugin's page must not ask for a password
		this.user = el('input', {autocomplete: 'username', autocapitalize: 'none', required: true, autofocus: true});
		this.password = el('input', {type: 'password', autocomplete: 'current-password', required: true});
		this.note = el('p', {class: 'note answer', role: 'alert'});
		this.replaceChildren(el('form', {onsubmit: event => this.enter(event)}, el('label', {}, words.user, this.user),
			el('label', {}, words.password, this.password), el('button', {class: 'main'}, words.login), this.note));
		this.user.focus();
	}

	async enter(event) {
		event.preventDefault();
		this.note.dataset.kind = 'bad';
		try {
			await send(PATH, {user: this.user.value, password: this.password.value});
			location.assign('/');
		} catch (problem) {
			this.password.value = '';
			say(this.note, {401: words.wrong, 429: words.wait}[problem.status] ?? problem.message);
		}
	}
});
