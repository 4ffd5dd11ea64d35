package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

import io.github.pgdispatch.gateway.Claim;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * The jobs that this node has claimed: those that wait for a thread, those that run, and
 * what has become of those that have ended, until the database knows. Thread-safe.
 */
final class ClaimedJobs {

	private static final Log logger = LogFactory.getLog(ClaimedJobs.class);

	private final Executor executor;

	private final int concurrency;

	private final Function<Claim, Outcome> body;

	private final ReentrantLock lock = new ReentrantLock();

	private final Condition news = this.lock.newCondition();

	private final Deque<Claim> waiting = new ArrayDeque<>();

	private final Map<Claim, Thread> running = new HashMap<>();

	private final Map<String, Integer> perHandler = new HashMap<>();

	private List<Outcome> outcomes = new ArrayList<>();

	private final Set<Long> outstanding = new HashSet<>();

	private final Set<Long> cancelled = new HashSet<>();

	private int threads;

	private boolean hasNews;

	private long waitingSince;

	/**
	 * Creates an empty one.
	 * @param executor whose threads run jobs
	 * @param concurrency how many at once
	 * @param body runs a job and does not throw
	 */
	ClaimedJobs(Executor executor, int concurrency, Function<Claim, Outcome> body) {
		this.executor = executor;
		this.concurrency = concurrency;
		this.body = body;
	}

	void start(List<Claim> claims) {
		this.lock.lock();
		try {
			if (this.waiting.isEmpty()) {
				this.waitingSince = System.nanoTime();
			}
			this.waiting.addAll(claims);
			claims.forEach((claim) -> {
				this.outstanding.add(claim.id());
				this.perHandler.merge(claim.handler(), 1, Integer::sum);
			});
			startThreads();
		}
		finally {
			this.lock.unlock();
		}
	}

	private void startThreads() {
		int wanted = Math.min(this.concurrency - this.threads, this.waiting.size());
		for (int i = 0; i < wanted; i++) {
			try {
				this.threads++;
				this.executor.execute(this::run);
			}
			catch (RejectedExecutionException | OutOfMemoryError ex) {
				// The latter is what Java throws when the system has no thread left.
				this.threads--;
				logger.debug("The executor has no thread left for jobs", ex);
				return;
			}
		}
	}

	private void run() {
		Claim claim;
		while ((claim = begin()) != null) {
			end(outcome(claim));
		}
	}

	private Outcome outcome(Claim claim) {
		try {
			return this.body.apply(claim);
		}
		catch (Throwable ex) {
			// Such as an error while it reports one: the job must not run for ever.
			return Outcome.failed(claim, ex, true, null);
		}
	}

	private Claim begin() {
		this.lock.lock();
		try {
			Claim claim = this.waiting.poll();
			if (claim == null) {
				this.threads--;
			}
			else {
				this.waitingSince = System.nanoTime();
				this.running.put(claim, Thread.currentThread());
			}
			return claim;
		}
		finally {
			this.lock.unlock();
		}
	}

	private void end(Outcome outcome) {
		this.lock.lock();
		try {
			// Unless it was given up meanwhile.
			if (this.running.remove(outcome.claim()) != null) {
				boolean cancelled = this.cancelled.remove(outcome.claim().id()) && !outcome.isDone();
				this.outcomes.add(cancelled ? Outcome.of(outcome.claim(), Outcome.Kind.CANCELLED) : outcome);
				signal();
			}
			// What the job has left behind, or was meant for it, is not the next one's.
			Thread.interrupted();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Takes what has ended since the last time.
	 */
	List<Outcome> takeOutcomes() {
		this.lock.lock();
		try {
			List<Outcome> taken = this.outcomes;
			this.outcomes = new ArrayList<>();
			return taken;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Puts back what could not be settled, to be taken again.
	 */
	void putBack(List<Outcome> outcomes) {
		this.lock.lock();
		try {
			this.outcomes.addAll(outcomes);
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Forgets jobs of whose outcome the database knows.
	 */
	void settled(List<Outcome> outcomes) {
		this.lock.lock();
		try {
			outcomes.forEach((outcome) -> {
				this.outstanding.remove(outcome.claim().id());
				this.perHandler.merge(outcome.claim().handler(), -1, Integer::sum);
			});
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Gives back all that have not been begun.
	 */
	void releaseWaiting() {
		this.lock.lock();
		try {
			this.waiting.forEach((claim) -> this.outcomes.add(Outcome.released(claim, Duration.ZERO)));
			this.waiting.clear();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Interrupts and gives back all that are running.
	 */
	void abandonRunning() {
		this.lock.lock();
		try {
			this.running.forEach((claim, thread) -> {
				logger.warn("Job " + claim.id() + " of " + claim.handler()
						+ " is interrupted and given back, as the application stops");
				this.outcomes.add(Outcome.released(claim, Duration.ZERO));
				thread.interrupt();
			});
			this.running.clear();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Interrupts those that have been cancelled. One that has not been begun ends before
	 * it is.
	 */
	void cancel(Set<Long> ids) {
		if (ids.isEmpty()) {
			return;
		}
		this.lock.lock();
		try {
			this.waiting.removeIf((claim) -> ids.contains(claim.id())
					&& this.outcomes.add(Outcome.of(claim, Outcome.Kind.CANCELLED)));
			this.running.forEach((claim, thread) -> {
				if (ids.contains(claim.id()) && this.cancelled.add(claim.id())) {
					logger.info("Job " + claim.id() + " of " + claim.handler() + " was cancelled, and is interrupted");
					thread.interrupt();
				}
			});
			signal();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Waits until something has ended, or until {@link #signal()} or the timeout.
	 */
	void await(Duration timeout) throws InterruptedException {
		this.lock.lock();
		try {
			if (!this.waiting.isEmpty()) {
				startThreads();
			}
			long left = timeout.toNanos();
			while (!this.hasNews && left > 0) {
				left = this.news.awaitNanos(left);
			}
			this.hasNews = false;
		}
		finally {
			this.lock.unlock();
		}
	}

	void signal() {
		this.lock.lock();
		try {
			this.hasNews = true;
			this.news.signal();
		}
		finally {
			this.lock.unlock();
		}
	}

	int outstanding() {
		this.lock.lock();
		try {
			return this.outstanding.size();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Returns the ids of all of which the database does not know yet what has become of
	 * them.
	 */
	Set<Long> outstandingIds() {
		this.lock.lock();
		try {
			return Set.copyOf(this.outstanding);
		}
		finally {
			this.lock.unlock();
		}
	}

	Map<String, Integer> outstandingPerHandler() {
		this.lock.lock();
		try {
			return Map.copyOf(this.perHandler);
		}
		finally {
			this.lock.unlock();
		}
	}

	int waiting() {
		this.lock.lock();
		try {
			return this.waiting.size();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Whether jobs wait and none was begun for so long.
	 */
	boolean isStuckFor(Duration time) {
		this.lock.lock();
		try {
			return !this.waiting.isEmpty()
					&& System.nanoTime() - this.waitingSince > TimeUnit.MILLISECONDS.toNanos(time.toMillis());
		}
		finally {
			this.lock.unlock();
		}
	}

}
