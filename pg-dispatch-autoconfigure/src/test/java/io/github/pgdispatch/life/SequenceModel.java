package io.github.pgdispatch.life;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

import io.github.pgdispatch.life.Observed.Run;

/**
 * Says which jobs must not have run before others, or at the same time.
 */
final class SequenceModel {

	private static final Duration GRACE = Duration.ofSeconds(1);

	private final History history;

	private final List<Ran> ran;

	private final Problems problems;

	SequenceModel(History history, Observed observed, Problems problems) {
		this.history = history;
		this.problems = problems;
		Map<Integer, Dispatched> byTag = history.dispatched()
			.stream()
			.collect(Collectors.toMap((job) -> job.job().tag(), Function.identity()));
		this.ran = observed.runs().stream().map((run) -> new Ran(byTag.get(run.tag()), run)).toList();
	}

	void check() {
		by("ordering_key").forEach((key, sequence) -> checkOrder(sequence));
		by("queue").forEach(this::checkQueue);
		this.history.pauses().forEach(this::checkPause);
	}

	private Map<String, List<Ran>> by(String option) {
		return this.ran.stream()
			.filter((ran) -> ran.dispatched().job().asks(option) != null)
			.collect(Collectors.groupingBy((ran) -> ran.dispatched().job().asks(option)));
	}

	private void checkOrder(List<Ran> sequence) {
		for (int i = 0; i < sequence.size(); i++) {
			Ran later = sequence.get(i);
			for (Ran earlier : sequence.subList(0, i)) {
				if (earlier.run().finished().isAfter(later.run().started())) {
					this.problems.add("Ran at the same time", earlier.dispatched(), later.dispatched());
				}
				if (hasAPlace(earlier.dispatched()) && hasAPlace(later.dispatched())
						&& isBefore(later.dispatched(), earlier.dispatched())) {
					this.problems.add("Ran in another order than they were dispatched", earlier.dispatched(),
							later.dispatched());
				}
			}
		}
	}

	private void checkQueue(String queue, List<Ran> sequence) {
		checkAtOnce(queue, Queues.limit(queue), sequence);
		if (queue.equals("rated")) {
			checkRate(Queues.RATE, sequence);
		}
		if (queue.equals("fair") || queue.equals("paced")) {
			sequence.stream()
				.collect(Collectors
					.groupingBy((ran) -> Objects.requireNonNullElse(ran.dispatched().job().asks("fair_key"), "")))
				.forEach((key, runs) -> {
					checkAtOnce(queue + " of " + key, Queues.PER_KEY, runs);
					if (queue.equals("paced")) {
						checkRate(Queues.RATE_PER_KEY, runs);
					}
				});
		}
	}

	private void checkAtOnce(String queue, int limit, List<Ran> sequence) {
		TreeMap<Instant, Integer> changes = new TreeMap<>();
		sequence.forEach((ran) -> changes.merge(ran.run().started(), 1, Integer::sum));
		sequence.forEach((ran) -> changes.merge(ran.run().finished(), -1, Integer::sum));
		int running = 0;
		for (Map.Entry<Instant, Integer> change : changes.entrySet()) {
			running += change.getValue();
			if (running > limit) {
				List<Dispatched> culprits = new ArrayList<>();
				sequence.stream()
					.filter((ran) -> !ran.run().started().isAfter(change.getKey())
							&& ran.run().finished().isAfter(change.getKey()))
					.forEach((ran) -> culprits.add(ran.dispatched()));
				this.problems.add(running + " ran at once in " + queue, culprits.toArray(new Dispatched[0]));
			}
		}
	}

	/**
	 * A job is claimed in the second after the time that the rate gives it, and begun
	 * when those that were claimed with it have ended: so in any time these may be as
	 * many as in a second and a half more.
	 */
	private void checkRate(int rate, List<Ran> sequence) {
		for (int i = rate; i < sequence.size(); i++) {
			for (int first = 0; first <= i - rate; first++) {
				Duration time = Duration.between(sequence.get(first).run().started(), sequence.get(i).run().started());
				if (i - first + 1 > rate * (time.toMillis() / 1000.0 + 1.5)) {
					this.problems.add((i - first + 1) + " were begun in " + time, sequence.get(first).dispatched(),
							sequence.get(i).dispatched());
					return;
				}
			}
		}
	}

	private void checkPause(History.Pause pause) {
		this.ran.stream()
			.filter((ran) -> pause.holds(ran.dispatched().job()))
			.filter((ran) -> ran.run().started().isAfter(pause.from().plus(GRACE))
					&& ran.run().started().isBefore(pause.to()))
			.forEach((ran) -> this.problems.add("Was begun in " + pause, ran.dispatched()));
	}

	/**
	 * Whether its place in its order is known: it is not if it was snoozed, or had to let
	 * others pass.
	 */
	private boolean hasAPlace(Dispatched dispatched) {
		Job job = dispatched.job();
		return dispatched.key() == null && job.delay() == 0 && !(job.asks("on_failure", "pass")
				&& (job.fails() != 0 || job.isDoomed() || this.history.wasPutOff(dispatched)));
	}

	private static boolean isBefore(Dispatched one, Dispatched other) {
		return one.transaction().isCommittedBefore(other.at())
				|| one.transaction() == other.transaction() && one.at().isBefore(other.at());
	}

	private record Ran(Dispatched dispatched, Run run) {

	}

}
