// The frame: which page is shown, and when it is read again.

import { overview as readOverview } from "./api.js";
import { h, show } from "./dom.js";
import { number } from "./format.js";
import { button, empty } from "./parts.js";
import { problems, total } from "./problems.js";
import { current, link } from "./route.js";
import { sample } from "./throughput.js";
import * as batches from "./batches.js";
import * as deadLetters from "./dead-letters.js";
import * as handlers from "./handlers.js";
import * as history from "./history.js";
import * as job from "./job.js";
import * as jobs from "./jobs.js";
import * as nodes from "./nodes.js";
import * as overviewPage from "./overview.js";
import * as schedules from "./schedules.js";

// Maximum number of databases that have a tab each.
const MAX_TABS = 8;
const INTERVAL = 5000;
const PAGES = { "": overviewPage, jobs, batches, "dead-letters": deadLetters, handlers, schedules, nodes, history };
const [session, pages, problem, main] = ["session", "pages", "problem", "main"].map((id) => document.getElementById(id));

let route;
let page;
let shown = null;
let live = true;
let timer;
let reading = new AbortController();

addEventListener("hashchange", open);
document.addEventListener("visibilitychange", () => document.hidden ? clearTimeout(timer) : live && refresh());
document.querySelector(".skip").addEventListener("click", (event) => {
	event.preventDefault();
	main.focus();
});
open();

async function open() {
	const before = page;
	route = current();
	page = route.page === "jobs" && route.id ? job : PAGES[route.page] ?? overviewPage;
	page.enter?.();
	shown = null;
	const name = typeof page.title === "function" ? page.title(route) : page.title;
	document.title = `${name} · pg-dispatch`;
	main.setAttribute("aria-busy", "true");
	const loading = page !== before && setTimeout(() => show(main, h("p", { class: "loading" }, `Loading: ${name}…`)), 150);
	await refresh();
	clearTimeout(loading);
	main.removeAttribute("aria-busy");
	if (before && !document.querySelector("form:focus-within")) {
		scrollTo(0, 0);
		main.querySelector("h1")?.focus();
	}
}

/**
 * Reads the page. The time to the next reading grows with the time that this one took, so that a queue that is slow to
 * read is not asked all the time.
 */
async function refresh() {
	clearTimeout(timer);
	reading.abort();
	const mine = reading = new AbortController();
	const began = performance.now();
	try {
		const [overview, data] = await Promise.all([readOverview(mine.signal), page.load(route, mine.signal)]);
		if (mine !== reading) {
			return;
		}
		sample(overview);
		shown = { overview, data };
		show(problem);
		render();
	}
	catch (failure) {
		if (mine !== reading) {
			return;
		}
		show(problem, h("p", {}, failure.message, " ", button("Try again", refresh, "small")));
		if (!main.querySelector("h1")) {
			show(main, h("h1", { tabindex: -1 }, "Nothing to show"), empty("The endpoint has not answered this page."));
		}
	}
	if (live && !document.hidden) {
		timer = setTimeout(refresh, Math.max(INTERVAL, 10 * (performance.now() - began)));
	}
}

function render() {
	const { overview, data } = shown;
	const hadFocus = main.contains(document.activeElement);
	frame(overview);
	show(main, page.view(data, { route, overview, refresh, render, go: (address) => location.hash = address }));
	if (hadFocus && document.activeElement === document.body) {
		main.querySelector("h1")?.focus();
	}
}

function frame(overview) {
	const found = problems(overview);
	const letters = total(overview.status.deadLetters);
	const state = overview.status.paused ? ["held", "Paused"] : found.some(({ severe }) => severe) ? ["failed", "Needs attention"] : ["running", "Running"];
	show(session, h("a", { class: `badge ${state[0]}`, href: link("") }, state[1]),
		!overview.writable && h("span", { class: "chip", title: "management.endpoint.pgdispatch.access=unrestricted lets this page change something" }, "read-only"),
		!overview.valuesShown && h("span", { class: "chip", title: "management.endpoint.pgdispatch.show-values says who sees arguments and SQL" }, "values hidden"),
		overview.user && h("span", { class: "user" }, overview.user),
		h("button", { type: "button", class: "small", "aria-pressed": String(!live), onclick: toggle }, "Pause updates"));
	const tab = (name, text, count) => h("a", { href: link(name), "aria-current": route.page === name && "page" }, text, count && h("span", { class: "count" }, count));
	show(pages, databases(overview), tab("", "Overview"), tab("jobs", "Jobs"), tab("batches", "Batches"), tab("dead-letters", "Dead letters", letters.count > 0 && number(letters.count, letters.exact)),
		tab("handlers", "Queues and handlers"), tab("schedules", "Schedules"), tab("nodes", "Nodes"), tab("history", "History"));
}

function databases({ database, databases = [] }) {
	const address = (name) => `?${new URLSearchParams({ database: name })}#/`;
	if (databases.length > MAX_TABS) {
		return h("select", { class: "databases", "aria-label": "Database", onchange: (event) => location.assign(address(event.target.value)) },
			databases.map((name) => h("option", { value: name, selected: name === database }, name)));
	}
	return databases.length > 0 && h("span", { class: "databases", role: "group", "aria-label": "Databases" },
		databases.map((name) => h("a", { href: address(name), "aria-current": name === database && "true" }, name)));
}

function toggle() {
	live = !live;
	clearTimeout(timer);
	return live ? refresh() : render();
}
