import { get } from "./api.js";
import { act } from "./actions.js";
import { h } from "./dom.js";
import { number, span, state, time } from "./format.js";
import { badge, button, empty, heading, named, section, table, terms } from "./parts.js";
import { problems, total } from "./problems.js";
import { jobsOf, link } from "./route.js";
import { throughput } from "./throughput.js";
import { retry } from "./dead-letters.js";

export const title = "Overview";

// The first jobs of all, as a page with a condition that few jobs meet would read them all.
export async function load(route, signal) {
	const [{ jobs }, { deadLetters }] = await Promise.all([get("jobs", { limit: 50 }, signal), get("dead-letters", { limit: 1 }, signal)]);
	return { oldest: jobs.find(({ state }) => state === "WAITING"), failed: deadLetters[0] };
}

export function view({ oldest, failed }, { overview, refresh }) {
	return [heading("Overview"), tiles(overview.status), attention(overview, refresh), h("div", { class: "columns" },
		section("Oldest job that waits", oldest ? waiting(oldest) : empty(total(overview.status.jobs.filter(({ state }) => state === "WAITING")).count ? "The oldest ones are running." : "No job waits.")),
		section("Latest dead letter", failed ? dead(failed, overview.writable, refresh) : empty("No job has failed for good."))),
		section("Throughput of this node", throughput()),
		section("By handler and label", names(overview.status))];
}

function tiles(status) {
	const tile = (name, href, all, note) => h("li", { "data-key": name }, h("a", { class: `tile ${name.toLowerCase().replace(" ", "-")}`, href },
		h("span", {}, name), h("b", {}, number(all.count, all.exact)), h("small", {}, note)));
	const of = (state) => total(status.jobs.filter((jobs) => jobs.state === state));
	const waits = of("WAITING");
	const letters = total(status.deadLetters);
	return h("ul", { class: "tiles" },
		tile("Waiting", link("jobs", { state: "waiting" }), waits, waits.count ? `oldest ${span(waits.oldest)}` : "none is due"),
		tile("Running", link("jobs", { state: "running" }), of("RUNNING"), "at this moment"),
		tile("Snoozed", link("jobs", { state: "snoozed" }), of("SNOOZED"), "due later"),
		tile("Held", link("jobs", { state: "held" }), of("HELD"), "by order, queue or pause"),
		tile("Dead letters", link("dead-letters"), letters, letters.count ? `oldest ${span(letters.oldest)}` : "nothing failed"));
}

function attention(overview, refresh) {
	const found = problems(overview);
	return section("What is wrong now", found.length ? h("ul", { class: "problems" }, found.map(({ text, severe, href, action }) =>
		h("li", { class: severe ? "severe" : "mild" }, h("span", {}, text),
			href && h("a", { href }, "Show"),
			action && overview.writable && button(action.verb, () => act(action, refresh), "small"))))
		: h("p", { class: "well" }, "Nothing. Every job that is due runs."));
}

function waiting(job) {
	return h("article", {}, h("h3", {}, h("a", { href: link("jobs", {}, job.id) }, `Job ${job.id}`), named(job.kind, job.name), badge(job.state)),
		terms([["Due", time(job.dueAt)], ["Queue", job.queue], ["Attempts", job.attempts], ["Last error", job.message]]));
}

function dead(letter, writable, refresh) {
	return h("article", {}, h("h3", {}, h("a", { href: link("jobs", {}, letter.id) }, `Job ${letter.id}`),
		named(letter.handler ? "HANDLER" : "SQL", letter.handler ?? letter.label), badge("FAILED")),
		h("p", { class: "error" }, letter.message),
		terms([["Failed", time(letter.failedAt)], ["Attempts", letter.attempts]]),
		writable && button("Retry", () => act(retry({ ids: letter.id }), refresh), "primary"));
}

function names({ jobs }) {
	const rows = new Map();
	for (const some of jobs) {
		const key = `${some.kind} ${some.name}`;
		rows.set(key, [...rows.get(key) ?? [], some]);
	}
	const of = (row, state) => total(row.filter((some) => some.state === state));
	const numbers = (title, all) => ({ title, kind: "number", cell: (row) => number(all(row).count, all(row).exact) });
	return table("Jobs by handler and label", [
		{ title: "Handler or label", cell: ([{ kind, name }]) => h("a", { href: jobsOf(kind, name) }, named(kind, name)) },
		...["WAITING", "RUNNING", "SNOOZED", "HELD"].map((name) => numbers(state(name), (row) => of(row, name))),
		numbers("All", total),
		{ title: "Oldest due", kind: "number", cell: (row) => of(row, "WAITING").count > 0 && span(of(row, "WAITING").oldest) }
	], [...rows.values()].sort((one, other) => total(other).count - total(one).count), ([{ kind, name }]) => `${kind} ${name}`,
	empty("No job waits or runs. A job appears here as soon as the transaction that dispatches it commits."));
}
