package io.github.pgdispatch.test.model;

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
 * All states of a model that can be reached, by whatever order of steps.
 *
 * @param <S> a state
 */
public final class Search<S> {

	private final Map<S, Node<S>> nodes = new HashMap<>();

	private @Nullable Node<S> violation;

	private Search() {
	}

	/**
	 * Searches until there are no further states, or to the first one that must not be.
	 */
	public static <S> Search<S> from(Model<S> model, Collection<S> starts, Predicate<S> isViolation) {
		Search<S> search = new Search<>();
		Deque<Node<S>> open = new ArrayDeque<>();
		starts.forEach((start) -> search.node(start, null, open));
		while (!open.isEmpty()) {
			Node<S> node = open.remove();
			if (isViolation.test(node.state)) {
				search.violation = node;
				return search;
			}
			model.steps(node.state).forEach((next) -> search.node(next, node, open).backwards.add(node));
			model.losses(node.state).forEach((next) -> search.node(next, node, open));
		}
		search.violation = search.neverIdle(model).stream().findFirst().orElse(null);
		return search;
	}

	private Node<S> node(S state, @Nullable Node<S> predecessor, Deque<Node<S>> open) {
		return this.nodes.computeIfAbsent(state, (key) -> {
			Node<S> node = new Node<>(state, predecessor);
			open.add(node);
			return node;
		});
	}

	/**
	 * How it comes to what must not be, a state a line: that, or one from which no steps
	 * lead to an idle one though nothing more is lost.
	 * @return {@code null} if it cannot come to that
	 */
	public @Nullable String violation() {
		return (this.violation != null) ? way(this.violation) : null;
	}

	public int size() {
		return this.nodes.size();
	}

	private Set<Node<S>> neverIdle(Model<S> model) {
		Set<Node<S>> stuck = new HashSet<>(this.nodes.values());
		Deque<Node<S>> open = new ArrayDeque<>(stuck.stream().filter((node) -> model.isIdle(node.state)).toList());
		stuck.removeAll(open);
		while (!open.isEmpty()) {
			for (Node<S> before : open.remove().backwards) {
				if (stuck.remove(before)) {
					open.add(before);
				}
			}
		}
		return stuck;
	}

	private static <S> String way(Node<S> last) {
		Deque<String> way = new ArrayDeque<>();
		for (Node<S> node = last; node != null; node = node.predecessor) {
			way.push(String.valueOf(node.state));
		}
		return String.join("\n", way);
	}

	/**
	 * A state that can be reached, and from which ones. Compared by identity.
	 */
	private static final class Node<S> {

		private final S state;

		private final @Nullable Node<S> predecessor;

		private final List<Node<S>> backwards = new ArrayList<>();

		Node(S state, @Nullable Node<S> predecessor) {
			this.state = state;
			this.predecessor = predecessor;
		}

	}

}
