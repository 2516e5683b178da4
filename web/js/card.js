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
		Object.assign(this, {id: reading.sensor_id, tools, arranges: false, isSeen: false});
		this.title = el('h3', {}, sensorName(reading));
		this.head = el('div', {class: 'head'}, this.title);
		this.element = el('article', {id: `sensor:${reading.sensor_id}`, tabindex: '-1'}, this.head);
	}

	#furnish(reading) {
		const {tools} = this;
		this.badge = el('span', {class: 'badge'}, text('cards.simulated'));
		this.state = el('span', {class: 'state'});
		this.node = el('p', {class: 'node'}, reading.node);
		this.open = chartButton(reading);
		this.edit = this.#button('edit', 'edit', () => tools.edit(this.reading));
		this.dismiss = this.#button('dismiss', 'close', () => this.#dismiss());
		this.earlier = this.#button('move', 'earlier', () => tools.move(this, -1));
		this.later = this.#button('move', 'later', () => tools.move(this, 1));
		this.list = el('dl', {});
		this.more = el('p', {class: 'note'});
		this.air = null;
		this.#buildProblem();
		this.head.append(this.badge, this.state, this.earlier, this.later, this.edit, this.open, this.dismiss);
		this.element.append(this.node, this.list, this.more, this.error, this.details, this.good, this.seen);
	}

	#buildProblem() {
		this.error = el('p', {class: 'error'});
		this.words = el('pre', {});
		this.details = el('details', {}, el('summary', {}, text('cards.details')), this.words);
		this.good = el('p', {class: 'seen'});
		this.seen = el('p', {class: 'seen'});
	}

	#button(kind, image, action) {
		return el('button', {type: 'button', class: `tool ${kind}`, hidden: true, onclick: action}, icon(image));
	}

	#name(sensor) {
		for (const [button, key] of [[this.edit, 'cards.edit'], [this.dismiss, 'cards.dismiss'], [this.earlier, 'arrange.earlier'],
			[this.later, 'arrange.later'], [this.open, 'chart.open']]) {
			const label = text(key, {sensor});
			button.setAttribute('aria-label', label);
			button.title = label;
		}
	}

	/** Makes the node forget this sensor. The button is shown only if its plugin was removed. */
	async #dismiss() {
		try {
			await send(path('readings', this.id), undefined, 'DELETE');
			live.forget(this.id);
		} catch (problem) {
			say(this.seen, text('controls.failed', {reason: problem.message}));
		}
	}

	/** Rebuilds the fields, because their names have changed. */
	#build(reading, names) {
		const charted = numbers(reading);
		this.names = names.join('\n');
		this.fields = names.filter(name => !(hasScore(reading) && SCORE_FIELDS.includes(name))).map(name => new Field(name));
		this.arrow = el('dd', {class: 'trend', hidden: true});
		this.fields[0]?.element.append(this.arrow);
		this.list.replaceChildren(...this.fields.map(field => field.element));
		this.spark?.element.remove();
		const drawn = this.fields.find(({name}) => charted.includes(name))?.name ?? charted[0];
		this.spark = drawn === undefined ? null : new Spark(reading, drawn, way => this.#turn(way));
		if (this.spark) this.list.after(this.spark.element);
		this.spark?.see(this.isSeen);
		this.air?.element.remove();
		this.air = hasScore(reading) ? new AirScale() : null;
		if (this.air) this.list.after(this.air.element);
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
		if (!this.reading) this.#furnish(reading);
		Object.assign(this, {reading, count});
		const all = inOrder(reading), names = all.slice(0, count);
		if (names.join('\n') !== this.names) this.#build(reading, names);
		say(this.more, count < all.length ? text('cards.moreValues', {n: all.length - count}) : '');
		this.more.hidden = count >= all.length;
		say(this.title, sensorName(reading));
		this.#name(sensorName(reading));
		for (const field of this.fields) field.show(reading);
		this.spark?.add(reading);
		this.air?.show(reading);
		this.badge.hidden = !reading.simulated;
		say(this.error, reading.error ? explain(reading.error) : '');
		say(this.words, reading.error ?? '');
		this.error.hidden = this.details.hidden = !reading.error;
		this.allow(this.arranges);
		this.kind = !reading.error ? 'fine' : values(reading).some(([, value]) => value !== null) ? 'partly' : 'failed';
		this.tick();
	}

	/** Shows the buttons that the reader may use now; with `arranges`, those that move the card. */
	allow(arranges) {
		this.arranges = arranges;
		this.element.draggable = arranges;
		if (!this.reading) return;
		this.edit.hidden = !live.mayOperate || arranges;
		this.open.hidden = arranges;
		this.earlier.hidden = this.later.hidden = !arranges;
	}

	/** Shows the state and the age. No effect before show(). */
	tick() {
		if (!this.reading) return;
		const {reading} = this, now = performance.now(), status = live.statusOf(reading);
		const kind = `${this.kind} is-${status}`;
		if (this.element.className !== kind) this.element.className = kind;
		say(this.state, status === 'ok' ? '' : text(`status.${status}`));
		this.state.hidden = status === 'ok';
		this.node.hidden = live.nodes.length < 2;
		this.dismiss.hidden = !reading.removed || !live.mayOperate;
		say(this.seen, status === 'offline' ? this.#offline() : status === 'ok' ? '' : lastSeen(now - reading.seen));
		const good = reading.data.last_good_ms;
		say(this.good, reading.error && typeof good === 'number'
			? text('cards.lastGood', {age: age(now - reading.seen + reading.timestamp_ms - good)}) : '');
	}

	#offline() {
		const node = live.nodes.find(one => one.node === this.reading.node), unseen = live.unseen(node);
		return unseen === null ? text('cards.offlineNever', {node: node.node})
			: text('cards.offlineSince', {node: node.node, age: age(unseen)});
	}
}
