package io.github.pgdispatch.driver.bornclaim;

import java.util.Arrays;
import java.util.Set;

/**
 * What there is at one moment.
 *
 * @param dispatch what the dispatching thread does next
 * @param loop what the claim loop does next
 * @param row of the job, as others see it
 * @param attempt of the job, as its row has it
 * @param facts all that is so, a bit each, as there are a million states
 */
record State(Dispatch dispatch, Loop loop, Row row, int attempt, long facts) {

	/**
	 * The attempt of a claim that is written with the job.
	 */
	static final int FIRST_ATTEMPT = 1;

	enum Dispatch {

		RESERVE, WRITE, LEARN_ID, GO_ON, COMMIT, AWAIT_ANSWER, MOVE_FIRST, MOVE_SECOND, START, UNKNOWN_FIRST,
		UNKNOWN_SECOND, ENDED

	}

	enum Loop {

		SETTLE, LOOK, LOOKED, HOLD_BACK, CHECK_IDS, READ_FIRST, READ_SECOND, RELEASE_UNKNOWN, CLAIM, CLAIMED,
		READ_CLAIMS, CLOSE, END_LEASE, RENEW

	}

	enum Row {

		NONE, FREE, OF_NODE, OF_OTHER, GONE

	}

	static State start(Set<Fact> facts) {
		return new State(Dispatch.RESERVE, Loop.SETTLE, Row.NONE, 0, 0).with(facts.toArray(Fact[]::new));
	}

	boolean has(Fact fact) {
		return (this.facts & bit(fact)) != 0;
	}

	boolean hasAny(Fact... any) {
		return (this.facts & bits(any)) != 0;
	}

	State with(Fact... more) {
		return new State(this.dispatch, this.loop, this.row, this.attempt, this.facts | bits(more));
	}

	State with(boolean condition, Fact fact) {
		return condition ? with(fact) : this;
	}

	State without(Fact... less) {
		return new State(this.dispatch, this.loop, this.row, this.attempt, this.facts & ~bits(less));
	}

	private static long bits(Fact... facts) {
		long bits = 0;
		for (Fact fact : facts) {
			bits |= bit(fact);
		}
		return bits;
	}

	private static long bit(Fact fact) {
		return 1L << fact.ordinal();
	}

	State then(Dispatch next) {
		return new State(next, this.loop, this.row, this.attempt, this.facts);
	}

	State then(Loop next) {
		return new State(this.dispatch, next, this.row, this.attempt, this.facts);
	}

	State row(Row row, int attempt) {
		return new State(this.dispatch, this.loop, row, attempt, this.facts);
	}

	State deleted() {
		return row(Row.GONE, 0).without(Fact.CANCELLED);
	}

	State claimed(Row by) {
		return row(by, this.attempt + 1);
	}

	/**
	 * As an attempt that does not count.
	 */
	State released() {
		return row(Row.FREE, this.attempt - 1);
	}

	/**
	 * Whether the job has ended for good.
	 */
	boolean isIdle() {
		return this.dispatch == Dispatch.ENDED && !has(Fact.COMMIT_IN_FLIGHT)
				&& (this.row == Row.NONE || this.row == Row.GONE);
	}

	/**
	 * As a record has it, but hardly ever the same for two states.
	 */
	@Override
	public int hashCode() {
		long places = (this.dispatch.ordinal() * 16 + this.loop.ordinal()) * 32 + this.row.ordinal() * 4 + this.attempt;
		return (int) (((places << 46) ^ this.facts) * 0x9E3779B97F4A7C15L >>> 32);
	}

	@Override
	public String toString() {
		return this.dispatch + " " + this.loop + " " + this.row + " " + this.attempt + " "
				+ Arrays.stream(Fact.values()).filter(this::has).toList();
	}

}
