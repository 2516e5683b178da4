// <harvester-frame>: a plugin's page with scripts of its own, in a sandboxed frame.
//
// Such a page shows the state with which it was rendered, so it is loaded again when the state changes.
import {el} from './dom.js';
import {live, LiveElement} from './live.js';
import {text} from './texts.js';

const PAGE = '/page';
const LEAST_MS = 2000;

customElements.define('harvester-frame', class extends LiveElement {
	start() {
		this.looked = -LEAST_MS;
		this.watch('readings', () => this.look());
		this.look();
	}

	/** Loads the page if it changed, one at a time: an older page that loads slowly must not replace a newer one. */
	async look() {
		if (this.querySelector('.coming') || performance.now() - this.looked < LEAST_MS) return;
		this.looked = performance.now();
		const tag = await this.tagNow();
		if (this.querySelector('.coming') || (this.firstChild && (!tag || tag === this.tag))) return;
		this.tag = tag;
		this.show();
	}

	/** The page's entity tag; null if the node does not answer, and then the page stays as it is. */
	async tagNow() {
		try {
			const answer = await fetch(PAGE, {method: 'HEAD', cache: 'no-store'});
			return answer.ok ? answer.headers.get('ETag') : null;
		} catch {
			return null;
		}
	}

	/** Loads a new frame and removes the old one only when it has loaded, so that nothing flickers. */
	show() {
		const frame = el('iframe', {src: PAGE, sandbox: 'allow-scripts', title: text('page.page'), class: 'coming', onload: () => {
			for (const old of [...this.children]) if (old !== frame) old.remove();
			frame.className = '';
		}});
		this.append(frame);
	}
});
