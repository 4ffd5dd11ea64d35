import { act, confirm } from "./actions.js";
import { ApiError, get } from "./api.js";
import { h } from "./dom.js";
import { time, value } from "./format.js";
import { badge, button, empty, heading, named, section, table, terms } from "./parts.js";
import { jobsOf, link } from "./route.js";
import { cancel, runNow } from "./jobs.js";
import { timeline } from "./timeline.js";
import { remove, retry } from "./dead-letters.js";

export const title = (route) => `Job ${route.id}`;

export async function load({ id }, signal) {
	const found = await find("jobs", id, signal);
	// The history may know of a job that failed although its dead letter was deleted.
	const letter = found?.job.state === "FAILED" && (await find("dead-letters", id, signal))?.deadLetter;
	return found && { ...found.job, ...letter, ended: found.attempts, steps: found.steps };
}

async function find(path, id, signal) {
	try {
		return await get(`${path}/${encodeURIComponent(id)}`, {}, signal);
	}
	catch (failure) {
		if (failure instanceof ApiError && failure.status === 404) {
			return null;
		}
		throw failure;
	}
}

export function view(job, { route, overview, refresh }) {
	if (!job) {
		return [heading(`Job ${route.id}`), empty("This job is no longer there. It has run, or it was cancelled or deleted.",
			h("a", { href: link("jobs") }, "All jobs"))];
	}
	const kind = job.handler ? "HANDLER" : "SQL";
	const name = job.handler ?? job.label;
	return [heading(`Job ${route.id}`, named(kind, name), badge(job.state)),
		overview.writable && actions(job, route.id, refresh),
		job.message && section("Error", error(job)),
		section("Timeline", timeline(job)),
		section("Details", terms([
			[kind === "SQL" ? "Label" : "Handler", name && h("a", { href: jobsOf(kind, name) }, name)],
			["Queue", job.queue && h("a", { href: link("jobs", { queue: job.queue }) }, job.queue)],
			["Attempts", job.attempts], ["Crashes", job.crashes || null],
			[kind === "SQL" ? "SQL" : "Arguments", code(job.command ?? job.arguments)], ["Options", code(job.options)]
		])),
		job.steps.length > 0 && section("Steps", steps(job.steps)),
		section("Headers", Object.keys(job.headers ?? {}).length
			? terms(Object.entries(job.headers).map(([header, content]) => [header, value(content)])) : empty("It has none."))];
}

function actions(job, id, refresh) {
	const ids = { ids: id };
	return h("div", { class: "buttons" },
		job.state === "FAILED" && [button("Retry", () => act(retry(ids), refresh), "primary"),
			button("Delete…", () => confirm(remove(ids, `Job ${id}.`), refresh), "danger")],
		job.state === "SNOOZED" && button("Run now", () => act(runNow(ids), refresh), "primary"),
		["WAITING", "SNOOZED", "HELD", "RUNNING"].includes(job.state)
			&& button("Cancel…", () => confirm(cancel(ids, `Job ${id}.`), refresh), "danger"));
}

function steps(done) {
	return table("Steps that are done", [
		{ title: "Step", cell: ({ name }) => name },
		{ title: "Ended", cell: ({ endedAt }) => time(endedAt) },
		{ title: "Result", kind: "long", cell: ({ result }) => value(result) }
	], done, ({ name }) => name);
}

function error(job) {
	return [h("p", { class: "error" }, job.message), terms([["SQLSTATE", job.sqlState], ["Detail", value(job.detail)], ["Hint", value(job.hint)],
		["Where", code(job.context)]])];
}

function code(text) {
	const content = value(text);
	return typeof content === "string" ? h("pre", { tabindex: 0 }, content) : content;
}
