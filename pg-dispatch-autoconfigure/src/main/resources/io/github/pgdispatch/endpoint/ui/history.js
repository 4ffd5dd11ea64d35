import { get } from "./api.js";
import { h } from "./dom.js";
import { time } from "./format.js";
import { badge, empty, filters, heading, named, paging, table } from "./parts.js";
import { link } from "./route.js";

export const title = "History";

const PAGE = 50;
const FIELDS = [
	{ name: "outcome", title: "Outcome", options: ["done", "failed", "cancelled"] },
	{ name: "handler", title: "Handler", hint: "signUp.welcome", excludes: ["label", "kind"] },
	{ name: "label", title: "Label of SQL", excludes: ["handler", "kind"] },
	{ name: "kind", title: "Kind", options: ["handler", "sql"], excludes: ["handler", "label"] }
];

export function load({ parameters }, signal) {
	return get("history", { ...parameters, limit: PAGE }, signal);
}

export function view({ jobs, next }, { route, go }) {
	const address = (parameters) => link("history", parameters);
	return [heading(title), filters("Filter the history", FIELDS, route.parameters, (parameters) => go(address(parameters))),
		h("div", { class: "list" }, table("Jobs that have ended", [
			{ title: "Job", kind: "id", cell: ({ id }) => h("a", { href: link("jobs", {}, id) }, id) },
			{ title: "Handler or label", cell: ({ kind, name }) => named(kind, name) },
			{ title: "Outcome", cell: ({ outcome }) => badge(outcome) },
			{ title: "Ended", cell: ({ endedAt }) => time(endedAt) },
			{ title: "Due", cell: ({ dueAt }) => time(dueAt) },
			{ title: "Attempts", kind: "number", cell: ({ attempts }) => attempts },
			{ title: "Node", kind: "long", cell: ({ node }) => node },
			{ title: "Error", kind: "long", cell: ({ message }) => message }
		], jobs, ({ id, endedAt }) => `${id} ${endedAt}`, nothing(route.parameters))),
		paging(route, next, address)];
}

function nothing(parameters) {
	return Object.values(parameters).some(Boolean) ? empty("No job that has ended matches.")
		: empty("No job that has ended is kept. The property pgdispatch.history.retention keeps them for a time.");
}
