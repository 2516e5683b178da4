// <harvester-alerts>: the strip on top of the overview: all is fine, or what is wrong and where, each with a link to it.
import {SNOOZE_SECONDS} from './alert_rules.js';
import {path, send} from './api.js';
import {waitsForApproval} from './approval.js';
import {el, say} from './dom.js';
import {age, plain, roomOf, sensorName, shownText} from './format.js';
import {live, LiveElement} from './live.js';
import {text} from './texts.js';

const NAMED_MAX = 8; // further ones are counted
const BAD_STATES = ['failed', 'failing', 'refused', 'backoff'];

/** A sensor as its owner calls it, with its room. */
function sensorText(id) {
	const reading = live.readings.get(id);
	if (!reading) return id;
	return [roomOf(reading), sensorName(reading)].filter(Boolean).join(', ');
}

function valueText({value}, {field}, id) {
	if (typeof value !== 'number') return '';
	return field && live.readings.has(id) ? shownText(field, value, live.readings.get(id)) : plain(value);
}

function link(id) {
	return live.readings.has(id) ? `#overview/${encodeURIComponent(id)}` : null;
}

/** Where a subject is to be seen: its card, its plugin, or else the alert. */
function placeOf(subject, {watch}) {
	return link(subject) ?? (watch === 'plugin' ? `#plugins/${encodeURIComponent(subject)}` : '#alerts');
}

/** One line for each subject that fires. */
function* firing() {
	for (const {name, definition = {}, subjects = [], snoozed_seconds: snoozed} of live.alerts ?? []) {
		for (const one of subjects.filter(({state}) => state === 'firing')) {
			const value = valueText(one, definition, one.subject);
			const key = `strip.fires${value ? 'At' : ''}${one.acknowledged ? 'Known' : ''}`;
			const line = text(key, {alert: name, subject: sensorText(one.subject), value});
			yield {kind: 'bad', text: snoozed ? text('strip.snoozed', {line}) : line, href: placeOf(one.subject, definition),
				about: one.subject, acknowledge: one.acknowledged ? null : name, snooze: snoozed || one.acknowledged ? null : name};
		}
	}
}

function* offline() {
	for (const node of live.nodes.filter(({online}) => online === false)) {
		const unseen = live.unseen(node);
		const first = [...live.readings.values()].find(reading => reading.node === node.node);
		yield {kind: 'bad', about: node.node, href: first ? link(first.sensor_id) : null,
			text: unseen === null ? text('strip.neverSeen', {node: node.node}) : text('strip.offline', {node: node.node, age: age(unseen)})};
	}
}

/** The sensors that are stale or have an error, but not those of a node that is offline. */
function* unwell() {
	for (const reading of live.readings.values()) {
		const status = live.statusOf(reading), room = roomOf(reading);
		if (status === 'ok' || status === 'offline' || reading.description?.hidden) continue;
		yield {kind: status === 'error' ? 'bad' : 'note', about: reading.sensor_id, href: link(reading.sensor_id),
			text: text(room ? 'strip.unwellRoom' : 'strip.unwell', {room, sensor: sensorName(reading), status: text(`status.${status}`)})};
	}
}

function* plugins() {
	for (const plugin of live.plugins) {
		const {name, state} = plugin;
		if (waitsForApproval(plugin)) yield {kind: 'note', about: name, href: '#plugins', text: text('strip.approval', {plugin: name})};
		else if (BAD_STATES.includes(state) && ![...live.readings.values()].some(reading => reading.plugin === name && reading.status !== 'ok')) {
			yield {kind: 'bad', about: name, href: `#plugins/${encodeURIComponent(name)}`,
				text: text('strip.plugin', {plugin: name, state: text(`state.${state}`)})};
		}
	}
}

/** Everything that is wrong, the worst first; what an alert names is not named again. */
function wrong() {
	const alarms = [...firing()], named = new Set(alarms.map(({about}) => about));
	const rest = [...offline(), ...unwell(), ...plugins()].filter(({about}) => !named.has(about));
	return [...alarms, ...rest.sort((a, b) => (a.kind === 'note') - (b.kind === 'note'))];
}

customElements.define('harvester-alerts', class extends LiveElement {
	start() {
		this.heading = el('strong', {});
		this.list = el('ul', {});
		this.setAttribute('role', 'status');
		this.hidden = true;
		this.replaceChildren(this.heading, this.list);
		for (const kind of ['alerts', 'readings', 'connection', 'nodes', 'plugins', 'session', 'tick']) this.watch(kind, () => this.show());
		this.show();
	}

	show() {
		const lines = wrong();
		// Before the first reading there is nothing to say, unless something is wrong.
		this.hidden = live.connection === 'connecting' || (!live.readings.size && !lines.length);
		if (live.isLost) return this.#lost();
		this.dataset.kind = lines.some(({kind}) => kind === 'bad') ? 'bad' : lines.length ? 'note' : 'good';
		const count = [...live.readings.values()].filter(({description}) => !description?.hidden).length;
		say(this.heading, lines.length ? text('strip.wrong', {n: lines.length}) : text('strip.fine', {n: count}));
		const more = lines.length - NAMED_MAX;
		this.#list(more > 0 ? [...lines.slice(0, NAMED_MAX), {text: text('strip.more', {n: more}), href: null}] : lines);
	}

	/** The page itself gets nothing any more, so it does not know what is wrong. */
	#lost() {
		this.dataset.kind = 'bad';
		say(this.heading, text('strip.lost', {age: age(performance.now() - live.heard)}));
		this.#list([]);
	}

	#list(lines) {
		const key = JSON.stringify([lines, live.mayOperate]);
		if (this.key === key) return;
		this.key = key;
		this.list.replaceChildren(...lines.map(line => el('li', {}, line.href ? el('a', {href: line.href}, line.text) : line.text,
			...(live.mayOperate ? [this.#button('acknowledge', line.acknowledge), this.#button('snooze', line.snooze, {seconds: SNOOZE_SECONDS})] : []))));
	}

	/** A button that does this to the alert; none without an alert. */
	#button(action, alert, body) {
		if (!alert) return null;
		const button = el('button', {type: 'button', class: 'quiet', 'aria-label': text(`strip.${action}Of`, {alert}),
			onclick: () => this.#send(button, path('alerts', alert, action), body)}, text(`strip.${action}`));
		return button;
	}

	async #send(button, ...request) {
		try {
			await send(...request);
			button.remove();
		} catch (problem) {
			say(button, text('controls.failed', {reason: problem.message}));
		}
	}
});
