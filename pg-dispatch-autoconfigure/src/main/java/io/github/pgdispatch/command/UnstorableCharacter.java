package io.github.pgdispatch.command;

import org.jspecify.annotations.Nullable;

/**
 * A character that PostgreSQL's {@code text} cannot store, or that UTF-8 cannot encode,
 * so that it would become a question mark.
 *
 * @param name a description of the character
 * @param position the position of the character, starting at 1
 */
record UnstorableCharacter(String name, int position) {

	static @Nullable UnstorableCharacter firstIn(CharSequence text) {
		for (int i = 0; i < text.length(); i++) {
			char character = text.charAt(i);
			if (character == '\0') {
				return new UnstorableCharacter("a NUL character", i + 1);
			}
			if (Character.isSurrogate(character)) {
				if (i + 1 == text.length() || !Character.isSurrogatePair(character, text.charAt(i + 1))) {
					return new UnstorableCharacter("an unpaired surrogate", i + 1);
				}
				i++;
			}
		}
		return null;
	}

	@Override
	public String toString() {
		return this.name + " (character " + this.position + ")";
	}

}
