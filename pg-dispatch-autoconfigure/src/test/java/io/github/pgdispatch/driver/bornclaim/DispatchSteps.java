package io.github.pgdispatch.driver.bornclaim;

import java.util.Set;
import java.util.function.Consumer;

import io.github.pgdispatch.driver.bornclaim.State.Dispatch;
import io.github.pgdispatch.driver.bornclaim.State.Row;

/**
 * The dispatching transaction and its end, as {@code HandlerJobWriter},
 * {@code CommitCallback} and {@code BornClaim} have it.
 */
final class DispatchSteps {

	private final Set<Rule> rules;

	DispatchSteps(Set<Rule> rules) {
		this.rules = rules;
	}

	void step(State state, Consumer<State> next) {
		switch (state.dispatch()) {
			case RESERVE ->
				next.accept(canReserve(state) ? state.with(Fact.RESERVED).then(Dispatch.WRITE) : unclaimed(state));
			case WRITE -> next.accept(
					state.has(Fact.LEASE) ? state.then(Dispatch.LEARN_ID) : unclaimed(state.without(Fact.RESERVED)));
			case LEARN_ID -> next.accept(state.with(Fact.ID_KNOWN).then(Dispatch.GO_ON));
			case GO_ON -> goOn(state, next);
			case COMMIT -> next.accept(committed(state).then(Dispatch.AWAIT_ANSWER));
			case AWAIT_ANSWER -> next.accept(state.then((state.has(Fact.CHANGED) && has(Rule.LEAVE_WHAT_WAS_CHANGED))
					? Dispatch.UNKNOWN_FIRST : Dispatch.MOVE_FIRST));
			case MOVE_FIRST ->
				next.accept(move(state, has(Rule.OUTSTANDING_BEFORE_RESERVATION_ENDS)).then(Dispatch.MOVE_SECOND));
			case MOVE_SECOND ->
				next.accept(move(state, !has(Rule.OUTSTANDING_BEFORE_RESERVATION_ENDS)).then(Dispatch.START));
			case START -> start(state, next);
			case UNKNOWN_FIRST ->
				next.accept(leave(state, has(Rule.END_RESERVATION_BEFORE_SEEKING)).then(Dispatch.UNKNOWN_SECOND));
			case UNKNOWN_SECOND ->
				next.accept(leave(state, !has(Rule.END_RESERVATION_BEFORE_SEEKING)).then(Dispatch.ENDED));
			case ENDED -> {
			}
		}
	}

	private boolean canReserve(State state) {
		return (state.has(Fact.OPEN) || !has(Rule.RESERVE_ONLY_WHILE_OPEN))
				&& !(state.has(Fact.HELD_BACK) && has(Rule.HOLD_BACK_WHILE_RELEASING));
	}

	private static State unclaimed(State state) {
		return state.with(Fact.COMMITTED).row(Row.FREE, 0).then(Dispatch.ENDED);
	}

	private static void goOn(State state, Consumer<State> next) {
		State commit = state.then(Dispatch.COMMIT);
		next.accept(commit);
		next.accept(commit.with(Fact.UNDONE, Fact.UNSEEN));
		next.accept(commit.with(Fact.CHANGED));
		next.accept(commit.with(Fact.CHANGED, Fact.UNDONE));
		if (state.has(Fact.SAVEPOINT)) {
			next.accept(commit.with(Fact.UNDONE));
		}
		next.accept(ended(state));
	}

	static State committed(State state) {
		State committed = state.with(Fact.COMMITTED);
		return state.has(Fact.UNDONE) ? committed.deleted() : committed.row(Row.OF_NODE, State.FIRST_ATTEMPT);
	}

	private static State move(State state, boolean in) {
		return in ? state.with(Fact.OUTSTANDING) : state.without(Fact.RESERVED, Fact.ID_KNOWN);
	}

	/**
	 * It may always be too late to start the job.
	 */
	private void start(State state, Consumer<State> next) {
		State ended = state.then(Dispatch.ENDED);
		next.accept(ended.with(Fact.GIVEN_BACK));
		if (state.has(Fact.OPEN)) {
			boolean look = (!state.has(Fact.TRANSACTIONAL) && has(Rule.LOOK_BEFORE_PLAIN))
					|| (state.has(Fact.SAVEPOINT) && has(Rule.LOOK_AT_WHAT_A_SAVEPOINT_WROTE));
			next.accept(ended.with(look ? Fact.UNCONFIRMED : Fact.WAITING));
		}
	}

	private State leave(State state, boolean reservation) {
		return reservation ? state.without(Fact.RESERVED, Fact.ID_KNOWN) : state.with(has(Rule.SEEK), Fact.SOUGHT);
	}

	private static State ended(State state) {
		return state.without(Fact.RESERVED, Fact.ID_KNOWN).then(Dispatch.ENDED);
	}

	/**
	 * The answer of the commit may be lost.
	 */
	void loss(State state, Consumer<State> next) {
		if (state.dispatch() == Dispatch.COMMIT && state.has(Fact.MAY_LOSE_COMMIT)) {
			State lost = state.without(Fact.MAY_LOSE_COMMIT).with(Fact.COMMIT_IN_FLIGHT);
			next.accept(has(Rule.LOST_ANSWER_IS_UNKNOWN) ? lost.then(Dispatch.UNKNOWN_FIRST) : ended(lost));
		}
	}

	private boolean has(Rule rule) {
		return this.rules.contains(rule);
	}

}
