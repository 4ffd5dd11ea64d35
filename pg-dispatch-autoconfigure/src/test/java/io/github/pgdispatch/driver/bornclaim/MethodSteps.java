package io.github.pgdispatch.driver.bornclaim;

import java.util.Set;
import java.util.function.Consumer;

import io.github.pgdispatch.driver.bornclaim.State.Row;

/**
 * The methods that run on both nodes, and the claims of the other node, which is never
 * frozen.
 */
final class MethodSteps {

	private final Set<Rule> rules;

	MethodSteps(Set<Rule> rules) {
		this.rules = rules;
	}

	void step(State state, Consumer<State> next) {
		if (state.has(Fact.WAITING)) {
			next.accept(begin(state, Fact.WAITING, Fact.RUNS, state.has(Fact.LAPSED)));
		}
		if (state.has(Fact.WAITING_AGAIN)) {
			next.accept(begin(state, Fact.WAITING_AGAIN, Fact.RUNS_AGAIN, state.has(Fact.LAPSED_AGAIN)));
		}
		if (state.has(Fact.RUNS)) {
			next.accept(end(state.without(Fact.RUNS)));
		}
		if (state.has(Fact.RUNS_AGAIN)) {
			next.accept(end(state.without(Fact.RUNS_AGAIN)));
		}
	}

	private static State begin(State state, Fact waiting, Fact runs, boolean lapsed) {
		State begun = begin(state.without(waiting).with(runs), !lapsed && state.hasAny(Fact.BEGUN, Fact.OTHER_BEGUN));
		return begun.with(!lapsed, Fact.BEGUN);
	}

	private static State begin(State state, boolean twice) {
		boolean undone = state.has(Fact.UNDONE) && !(state.has(Fact.UNSEEN) && state.has(Fact.TRANSACTIONAL));
		return state.with(twice, Fact.BEGUN_TWICE).with(undone || !state.has(Fact.COMMITTED), Fact.BEGUN_EARLY);
	}

	private State end(State state) {
		boolean held = state.row() == Row.OF_NODE && state.attempt() == State.FIRST_ATTEMPT;
		return state.has(Fact.TRANSACTIONAL) ? commit(state, held).with(Fact.SETTLED) : state.with(Fact.DONE);
	}

	private State commit(State state, boolean held) {
		if (!held && this.rules.contains(Rule.COMMIT_ONLY_WITH_THE_JOB)) {
			return state;
		}
		State committed = held ? state.deleted() : state;
		return committed.with(Fact.EFFECT).with(state.hasAny(Fact.EFFECT, Fact.UNDONE), Fact.WRONG_EFFECT);
	}

	void stepOfOther(State state, Consumer<State> next) {
		if (state.row() == Row.FREE || (state.row() == Row.OF_NODE && !state.has(Fact.LEASE))) {
			next.accept(
					state.has(Fact.CANCELLED) ? state.deleted() : state.claimed(Row.OF_OTHER).with(Fact.OTHER_WAITING));
		}
		if (state.has(Fact.OTHER_WAITING)) {
			next.accept(begin(state.without(Fact.OTHER_WAITING).with(Fact.OTHER_RUNS, Fact.OTHER_BEGUN),
					state.hasAny(Fact.BEGUN, Fact.OTHER_BEGUN)));
		}
		if (state.has(Fact.OTHER_RUNS)) {
			State ended = state.without(Fact.OTHER_RUNS);
			boolean held = state.row() == Row.OF_OTHER;
			if (state.has(Fact.TRANSACTIONAL)) {
				next.accept(commit(ended, held));
			}
			else {
				next.accept(held ? ended.deleted() : ended);
			}
		}
	}

}
