import { act, confirm } from "./actions.js";
import { ApiError, get } from "./api.js";
import { h } from "./dom.js";
import { clock, count, time, value } from "./format.js";
import { badge, button, empty, heading, named, section, terms } from "./parts.js";
import { jobsOf, link } from "./route.js";
import { cancel, runNow } from "./jobs.js";
import { remove, retry } from "./dead-letters.js";

export const title = (route) => `Job ${route.id}`;

export async function load({ id }, signal) {
	const job = (await find("jobs", id, signal))?.job;
	// The history may know of a job that failed although its dead letter was deleted.
	return job?.state === "FAILED" ? { ...job, ...(await find("dead-letters", id, signal))?.deadLetter } : job;
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

function error(job) {
	return [h("p", { class: "error" }, job.message), terms([["SQLSTATE", job.sqlState], ["Detail", value(job.detail)], ["Hint", value(job.hint)],
		["Where", code(job.context)]])];
}

function code(text) {
	const content = value(text);
	return typeof content === "string" ? h("pre", { tabindex: 0 }, content) : content;
}

/**
 * What is known of the attempts: the database keeps their number and the error of the last one.
 */
function timeline(job) {
	const running = job.state === "RUNNING";
	const failures = (job.attempts ?? 0) - (running ? 1 : 0);
	const entry = (kind, text, at) => h("li", { class: kind }, h("b", {}, text), at && h("span", {}, clock(at), " · ", time(at)));
	const failed = failures > 0 && job.message && h("li", { class: "failed" },
		h("b", {}, job.state === "FAILED" || failures === 1 ? `Attempt ${failures} failed` : `${count(failures, "attempt")} failed, the last one with`),
		job.failedAt && h("span", {}, clock(job.failedAt), " · ", time(job.failedAt)), h("span", {}, job.message));
	return h("ol", { class: "timeline" }, entry("past", "Dispatched", job.dispatchedAt),
		job.state === "FAILED" && entry("past", job.attempts > 1 ? `Due for attempt ${job.attempts}` : "Due", job.dueAt), failed,
		running && entry("now", `Attempt ${job.attempts} runs`),
		["WAITING", "HELD", "SNOOZED"].includes(job.state) && entry("next", `Attempt ${(job.attempts ?? 0) + 1} is due`, job.dueAt),
		["DONE", "CANCELLED"].includes(job.state) && entry("past", job.state === "DONE" ? "Done" : "Cancelled", job.finishedAt));
}
