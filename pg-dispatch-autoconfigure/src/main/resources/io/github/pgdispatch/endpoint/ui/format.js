import { now } from "./api.js";
import { h } from "./dom.js";

const NUMBER = new Intl.NumberFormat("en");
const UNITS = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
const MASK = "******";

/**
 * Formats a number; one that is not exact is the smallest that it can be.
 */
export function number(value, exact = true) {
	return NUMBER.format(value) + (exact ? "" : "+");
}

/**
 * Formats a number of things.
 */
export function count(value, thing, exact = true) {
	return `${number(value, exact)} ${value === 1 && exact ? thing : `${thing}s`}`;
}

/**
 * Returns the seconds of an ISO-8601 duration.
 */
export function seconds(duration) {
	const part = /^(-?)P(?:(-?\d+)D)?(?:T(?:(-?\d+)H)?(?:(-?\d+)M)?(?:(-?[\d.]+)S)?)?$/.exec(duration ?? "");
	return part ? (part[1] ? -1 : 1) * ((part[2] ?? 0) * 86400 + (part[3] ?? 0) * 3600 + (part[4] ?? 0) * 60 + +(part[5] ?? 0)) : null;
}

/**
 * Formats a time span in its two largest units.
 */
export function span(total) {
	if (total < 1) {
		return `${Math.max(0, Math.round(total * 1000))} ms`;
	}
	const first = UNITS.findIndex(([, size]) => total >= size);
	const [unit, size] = UNITS[first];
	const [smaller, smallerSize] = UNITS[first + 1] ?? [];
	const rest = smaller ? Math.floor(total % size / smallerSize) : 0;
	return `${Math.floor(total / size)} ${unit}${rest ? ` ${rest} ${smaller}` : ""}`;
}

/**
 * Returns an element that says how long ago an instant was, or when it will be.
 */
export function time(instant) {
	if (!instant) {
		return null;
	}
	const away = (Date.parse(instant) - now()) / 1000;
	return h("time", { datetime: instant, title: instant },
		Math.abs(away) < 1 ? "now" : away > 0 ? `in ${span(away)}` : `${span(-away)} ago`);
}

/**
 * Formats an instant in the time zone of the reader.
 */
export function clock(instant) {
	return new Date(instant).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });
}

/**
 * Capitalizes the name of a state.
 */
export function state(name) {
	return name[0] + name.slice(1).toLowerCase();
}

/**
 * Returns a value, or an element that says that it is hidden.
 */
export function value(text) {
	return text === MASK ? h("span", { class: "masked" }, "hidden") : text;
}
