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

	private final Map<State, Node> nodes = new HashMap<>();

	private @Nullable Node violation;

	private Search() {
	}

	/**
	 * Searches until there are no further states, or to the first one that must not be.
	 */
	static Search from(Handshake handshake, Collection<State> starts, Predicate<State> isViolation) {
		Search search = new Search();
		Deque<Node> open = new ArrayDeque<>();
		starts.forEach((start) -> search.node(start, null, open));
		while (!open.isEmpty()) {
			Node node = open.remove();
			if (isViolation.test(node.state)) {
				search.violation = node;
				return search;
			}
			handshake.steps(node.state).forEach((next) -> search.node(next, node, open).backwards.add(node));
			handshake.crashes(node.state).forEach((next) -> search.node(next, node, open));
		}
		search.violation = search.neverIdle().stream().findFirst().orElse(null);
		return search;
	}

	private Node node(State state, @Nullable Node predecessor, Deque<Node> open) {
		return this.nodes.computeIfAbsent(state, (key) -> {
			Node node = new Node(state, predecessor);
			open.add(node);
			return node;
		});
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
		return this.nodes.size();
	}

	private Set<Node> neverIdle() {
		Set<Node> stuck = new HashSet<>(this.nodes.values());
		Deque<Node> open = new ArrayDeque<>(stuck.stream().filter((node) -> node.state.isIdle()).toList());
		stuck.removeAll(open);
		while (!open.isEmpty()) {
			for (Node before : open.remove().backwards) {
				if (stuck.remove(before)) {
					open.add(before);
				}
			}
		}
		return stuck;
	}

	private static String way(Node last) {
		Deque<String> way = new ArrayDeque<>();
		for (Node node = last; node != null; node = node.predecessor) {
			way.push(node.state.toString());
		}
		return String.join("\n", way);
	}

	/**
	 * A state that can be reached, and from which ones. Compared by identity.
	 */
	private static final class Node {

		private final State state;

		private final @Nullable Node predecessor;

		private final List<Node> backwards = new ArrayList<>();

		Node(State state, @Nullable Node predecessor) {
			this.state = state;
			this.predecessor = predecessor;
		}

	}

}
