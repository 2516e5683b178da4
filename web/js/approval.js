// What a plugin asks for, as a list, with the button that approves it.
import {path, send} from './api.js';
import {el, say} from './dom.js';
import {live} from './live.js';
import {text} from './texts.js';

/** A running plugin may wait too: its newer version may request more. */
export function waitsForApproval({state, request}) {
	return state === 'needs approval' || (request?.is_approved === false && state !== 'disabled' && state !== 'refused');
}

export class Approval {
	constructor(name) {
		this.name = name;
		this.lead = el('p', {}, text('plugins.waitsFor', {plugin: name}));
		this.list = el('ul', {class: 'asks'});
		this.button = el('button', {type: 'button', class: 'main', onclick: () => this.#approve()}, text('plugins.approve'));
		this.viewer = el('p', {class: 'note'}, text('plugins.waitsViewer'));
		this.note = el('p', {class: 'note answer', role: 'status'});
		this.element = el('div', {class: 'approval'}, this.lead, this.list, this.button, this.viewer, this.note);
	}

	show(plugin) {
		this.plugin = plugin;
		const asks = (plugin.request?.asks_for ?? []).map(String);
		if (this.asks !== asks.join('\n')) this.list.replaceChildren(...asks.map(one => el('li', {}, one)));
		this.asks = asks.join('\n');
		this.element.hidden = !waitsForApproval(plugin);
		this.button.hidden = !live.mayOperate;
		this.viewer.hidden = live.mayOperate;
	}

	async #approve() {
		// The digest makes sure that the node approves the request shown here, even if the plugin has changed it since.
		const {digest = '', asks_for: asks = []} = this.plugin.request ?? {};
		if (!confirm(text('plugins.ask.approve', {plugin: this.name, request: asks.map(String).join(', ') || text('plugins.nothing')}))) return;
		this.note.dataset.kind = '';
		say(this.note, text('controls.sending'));
		try {
			await send(path('plugins', this.name, 'approve'), {digest});
			this.note.dataset.kind = 'good';
			say(this.note, text('plugins.done.approve'));
		} catch (problem) {
			this.note.dataset.kind = 'bad';
			say(this.note, text('controls.failed', {reason: problem.message}));
		}
	}
}
