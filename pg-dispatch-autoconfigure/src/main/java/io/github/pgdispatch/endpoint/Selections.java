package io.github.pgdispatch.endpoint;

import java.util.HashSet;
import java.util.Set;

import org.springframework.util.Assert;

/**
 * Tells which jobs or dead letters a request is about.
 */
final class Selections {

	private Selections() {
	}

	/**
	 * Checks that a change is either of some ids, or of what meets at least one
	 * condition, or explicitly of all. A condition that was forgotten or misspelt must
	 * not turn into a change of all.
	 * @param parameters of the request
	 * @param conditions the names of the conditions of a filter
	 * @param more the names of other parameters that the change has
	 * @return whether the change is of ids
	 */
	static boolean isOfIds(Parameters parameters, Set<String> conditions, String... more) {
		boolean ofIds = parameters.has("ids");
		parameters.only(with(with(conditions, more), "action", "countOnly", "ids", "all", "limit"));
		int selections = (ofIds ? 1 : 0) + (parameters.flag("all") ? 1 : 0) + (parameters.hasAnyOf(conditions) ? 1 : 0);
		Assert.isTrue(selections > 0, () -> "Nothing is selected. Give ids, a condition ("
				+ String.join(", ", conditions.stream().sorted().toList()) + "), or all=true");
		Assert.isTrue(selections == 1, "Give only one of ids, conditions and all=true");
		Assert.isTrue(!ofIds || !parameters.has("limit"), "The parameter limit does not apply to ids. Leave it out");
		return ofIds;
	}

	static Set<String> with(Set<String> names, String... more) {
		Set<String> all = new HashSet<>(names);
		all.addAll(Set.of(more));
		return all;
	}

}
