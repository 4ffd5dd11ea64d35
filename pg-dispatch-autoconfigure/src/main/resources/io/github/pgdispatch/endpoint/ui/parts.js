// What the pages are made of.

import { h } from "./dom.js";
import { state } from "./format.js";

/**
 * Returns the heading of a page, which is what a screen reader begins with.
 */
export function heading(text, ...beside) {
	return h("div", { class: "heading" }, h("h1", { tabindex: -1 }, text), beside);
}

export function section(title, ...content) {
	const id = `section-${title.toLowerCase().replace(/\W+/g, "-")}`;
	return h("section", { "aria-labelledby": id, "data-key": id }, h("h2", { id }, title), content);
}

export function button(text, onclick, kind = "") {
	return h("button", { type: "button", class: kind, onclick }, text);
}

export function badge(name) {
	return h("span", { class: `badge ${name.toLowerCase()}` }, state(name));
}

/**
 * Returns the name of a handler or the label of SQL.
 */
export function named(kind, name) {
	return h("span", { class: "name" }, name ?? h("i", {}, "without a label"),
		kind === "SQL" && h("span", { class: "chip" }, "SQL"));
}

export function empty(text, ...more) {
	return h("p", { class: "empty" }, text, more);
}

/**
 * Returns a table, or a text where it has no rows. On a small screen it is shown as cards; the roles say that it is a
 * table nevertheless.
 *
 * @param columns objects with a title, a function cell of a row, and optionally a class and a node for the head
 * @param rows what the rows are of
 * @param id of a row, which makes it the same row at the next refresh
 */
export function table(caption, columns, rows, id, nothing) {
	if (!rows.length) {
		return nothing;
	}
	return h("table", { role: "table", "aria-label": caption },
		h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, columns.map(({ title, head, kind }) =>
			h("th", { role: "columnheader", scope: "col", class: kind }, head ?? title)))),
		h("tbody", { role: "rowgroup" }, rows.map((row) => h("tr", { role: "row", "data-key": id(row) }, columns.map(
			({ title, cell, kind }) => h("td", { role: "cell", class: kind, "data-title": title }, content(kind, cell(row))))))));
}

function content(kind, value) {
	return kind === "long" && value ? h("div", {}, value) : value;
}

/**
 * Returns a list of terms and what they are. One without a value is left out.
 */
export function terms(entries) {
	return h("dl", {}, entries.filter(([, value]) => value !== null && value !== undefined && value !== "").map(
		([term, value]) => h("div", { "data-key": term }, h("dt", {}, term), h("dd", {}, value))));
}

/**
 * Returns a form whose fields are the filters in the address.
 */
export function filters(label, fields, parameters, choose) {
	return h("form", { class: "filters", "aria-label": label, role: "search", onsubmit: (event) => event.preventDefault() },
		fields.map((field) => h("label", { "data-key": field.name }, h("span", {}, field.title), input(field, parameters, choose))),
		fields.some(({ name }) => parameters[name]) && button("Clear", () => choose({}), "quiet"));
}

function input({ name, options, hint, type = "search", excludes = [] }, parameters, choose) {
	const chosen = parameters[name] ?? "";
	const others = Object.fromEntries([...excludes, "after"].map((other) => [other, null]));
	const onchange = (event) => choose({ ...parameters, ...others, [name]: event.target.value.trim() });
	if (!options) {
		return h("input", { name, type, value: chosen, placeholder: hint, onchange, autocomplete: "off" });
	}
	const all = options.includes(chosen) || !chosen ? options : [...options, chosen];
	return h("select", { name, onchange }, h("option", { value: "" }, "any"),
		all.map((option) => h("option", { value: option, selected: option === chosen }, option)));
}

/**
 * Returns the links below a page of a list.
 */
export function paging(route, next, address) {
	return (route.parameters.after || next) && h("nav", { class: "paging", "aria-label": "Pages of the list" },
		route.parameters.after && h("a", { href: address({ ...route.parameters, after: null }) }, "First page"),
		next && h("a", { href: address({ ...route.parameters, after: next }) }, "Next page"));
}
