import { bulk } from "./actions.js";
import { get } from "./api.js";
import { h } from "./dom.js";
import { time } from "./format.js";
import { badge, empty, filters, heading, named, paging, table } from "./parts.js";
import { link } from "./route.js";
import { Selection } from "./selection.js";

export const title = "Jobs";

const PAGE = 50;
const selection = new Selection();

export function enter() {
	selection.clear();
}

export async function load({ parameters }, signal) {
	const { id, ...filter } = parameters;
	const page = await get("jobs", { ...filter, limit: PAGE }, signal);
	selection.retain(page.jobs);
	return page;
}

export function view({ jobs, next }, { route, overview, refresh, render, go }) {
	const { after, ...filter } = route.parameters;
	const queues = overview.status.queues.map(({ name }) => name);
	const choose = (parameters) => go(parameters.id ? link("jobs", {}, parameters.id) : link("jobs", parameters));
	return [heading("Jobs"), filters("Filter jobs", fields(queues), route.parameters, choose),
		overview.writable && jobs.length > 0 && bulk(selection, filter, words(filter), [
			...filter.state !== "running" ? [{ verb: "Cancel", action: cancel }] : [],
			...!filter.state || filter.state === "snoozed" ? [{ verb: "Run", action: runNow }] : [],
			...queues.length && filter.state !== "running" ? [{ verb: "Move", action: move(queues) }] : []
		], refresh),
		table("Jobs", [...overview.writable ? [selection.column(jobs, render)] : [],
			{ title: "Job", kind: "id", cell: ({ id }) => h("a", { href: link("jobs", {}, id) }, id) },
			{ title: "Handler or label", cell: ({ kind, name }) => named(kind, name) },
			{ title: "State", cell: ({ state }) => badge(state) },
			{ title: "Queue", cell: ({ queue }) => queue },
			{ title: "Due", cell: ({ dueAt }) => time(dueAt) },
			{ title: "Attempts", kind: "number", cell: ({ attempts }) => attempts },
			{ title: "Last error", kind: "long", cell: ({ message }) => message }
		], jobs, ({ id }) => id, nothing(route.parameters)),
		paging(route, next, (parameters) => link("jobs", parameters))];
}

function fields(queues) {
	return [
		{ name: "state", title: "State", options: ["waiting", "running", "snoozed", "held"] },
		{ name: "handler", title: "Handler", hint: "signUp.welcome", excludes: ["label", "kind"] },
		{ name: "label", title: "Label of SQL", excludes: ["handler", "kind"] },
		{ name: "kind", title: "Kind", options: ["handler", "sql"], excludes: ["handler", "label"] },
		{ name: "queue", title: "Queue", options: queues },
		{ name: "id", title: "Go to job", hint: "number", type: "number" }
	];
}

function nothing(parameters) {
	return Object.values(parameters).some(Boolean) ? empty("No job matches. It may have run meanwhile: a job that is done is deleted.")
		: empty("No job waits or runs.");
}

function words({ state, handler, label, kind, queue }) {
	const conditions = [state && `in the state ${state}`, handler && `of ${handler}`, label && `with the label ${label}`, kind && `of the kind ${kind}`, queue && `of the queue ${queue}`];
	return conditions.some(Boolean) ? `All ${conditions.filter(Boolean).join(", ")}, also on other pages.` : "All that there are, also on other pages.";
}

export function cancel(chosen, of) {
	return { path: "jobs", body: { action: "cancel", ...chosen }, verb: "Cancel", thing: "job", of, dangerous: true,
		warning: "A cancelled job does not run and cannot be brought back.",
		done: (count) => count === 1 ? "One job was cancelled." : `${count} jobs were cancelled.` };
}

export function runNow(chosen, of) {
	return { path: "jobs", body: { action: "run-now", ...chosen }, verb: "Run", thing: "job", of,
		warning: "They run as soon as order, queues and pauses let them.",
		done: (count) => count === 1 ? "One job is due now." : `${count} jobs are due now.` };
}

/** Jobs that are moved to a queue wait for its limits and pauses instead of those of their former queue. */
function move(queues) {
	return (chosen, of) => ({ path: "jobs", body: { action: "move", ...chosen, to: queues[0] }, verb: "Move", thing: "job", of,
		fields: h("div", { class: "fields" }, h("label", {}, h("span", {}, "To the queue"),
			h("select", { name: "to" }, queues.map((name) => h("option", { value: name }, name))))),
		done: (count) => count === 1 ? "One job was moved." : `${count} jobs were moved.` });
}
