// <harvester-tabs>: links to the sections of <main>; the address says which one is shown.
import strings from '../strings.en.js';
import {el, icon} from './dom.js';

customElements.define('harvester-tabs', class extends HTMLElement {
	connectedCallback() {
		this.sections = [...document.querySelectorAll('main > section[id]')].filter(({id}) => id in strings.tabs);
		this.links = this.sections.map(({id}) =>
			el('a', {href: `#${id}`}, icon(id), el('span', {}, strings.tabs[id])));
		this.replaceChildren(el('nav', {'aria-label': strings.sections}, ...this.links));
		this.listener = () => this.show();
		addEventListener('hashchange', this.listener);
		this.show();
	}

	disconnectedCallback() {
		removeEventListener('hashchange', this.listener);
	}

	show() {
		const wanted = this.sections.findIndex(({id}) => `#${id}` === location.hash);
		const chosen = Math.max(0, wanted);
		this.sections.forEach((section, i) => {
			section.hidden = i !== chosen;
			section.setAttribute('aria-label', strings.tabs[section.id]);
			if (i === chosen) this.links[i].setAttribute('aria-current', 'page');
			else this.links[i].removeAttribute('aria-current');
		});
		dispatchEvent(new Event('harvester-shown'));
	}
});
