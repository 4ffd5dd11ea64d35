import { get } from "./api.js";
import { h } from "./dom.js";
import { number, seconds, span } from "./format.js";
import { empty, heading, section, table, terms } from "./parts.js";

export const title = "Nodes";

export function load(route, signal) {
	return get("nodes", {}, signal);
}

export function view({ here, nodes, cronWorkers, applicationConnected }, { overview }) {
	const { tables, snapshot } = overview.status;
	return [heading(title),
		section("All nodes", terms([["Nodes that have claimed methods", number(nodes)], ["Workers of pg_cron", number(cronWorkers)],
			["An application waits for SQL jobs", applicationConnected ? "yes" : "no"]])),
		section("This node", terms([["Attempts since its start", number(here.attempts)]]), here.drivers.length ? drivers(here.drivers) : empty("This node runs no jobs.")),
		section("Tables", snapshot && h("p", { class: "notice" }, h("b", {}, snapshot.holder), " holds the oldest snapshot",
			snapshot.age && ` since ${span(seconds(snapshot.age))}`, `: ${number(snapshot.transactions)} transactions have begun since.`), tablesTable(tables))];
}

function drivers(drivers) {
	return table("Drivers of this node", [
		{ title: "Runs", cell: ({ jobs }) => jobs === "SQL" ? "SQL" : "methods" },
		{ title: "State", cell: (driver) => stateOf(driver) },
		{ title: "Busy workers", kind: "number", cell: ({ active, limit }) => limit ? [h("progress", { value: active, max: limit, "aria-hidden": "true" }), ` ${number(active)} of ${number(limit)}`] : "none" },
		{ title: "Notified by the database", cell: ({ listening }) => listening ? "yes" : "no" }
	], drivers, ({ jobs }) => jobs, null);
}

function stateOf({ running, alive, draining, connected, asleep, limit }) {
	const [kind, text] = !limit ? ["snoozed", "Nothing to run"] : !running ? ["held", "Stopped"] : !alive ? ["failed", "Dead"]
		: draining ? ["held", "Drained"] : asleep ? ["snoozed", "Asleep"] : !connected ? ["failed", "Without database"] : ["running", "Running"];
	return h("span", { class: `badge ${kind}` }, text);
}

function tablesTable(tables) {
	return table("Tables of the schema", [
		{ title: "Table", cell: ({ name }) => h("code", {}, name) },
		{ title: "Dead rows (estimate)", kind: "number", cell: ({ deadRows }) => number(deadRows) },
		{ title: "Last vacuum", cell: ({ lastVacuum }) => lastVacuum ? `${span(seconds(lastVacuum))} ago` : "never" }
	], tables, ({ name }) => name, empty("No table has dead rows."));
}
