package io.github.pgdispatch.cron.handshake;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;

/**
 * All states that can be reached, by whatever order of steps.
 */
final class Search {

	private final Map<State, State> predecessors = new HashMap<>();

	private final Map<State, List<State>> backwards = new HashMap<>();

	private @Nullable State violation;

	private Search() {
	}

	/**
	 * Searches until there are no further states, or to the first one that must not be.
	 */
	static Search from(Handshake handshake, Collection<State> starts, Predicate<State> isViolation) {
		Search search = new Search();
		Deque<State> open = new ArrayDeque<>(starts);
		starts.forEach((start) -> search.predecessors.put(start, start));
		while (!open.isEmpty()) {
			State state = open.remove();
			if (isViolation.test(state)) {
				search.violation = state;
				return search;
			}
			List<State> next = handshake.steps(state);
			next.forEach((one) -> search.backwards.computeIfAbsent(one, (key) -> new ArrayList<>()).add(state));
			next.addAll(handshake.crashes(state));
			next.stream().filter((one) -> search.predecessors.putIfAbsent(one, state) == null).forEach(open::add);
		}
		search.violation = search.neverIdle().stream().findFirst().orElse(null);
		return search;
	}

	/**
	 * How it comes to what must not be, a state a line: that, or one from which no steps
	 * lead to an idle one though nothing more is lost.
	 * @return {@code null} if it cannot come to that
	 */
	@Nullable String violation() {
		return (this.violation != null) ? way(this.violation) : null;
	}

	int size() {
		return this.predecessors.size();
	}

	private Set<State> neverIdle() {
		Set<State> stuck = new HashSet<>(this.predecessors.keySet());
		Deque<State> open = new ArrayDeque<>(stuck.stream().filter(State::isIdle).toList());
		stuck.removeAll(open);
		while (!open.isEmpty()) {
			for (State before : this.backwards.getOrDefault(open.remove(), List.of())) {
				if (stuck.remove(before)) {
					open.add(before);
				}
			}
		}
		return stuck;
	}

	private String way(State state) {
		Deque<String> way = new ArrayDeque<>();
		State last = state;
		way.push(last.toString());
		while (!this.predecessors.get(last).equals(last)) {
			last = this.predecessors.get(last);
			way.push(last.toString());
		}
		return String.join("\n", way);
	}

}
