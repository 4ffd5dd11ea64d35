import { h } from "./dom.js";
import { clock, count, span, time } from "./format.js";

/**
 * Shows what has happened to a job and what is next. Where a history is kept, that is each attempt (ended); otherwise the database
 * has only their number and the error of the last one.
 */
export function timeline({ ended, ...job }) {
	const running = job.state === "RUNNING";
	const failures = (job.attempts ?? 0) - (running ? 1 : 0);
	const last = ended.at(-1);
	const recorded = last && last.number >= failures;
	return h("ol", { class: "timeline" }, entry("past", "Dispatched", job.dispatchedAt),
		ended.map((attempt, i) => [unknown(ended[i - 1], attempt.number), known(attempt)]),
		!last && job.state === "FAILED" && entry("past", job.attempts > 1 ? `Due for attempt ${job.attempts}` : "Due", job.dueAt),
		!recorded && failures > 0 && job.message && [last && unknown(last, failures), lastFailure(job, failures, last)],
		running && entry("now", `Attempt ${job.attempts} runs`),
		["WAITING", "HELD", "SNOOZED"].includes(job.state) && entry("next", `Attempt ${(job.attempts ?? 0) + 1} is due`, job.dueAt),
		job.state === "CANCELLED" && entry("past", "Cancelled", job.finishedAt),
		job.state === "DONE" && last?.outcome !== "DONE" && entry("past", "Done", job.finishedAt));
}

function entry(kind, text, at, ...more) {
	return h("li", { class: kind }, h("b", {}, text), at && h("span", {}, clock(at), " · ", time(at)), more);
}

function known({ number, outcome, startedAt, endedAt, node, message }) {
	const took = startedAt && `after ${span((Date.parse(endedAt) - Date.parse(startedAt)) / 1000)}`;
	const text = outcome === "DONE" ? "succeeded" : outcome === "FAILED" ? "failed for good" : "failed";
	return entry(outcome === "DONE" ? "done" : "failed", `Attempt ${number} ${text}`, endedAt,
		(took || node) && h("span", {}, [took, node && `on ${node}`].filter(Boolean).join(" ")), message && h("p", {}, message));
}

function lastFailure(job, failures, last) {
	return entry("failed", job.state === "FAILED" || failures === 1 || last ? `Attempt ${failures} failed`
		: `${count(failures, "attempt")} failed, the last one with`, job.failedAt, h("p", {}, job.message));
}

/**
 * Tells of attempts between two that are known. They ended with their session or node, or no history was kept.
 */
function unknown(before, number) {
	const first = before && before.outcome === "RETRIED" ? before.number + 1 : 1;
	return first < number && entry("past", first === number - 1 ? `Attempt ${first} left no record`
		: `Attempts ${first} to ${number - 1} left no record`);
}
