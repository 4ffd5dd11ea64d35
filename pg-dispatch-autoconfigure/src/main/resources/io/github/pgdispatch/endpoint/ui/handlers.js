import { act, ask, confirm } from "./actions.js";
import { get } from "./api.js";
import { h } from "./dom.js";
import { count, number, seconds, span } from "./format.js";
import { button, empty, heading, named, section, table } from "./parts.js";
import { jobsOf, link } from "./route.js";

export const title = "Queues and handlers";

export async function load(route, signal) {
	const [{ queues }, { handlers }] = await Promise.all([get("queues", {}, signal), get("handlers", {}, signal)]);
	return { queues, handlers };
}

export function view({ queues, handlers }, { overview, refresh }) {
	const { writable, status } = overview;
	return [heading(title, writable && button(status.paused ? "Resume everything" : "Pause everything…",
		() => status.paused ? act(pause(true, { all: "true" }, "everything"), refresh) : pauseAll(refresh))),
		status.paused && h("p", { class: "notice" }, "Everything is paused. No job begins, whatever is said below."),
		section("Queues", queuesTable(queues, writable, refresh), writable && h("div", { class: "buttons" },
			button("Add a queue…", () => edit(null, refresh)))),
		section("Handlers", handlersTable(handlers, writable, refresh))];
}

async function pauseAll(refresh) {
	const warning = "No job begins on any node until everything is resumed. Jobs that run go on, and dispatched jobs wait.";
	if (await ask("Pause everything?", [warning], "Pause everything", true)) {
		await act(pause(false, { all: "true" }, "everything"), refresh);
	}
}

function pause(paused, of, what) {
	return { path: "pauses", body: { action: paused ? "resume" : "pause", ...of }, done: () => `${paused ? "Resumed" : "Paused"} ${what}.` };
}

function pauseButton(paused, of, what, refresh) {
	return button(paused ? "Resume" : "Pause", () => act(pause(paused, of, what), refresh), "small");
}

function stateOf({ paused, tripped }) {
	return h("span", { class: `badge ${paused ? "held" : tripped ? "failed" : "running"}` }, paused ? "Paused" : tripped ? "Tripped" : "Open");
}

function rateOf(rate, per) {
	return rate ? `${number(rate)} per ${span(seconds(per))}` : "no limit";
}

function queuesTable(queues, writable, refresh) {
	return table("Queues", [
		{ title: "Queue", cell: ({ name }) => h("a", { href: link("jobs", { queue: name }) }, name) },
		{ title: "State", cell: stateOf },
		{ title: "Running", kind: "number", cell: ({ running }) => number(running) },
		{ title: "At once", kind: "number", cell: ({ concurrency }) => concurrency ? number(concurrency) : "no limit" },
		{ title: "Per key", kind: "number", cell: ({ perKey }) => perKey ? number(perKey) : "no limit" },
		{ title: "Rate", kind: "number", cell: ({ rate, per }) => rateOf(rate, per) },
		{ title: "Rate per key", kind: "number", cell: ({ ratePerKey, per }) => rateOf(ratePerKey, per) },
		{ title: "Breaks after", kind: "number", cell: ({ breakAfter, breakFor }) => breakAfter ? `${count(breakAfter, "failure")}, for ${span(seconds(breakFor))}` : "never" },
		...writable ? [{ title: "Actions", kind: "actions", cell: (queue) => [
			pauseButton(queue.paused || queue.tripped, { queue: queue.name }, `the queue ${queue.name}`, refresh),
			button("Limits…", () => edit(queue, refresh), "small"),
			button("Remove…", () => confirm(drop(queue.name), refresh), "small")] }] : []
	], queues, ({ name }) => name, empty("There is no queue. A queue limits how many of its jobs run at once, or begin in a second."));
}

function drop(queue) {
	return { path: "queues", body: { action: "drop", queue }, verb: "Remove", thing: "queue", of: `The queue ${queue}.`, dangerous: true,
		warning: "Its jobs run without its limits, and no more jobs can be dispatched to it.", done: () => `Removed the queue ${queue}.` };
}

async function edit(queue, refresh) {
	const field = (name, label, value, options) => h("label", {}, h("span", {}, label), h("input", { name, value: value ?? "", autocomplete: "off", ...options }));
	const answer = await ask(queue ? `Limits of the queue ${queue.name}` : "Add a queue",
		["A limit without a number is no limit. Limits in pgdispatch.queues are set again whenever a node starts."], queue ? "Set limits" : "Add", false,
		h("div", { class: "fields" }, !queue && field("queue", "Name", "", { required: true }),
			field("concurrency", "Jobs that run at once", queue?.concurrency, { type: "number", min: 1 }),
			field("perKey", "of the same fair key", queue?.perKey, { type: "number", min: 1 }),
			field("rate", "Jobs that begin", queue?.rate, { type: "number", min: 1 }),
			field("ratePerKey", "of the same fair key", queue?.ratePerKey, { type: "number", min: 1 }),
			field("per", "in each", queue?.per ?? "1s", { required: true }),
			field("breakAfter", "Break after failures in a row", queue?.breakAfter, { type: "number", min: 1 }),
			field("breakFor", "for", queue?.breakFor ?? "1m", { required: true })));
	if (answer) {
		const name = queue?.name ?? answer.queue;
		await act({ path: "queues", body: { action: "set", ...answer, queue: name, per: (answer.rate || answer.ratePerKey) && answer.per,
			breakFor: answer.breakAfter && answer.breakFor },
			done: () => `The queue ${name} has its limits.` }, refresh);
	}
}

function handlersTable(handlers, writable, refresh) {
	const cell = (title, property) => ({ title, kind: "number", cell: (handler) => number(handler[property], handler.exact || !handler[property]) });
	return table("Handlers and labels", [
		{ title: "Handler or label", cell: ({ kind, name }) => h("a", { href: jobsOf(kind, name) }, named(kind, name)) },
		{ title: "State", cell: (handler) => handler.kind === "HANDLER" && stateOf(handler) },
		{ title: "Runs here", cell: ({ here }) => here ? "yes" : "no" },
		cell("Waiting", "waiting"), cell("Running", "running"), cell("Snoozed", "snoozed"), cell("Held", "held"),
		{ title: "Dead letters", kind: "number", cell: ({ kind, name, deadLetters, exact }) => deadLetters && name
			? h("a", { href: link("dead-letters", kind === "SQL" ? { label: name } : { handler: name }) }, number(deadLetters, exact)) : number(deadLetters, exact || !deadLetters) },
		{ title: "Oldest due", kind: "number", cell: ({ oldest, waiting }) => waiting > 0 && oldest && span(seconds(oldest)) },
		...writable ? [{ title: "Actions", kind: "actions", cell: ({ kind, name, paused, tripped }) => kind === "HANDLER"
			&& pauseButton(paused || tripped, { handler: name }, `the handler ${name}`, refresh) }] : []
	], handlers, ({ kind, name }) => `${kind} ${name}`, empty("No handler is known here, and no job waits."));
}
