// The card of a sensor: its main value with the last hour as a line, its other values, and what is wrong with it.
import {AirScale, hasScore} from './air.js';
import {path, send} from './api.js';
import {el, icon, say} from './dom.js';
import {chartButton, Field} from './field.js';
import {age, lastSeen, numbers, sensorName, values} from './format.js';
import {live} from './live.js';
import {explain} from './problem.js';
import {rank} from './quantity.js';
import {Spark} from './spark.js';
import {text} from './texts.js';

const SCORE_FIELDS = ['iaq_score', 'iaq_accuracy', 'gas_score'];
// The parts of a card in their order. Each is made when it is first shown, as most cards never need most of them.
const HEAD = ['badge', 'state', 'earlier', 'later', 'edit', 'open', 'dismiss'];
const BODY = ['node', 'list', 'line', 'scale', 'more', 'error', 'details', 'good', 'seen'];
const TOOLS = {
	edit: {image: 'edit', label: 'cards.edit', act: card => card.tools.edit(card.reading)},
	dismiss: {image: 'close', label: 'cards.dismiss', act: card => card.dismiss()},
	earlier: {image: 'earlier', label: 'arrange.earlier', act: card => card.tools.move(card, -1)},
	later: {image: 'later', label: 'arrange.later', act: card => card.tools.move(card, 1)},
};
const ARROWS = {1: ['↗', 'cards.rising'], '-1': ['↘', 'cards.falling']};

/** The names of the fields in the order of the card: the main one first, then what people look for first. */
function inOrder(reading) {
	const main = reading.description?.main;
	return values(reading).map(([name]) => name).map((name, i) => [name, name === main ? -1 : rank(name, reading), i])
		.sort((a, b) => a[1] - b[1] || a[2] - b[2]).map(([name]) => name);
}

export class Card {
	/**
	 * At first the card has its name only: the rest is made by the first show(), so that many cards cost little until they
	 * are in view. `tools` has edit(reading) and move(card, by), which the card's buttons call.
	 */
	constructor(reading, tools) {
		Object.assign(this, {id: reading.sensor_id, tools, parts: {}, arranges: false, isSeen: false});
		this.title = el('h3', {}, sensorName(reading));
		this.head = el('div', {class: 'head'}, this.title);
		this.element = el('article', {id: `sensor:${reading.sensor_id}`, tabindex: '-1'}, this.head);
	}

