package io.github.pgdispatch;

import org.springframework.util.Assert;

/**
 * The position of the last element of a page, after which the next page begins.
 *
 * @param at what the list is ordered by first, as text
 * @param id the id of the job
 */
record PagePosition(String at, long id) {

	/**
	 * Reads a position.
	 * @param text the {@code next} of a page
	 * @return the position
	 * @throws IllegalArgumentException if no page ends with the text
	 */
	static PagePosition of(String text) {
		Assert.isTrue(text.matches("[^/]+/\\d{1,18}"), () -> "No page ends with '" + text + "'");
		String[] parts = text.split("/");
		return new PagePosition(parts[0], Long.parseLong(parts[1]));
	}

	/**
	 * Returns the position as the {@code next} of a page.
	 */
	String text() {
		return this.at + "/" + this.id;
	}

}
