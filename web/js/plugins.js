// <harvester-plugins>: a card for each plugin, with its grant and counters, and buttons for the owner's decisions.
import strings from '../strings.en.js';
import {path, send} from './api.js';
import {el, say} from './dom.js';
import {clock} from './format.js';
import {live, LiveElement} from './live.js';

const words = strings.plugins;
const GOOD = ['idle', 'calling'];
const BAD = ['failing', 'failed', 'refused', 'backoff'];

/** A request or grant in words. It is a text, a list of texts, or an object by kind of device. */
function grantText(grant) {
	if (grant === undefined || grant === null) return strings.nothing;
	if (typeof grant === 'string') return grant || words.nothing;
	if (Array.isArray(grant)) return grant.length ? grant.map(String).join(', ') : words.nothing;
	const parts = Object.entries(words.kinds).filter(([kind]) => (Array.isArray(grant[kind]) ? grant[kind].length : grant[kind]))
		.map(([kind, name]) => (Array.isArray(grant[kind]) ? `${name} ${grant[kind].join(' ')}` : name));
	return parts.length ? parts.join(', ') : words.nothing;
}

function lastError({reload_error: reload, last_error: last, reason}) {
	return reload || last || reason || '';
}

/** A running plugin may wait too: its newer version may request more. */
function waitsForApproval({state, request}) {
	return state === 'needs approval' || (request?.is_approved === false && state !== 'disabled' && state !== 'refused');
}

class PluginCard {
	constructor(name) {
		this.name = name;
		this.state = el('span', {class: 'state'});
		this.values = new Map();
		this.list = el('dl', {});
		this.error = el('p', {class: 'error'});
		this.note = el('p', {class: 'note answer', role: 'status'});
		this.buttons = Object.fromEntries(Object.keys(words.actions).map(action => [action,
			el('button', {type: 'button', onclick: () => this.act(action)}, words.actions[action])]));
		this.element = el('article', {}, el('div', {class: 'head'}, el('h2', {}, name), this.state), this.list, this.error,
			el('div', {class: 'buttons'}, ...Object.values(this.buttons)), this.note);
	}

	set(label, value, kind = '') {
		let field = this.values.get(label);
		if (!field) {
			field = el('dd', {});
			this.values.set(label, field);
			this.list.append(el('div', {class: `field ${kind}`}, el('dt', {}, label), field));
		}
		field.parentElement.hidden = value === undefined;
		say(field, value === undefined ? '' : String(value));
	}

	show(plugin) {
		const {state} = plugin;
		this.plugin = plugin;
		this.element.className = `plugin ${GOOD.includes(state) ? 'is-ok' : BAD.includes(state) ? 'is-error' : 'is-stale'}`;
		say(this.state, state);
		this.set(words.asked, plugin.asked === undefined ? undefined : grantText(plugin.asked), 'wide');
		this.set(words.granted, plugin.granted === undefined ? undefined : grantText(plugin.granted), 'wide');
		this.set(words.denied, plugin.denied_calls);
		this.set(words.memory, plugin.memory_bytes === undefined ? undefined : `${(plugin.memory_bytes / 1048576).toFixed(1)} MB`);
		this.set(words.poll, typeof plugin.median_poll_ms === 'number' ? `${Number(plugin.median_poll_ms.toPrecision(3))} ms` : undefined);
		this.set(words.polls, plugin.polls);
		this.set(words.late, plugin.late_polls);
		this.set(words.errors, plugin.errors);
		this.set(words.restarts, plugin.restarts);
		this.set(words.kills, plugin.kills);
		this.set(words.nextTry, typeof plugin.next_try_ms === 'number' ? clock(live.zone, {dateStyle: 'medium', timeStyle: 'short'}).format(plugin.next_try_ms) : undefined, 'wide');
		this.set(words.lastDenied, plugin.last_denied || undefined, 'wide');
		this.set(words.overShare, plugin.over_share?.length ? plugin.over_share.join('; ') : undefined, 'wide');
		this.set(words.conflicts, plugin.conflicts?.length
			? plugin.conflicts.map(({sensor, owner}) => words.conflict(sensor, owner)).join('; ') : undefined, 'wide');
		this.set(words.history, plugin.is_thinned ? words.thinned(plugin.thinned_readings) : undefined, 'wide');
		say(this.error, lastError(plugin));
		this.error.hidden = !lastError(plugin);
		this.buttons.approve.hidden = !waitsForApproval(plugin);
		this.buttons.enable.hidden = state !== 'disabled';
		this.buttons.disable.hidden = state === 'disabled';
		this.buttons.reload.hidden = state === 'disabled' || state === 'needs approval';
	}

	async act(action) {
		const {request} = this.plugin;
		if (!confirm(words.ask[action](this.name, grantText(request?.asks_for)))) return;
		// The digest makes sure that the node approves the request shown here, even if the plugin has changed it since.
		const body = action === 'approve' ? {digest: request?.digest ?? ''} : undefined;
		this.note.dataset.kind = '';
		say(this.note, strings.controls.sending);
		try {
			await send(path('plugins', this.name, action), body);
			this.note.dataset.kind = 'good';
			say(this.note, words.done[action]);
		} catch (problem) {
			this.note.dataset.kind = 'bad';
			say(this.note, strings.controls.failed(problem.message));
		}
	}
}

customElements.define('harvester-plugins', class extends LiveElement {
	cards = new Map();

	start() {
		this.watch('plugins', () => this.show());
		this.show();
	}

	show() {
		const plugins = [...live.plugins].sort((a, b) => (a.name < b.name ? -1 : 1));
		for (const plugin of plugins) {
			if (!this.cards.has(plugin.name)) this.cards.set(plugin.name, new PluginCard(plugin.name));
			this.cards.get(plugin.name).show(plugin);
		}
		const names = plugins.map(({name}) => name).join('\n');
		if (names === this.names) return;
		this.names = names;
		this.cards = new Map(plugins.map(({name}) => [name, this.cards.get(name)]));
		this.replaceChildren(...(plugins.length ? [...this.cards.values()].map(card => card.element)
			: [el('p', {class: 'note'}, words.none)]));
	}
});
