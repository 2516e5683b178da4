// <harvester-theme>: chooses light, dark or automatic colours; stored in this browser.
import {el, icon} from './dom.js';
import {text} from './texts.js';

const KEY = 'harvester-theme';
const CHOICES = ['auto', 'light', 'dark'];

function stored() {
	try {
		const choice = localStorage.getItem(KEY);
		return CHOICES.includes(choice) ? choice : 'auto';
	} catch {
		return 'auto';
	}
}

function apply(choice) {
	if (choice === 'auto') delete document.documentElement.dataset.theme;
	else document.documentElement.dataset.theme = choice;
}

apply(stored());

customElements.define('harvester-theme', class extends HTMLElement {
	connectedCallback() {
		this.choice = stored();
		this.button = el('button', {type: 'button', class: 'quiet', onclick: () => this.next()});
		this.replaceChildren(this.button);
		this.show();
	}

	next() {
		this.choice = CHOICES[(CHOICES.indexOf(this.choice) + 1) % CHOICES.length];
		try {
			localStorage.setItem(KEY, this.choice);
		} catch {
			// Private browsing: the choice lasts only as long as the page.
		}
		apply(this.choice);
		this.show();
	}

	show() {
		const label = text(`theme.${this.choice}`);
		this.button.setAttribute('aria-label', label);
		this.button.title = label;
		this.button.replaceChildren(icon(this.choice));
	}
});
