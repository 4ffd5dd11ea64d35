// What somebody should look at, from the numbers of the endpoint.

import { h } from "./dom.js";
import { count, seconds, span } from "./format.js";
import { jobsOf, link } from "./route.js";

const OVERDUE = 60;
const OLD_SNAPSHOT = 1800;

/**
 * Returns the problems, the worst first: objects with a text, whether it is severe, and a link or an action.
 */
export function problems({ status, node }) {
	return [...drivers(node), ...overdue(status), ...schedules(status), ...deadLetters(status), ...breakers(status), ...pauses(status), ...snapshot(status)];
}

function drivers(node) {
	return node.drivers.filter(({ limit }) => limit > 0).flatMap((driver) => {
		const what = driver.jobs === "SQL" ? "SQL jobs" : "methods";
		if (!driver.running || driver.draining) {
			return [{ text: `This node runs no ${what}: it is ${driver.running ? "drained" : "stopped"}.`, href: link("nodes") }];
		}
		return driver.alive && (driver.connected || driver.asleep) ? [] : [{ severe: true, href: link("nodes"),
			text: `This node cannot run ${what}: ${driver.alive ? "it has lost the database" : "its driver is dead. Restart it"}.` }];
	});
}

function overdue(status) {
	const late = status.jobs.filter(({ state, oldest }) => state === "WAITING" && seconds(oldest) > OVERDUE)
		.sort((one, other) => seconds(other.oldest) - seconds(one.oldest))[0];
	return late ? [{ severe: !status.paused, href: jobsOf(late.kind, late.name),
		text: ["A job of ", h("b", {}, late.name ?? "SQL without a label"), ` has been due for ${span(seconds(late.oldest))} and is not done.`] }] : [];
}

function schedules({ schedules }) {
	return schedules.filter(({ state }) => state === "OVERDUE").map(({ name, late }) => ({ severe: true, href: link("schedules"),
		text: ["The schedule ", h("b", {}, name), ` is ${span(seconds(late))} late. No worker or node seems to be there for it.`] }));
}

function deadLetters({ deadLetters }) {
	const all = total(deadLetters);
	return all.count ? [{ severe: true, href: link("dead-letters"),
		text: `${count(all.count, "job", all.exact)} failed for good. Retry or delete ${all.count === 1 ? "it" : "them"}.` }] : [];
}

function breakers({ breakers }) {
	return breakers.map(({ handler, queue, failures }) => ({ severe: true,
		text: [`The circuit breaker of the ${handler ? "handler" : "queue"} `, h("b", {}, handler ?? queue), ` has tripped after ${count(failures, "failure")} in a row. Its jobs wait for a probe to succeed.`],
		action: { verb: "Resume", path: "pauses", body: { action: "resume", ...handler ? { handler } : { queue } }, done: () => "Resumed." } }));
}

function pauses(status) {
	const paused = (text, of) => ({ text, action: { verb: "Resume", path: "pauses", body: { action: "resume", ...of }, done: () => "Resumed." } });
	return [...status.paused ? [paused("Everything is paused. No job begins.", { all: "true" })] : [],
		...status.pausedHandlers.map((handler) => paused(["The handler ", h("b", {}, handler), " is paused."], { handler })),
		...status.queues.filter((queue) => queue.paused).map(({ name }) => paused(["The queue ", h("b", {}, name), " is paused."], { queue: name }))];
}

function snapshot({ snapshot }) {
	return snapshot && seconds(snapshot.age) > OLD_SNAPSHOT ? [{ href: link("nodes"),
		text: [h("b", {}, snapshot.holder), ` has held a snapshot for ${span(seconds(snapshot.age))}. Dead rows cannot be removed meanwhile.`] }] : [];
}

/**
 * Adds counts up. The sum of counts that are not exact is the smallest that it can be.
 */
export function total(counts) {
	return counts.reduce((sum, { count: number, exact, oldest }) => ({ count: sum.count + number, exact: sum.exact && exact,
		oldest: Math.max(sum.oldest, seconds(oldest) ?? 0) }), { count: 0, exact: true, oldest: 0 });
}
