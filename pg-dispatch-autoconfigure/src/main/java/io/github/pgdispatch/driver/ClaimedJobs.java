package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

import io.github.pgdispatch.gateway.Claim;
import org.jspecify.annotations.Nullable;

/**
 * The jobs that this node has claimed: those that wait for a thread, those that run, and
 * the outcomes of those that have ended, until the database knows them. Thread-safe.
 */
final class ClaimedJobs {

	private final ReentrantLock lock = new ReentrantLock();

	private final Condition changed = this.lock.newCondition();

	private final JobThreads threads;

	private final Deque<Claim> waiting = new ArrayDeque<>();

	private final RunningJobs running = new RunningJobs();

	private final OutstandingJobs outstanding = new OutstandingJobs();

	private List<Outcome> outcomes = new ArrayList<>();

	private boolean signalled;

	private boolean draining;

	private long waitingSince;

	/**
	 * Creates an object for a node without claims.
	 * @param executor whose threads run jobs
	 * @param concurrency maximum number of jobs at once
	 * @param runner that runs a job and does not throw
	 */
	ClaimedJobs(Executor executor, int concurrency, Function<Claim, Outcome> runner) {
		this.threads = new JobThreads(executor, concurrency, runner, this);
	}

	/**
	 * Starts jobs, as many at once as allowed. The others wait. If the node is drained,
	 * all of them are given back.
	 */
	void start(List<Claim> claims) {
		claims.forEach(this.outstanding::add);
		startKnown(claims, 0);
	}

	/**
	 * Starts a job that is already outstanding, like {@link #start}.
	 */
	void startKnown(Claim claim) {
		startKnown(List.of(claim), 0);
	}

	/**
	 * Starts a job that is already outstanding, like {@link #start}. The current thread,
	 * which is one of {@link #startAfter}, is there for it.
	 */
	void startKnownOnThisThread(Claim claim) {
		startKnown(List.of(claim), 1);
	}

	/**
	 * Has a thread do something and then begin waiting jobs, if there may be one more
	 * thread.
	 * @param first what the thread does, which does not throw
	 * @return whether there is such a thread
	 */
	boolean startAfter(Runnable first) {
		this.lock.lock();
		try {
			return this.threads.startAfter(first);
		}
		finally {
			this.lock.unlock();
		}
	}

	private void startKnown(List<Claim> claims, int availableThreads) {
		this.lock.lock();
		try {
			if (this.waiting.isEmpty()) {
				this.waitingSince = System.nanoTime();
			}
			this.waiting.addAll(claims);
			if (this.draining) {
				releaseWaiting();
				signal();
			}
			else if (!this.threads.start(Math.max(0, this.waiting.size() - availableThreads))) {
				// The claim loop watches how long jobs wait.
				signal();
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Gives back an outstanding job that has not begun.
	 */
	void giveBack(Claim claim) {
		this.lock.lock();
		try {
			release(claim);
			signal();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Begins the next waiting job on the current thread.
	 * @return the claim on the job, or {@code null} if none is waiting
	 */
	@Nullable Claim begin() {
		this.lock.lock();
		try {
			Claim claim = this.waiting.poll();
			if (claim == null) {
				this.threads.ended();
			}
			else {
				this.waitingSince = System.nanoTime();
				this.running.begin(claim);
			}
			return claim;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Ends a job on the current thread.
	 */
	void end(Outcome outcome) {
		this.lock.lock();
		try {
			Outcome counting = this.running.end(outcome);
			if (counting != null) {
				this.outcomes.add(counting);
				signal();
			}
			// An interruption that the job left behind, or that was meant for it, must
			// not interrupt the next one.
			Thread.interrupted();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Takes the outcomes of the jobs that have ended since the last call.
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
	 * Puts back outcomes that could not be settled, to be taken again.
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
	 * Forgets jobs whose outcome the database knows.
	 */
	void settled(List<Outcome> outcomes) {
		outcomes.forEach((outcome) -> this.outstanding.remove(outcome.claim()));
	}

	/**
	 * Has a job hold no place any more, as its outcome cannot be written.
	 */
	void setAside(Claim claim) {
		this.outstanding.setAside(claim);
	}

	/**
	 * Gives back all jobs that have not begun.
	 */
	void releaseWaiting() {
		this.lock.lock();
		try {
			this.waiting.forEach(this::release);
			this.waiting.clear();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Gives back all jobs that have not begun. No others begin until {@link #resume()}.
	 */
	void drain() {
		this.lock.lock();
		try {
			this.draining = true;
			releaseWaiting();
			signal();
		}
		finally {
			this.lock.unlock();
		}
	}

	void resume() {
		this.lock.lock();
		try {
			this.draining = false;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Returns the running jobs, as log messages name them.
	 */
	List<String> running() {
		this.lock.lock();
		try {
			return this.running.names();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Interrupts all running jobs and gives them back.
	 */
	void abandonRunning() {
		this.lock.lock();
		try {
			this.outcomes.addAll(this.running.abandon());
		}
		finally {
			this.lock.unlock();
		}
	}

	private void release(Claim claim) {
		this.outcomes.add(Outcome.released(claim, Duration.ZERO));
	}

	/**
	 * Ends jobs that have been cancelled: interrupts them if they run, and does not begin
	 * them otherwise.
	 */
	void cancel(Set<Long> ids) {
		if (ids.isEmpty()) {
			return;
		}
		this.lock.lock();
		try {
			this.waiting.removeIf((claim) -> ids.contains(claim.id())
					&& this.outcomes.add(Outcome.of(claim, Outcome.Kind.CANCELLED)));
			this.running.cancel(ids);
			signal();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Waits until a job has ended, until {@link #signal()}, or until the timeout.
	 */
	void await(Duration timeout) throws InterruptedException {
		this.lock.lock();
		try {
			if (!this.waiting.isEmpty()) {
				this.threads.start(this.waiting.size());
			}
			long left = timeout.toNanos();
			while (!this.signalled && left > 0) {
				left = this.changed.awaitNanos(left);
			}
			this.signalled = false;
		}
		finally {
			this.lock.unlock();
		}
	}

	void signal() {
		this.lock.lock();
		try {
			this.signalled = true;
			this.changed.signal();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Returns the jobs whose outcome the database does not know yet.
	 */
	OutstandingJobs outstanding() {
		return this.outstanding;
	}

	/**
	 * Returns the number of jobs that have not begun.
	 */
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
	 * Returns whether jobs have been waiting for longer than the given time without one
	 * of them being begun.
	 */
	boolean isWaitingFor(Duration time) {
		this.lock.lock();
		try {
			return !this.waiting.isEmpty() && System.nanoTime() - this.waitingSince > time.toNanos();
		}
		finally {
			this.lock.unlock();
		}
	}

}
