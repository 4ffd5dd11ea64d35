import { confirm } from "./actions.js";
import { get } from "./api.js";
import { h } from "./dom.js";
import { number, time } from "./format.js";
import { badge, button, empty, heading, paging, table } from "./parts.js";
import { link } from "./route.js";

export const title = "Batches";

const PAGE = 50;

export function load({ parameters }, signal) {
	return get("batches", { ...parameters, limit: PAGE }, signal);
}

export function view({ batches, next }, { route, overview, refresh }) {
	const count = (title, property) => ({ title, kind: "number", cell: (batch) => number(batch[property]) });
	const job = (id) => id && h("a", { href: link("jobs", {}, id) }, id);
	return [heading(title), h("div", { class: "list" }, table("Batches", [
		{ title: "Batch", kind: "id", cell: ({ id }) => id },
		{ title: "Name", cell: ({ name }) => h("span", { class: "name" }, name) },
		{ title: "State", cell: ({ state }) => badge(state) },
		{ title: "Progress", kind: "number", cell: progress },
		count("Pending", "pending"), count("Done", "done"), count("Failed", "failed"), count("Cancelled", "cancelled"),
		{ title: "Dispatched", cell: ({ dispatchedAt }) => time(dispatchedAt) },
		{ title: "Ended", cell: ({ endedAt }) => time(endedAt) },
		{ title: "Part of", kind: "id", cell: ({ parent }) => parent },
		{ title: "Then", kind: "id", cell: ({ thenId }) => job(thenId) },
		{ title: "On failure", kind: "id", cell: ({ onFailureId }) => job(onFailureId) },
		...overview.writable ? [{ title: "Actions", kind: "actions", cell: ({ id, name, endedAt }) => !endedAt
			&& button("Cancel…", () => confirm(cancel(id, name), refresh), "small") }] : []
	], batches, ({ id }) => id, empty("There is no batch. A batch is many jobs, and one that follows when all of them have ended."))),
	paging(route, next, (parameters) => link("batches", parameters))];
}

function progress({ pending, done, failed, cancelled }) {
	const total = pending + done + failed + cancelled;
	return total > 0 && [h("progress", { value: total - pending, max: total, "aria-hidden": "true" }), ` ${Math.floor(100 * (total - pending) / total)} %`];
}

function cancel(id, name) {
	return { path: "batches", body: { action: "cancel", ids: String(id) }, verb: "Cancel", thing: "batch", of: `The batch ${id}, ${name}.`, dangerous: true,
		warning: "Its jobs that wait are deleted, those that run are interrupted, and nothing follows it.", done: () => `Cancelled the batch ${id}.` };
}
