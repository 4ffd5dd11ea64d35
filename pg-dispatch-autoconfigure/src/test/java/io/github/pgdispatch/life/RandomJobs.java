package io.github.pgdispatch.life;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * Makes up jobs of all kinds.
 */
final class RandomJobs {

	static final String[] HANDLERS = { "mail", "audit" };

	/**
	 * Tags up to this one have a sequence, which tells how often the job was begun.
	 */
	static final int SEQUENCES = 1000;

	private final History history;

	private final RandomGenerator random;

	private final boolean nonTransactional;

	/**
	 * Creates jobs.
	 * @param nonTransactional whether some are to run outside of a transaction
	 */
	RandomJobs(History history, RandomGenerator random, boolean nonTransactional) {
		this.history = history;
		this.random = random;
		this.nonTransactional = nonTransactional;
	}

	private boolean oneIn(int many) {
		return this.random.nextInt(many) == 0;
	}

	Job next(Transaction transaction) {
		int kind = this.random.nextInt(10);
		String handler = oneIn(3) ? HANDLERS[this.random.nextInt(HANDLERS.length)] : null;
		Map<String, String> options = new LinkedHashMap<>();
		if (kind < 2) {
			return job(transaction, handler, 0, options);
		}
		if (kind < 5) {
			return keyed(transaction, handler, options);
		}
		addSequence(options, this.random.nextInt(12));
		if (oneIn(4)) {
			options.put("priority", Integer.toString(this.random.nextInt(100)));
		}
		if (this.nonTransactional && handler == null && oneIn(8)) {
			options.put("transactional", "false");
		}
		else if (oneIn(3)) {
			addResult(options, handler);
		}
		int fails = oneIn(3) ? addFailures(options, handler) : 0;
		return job(transaction, handler, fails, options);
	}

	/**
	 * Many jobs that have to wait for each other.
	 */
	List<Job> crowd(Transaction transaction) {
		if (oneIn(4)) {
			String key = "'tenant " + this.random.nextInt(3) + "'";
			return Stream
				.generate(() -> job(transaction, oneIn(3) ? HANDLERS[0] : null, 0,
						new LinkedHashMap<>(Map.of("queue", "'paced'", "fair_key", key))))
				.limit(2 * Queues.RATE_PER_KEY)
				.toList();
		}
		int sequence = oneIn(3) ? 8 : this.random.nextInt(10);
		return Stream.generate(() -> {
			Map<String, String> options = new LinkedHashMap<>();
			addSequence(options, sequence);
			return job(transaction, oneIn(3) ? HANDLERS[0] : null, 0, options);
		}).limit(sequence == 8 ? 2 * Queues.RATE : 10).toList();
	}

	/**
	 * A job of a batch, which has no key: it would not be one of the batch if another
	 * with the key waits.
	 */
	Job member(Transaction transaction, String batch) {
		Job job = next(transaction);
		while (job.asks("key") != null) {
			job = next(transaction);
		}
		return job.with("batch", batch);
	}

	/**
	 * A job that follows a batch.
	 */
	Job continuation(Transaction transaction, String batch) {
		Map<String, String> options = new LinkedHashMap<>(
				Map.of("batch", batch, "continuation", "'then'", "max_attempts", "50"));
		int tag = this.history.nextTag();
		return new Job(tag, transaction.number(), oneIn(2) ? HANDLERS[0] : null, 0, this.random.nextInt(10), 0,
				options);
	}

	/**
	 * A job that is held back by others, and holds others back.
	 * @param sequence tells which
	 */
	private void addSequence(Map<String, String> options, int sequence) {
		if (sequence < 6) {
			options.put("ordering_key", "'order " + sequence % 3 + "'");
			if (sequence == 5) {
				options.put("on_failure", "'pass'");
			}
		}
		if (sequence > 4 && sequence < 10) {
			String queue = (sequence != 9) ? Queues.NAMES[sequence % 3] : oneIn(2) ? "fair" : "paced";
			options.put("queue", "'" + queue + "'");
			if (sequence == 9 && !oneIn(4)) {
				options.put("fair_key", "'tenant " + this.random.nextInt(3) + "'");
			}
		}
	}

	private void addResult(Map<String, String> options, @Nullable String handler) {
		if (handler == null) {
			options.put("result", oneIn(2) ? "'rows'" : "'count'");
		}
		else {
			options.put("keep_result", "'10 minutes'");
		}
	}

	private int addFailures(Map<String, String> options, @Nullable String handler) {
		options.put("back_off", "'50 milliseconds'");
		if (oneIn(3)) {
			options.put("max_attempts", Integer.toString(1 + this.random.nextInt(3)));
			return (handler == null && oneIn(4)) ? -1 : Job.DOOMED;
		}
		options.put("max_attempts", "50");
		options.put("back_off_multiplier", "1");
		return 1 + this.random.nextInt(3);
	}

	/**
	 * What waits for its turn is the same for all jobs of a key, as one may get the
	 * command of another.
	 */
	private Job keyed(Transaction transaction, @Nullable String handler, Map<String, String> options) {
		int key = this.random.nextInt(9);
		options.put("max_attempts", "50");
		options.put("back_off", "'50 milliseconds'");
		if (key < 3) {
			options.put("key", "'keep " + key + "'");
		}
		else if (key < 6) {
			options.put("key", "'replace " + key + "'");
			if (!oneIn(3)) {
				options.put("on_duplicate", "'replace'");
			}
		}
		else {
			options.put("key", "'kept " + key + "'");
			options.put("keep_key", "'400 milliseconds'");
		}
		addSequence(options, 2 * key % 9);
		return job(transaction, handler, oneIn(4) ? 1 : 0, options);
	}

	private Job job(Transaction transaction, @Nullable String handler, int fails, Map<String, String> options) {
		int tag = this.history.nextTag();
		int delay = oneIn(6) ? 1 + this.random.nextInt(2) : 0;
		if (tag > SEQUENCES && !(fails < 0 || fails == Job.DOOMED)) {
			fails = 0;
		}
		boolean mayBeInTheWay = options.containsKey("queue") || options.containsKey("ordering_key");
		int millis = (mayBeInTheWay || oneIn(3)) ? this.random.nextInt(25) : 0;
		if (fails == Job.DOOMED && oneIn(3)) {
			fails = 0;
			millis = Job.TOO_LONG;
			options.put("time_limit", "'200 milliseconds'");
		}
		return new Job(tag, transaction.number(), handler, fails, millis, delay, options);
	}

}
