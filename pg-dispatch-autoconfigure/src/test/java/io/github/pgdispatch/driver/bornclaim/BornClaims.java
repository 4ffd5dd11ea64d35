package io.github.pgdispatch.driver.bornclaim;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

import io.github.pgdispatch.driver.bornclaim.State.Dispatch;
import io.github.pgdispatch.driver.bornclaim.State.Row;
import io.github.pgdispatch.test.model.Model;

/**
 * A node that dispatches a job and can run it at once, and another node. A step is a
 * statement, a commit, or what happens under one lock.
 */
final class BornClaims implements Model<State> {

	private final DispatchSteps dispatch;

	private final LoopSteps loop;

	private final MethodSteps methods;

	BornClaims(Set<Rule> rules) {
		Set<Rule> all = EnumSet.copyOf(rules);
		this.dispatch = new DispatchSteps(all);
		this.loop = new LoopSteps(all);
		this.methods = new MethodSteps(all);
	}

	@Override
	public List<State> steps(State state) {
		List<State> next = new ArrayList<>();
		if (!state.hasAny(Fact.FROZEN, Fact.DEAD)) {
			this.dispatch.step(state, next::add);
			this.loop.step(state, next::add);
			this.methods.step(state, next::add);
		}
		else if (!state.has(Fact.DEAD)) {
			next.add(state.without(Fact.FROZEN));
		}
		this.methods.stepOfOther(state, next::add);
		arrive(state, next::add);
		if (state.has(Fact.LEASE) && (state.hasAny(Fact.FROZEN, Fact.DEAD) || !state.has(Fact.LEASE_KNOWN))) {
			next.add(expired(state));
		}
		return next;
	}

	private static void arrive(State state, Consumer<State> next) {
		if (state.has(Fact.COMMIT_IN_FLIGHT)) {
			State arrived = state.without(Fact.COMMIT_IN_FLIGHT);
			next.accept(arrived);
			next.accept(DispatchSteps.committed(arrived));
		}
		if (state.has(Fact.CLAIM_IN_FLIGHT)) {
			State arrived = state.without(Fact.CLAIM_IN_FLIGHT);
			next.accept(arrived);
			if (state.row() == Row.FREE && !state.has(Fact.CANCELLED)) {
				next.accept(arrived.claimed(Row.OF_NODE).with(Fact.LEASE));
			}
		}
	}

	/**
	 * Others may then run what the node has claimed so far.
	 */
	private static State expired(State state) {
		return state.without(Fact.LEASE, Fact.OPEN, Fact.BEGUN)
			.with(state.dispatch() != Dispatch.RESERVE, Fact.LAPSED)
			.with(Fact.LAPSED_AGAIN);
	}

	@Override
	public List<State> losses(State state) {
		List<State> next = new ArrayList<>();
		if (!state.hasAny(Fact.FROZEN, Fact.DEAD)) {
			this.dispatch.loss(state, next::add);
			this.loop.loss(state, next::add);
			if (state.has(Fact.MAY_FREEZE)) {
				next.add(state.without(Fact.MAY_FREEZE).with(Fact.FROZEN));
			}
			if (state.has(Fact.MAY_DIE)) {
				next.add(state.then(Dispatch.ENDED).without(Fact.MAY_DIE).with(Fact.DEAD));
			}
		}
		if (state.has(Fact.MAY_CANCEL)) {
			State cancelled = state.without(Fact.MAY_CANCEL);
			if (state.row() == Row.FREE) {
				next.add(cancelled.deleted());
			}
			else if (state.row() == Row.OF_NODE) {
				next.add(cancelled.with(Fact.CANCELLED));
			}
		}
		return next;
	}

	@Override
	public boolean isIdle(State state) {
		return state.isIdle();
	}

}