	/** Puts a part in its place, instead of the one that was there; null removes it. */
	#put(name, element) {
		this.parts[name]?.remove();
		this.parts[name] = element;
		if (!element) return;
		const [parent, order] = HEAD.includes(name) ? [this.head, HEAD] : [this.element, BODY];
		const next = order.slice(order.indexOf(name) + 1).map(later => this.parts[later]).find(Boolean);
		parent.insertBefore(element, next ?? null);
	}

	/** Shows or hides a part. */
	#toggle(name, isShown) {
		if (isShown && !this.parts[name]) this.#put(name, this.#make(name));
		if (this.parts[name]) this.parts[name].hidden = !isShown;
	}

	/** Shows a part with this text; hides the part if the text is empty. */
	#tell(name, words) {
		this.#toggle(name, words !== '');
		if (words !== '') say(this.parts[name], words);
	}

	#make(name) {
		if (TOOLS[name]) return this.#tool(TOOLS[name], name);
		if (name === 'badge') return el('span', {class: 'badge'}, text('cards.simulated'));
		if (name === 'state') return el('span', {class: 'state'});
		if (name === 'open') return chartButton(this.reading);
		if (name === 'details') return el('details', {}, el('summary', {}, text('cards.details')), el('pre', {}));
		return el('p', {class: {more: 'note', good: 'seen'}[name] ?? name});
	}

	#tool({image, label, act}, name) {
		const said = text(label, {sensor: sensorName(this.reading)});
		return el('button', {type: 'button', class: `tool ${name}`, 'aria-label': said, title: said, onclick: () => act(this)}, icon(image));
	}

	/** Shows the sensor's name, in the labels of the buttons too. */
	#name(sensor) {
		if (this.named === sensor) return;
		this.named = sensor;
		say(this.title, sensor);
		for (const [name, {label}] of Object.entries({...TOOLS, open: {label: 'chart.open'}})) {
			const said = text(label, {sensor});
			this.parts[name]?.setAttribute('aria-label', said);
			this.parts[name]?.setAttribute('title', said);
		}
	}

	/** Makes the node forget this sensor. The button is shown only if its plugin was removed. */
	async dismiss() {
		try {
			await send(path('readings', this.id), undefined, 'DELETE');
			live.forget(this.id);
		} catch (problem) {
			this.#tell('seen', text('controls.failed', {reason: problem.message}));
		}
	}

	/** Rebuilds the fields, because their names have changed. */
	#build(reading, names) {
		const charted = numbers(reading);
		this.names = names.join('\n');
		this.fields = names.filter(name => !(hasScore(reading) && SCORE_FIELDS.includes(name))).map(name => new Field(name));
		this.arrow = el('dd', {class: 'trend', hidden: true});
		this.fields[0]?.element.append(this.arrow);
		if (!this.parts.list) this.#put('list', el('dl', {}));
		this.parts.list.replaceChildren(...this.fields.map(field => field.element));
		const drawn = this.fields.find(({name}) => charted.includes(name))?.name ?? charted[0];
		this.spark = drawn === undefined ? null : new Spark(reading, drawn, way => this.#turn(way));
		this.#put('line', this.spark?.element ?? null);
		this.spark?.see(this.isSeen);
		this.air = hasScore(reading) ? new AirScale() : null;
		this.#put('scale', this.air?.element ?? null);
	}

	#turn(way) {
		const isMain = this.spark?.field === this.fields[0]?.name;
		this.arrow.hidden = !way || !isMain;
		if (this.arrow.hidden) return;
		const [arrow, key] = ARROWS[way];
		if (this.arrow.dataset.way === arrow) return;
		this.arrow.dataset.way = arrow;
		this.arrow.replaceChildren(el('span', {'aria-hidden': 'true'}, arrow), el('span', {class: 'visually-hidden'}, text(key)));
	}

	/** The card came into view, or left it. What only eyes need, its line and the ages, waits until it is seen. */
	see(isSeen) {
		this.isSeen = isSeen;
		this.spark?.see(isSeen);
		if (isSeen) this.tick();
	}

	/** Whether it shows this reading with so many fields already. */
	shows(reading, count) {
		return this.reading === reading && this.count === count;
	}

	/** Shows the first `count` fields of the reading. No effect if nothing changed. */
	show(reading, count) {
		if (this.shows(reading, count)) return;
		Object.assign(this, {reading, count});
		const all = inOrder(reading), names = all.slice(0, count);
		if (names.join('\n') !== this.names) this.#build(reading, names);
		this.#tell('more', count < all.length ? text('cards.moreValues', {n: all.length - count}) : '');
		this.#name(sensorName(reading));
		for (const field of this.fields) field.show(reading);
		this.spark?.add(reading);
		this.air?.show(reading);
		this.#toggle('badge', reading.simulated);
		this.#tell('error', reading.error ? explain(reading.error) : '');
		this.#toggle('details', Boolean(reading.error));
		if (reading.error) say(this.parts.details.lastChild, reading.error);
		this.allow(this.arranges);
		this.kind = !reading.error ? 'fine' : values(reading).some(([, value]) => value !== null) ? 'partly' : 'failed';
		this.tick();
	}

	/** Shows the buttons that the reader may use now; with `arranges`, those that move the card. */
	allow(arranges) {
		this.arranges = arranges;
		this.element.draggable = arranges;
		if (!this.reading) return;
		this.#toggle('edit', live.mayOperate && !arranges);
		this.#toggle('open', !arranges);
		for (const name of ['earlier', 'later']) this.#toggle(name, arranges);
	}

	/** Shows the state and the age. No effect before show(). */
	tick() {
		if (!this.reading) return;
		const {reading} = this, now = performance.now(), status = live.statusOf(reading);
		const kind = `${this.kind} is-${status}`;
		if (this.element.className !== kind) this.element.className = kind;
		this.#tell('state', status === 'ok' ? '' : text(`status.${status}`));
		this.#tell('node', live.nodes.length < 2 ? '' : reading.node);
		this.#toggle('dismiss', Boolean(reading.removed) && live.mayOperate);
		this.#tell('seen', status === 'offline' ? this.#offline() : status === 'ok' ? '' : lastSeen(now - reading.seen));
		const good = reading.data.last_good_ms;
		this.#tell('good', reading.error && typeof good === 'number'
			? text('cards.lastGood', {age: age(now - reading.seen + reading.timestamp_ms - good)}) : '');
	}

	#offline() {
		const node = live.nodes.find(one => one.node === this.reading.node), unseen = live.unseen(node);
		return unseen === null ? text('cards.offlineNever', {node: node.node})
			: text('cards.offlineSince', {node: node.node, age: age(unseen)});
	}
}
