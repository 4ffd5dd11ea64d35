package io.github.pgdispatch.endpoint;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NoSuchElementException;

import org.jspecify.annotations.Nullable;

/**
 * Something that the endpoint tells of. Implementations throw
 * {@link IllegalArgumentException} for a parameter that cannot be understood, and
 * {@link NoSuchElementException} for what is not there. Thread-safe.
 */
interface Topic {

	/**
	 * Lists what there is.
	 * @param parameters of the request
	 * @param values shows or hides the values of jobs
	 * @return the parts of the answer by their names
	 */
	Map<String, Object> list(Parameters parameters, Values values);

	/**
	 * Finds one.
	 * @param id the last part of the path
	 * @param values shows or hides the values of jobs
	 * @return the parts of the answer by their names
	 */
	default Map<String, Object> get(String id, Values values) {
		throw new NoSuchElementException("There is nothing at this path");
	}

	/**
	 * Prepares a change.
	 * @param action what to do
	 * @param parameters of the request
	 * @return the change, which is not made before it is asked for
	 */
	default Change change(String action, Parameters parameters) {
		throw new NoSuchElementException("Nothing can be changed at this path");
	}

	/**
	 * Makes an answer, in the order of its parts.
	 * @param namesAndParts names, each with its part, which is left out if it is
	 * {@code null}
	 * @return the answer
	 */
	static Map<String, Object> answer(@Nullable Object... namesAndParts) {
		Map<String, Object> answer = new LinkedHashMap<>();
		for (int i = 0; i < namesAndParts.length; i += 2) {
			Object part = namesAndParts[i + 1];
			if (part != null) {
				answer.put(String.valueOf(namesAndParts[i]), part);
			}
		}
		return answer;
	}

	static IllegalArgumentException unknown(String action, String known) {
		return new IllegalArgumentException("The parameter action must be " + known + ", but is '" + action + "'");
	}

}
