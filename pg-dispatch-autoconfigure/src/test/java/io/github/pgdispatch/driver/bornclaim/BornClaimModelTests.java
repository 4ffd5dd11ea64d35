package io.github.pgdispatch.driver.bornclaim;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

import io.github.pgdispatch.test.model.Search;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * No interleaving of a dispatching transaction, its node, another node and what may be
 * lost between them loses a job that was born claimed. None begins too early or though it
 * was undone, or twice while a lease holds; and no transactional one has its effect
 * twice.
 */
class BornClaimModelTests {

	@ParameterizedTest
	@EnumSource(names = "MAY_.*", mode = EnumSource.Mode.MATCH_ALL)
	void promisesAreKeptWhicheverTwoAreLost(Fact loss) {
		for (Fact other : EnumSet.range(loss, Fact.MAY_CANCEL)) {
			Search<State> search = search(EnumSet.allOf(Rule.class), EnumSet.of(loss, other));
			assertThat(search.violation()).isNull();
			assertThat(search.size()).isGreaterThan(5_000);
		}
	}

	@ParameterizedTest
	@EnumSource
	void eachRuleIsNeeded(Rule rule) {
		Set<Fact> losses = switch (rule) {
			case LOST_ANSWER_IS_UNKNOWN, SEEK_AGAIN -> Set.of(Fact.MAY_LOSE_COMMIT);
			case SEEK_WHAT_WAS_CANCELLED -> Set.of(Fact.MAY_CANCEL);
			case READ_RESERVATIONS_FIRST, HOLD_BACK_WHILE_RELEASING, RELEASE_ONLY_WITH_ALL_IDS,
					END_RESERVATION_BEFORE_SEEKING, FORGET_WHAT_WAS_CLAIMED_AGAIN, FENCE_BY_NODE ->
				Set.of(Fact.MAY_LOSE_CLAIM);
			default -> Set.of();
		};
		assertThat(search(EnumSet.complementOf(EnumSet.of(rule)), losses).violation()).isNotNull();
	}

	private static Search<State> search(Set<Rule> rules, Set<Fact> losses) {
		return Search.from(new BornClaims(rules), starts(losses), BornClaimModelTests::isViolation);
	}

	/**
	 * With all kinds of jobs, on nodes that have other jobs and that have not. The node
	 * has its lease.
	 */
	private static List<State> starts(Set<Fact> losses) {
		List<State> starts = new ArrayList<>();
		for (int kind = 0; kind < 8; kind++) {
			Set<Fact> facts = EnumSet.of(Fact.LEASE, Fact.LEASE_KNOWN, Fact.OPEN);
			facts.addAll(losses);
			for (Fact fact : EnumSet.range(Fact.TRANSACTIONAL, Fact.SAVEPOINT)) {
				if ((kind >> fact.ordinal() & 1) == 1) {
					facts.add(fact);
				}
			}
			starts.add(State.start(facts));
		}
		return starts;
	}

	private static boolean isViolation(State state) {
		return state.hasAny(Fact.BEGUN_EARLY, Fact.BEGUN_TWICE, Fact.WRONG_EFFECT);
	}

}
