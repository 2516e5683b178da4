// <harvester-status>: whether the data on the page is live, and its age if it is not.
import {el, say} from './dom.js';
import {age} from './format.js';
import {live, LiveElement} from './live.js';
import {text} from './texts.js';

customElements.define('harvester-status', class extends LiveElement {
	start() {
		// A screen reader reads this when the state changes; the age that counts up is hidden from it.
		this.word = el('span', {class: 'visually-hidden', role: 'status'});
		this.text = el('span', {'aria-hidden': 'true'});
		this.replaceChildren(el('span', {class: 'dot', 'aria-hidden': 'true'}), this.text, this.word);
		this.watch('connection', () => this.show());
		this.watch('tick', () => this.show());
		this.show();
	}

	show() {
		const state = live.connection;
		this.dataset.state = state;
		document.documentElement.classList.toggle('is-stale', state === 'lost');
		say(this.word, text(`connection.${state}`));
		say(this.text, state === 'lost' ? text('connection.lostFor', {age: age(performance.now() - live.heard)})
			: text(`connection.${state}`));
	}
});
