// <harvester-nodes>: a card for each node, with its state and its monitor plugin's readings.
import {el, say} from './dom.js';
import {chartButton, Field} from './field.js';
import {age, fill, lastSeen, shown, values} from './format.js';
import {live, LiveElement} from './live.js';
import {share} from './share.js';
import {text} from './texts.js';

const KNOWN = ['cpu_usage', 'cpu_temp', 'memory_used_mb', 'memory_total_mb', 'uptime_seconds', 'fan_on'];
const OTHERS = {card: 0, ownerMax: 64, totalMax: 256}; // limits for fields that are rebuilt each time

/** Whether a reading is about the node itself (CPU, memory), not about its surroundings. */
export function isMonitor(reading) {
	return 'cpu_usage' in reading.data || 'cpu_temp' in reading.data;
}

class Gauge {
	constructor(label) {
		this.value = el('dd', {});
		this.fill = el('span', {});
		this.element = el('div', {class: 'field gauge'}, el('dt', {}, label), this.value,
			el('div', {class: 'meter', 'aria-hidden': 'true'}, this.fill));
	}

	show(shownValue, part) {
		fill(this.value, shownValue);
		const percent = Math.min(100, Math.max(0, part * 100));
		this.fill.style.setProperty('inline-size', `${Number.isFinite(percent) ? percent : 0}%`);
	}
}

class NodeCard {
	constructor(name) {
		this.name = name;
		this.cpu = new Gauge(text('node.cpu'));
		this.memory = new Gauge(text('node.memory'));
		this.plain = Object.fromEntries(['temperature', 'uptime', 'fan', 'network'].map(key => [key, el('dd', {})]));
		this.state = el('span', {class: 'state'});
		this.badge = el('span', {class: 'badge', hidden: true}, text('cards.simulated'));
		this.head = el('div', {class: 'head'}, el('h3', {}, name), this.badge, this.state);
		this.about = el('p', {class: 'node'});
		this.others = el('dl', {class: 'others'});
		this.error = el('p', {class: 'error', hidden: true});
		this.seen = el('p', {class: 'seen'});
		this.list = el('dl', {}, this.cpu.element, this.memory.element, ...Object.entries(this.plain).map(([key, value]) =>
			el('div', {class: 'field'}, el('dt', {}, text(`node.${key}`)), value)));
		this.element = el('article', {class: 'node-card', id: `node:${name}`, tabindex: '-1'}, this.head, this.about, this.list, this.others, this.error, this.seen);
	}

	show(node, monitors) {
		const data = Object.assign({}, ...monitors.map(({data}) => data));
		const failed = monitors.find(({error}) => error);
		this.node = node;
		this.newest = monitors.toSorted((a, b) => b.seen - a.seen)[0];
		this.#showNumbers({data, description: {fields: Object.assign({}, ...monitors.map(({description}) => description?.fields))}},
			monitors.length > 0);
		this.#showOthers(monitors);
		this.badge.hidden = !monitors.some(({simulated}) => simulated);
		this.error.hidden = !failed;
		this.element.classList.toggle('partly', Boolean(failed));
		say(this.error, failed?.error ?? '');
		if (this.newest && !this.open) this.head.append(this.open = chartButton(this.newest));
		this.tick();
	}

	/** `all` has the fields of all monitors, as one reading. */
	#showNumbers(all, has) {
		const {data} = all;
		const {cpu_usage: cpu, memory_used_mb: used, memory_total_mb: total} = data;
		const [size, unit] = shown('memory_total_mb', total, all);
		this.list.hidden = !has && !this.node;
		this.cpu.element.hidden = this.memory.element.hidden = !has;
		this.cpu.show(shown('cpu_usage', cpu, all), cpu / 100);
		this.memory.show([used === undefined ? text('value.nothing')
			: text('node.memoryOf', {used: shown('memory_used_mb', used, all)[0], total: size, unit}), ''], used / total);
		for (const [key, field] of [['temperature', 'cpu_temp'], ['uptime', 'uptime_seconds'], ['fan', 'fan_on']]) {
			this.plain[key].parentElement.hidden = !(field in data);
			fill(this.plain[key], shown(field, data[field], all));
		}
	}

	/** Shows the fields that have no fixed place on the card. */
	#showOthers(monitors) {
		const others = share(monitors, OTHERS).drawn.flatMap(([reading, count]) => values(reading)
			.filter(([name]) => !KNOWN.includes(name)).slice(0, count).map(([name]) => [name, reading]));
		this.others.replaceChildren(...others.map(([name, reading]) => {
			const field = new Field(name);
			field.show(reading);
			return field.element;
		}));
		this.others.hidden = !others.length;
	}

	tick() {
		const {node} = this, isOnline = node ? node.online !== false : true;
		const isStale = isOnline && live.isLost, isAlone = live.nodes.length < 2;
		this.element.classList.toggle('is-offline', !isOnline);
		this.element.classList.toggle('is-stale', isStale);
		say(this.state, !isOnline ? text('node.offline') : isStale ? text('status.stale') : isAlone ? '' : text('node.online'));
		this.state.hidden = !this.state.textContent;
		say(this.about, [node?.role, node?.is_self && !isAlone ? text('node.self') : '', node?.version].filter(Boolean).join(' · '));
		const hasTrip = isOnline && !node?.is_self && typeof node?.round_trip_ms === 'number';
		this.plain.network.parentElement.hidden = !hasTrip;
		say(this.plain.network, hasTrip ? text('node.roundTrip', {ms: Math.round(node.round_trip_ms)}) : '');
		say(this.seen, isOnline ? this.#seen() : this.#unseen());
	}

	#seen() {
		const unseen = this.node ? live.unseen(this.node) ?? 0 : performance.now() - this.newest.seen;
		return lastSeen(this.node?.is_self && !live.isLost ? 0 : unseen);
	}

	#unseen() {
		const unseen = live.unseen(this.node);
		return unseen === null ? text('node.neverSeen') : text('node.outOfReach', {age: age(unseen)});
	}
}

customElements.define('harvester-nodes', class extends LiveElement {
	cards = new Map();

	start() {
		this.grid = el('div', {class: 'grid'});
		this.heading = el('h2', {}, text('page.nodes'));
		this.watch('readings', () => this.show());
		this.watch('nodes', () => this.show());
		this.watch('connection', () => this.cards.forEach(card => card.tick()));
		this.watch('tick', () => this.cards.forEach(card => card.tick()));
		if (live.readings.size || live.nodes.length) this.show();
	}

	show() {
		const monitors = Map.groupBy([...live.readings.values()].filter(isMonitor), reading => reading.node);
		const nodes = new Map(live.nodes.map(node => [node.node, node]));
		const names = [...new Set([...nodes.keys(), ...monitors.keys()])];
		for (const name of names) {
			if (!this.cards.has(name)) this.cards.set(name, new NodeCard(name));
			this.cards.get(name).show(nodes.get(name), monitors.get(name) ?? []);
		}
		if (names.join('\n') === this.names) return;
		this.names = names.join('\n');
		this.cards = new Map(names.map(name => [name, this.cards.get(name)]));
		this.hidden = !names.length;
		if (!this.grid.isConnected) this.replaceChildren(this.heading, this.grid);
		this.grid.replaceChildren(...[...this.cards.values()].map(card => card.element));
	}
});
