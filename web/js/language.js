// <harvester-language>: changes the language of the page.
import {el} from './dom.js';
import {language, languages, nameOf, speak, text} from './texts.js';

customElements.define('harvester-language', class extends HTMLElement {
	connectedCallback() {
		const next = languages[(languages.indexOf(language) + 1) % languages.length];
		const label = text('language.switch', {next: nameOf(next)});
		this.replaceChildren(el('button', {type: 'button', class: 'quiet', title: label, onclick: () => speak(next)},
			el('span', {'aria-hidden': 'true'}, language.toUpperCase()), el('span', {class: 'visually-hidden'}, label)));
	}
});
