// <harvester-controls>: the buzzer, the fan and the LED strip of each node that has them.
//
// What makes noise asks first, with the browser's own dialog, which no style of a plugin's page can cover.
import strings from '../strings.en.js';
import {get, path, send} from './api.js';
import {el, say} from './dom.js';
import {live, LiveElement} from './live.js';

const LOOK_MS = 2000;
const LED_SECONDS = 5;
const words = strings.controls;

class NodeControls {
	constructor(node) {
		this.name = node.node;
		this.devices = node.devices ?? {};
		this.note = el('p', {class: 'note answer', role: 'status'});
		this.state = el('span', {class: 'state'});
		this.fan = el('p', {class: 'note'});
		this.lamps = el('ol', {class: 'leds', 'aria-label': words.leds});
		this.element = el('article', {},
			el('div', {class: 'head'}, el('h2', {}, this.name), this.state),
			this.devices.buzzer ? this.group(words.buzzer, ...['single', 'triple', 'long'].map(pattern =>
				this.button(words[pattern], () => this.buzz(pattern)))) : null,
			this.devices.fan ? this.group(words.fan, this.fan, this.button(words.fanTest, () => this.testFan())) : null,
			this.devices.leds ? this.group(words.leds, this.lamps, ...this.colorChoice()) : null, this.note);
	}

	group(label, ...children) {
		return el('fieldset', {}, el('legend', {}, label), ...children);
	}

	button(label, action) {
		return el('button', {type: 'button', onclick: action}, label);
	}

	colorChoice() {
		this.color = el('input', {type: 'color', value: '#00a080', 'aria-label': words.ledColor});
		return [this.color, this.button(words.ledShow, () => this.act('leds', {color: this.color.value, seconds: LED_SECONDS}))];
	}

	buzz(pattern) {
		if (confirm(words.askBuzzer(this.name))) this.act('buzzer', {pattern});
	}

	testFan() {
		if (confirm(words.askFan(this.name))) this.act('fan', {action: 'test'});
	}

	async act(device, body) {
		this.tell(words.sending, '');
		try {
			await send(path('nodes', this.name, device), body);
			this.tell(words.sent, 'good');
			this.look();
		} catch (problem) {
			this.fail(problem);
		}
	}

	fail(problem) {
		const text = words.failed(problem.message);
		this.tell(problem.status === 504 ? `${words.outOfReach(this.name)} ${text}` : text, 'bad');
	}

	tell(text, kind) {
		say(this.note, text);
		this.note.dataset.kind = kind;
	}

	show(node) {
		const offline = node.online === false;
		this.element.classList.toggle('is-error', offline);
		say(this.state, offline ? strings.node.offline : strings.node.online);
	}

	/** Refreshes the state of the fan and the LEDs. Failures are silent here; a press of a button shows them. */
	async look() {
		try {
			if (this.devices.fan) {
				const {on} = await get(path('nodes', this.name, 'fan'));
				say(this.fan, on ? words.fanOn : words.fanOff);
			}
			if (this.devices.leds) this.showLeds(await get(path('nodes', this.name, 'leds')));
		} catch {
			say(this.fan, '');
			this.lamps.replaceChildren();
		}
	}

	showLeds({leds}) {
		leds.forEach((color, i) => {
			const lamp = this.lamps.children[i] ?? this.lamps.appendChild(el('li', {}, el('span', {class: 'visually-hidden'})));
			if (!/^#?[0-9a-f]{6}$/i.test(color)) return;
			const text = color.startsWith('#') ? color : `#${color}`;
			lamp.style.setProperty('--lamp', text);
			lamp.classList.toggle('is-dark', /^#0{6}$/.test(text));
			say(lamp.firstChild, words.led(i, text));
		});
		while (this.lamps.children.length > leds.length) this.lamps.lastChild.remove();
	}
}

customElements.define('harvester-controls', class extends LiveElement {
	cards = new Map();

	start() {
		this.watch('nodes', () => this.show());
		this.timer = setInterval(() => this.look(), LOOK_MS);
		this.shown = () => this.look();
		addEventListener('harvester-shown', this.shown);
		this.show();
	}

	disconnectedCallback() {
		super.disconnectedCallback();
		clearInterval(this.timer);
		removeEventListener('harvester-shown', this.shown);
	}

	show() {
		const nodes = live.nodes.filter(({devices: d}) => d && (d.buzzer || d.fan || d.leds));
		const shape = JSON.stringify(nodes.map(({node, devices}) => [node, devices]));
		if (shape !== this.shape) {
			this.shape = shape;
			this.cards = new Map(nodes.map(node => [node.node, new NodeControls(node)]));
			this.replaceChildren(...(nodes.length ? [...this.cards.values()].map(card => card.element)
				: [el('p', {class: 'note'}, words.none)]));
			this.look();
		}
		for (const node of nodes) this.cards.get(node.node).show(node);
	}

	/** Refreshes all nodes, but only while the section is visible. */
	look() {
		if (document.hidden || !this.checkVisibility()) return;
		for (const node of live.nodes) if (node.online !== false) this.cards.get(node.node)?.look();
	}
});
