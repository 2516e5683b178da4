// <harvester-tabs>: links to the sections of <main>; the address says which one is shown.
//
// The address behind "#" is SECTION, or SECTION/THING: overview/hub:dht22 is a card, chart/hub:dht22 a chart.
import {el, icon} from './dom.js';
import {hasText, text} from './texts.js';

/** The section and the thing that the address names. */
export function place() {
	const [, section, thing] = location.hash.match(/^#([^/?]*)\/?([^?]*)/s) ?? ['', '', ''];
	try {
		return {section, thing: decodeURIComponent(thing)};
	} catch {
		return {section, thing: ''}; // no address of ours
	}
}

/** The skip link must not change the address, which would lead to another section. */
function skip(event) {
	event.preventDefault();
	document.querySelector('main').focus();
}

customElements.define('harvester-tabs', class extends HTMLElement {
	connectedCallback() {
		this.sections = [...document.querySelectorAll('main > section[id]')].filter(({id}) => hasText(`page.${id}`));
		this.links = this.sections.map(({id}) =>
			el('a', {href: `#${id}`}, icon(id), el('span', {}, text(`page.${id}`))));
		this.replaceChildren(el('nav', {'aria-label': text('page.sections')}, ...this.links));
		this.listener = () => this.show();
		addEventListener('hashchange', this.listener);
		document.querySelector('a.skip')?.addEventListener('click', skip);
		this.show();
	}

	disconnectedCallback() {
		removeEventListener('hashchange', this.listener);
	}

	show() {
		const {section: name} = place();
		if (name === 'chart' && this.shown) return; // the chart is shown above the present section
		const wanted = this.sections.findIndex(({id}) => id === (name === 'chart' ? 'overview' : name));
		const chosen = Math.max(0, wanted);
		this.shown = true;
		this.sections.forEach((section, i) => {
			section.hidden = i !== chosen;
			section.setAttribute('aria-label', text(`page.${section.id}`));
			if (i === chosen) this.links[i].setAttribute('aria-current', 'page');
			else this.links[i].removeAttribute('aria-current');
		});
		dispatchEvent(new Event('harvester-shown'));
	}
});
