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
		this.loaded = 0;
		this.watch('readings', () => this.look());
		this.show();
	}

	async look() {
		if (performance.now() - this.loaded < LEAST_MS) return;
		this.loaded = performance.now();
		try {
			const answer = await fetch(PAGE, {method: 'HEAD', cache: 'no-store'});
			const tag = answer.headers.get('ETag');
			if (answer.ok && tag !== this.tag) this.show();
			this.tag = tag;
		} catch {
			// The page stays as it is.
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
