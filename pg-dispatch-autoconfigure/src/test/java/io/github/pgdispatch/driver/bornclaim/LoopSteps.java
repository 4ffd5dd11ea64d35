package io.github.pgdispatch.driver.bornclaim;

import java.util.Set;
import java.util.function.Consumer;

import io.github.pgdispatch.driver.bornclaim.State.Loop;
import io.github.pgdispatch.driver.bornclaim.State.Row;

/**
 * The claim loop of the node, as {@code ClaimLoop}, {@code UncertainClaims},
 * {@code UnknownClaims}, {@code JobClaimer} and {@code Lease} have it.
 */
final class LoopSteps {

	private final Set<Rule> rules;

	LoopSteps(Set<Rule> rules) {
		this.rules = rules;
	}

	void step(State state, Consumer<State> next) {
		switch (state.loop()) {
			case SETTLE -> next.accept(settle(state).then(Loop.LOOK));
			case LOOK -> look(state, next);
			case LOOKED -> next.accept(looked(state).without(Fact.HELD, Fact.LOOKS_TO_CONFIRM, Fact.LOOKS_FOR_SOUGHT));
			case HOLD_BACK -> {
				next.accept(state.then(Loop.CLAIM));
				if (state.has(Fact.UNKNOWN_CLAIMS)) {
					next.accept(state.with(Fact.HELD_BACK)
						.with(!state.has(Fact.CLAIM_IN_FLIGHT), Fact.ALL_ARRIVED)
						.then(Loop.CHECK_IDS));
				}
			}
			case CHECK_IDS -> next
				.accept((state.has(Fact.RESERVED) && !state.has(Fact.ID_KNOWN) && has(Rule.RELEASE_ONLY_WITH_ALL_IDS))
						? state.without(Fact.HELD_BACK, Fact.ALL_ARRIVED).then(Loop.CLAIM)
						: state.then(Loop.READ_FIRST));
			case READ_FIRST -> next.accept(readKnown(state, has(Rule.READ_RESERVATIONS_FIRST)).then(Loop.READ_SECOND));
			case READ_SECOND ->
				next.accept(readKnown(state, !has(Rule.READ_RESERVATIONS_FIRST)).then(Loop.RELEASE_UNKNOWN));
			case RELEASE_UNKNOWN -> next.accept(releaseUnknown(state));
			case CLAIM -> claim(state, next);
			case CLAIMED -> next.accept(
					open(state.with(Fact.OUTSTANDING, Fact.WAITING_AGAIN, Fact.LEASE_KNOWN)).then(Loop.READ_CLAIMS));
			case READ_CLAIMS -> {
				next.accept(state.then(Loop.SETTLE));
				if (state.has(Fact.LEASE_KNOWN)) {
					next.accept(state.with(!hasClaims(state), Fact.NOTHING_CLAIMED).then(Loop.CLOSE));
				}
			}
			case CLOSE -> next.accept(canEndLease(state) ? state.without(Fact.OPEN).then(Loop.END_LEASE)
					: state.without(Fact.NOTHING_CLAIMED).then(Loop.RENEW));
			case END_LEASE ->
				next.accept(state.without(Fact.NOTHING_CLAIMED, Fact.LEASE, Fact.LEASE_KNOWN).then(Loop.SETTLE));
			case RENEW -> next.accept(open(state.with(Fact.LEASE)).then(Loop.SETTLE));
		}
	}

	private State settle(State state) {
		if (!state.hasAny(Fact.GIVEN_BACK, Fact.DONE, Fact.SETTLED)) {
			return state;
		}
		State settled = state.without(Fact.GIVEN_BACK, Fact.DONE, Fact.SETTLED, Fact.OUTSTANDING);
		if (!isHeld(state) || !state.hasAny(Fact.GIVEN_BACK, Fact.DONE)) {
			return settled;
		}
		return (state.has(Fact.DONE) || state.has(Fact.CANCELLED)) ? settled.deleted() : settled.released();
	}

