// <harvester-session>: who is logged in. <harvester-login>: the log-in form, only on harvester's own page /login.
import {goToLogin, LOGIN, send} from './api.js';
import {el, say} from './dom.js';
import {live} from './live.js';
import {forgetAll} from './offline.js';
import {text} from './texts.js';

const PATH = '/api/v1/session';

customElements.define('harvester-session', class extends HTMLElement {
	async connectedCallback() {
		await live.askSession();
		const {session} = live;
		if (!session) return; // a node without accounts
		if (session.user) {
			this.replaceChildren(el('span', {class: 'user'}, session.user),
				el('button', {type: 'button', class: 'quiet', title: session.user, onclick: () => this.leave()}, text('session.logout')));
		} else if (session.login_required) {
			this.replaceChildren(el('button', {type: 'button', class: 'quiet', onclick: goToLogin}, text('session.login')));
		}
	}

	async leave() {
		await send(PATH, undefined, 'DELETE').catch(() => {});
		await forgetAll();
		location.reload();
	}
});

customElements.define('harvester-login', class extends HTMLElement {
	connectedCallback() {
		if (location.pathname !== LOGIN) return; // a plugin's page must not ask for a password
		this.node = el('h2', {}, location.hostname); // until the node says its name
		this.user = el('input', {autocomplete: 'username', autocapitalize: 'none', required: true, autofocus: true});
		this.password = el('input', {type: 'password', autocomplete: 'current-password', required: true});
		this.note = el('p', {class: 'note answer', role: 'alert'});
		this.replaceChildren(el('form', {onsubmit: event => this.enter(event)}, this.node,
			el('p', {class: 'note'}, text('session.welcome')), el('label', {}, text('session.user'), this.user),
			el('label', {}, text('session.password'), this.password), el('button', {class: 'main'}, text('session.login')), this.note));
		this.user.focus();
		live.askSession().then(() => say(this.node, live.session?.node ?? location.hostname));
	}

	async enter(event) {
		event.preventDefault();
		this.note.dataset.kind = 'bad';
		try {
			await send(PATH, {user: this.user.value, password: this.password.value});
			location.assign('/');
		} catch (problem) {
			this.password.value = '';
			this.password.focus();
			say(this.note, {401: text('session.wrong'), 429: text('session.wait')}[problem.status] ?? problem.message);
		}
	}
});
