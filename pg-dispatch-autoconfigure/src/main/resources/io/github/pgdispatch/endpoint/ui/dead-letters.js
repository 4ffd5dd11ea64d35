import { bulk, confirm } from "./actions.js";
import { get } from "./api.js";
import { h } from "./dom.js";
import { count, number, time } from "./format.js";
import { button, empty, filters, heading, named, paging, section, table } from "./parts.js";
import { link } from "./route.js";
import { Selection } from "./selection.js";

export const title = "Dead letters";

const PAGE = 50;
const FIELDS = [
	{ name: "handler", title: "Handler", hint: "signUp.welcome", excludes: ["label"] },
	{ name: "label", title: "Label of SQL", excludes: ["handler"] },
	{ name: "message", title: "Error contains" },
	{ name: "sqlState", title: "SQLSTATE" }
];
const selection = new Selection();

export function enter() {
	selection.clear();
}

export async function load({ parameters }, signal) {
	const { after, ...filter } = parameters;
	const [page, groups] = await Promise.all([get("dead-letters", { ...parameters, limit: PAGE }, signal), after ? null : get("dead-letter-groups", filter, signal)]);
	selection.retain(page.deadLetters);
	return { ...page, ...groups };
}

export function view({ deadLetters, next, groups, exact }, { route, overview, refresh, render, go }) {
	const { after, ...filter } = route.parameters;
	return [heading("Dead letters"),
		filters("Filter dead letters", FIELDS, route.parameters, (parameters) => go(link("dead-letters", parameters))),
		groups?.length > 0 && section("By handler and error", grouped(groups, overview.writable, refresh),
			!exact && h("p", { class: "quiet-text" }, "The latest 2,000 dead letters are grouped. There are more.")),
		section(after ? "Next page" : "Latest first", overview.writable && deadLetters.length > 0 && bulk(selection, filter, words(filter), [
			{ verb: "Retry", action: retry }, { verb: "Delete", action: remove }
		], refresh), list(deadLetters, overview.writable, route.parameters, render)),
		paging(route, next, (parameters) => link("dead-letters", parameters))];
}

function grouped(groups, writable, refresh) {
	return table("Dead letters by handler and error", [
		{ title: "Handler or label", cell: ({ handler, label }) => named(handler ? "HANDLER" : "SQL", handler ?? label) },
		{ title: "Error", kind: "long", cell: (group) => h("a", { href: link("dead-letters", of(group)) }, group.message) },
		{ title: "Count", kind: "number", cell: (group) => number(group.count) },
		{ title: "Latest", cell: ({ latest }) => time(latest) },
		...writable ? [{ title: "Actions", kind: "actions", cell: (group) => isFilter(group) && [
			button("Retry…", () => confirm(retry(of(group), words(of(group))), refresh), "small"),
			button("Delete…", () => confirm(remove(of(group), words(of(group))), refresh), "small")] }] : []
	], groups, (group) => JSON.stringify(of(group)), null);
}

/**
 * Returns the filter for the dead letters of a group.
 */
function of({ handler, label, sqlState, exception }) {
	return { handler, label, sqlState, message: sqlState ? null : exception };
}

/**
 * SQL without a label and without an SQLSTATE cannot be selected.
 */
function isFilter(group) {
	return Object.values(of(group)).some(Boolean);
}

function list(letters, writable, parameters, render) {
	return table("Dead letters", [...writable ? [selection.column(letters, render)] : [],
		{ title: "Job", kind: "id", cell: ({ id }) => h("a", { href: link("jobs", {}, id) }, id) },
		{ title: "Handler or label", cell: ({ handler, label }) => named(handler ? "HANDLER" : "SQL", handler ?? label) },
		{ title: "Error", kind: "long", cell: ({ message }) => message },
		{ title: "Attempts", kind: "number", cell: ({ attempts }) => attempts },
		{ title: "Failed", cell: ({ failedAt }) => time(failedAt) }
	], letters, ({ id }) => id, empty(Object.values(parameters).some(Boolean) ? "No dead letter matches." : "No job has failed for good."));
}

function words({ handler, label, sqlState, message }) {
	const conditions = [handler && `of ${handler}`, label && `with the label ${label}`, sqlState && `with the SQLSTATE ${sqlState}`,
		message && `whose error contains “${message}”`].filter(Boolean);
	return conditions.length ? `All ${conditions.join(", ")}, also on other pages.` : "All that there are, also on other pages.";
}

export function retry(chosen, of) {
	return { path: "dead-letters", body: { action: "retry", ...chosen }, verb: "Retry", thing: "dead letter", of,
		warning: "They are dispatched again, and their attempts are counted from the beginning.",
		done: (retried) => retried ? `${count(retried, "dead letter")} dispatched again.`
			: "Nothing was dispatched: another job has the same idempotency key, or somebody was faster." };
}

export function remove(chosen, of) {
	return { path: "dead-letters", body: { action: "delete", ...chosen }, verb: "Delete", thing: "dead letter", of, dangerous: true,
		warning: "A deleted dead letter cannot be brought back.", done: (deleted) => `${count(deleted, "dead letter")} deleted.` };
}
