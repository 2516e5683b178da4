// <harvester-alert-rules>: every alert with what it is about and its state; operators test, snooze, change, remove and add them.
import {path, sendAndSay} from './api.js';
import {conditionText, placeText} from './alert_words.js';
import {el, say} from './dom.js';
import {age} from './format.js';
import {live, LiveElement} from './live.js';
import {text} from './texts.js';

export const SNOOZE_SECONDS = 3600;
const DAY_SECONDS = 86400;
const STATES = {firing: 'is-error', pending: 'is-stale', ok: 'is-ok'};
const ORDER = Object.keys(STATES);

async function openForm(alert) {
	const {openAlertForm} = await import('./alert_form.js');
	openAlertForm(alert);
}

class Rule {
	constructor(name) {
		this.name = name;
		this.state = el('span', {class: 'state'});
		this.facts = el('dl', {});
		this.origin = el('p', {class: 'note'});
		this.note = el('p', {class: 'note answer', role: 'status'});
		const act = action => this.#act('done.' + action, path('alerts', name, action));
		this.buttons = {
			acknowledge: this.#button('acknowledge', () => act('acknowledge')),
			test: this.#button('test', () => act('test')),
			snooze: this.#button('snooze', () => this.#snooze(SNOOZE_SECONDS)),
			snoozeDay: this.#button('snoozeDay', () => this.#snooze(DAY_SECONDS)),
			wake: this.#button('wake', () => this.#snooze(0)),
			change: this.#button('change', () => openForm(this.alert)),
			remove: this.#button('remove', () => this.#remove()),
		};
		this.element = el('article', {}, el('div', {class: 'head'}, el('h2', {}, name), this.state), this.facts, this.origin,
			el('div', {class: 'buttons'}, ...Object.values(this.buttons)), this.note);
	}

	#button(action, onclick) {
		return el('button', {type: 'button', onclick, 'aria-label': text('button.of', {button: text(`rules.${action}`), name: this.name})},
			text(`rules.${action}`));
	}

	show(alert) {
		const {state, origin, severity, definition, snoozed_seconds: snoozed = 0, subjects} = alert;
		this.alert = alert;
		this.element.className = STATES[state] ?? '';
		say(this.state, text(`rules.state.${state}`));
		const facts = [['if', conditionText(definition)], ['of', placeText(definition)],
			...(definition.for_seconds ? [['for', age(definition.for_seconds * 1000)]] : []), ['severity', text(`severity.${severity}`)],
			...(snoozed ? [['snoozed', age(snoozed * 1000)]] : [])];
		const key = JSON.stringify(facts);
		if (key !== this.key) this.facts.replaceChildren(...facts.map(([name, value]) =>
			el('div', {class: 'field'}, el('dt', {}, text(`rules.${name}`)), el('dd', {}, value))));
		this.key = key;
		say(this.origin, origin === 'api' ? '' : text(`rules.origin.${origin}`));
		this.origin.hidden = origin === 'api';
		const isOwn = origin === 'api', isNew = subjects.some(one => one.state === 'firing' && !one.acknowledged);
		const shown = {acknowledge: isNew, test: true, snooze: !snoozed, snoozeDay: !snoozed, wake: snoozed > 0, change: isOwn, remove: isOwn};
		for (const [action, button] of Object.entries(this.buttons)) button.hidden = !live.mayOperate || !shown[action];
	}

	#snooze(seconds) {
		this.#act(seconds ? 'done.snooze' : 'done.wake', path('alerts', this.name, 'snooze'), {seconds});
	}

	#remove() {
		if (confirm(text('rules.askRemove', {alert: this.name}))) this.#act('done.remove', path('alerts', this.name), undefined, 'DELETE');
	}

	#act(done, ...request) {
		sendAndSay(this.note, text(`rules.${done}`), ...request);
	}
}

customElements.define('harvester-alert-rules', class extends LiveElement {
	rules = new Map();

	start() {
		this.tools = el('div', {class: 'buttons'}, el('button', {type: 'button', class: 'main', onclick: () => openForm()}, text('rules.add')));
		this.grid = el('div', {class: 'grid'});
		this.replaceChildren(this.tools, this.grid);
		for (const kind of ['alerts', 'session', 'readings']) this.watch(kind, () => this.checkVisibility() && this.show());
		this.shown = () => this.show();
		addEventListener('harvester-shown', this.shown);
		this.show();
	}

	disconnectedCallback() {
		super.disconnectedCallback();
		removeEventListener('harvester-shown', this.shown);
	}

	show() {
		const alerts = (live.alerts ?? []).toSorted((a, b) =>
			ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || (a.name < b.name ? -1 : 1));
		this.tools.hidden = !live.mayOperate || !live.alerts;
		this.rules = new Map(alerts.map(({name}) => [name, this.rules.get(name) ?? new Rule(name)]));
		const elements = [...this.rules.values()].map(({element}) => element);
		const isSame = elements.length === this.grid.children.length && elements.every((one, i) => one === this.grid.children[i]);
		if (!isSame) this.grid.replaceChildren(...elements);
		for (const alert of alerts) this.rules.get(alert.name).show(alert);
	}
});
