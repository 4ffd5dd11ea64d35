package io.github.pgdispatch.cron.handshake;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

import io.github.pgdispatch.test.model.Search;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * No interleaving of dispatches, workers and lost sessions loses a job, or leaves one
 * behind a long one while others may come; and everything comes to rest.
 */
class PgCronHandshakeModelTests {

	/**
	 * On the lookout, without a promise.
	 */
	private static final Worker ATTENDING = Worker.scheduled(Worker.NO_PROMISE).attending(true).in(Worker.Phase.LOOK);

	private static final Worker PROMISED = Worker.scheduled(1);

	@Test
	void aSingleWorkerWhoseSessionMayBeLost() {
		assertNothingIsLost(1, 2, 1);
	}

	@Test
	void twoWorkers() {
		assertNothingIsLost(2, 2, 0);
	}

	@Test
	void threeWorkersOfWhichTwoAreThereAndHaveWork() {
		Search<State> search = search(3, rules(), List.of(state(1, 0, List.of(ATTENDING, PROMISED), 2, 0)));
		assertThat(search.violation()).isNull();
		assertThat(search.size()).isGreaterThan(10_000);
	}

	private static void assertNothingIsLost(int bound, int transactions, int crashes) {
		Search<State> search = search(bound, rules(), starts(transactions, crashes));
		assertThat(search.violation()).isNull();
		assertThat(search.size()).isGreaterThan(10_000);
	}

	@ParameterizedTest
	@EnumSource
	void eachRuleIsNeeded(Rule rule) {
		Search<State> search = switch (rule) {
			case ONE_LEAVES_AT_A_TIME -> search(1, rules(rule), starts(2, 1));
			case COUNT_AFTER_LOCK_TO_GO_DEAF -> search(2, rules(rule), List.of(state(1, 1, List.of(ATTENDING), 1, 0)));
			case ONE_GOES_DEAF_AT_A_TIME ->
				search(3, rules(rule), List.of(state(1, 1, List.of(ATTENDING, PROMISED), 2, 0)));
			default -> search(2, rules(rule), starts(2, 0));
		};
		assertThat(search.violation()).isNotNull();
	}

	private static Search<State> search(int bound, Set<Rule> rules, List<State> starts) {
		return Search.from(new Handshake(bound, rules), starts, (state) -> isViolation(state, bound));
	}

	private static Set<Rule> rules(Rule... without) {
		Set<Rule> rules = EnumSet.allOf(Rule.class);
		rules.removeAll(List.of(without));
		return rules;
	}

	/**
	 * With transactions of all isolation levels, and workers as a cold, a lingering and a
	 * just scheduled one.
	 */
	private static List<State> starts(int transactions, int crashes) {
		List<State> starts = new ArrayList<>();
		for (int seeing = 0; seeing <= transactions; seeing++) {
			for (List<Worker> workers : List.of(List.<Worker>of(), List.of(ATTENDING), List.of(PROMISED))) {
				starts.add(state(transactions, seeing, workers, 0, crashes));
			}
		}
		return starts;
	}

	private static State state(int transactions, int seeing, List<Worker> workers, int waiting, int crashes) {
		List<Transaction> all = new ArrayList<>();
		for (int i = 0; i < transactions; i++) {
			all.add(Transaction.begin(i < seeing));
		}
		return new State(all, workers, waiting, crashes);
	}

	private static boolean isViolation(State state, int bound) {
		return isLost(state) || isLeftBehind(state, bound) || isTooMany(state, bound);
	}

	private static boolean isLost(State state) {
		return state.waiting() > 0 && state.workers().isEmpty();
	}

	private static boolean isLeftBehind(State state, int bound) {
		return state.waiting() > 0 && state.workers().size() < bound
				&& state.workers().stream().allMatch((worker) -> worker.phase() == Worker.Phase.RUN);
	}

	private static boolean isTooMany(State state, int bound) {
		return state.workers().size() > bound + state.transactions().size();
	}

}