	private void look(State state, Consumer<State> next) {
		State looking = (state.has(Fact.OUTSTANDING) && has(Rule.FORGET_WHAT_WAS_CLAIMED_AGAIN))
				? state.without(Fact.SOUGHT) : state;
		boolean held = isHeld(state) && (has(Rule.SEEK_WHAT_WAS_CANCELLED) || !state.has(Fact.CANCELLED));
		State looked = looking.without(Fact.UNCONFIRMED)
			.with(looking.has(Fact.UNCONFIRMED), Fact.LOOKS_TO_CONFIRM)
			.with(held, Fact.HELD)
			.then(Loop.LOOKED);
		next.accept(looked);
		if (looking.has(Fact.SOUGHT)) {
			next.accept(looked.with(Fact.LOOKS_FOR_SOUGHT));
		}
	}

	private State looked(State state) {
		State looked = state.then(Loop.HOLD_BACK);
		boolean held = state.has(Fact.HELD);
		if (state.has(Fact.LOOKS_TO_CONFIRM)) {
			looked = held ? looked.with(Fact.WAITING) : looked.without(Fact.OUTSTANDING);
		}
		if (state.has(Fact.LOOKS_FOR_SOUGHT)) {
			if (held) {
				looked = looked.with(Fact.OUTSTANDING, Fact.GIVEN_BACK).then(Loop.SETTLE);
			}
			if (held || !has(Rule.SEEK_AGAIN)) {
				looked = looked.without(Fact.SOUGHT);
			}
		}
		return looked;
	}

	/**
	 * Whether the row has the claim that was written with the job.
	 */
	private boolean isHeld(State state) {
		return state.attempt() == State.FIRST_ATTEMPT
				&& (state.row() == Row.OF_NODE || (state.row() == Row.OF_OTHER && !has(Rule.FENCE_BY_NODE)));
	}

	private static State readKnown(State state, boolean reservations) {
		boolean known = reservations ? state.has(Fact.ID_KNOWN) : state.has(Fact.OUTSTANDING);
		return state.with(known, Fact.KNOWN);
	}

	/**
	 * It is done again a lease later, when no claiming statement can be on its way any
	 * more.
	 */
	private static State releaseUnknown(State state) {
		State done = state.without(Fact.HELD_BACK, Fact.KNOWN, Fact.ALL_ARRIVED).then(Loop.CLAIM);
		if (state.has(Fact.ALL_ARRIVED)) {
			done = done.without(Fact.UNKNOWN_CLAIMS);
		}
		return (state.row() == Row.OF_NODE && !state.has(Fact.KNOWN)) ? done.released() : done;
	}

	/**
	 * It may also claim other jobs.
	 */
	private static void claim(State state, Consumer<State> next) {
		next.accept(state.then(Loop.READ_CLAIMS));
		next.accept(state.with(Fact.LEASE, Fact.LEASE_KNOWN, Fact.OPEN).then(Loop.READ_CLAIMS));
		if (state.row() == Row.FREE && !state.has(Fact.CANCELLED)) {
			next.accept(state.claimed(Row.OF_NODE).with(Fact.LEASE).without(Fact.LAPSED_AGAIN).then(Loop.CLAIMED));
		}
	}

	private boolean canEndLease(State state) {
		boolean nothingClaimed = has(Rule.LOOK_AT_CLAIMS_TO_END_LEASE) ? !hasClaims(state)
				: state.has(Fact.NOTHING_CLAIMED);
		return nothingClaimed && !(state.has(Fact.RESERVED) && has(Rule.KEEP_LEASE_WHILE_RESERVED));
	}

	private static boolean hasClaims(State state) {
		return state.hasAny(Fact.BUSY, Fact.OUTSTANDING);
	}

	/**
	 * The node reckons from before the statement, so that it knows if it was frozen.
	 */
	private static State open(State state) {
		return state.with(state.has(Fact.LEASE), Fact.OPEN);
	}

	/**
	 * The answer of a claiming statement may be lost, whichever jobs it was to claim.
	 */
	void loss(State state, Consumer<State> next) {
		if (state.loop() == Loop.CLAIM && state.has(Fact.MAY_LOSE_CLAIM)) {
			next.accept(state.without(Fact.MAY_LOSE_CLAIM)
				.with(Fact.UNKNOWN_CLAIMS, Fact.CLAIM_IN_FLIGHT)
				.then(Loop.SETTLE));
		}
	}

	private boolean has(Rule rule) {
		return this.rules.contains(rule);
	}

}
