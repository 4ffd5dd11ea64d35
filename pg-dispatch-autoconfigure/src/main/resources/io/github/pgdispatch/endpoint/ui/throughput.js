// How many attempts end at this node in a second, as long as this page is open: nothing is stored for it.

import { h, svg } from "./dom.js";
import { number } from "./format.js";

const MOST = 60;
const WIDTH = 600;
const HEIGHT = 60;

const samples = [];

/**
 * Remembers the count of an answer, which begins anew when the node does or when another node answers.
 */
export function sample({ node: { attempts } }) {
	const last = samples.at(-1);
	const at = performance.now();
	if (last && attempts < last.attempts) {
		samples.length = 0;
	}
	samples.push({ at, attempts });
	samples.splice(0, samples.length - MOST);
}

/**
 * Returns a drawing of the samples, or what to wait for.
 */
export function throughput() {
	const rates = samples.slice(1).map(({ at, attempts }, index) => 1000 * (attempts - samples[index].attempts) / (at - samples[index].at));
	if (!rates.length) {
		return h("p", { class: "quiet-text" }, "Counting…");
	}
	const most = Math.max(...rates, 1);
	const points = rates.map((rate, index) => `${(index + MOST - 1 - rates.length) * WIDTH / (MOST - 2)},${HEIGHT - 2 - rate / most * (HEIGHT - 6)}`);
	return [h("p", { class: "rate" }, h("b", {}, number(+rates.at(-1).toFixed(1))), " attempts per second, at most ", number(+most.toFixed(1))),
		svg("svg", { class: "line", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
			svg("polyline", { points: points.join(" ") }))];
}
