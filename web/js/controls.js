// <harvester-controls>: the buzzer, the fan and the LED strip of each node that has them.
//
// What makes noise asks first, with the browser's own dialog, which no style of a plugin's page can cover.
import {get, path, send} from './api.js';
import {el, say} from './dom.js';
import {live, LiveElement} from './live.js';
import {text} from './texts.js';

const LOOK_MS = 2000;
const LED_SECONDS = 5;

/** Who set an output, in words. */
function setter({by, name}) {
	return text(by === 'plugin' ? 'controls.byPlugin' : by === 'alert' ? 'controls.byAlert' : 'controls.byPerson', {name: name ?? ''});
}

class NodeControls {
	constructor(node) {
		this.name = node.node;
		this.devices = node.devices ?? {};
		this.note = el('p', {class: 'note answer', role: 'status'});
		this.why = el('p', {class: 'note', hidden: true});
		this.state = el('span', {class: 'state'});
		this.fan = el('p', {class: 'note'});
		this.setters = el('ul', {class: 'note setters'});
		this.lamps = el('ol', {class: 'leds', 'aria-label': text('controls.leds')});
		this.element = el('article', {},
			el('div', {class: 'head'}, el('h2', {}, this.name), this.state), this.why,
			this.devices.buzzer ? this.group(text('controls.buzzer'), ...['single', 'triple', 'long'].map(pattern =>
				this.button(text(`controls.${pattern}`), () => this.buzz(pattern)))) : null,
			this.devices.fan ? this.group(text('controls.fan'), this.fan, this.button(text('controls.fanTest'), () => this.testFan())) : null,
			this.devices.leds ? this.group(text('controls.leds'), this.lamps, ...this.colorChoice()) : null, this.setters, this.note);
	}

	group(label, ...children) {
		return el('fieldset', {}, el('legend', {}, label), ...children);
	}

	button(label, action) {
		return el('button', {type: 'button', onclick: action}, label);
	}

	colorChoice() {
		this.color = el('input', {type: 'color', value: '#00a080', 'aria-label': text('controls.ledColor')});
		return [this.color, this.button(text('controls.ledShow'), () => this.act('leds', {color: this.color.value, seconds: LED_SECONDS}))];
	}

	buzz(pattern) {
		if (confirm(text('controls.askBuzzer', {node: this.name}))) this.act('buzzer', {pattern});
	}

	testFan() {
		if (confirm(text('controls.askFan', {node: this.name}))) this.act('fan', {action: 'test'});
	}

	async act(device, body) {
		this.tell(text('controls.sending'), '');
		try {
			await send(path('nodes', this.name, device), body);
			this.tell(text('controls.sent'), 'good');
			this.look();
		} catch (problem) {
			this.fail(problem);
		}
	}

	fail(problem) {
		const said = text('controls.failed', {reason: problem.message});
		this.tell(problem.status === 504 ? `${text('controls.outOfReach', {node: this.name})} ${said}` : said, 'bad');
	}

	tell(said, kind) {
		say(this.note, said);
		this.note.dataset.kind = kind;
	}

	show(node) {
		const isOffline = node.online === false, isOff = isOffline || !live.mayOperate;
		this.element.classList.toggle('is-offline', isOffline);
		say(this.state, text(isOffline ? 'node.offline' : 'node.online'));
		this.state.hidden = !isOffline && live.nodes.length < 2;
		for (const field of this.element.querySelectorAll('button, input')) field.disabled = isOff;
		say(this.why, isOffline ? text('controls.off', {node: this.name}) : live.mayOperate ? '' : text('controls.viewer'));
		this.why.hidden = !isOff;
		if (isOffline) this.#forget();
	}

	/** Refreshes the state of the fan and the LEDs. Failures are silent here; a press of a button shows them. */
	async look() {
		try {
			if (this.devices.fan) {
				const {on} = await get(path('nodes', this.name, 'fan'));
				say(this.fan, on ? text('controls.fanOn') : text('controls.fanOff'));
			}
			this.#showSetters(await get(path('nodes', this.name, 'outputs')).catch(() => ({}))); // an older node does not know
			if (this.devices.leds) this.showLeds(await get(path('nodes', this.name, 'leds')));
		} catch {
			this.#forget();
		}
	}

	/** What the node's devices do is not known now. */
	#forget() {
		say(this.fan, '');
		this.setters.replaceChildren();
		this.lamps.replaceChildren();
	}

	/** Who set the LEDs that are lit, and the buzzer, and why. */
	#showSetters({leds = [], buzzer}) {
		const lines = [...leds.map(one => [text('controls.setLed', {n: one.led, who: setter(one)}), one.why]),
			...(buzzer ? [[text('controls.setBuzzer', {who: setter(buzzer)}), buzzer.why]] : [])]
			.map(([line, why]) => (why ? `${line}: ${why}` : line));
		const key = lines.join('\n');
		if (this.setterKey === key && this.setters.childElementCount === lines.length) return;
		this.setterKey = key;
		this.setters.replaceChildren(...lines.map(line => el('li', {}, line)));
	}

	showLeds({leds}) {
		leds.forEach((color, i) => {
			const lamp = this.lamps.children[i] ?? this.lamps.appendChild(el('li', {}, el('span', {class: 'visually-hidden'})));
			if (!/^#?[0-9a-f]{6}$/i.test(color)) return;
			const shown = color.startsWith('#') ? color : `#${color}`;
			lamp.style.setProperty('--lamp', shown);
			lamp.classList.toggle('is-dark', /^#0{6}$/.test(shown));
			say(lamp.firstChild, text('controls.led', {n: i, color: shown}));
		});
		while (this.lamps.children.length > leds.length) this.lamps.lastChild.remove();
	}
}

customElements.define('harvester-controls', class extends LiveElement {
	cards = new Map();

	start() {
		for (const kind of ['nodes', 'session']) this.watch(kind, () => this.show());
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
				: [el('p', {class: 'note'}, text('controls.none'))]));
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
