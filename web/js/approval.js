// What a plugin asks for, as a list, with the button that approves it.
import {path, sendAndSay} from './api.js';
import {el, say} from './dom.js';
import {live} from './live.js';
import {text} from './texts.js';

/** A running plugin may wait too: its newer version, in its folder or in a bundle, may request more. */
export function waitsForApproval({state, request, bundle}) {
	return Boolean(bundle?.waiting) || state === 'needs approval' || (request?.is_approved === false && state !== 'disabled' && state !== 'refused');
}

/** The request that waits. Of a bundle's version, only what is new. */
function waiting({request, bundle}) {
	const {version, request_digest: digest = '', new: asks = []} = bundle?.waiting ?? {};
	return version === undefined ? {digest: request?.digest ?? '', asks: (request?.asks_for ?? []).map(String)} : {version, digest, asks: asks.map(String)};
}

export class Approval {
	constructor(name) {
		this.name = name;
		this.lead = el('p', {});
		this.list = el('ul', {class: 'asks'});
		this.button = el('button', {type: 'button', class: 'main', onclick: () => this.#approve(),
			'aria-label': text('button.of', {button: text('plugins.approve'), name})}, text('plugins.approve'));
		this.viewer = el('p', {class: 'note'}, text('plugins.waitsViewer'));
		this.note = el('p', {class: 'note answer', role: 'status'});
		this.element = el('div', {class: 'approval'}, this.lead, this.list, this.button, this.viewer, this.note);
	}

	show(plugin) {
		this.plugin = plugin;
		const {version, asks} = waiting(plugin);
		say(this.lead, version === undefined ? text('plugins.waitsFor', {plugin: this.name}) : text('plugins.waitsForNew', {plugin: this.name, version}));
		if (this.asks !== asks.join('\n')) this.list.replaceChildren(...asks.map(one => el('li', {}, one)));
		this.asks = asks.join('\n');
		this.element.hidden = !waitsForApproval(plugin);
		this.button.hidden = !live.mayOperate;
		this.button.disabled = live.isLost; // nobody would hear it, and the request may have changed
		this.viewer.hidden = live.mayOperate;
	}

	async #approve() {
		// The digest makes sure that the node approves the request shown here, even if the plugin has changed it since.
		const {digest, asks} = waiting(this.plugin);
		if (!confirm(text('plugins.ask.approve', {plugin: this.name, request: asks.join(', ') || text('plugins.nothing')}))) return;
		await sendAndSay(this.note, text('plugins.done.approve'), path('plugins', this.name, 'approve'), {digest});
	}
}
