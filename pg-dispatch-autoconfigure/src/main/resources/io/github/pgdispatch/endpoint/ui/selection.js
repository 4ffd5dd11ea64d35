// Which rows of a list are selected. It is forgotten when another list is shown.

import { h } from "./dom.js";

export class Selection {

	#ids = new Set();

	get size() {
		return this.#ids.size;
	}

	/** The ids as the endpoint takes them. */
	get ids() {
		return [...this.#ids].join(",");
	}

	clear() {
		this.#ids.clear();
	}

	/**
	 * Forgets rows that are no longer on the page: nothing is done with what cannot be seen.
	 */
	retain(rows) {
		const present = new Set(rows.map(({ id }) => id));
		[...this.#ids].filter((id) => !present.has(id)).forEach((id) => this.#ids.delete(id));
	}

	/**
	 * Returns a column of a table with a box for each row and one for all of them.
	 */
	column(rows, changed) {
		const toggle = (ids, checked) => {
			ids.forEach((id) => checked ? this.#ids.add(id) : this.#ids.delete(id));
			changed();
		};
		const box = (label, checked, ids, indeterminate = false) => h("input", { type: "checkbox", "aria-label": label,
			checked, indeterminate, onchange: (event) => toggle(ids, event.target.checked) });
		return {
			title: "",
			kind: "box",
			head: box("Select all of this page", this.size === rows.length, rows.map(({ id }) => id),
				this.size > 0 && this.size < rows.length),
			cell: ({ id }) => box(`Select job ${id}`, this.#ids.has(id), [id])
		};
	}

}
