// Elements are described anew at every refresh, and what is on the page is changed to be like them. An element that is
// on the page stays the same one, so that it keeps its focus, its scroll position and a selection of its text.

const SVG = "http://www.w3.org/2000/svg";
const LISTENERS = ["onclick", "onchange", "onsubmit"];
const PROPERTIES = ["checked", "indeterminate", ...LISTENERS];

/**
 * Creates an element. Its children are elements or texts, which never become markup; null and false are left out.
 */
export function h(name, attributes, ...children) {
	return element(document.createElement(name), attributes, children);
}

/**
 * Creates an element of a drawing.
 */
export function svg(name, attributes, ...children) {
	return element(document.createElementNS(SVG, name), attributes, children);
}

function element(node, attributes, children) {
	for (const [name, value] of Object.entries(attributes ?? {})) {
		if (PROPERTIES.includes(name)) {
			node[name] = value;
		}
		else if (value !== null && value !== undefined && value !== false) {
			node.setAttribute(name, value === true ? "" : value);
		}
	}
	node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
	return node;
}

/**
 * Makes the children of an element like these. Children with the same data-key are the same.
 */
export function show(parent, ...children) {
	patchChildren(parent, element(document.createElement("div"), {}, children));
}

function patch(old, fresh) {
	if (old.nodeType === Node.TEXT_NODE) {
		if (old.data !== fresh.data) {
			old.data = fresh.data;
		}
		return;
	}
	patchAttributes(old, fresh);
	patchChildren(old, fresh);
	if (old !== document.activeElement && (old.localName === "input" || old.localName === "select")) {
		old.value = fresh.value;
	}
}

function patchAttributes(old, fresh) {
	for (const { name } of [...old.attributes]) {
		if (!fresh.hasAttribute(name)) {
			old.removeAttribute(name);
		}
	}
	for (const { name, value } of fresh.attributes) {
		if (old.getAttribute(name) !== value) {
			old.setAttribute(name, value);
		}
	}
	PROPERTIES.filter((name) => name in fresh).forEach((name) => old[name] = fresh[name]);
}

function patchChildren(old, fresh) {
	const wanted = new Set([...fresh.childNodes].map(key).filter(Boolean));
	[...old.childNodes].filter((child) => key(child) && !wanted.has(key(child))).forEach((child) => child.remove());
	const kept = new Map([...old.childNodes].filter(key).map((child) => [key(child), child]));
	let next = old.firstChild;
	for (const child of [...fresh.childNodes]) {
		const same = key(child) ? kept.get(key(child)) : isLike(next, child) ? next : null;
		if (!same || !isLike(same, child)) {
			old.insertBefore(child, next);
			same?.remove();
			continue;
		}
		if (same === next) {
			next = next.nextSibling;
		}
		else {
			old.insertBefore(same, next);
		}
		patch(same, child);
	}
	while (next) {
		const last = next;
		next = next.nextSibling;
		last.remove();
	}
}

function isLike(old, fresh) {
	return old?.nodeName === fresh.nodeName && key(old) === key(fresh);
}

function key(node) {
	return node?.dataset?.key;
}
