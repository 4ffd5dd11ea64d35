// What changes something. A change of many, and one that cannot be undone, is counted first and asked for.

import { post } from "./api.js";
import { h, show } from "./dom.js";
import { count } from "./format.js";
import { button } from "./parts.js";

const dialog = document.getElementById("dialog");
const news = document.getElementById("news");
let hide;

/**
 * Says what has happened, also to a screen reader.
 */
export function say(text) {
	news.textContent = text;
	clearTimeout(hide);
	hide = setTimeout(() => news.textContent = "", 8000);
}

/**
 * Does something at once.
 *
 * @param action the path, the body of the request, and a text done with what to say of a number
 */
export async function act({ path, body, done }, refresh) {
	try {
		const answer = await post(path, body);
		say(done(answer.count));
	}
	catch (failure) {
		say(`Nothing was changed. ${failure.message}`);
	}
	await refresh();
}

/**
 * Counts what would be touched, asks, and does it.
 *
 * @param action also with a verb, the thing, what is selected, a text that warns, and fields whose values join the body
 */
export async function confirm(action, refresh) {
	const { path, body, verb, thing, of, warning, dangerous, fields } = action;
	let found;
	try {
		found = (await post(path, { ...body, countOnly: "true" })).count;
	}
	catch (failure) {
		say(`Nothing was changed. ${failure.message}`);
		return;
	}
	const title = found ? `${verb} ${count(found, thing)}?` : `There is no ${thing} to ${verb.toLowerCase()}`;
	const answer = await ask(title, [of, found > 0 && warning], found && `${verb} ${count(found, thing)}`, dangerous, found > 0 && fields);
	if (answer) {
		await act({ ...action, body: { ...body, ...answer } }, refresh);
	}
}

/**
 * Asks a question in a dialog, which keeps the focus in itself and gives it back.
 *
 * @return whether the answer was yes, or what the fields of the question have
 */
export function ask(question, details, yes, dangerous = false, fields = null) {
	const form = h("form", { method: "dialog" },
		h("h2", { id: "question" }, question),
		details.filter(Boolean).map((detail) => h("p", {}, detail)),
		fields,
		h("div", { class: "buttons" },
			h("button", { value: "", class: "quiet", formnovalidate: true }, yes ? "Do nothing" : "Close"),
			yes && h("button", { value: "yes", class: dangerous ? "danger" : "primary" }, yes)));
	show(dialog);
	show(dialog, form);
	dialog.returnValue = "";
	dialog.showModal();
	return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"
		&& Object.fromEntries(new FormData(form))), { once: true }));
}

/**
 * Returns the buttons for the selected rows of a list and for all that match its filter.
 *
 * @param choices what can be done: objects with a verb and a function action of a selection and of words for it
 */
export function bulk(selection, filter, words, choices, refresh) {
	const all = Object.values(filter).some(Boolean) ? filter : { all: "true" };
	const start = (choice, chosen, of) => () => confirm(choice.action(chosen, of), refresh);
	return choices.length > 0 && h("div", { class: "bulk", role: "group", "aria-label": "Actions on many" },
		h("span", { class: "selected" }, selection.size ? `${selection.size} selected` : "All that match"),
		choices.map((choice) => button(`${choice.verb} ${selection.size ? "selected" : "all"}…`, selection.size
			? start(choice, { ids: selection.ids }, "The selected ones of this page.") : start(choice, all, words), "small")));
}
