import { act, confirm } from "./actions.js";
import { get } from "./api.js";
import { h } from "./dom.js";
import { number, seconds, span, time } from "./format.js";
import { button, empty, heading, table } from "./parts.js";
import { jobsOf, link } from "./route.js";

export const title = "Schedules";

const STATES = { ACTIVE: "running", PAUSED: "held", OVERDUE: "failed", ENDED: "snoozed" };
const REASONS = { MISSED: "no worker was there in time", RUNNING: "the last job still ran", REFUSED: "the job was refused" };

export function load(route, signal) {
	return get("schedules", {}, signal);
}

export function view({ schedules }, { overview, refresh }) {
	return [heading(title), table("Schedules", [
		{ title: "Schedule", cell: ({ name, handler, declared }) => [h("a", { href: handler ? jobsOf("HANDLER", handler) : link("jobs", { label: name }) }, name),
			declared && " (declared)"] },
		{ title: "State", cell: ({ state, running }) => [h("span", { class: `badge ${STATES[state]}` }, state[0] + state.slice(1).toLowerCase()), running && " a job waits or runs"] },
		{ title: "Due", cell: ({ every, cron, zone }) => every ? `every ${span(seconds(every))}` : [h("code", {}, cron), ` ${zone}`] },
		{ title: "Next", cell: ({ nextAt }) => nextAt && time(nextAt) },
		{ title: "Last", cell: ({ lastAt, lastJob }) => lastAt && h("a", { href: link("jobs", {}, lastJob) }, time(lastAt)) },
		{ title: "Jobs", kind: "number", cell: ({ runs }) => number(runs) },
		{ title: "Left out", kind: "number", cell: ({ skipped, skipReason, message }) => [number(skipped), skipReason && ` (${message ?? REASONS[skipReason]})`] },
		...overview.writable ? [{ title: "Actions", kind: "actions", cell: (schedule) => actions(schedule, refresh) }] : []
	], schedules, ({ name }) => name, empty("There is no schedule. A schedule dispatches a job again and again."))];
}

function actions({ name, state }, refresh) {
	const change = (action, done) => () => act({ path: "schedules", body: { action, schedule: name }, done }, refresh);
	return [state === "PAUSED" ? button("Resume", change("resume", () => `Resumed the schedule ${name}.`), "small")
		: button("Pause", change("pause", () => `Paused the schedule ${name}.`), "small"),
	button("Run now", change("run", (count) => count ? `The schedule ${name} has one more job.` : `The last job of the schedule ${name} still waits or runs.`), "small"),
	button("Remove…", () => confirm({ path: "schedules", body: { action: "remove", schedule: name }, verb: "Remove", thing: "schedule", of: `The schedule ${name}.`,
		dangerous: true, warning: "No due time gets a job any more. An application that still declares the schedule makes it again when it starts.",
		done: () => `Removed the schedule ${name}.` }, refresh), "small")];
}
