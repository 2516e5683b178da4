// <harvester-frame>: an old page of a plugin, which brings script of its own, in a frame without rights.
//
// Such a page shows the state that it was rendered with, so it is loaded anew when that changed.
import strings from '../strings.en.js';
import {el} from './dom.js';
import {live, LiveElement} from './live.js';

const PAGE = '/page';
const LEAST_MS = 2000;

customElements.define('harvester-frame', class extends LiveElement {
	start() {
		this.looked = -LEAST_MS;
		this.watch('readings', () => this.look());
		this.look();
	}

	/** One after the other: of two that come at once, the older one would take the newer one's place. */
	async look() {
		if (this.querySelector('.coming') || performance.now() - this.looked < LEAST_MS) return;
		this.looked = performance.now();
		const tag = await this.tagNow();
		if (this.querySelector('.coming') || (this.firstChild && (!tag || tag === this.tag))) return;
		this.tag = tag;
		this.show();
	}

	/** Null where the node does not say; then the page stays as it is. */
	async tagNow() {
		try {
			const answer = await fetch(PAGE, {method: 'HEAD', cache: 'no-store'});
			return answer.ok ? answer.headers.get('ETag') : null;
		} catch {
			return null;
		}
	}

	/** The new one takes the old one's place when it is whole: nothing flickers. */
	show() {
		const frame = el('iframe', {src: PAGE, sandbox: 'allow-scripts', title: strings.tabs.page, class: 'coming', onload: () => {
			for (const old of [...this.children]) if (old !== frame) old.remove();
			frame.className = '';
		}});
		this.append(frame);
	}
});
