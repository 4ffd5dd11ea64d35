package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

import io.github.pgdispatch.gateway.Claim;
import io.github.pgdispatch.gateway.ClaimGateway;
import io.github.pgdispatch.handler.Handler;
import io.github.pgdispatch.handler.Handlers;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.util.Assert;
import org.springframework.util.backoff.BackOffExecution;
import org.springframework.util.backoff.ExponentialBackOff;

/**
 * Claims jobs for this node, has them run, and lets the database know what has become of
 * them: one thread, to which the others leave all that takes a connection.
 */
final class HandlerWorkers implements Runnable, Wakeable {

	private static final Log logger = LogFactory.getLog(HandlerWorkers.class);

	/**
	 * How long a job may wait behind others that this node runs, before it is left to
	 * other nodes.
	 */
	private static final Duration STUCK = Duration.ofMillis(500);

	/**
	 * How soon others are told again of what this node cannot take; the second, when they
	 * seem to be as busy.
	 */
	private static final Duration HAND_OVER = Duration.ofMillis(200);

	private static final Duration HAND_OVER_AT_MOST = Duration.ofSeconds(5);

	private final ClaimGateway gateway;

	private final Handlers handlers;

	private final HandlerSettings settings;

	private final Calls calls;

	private final Lease lease;

	private final Pace pace = new Pace();

	private final AtomicLong completed = new AtomicLong();

	/**
	 * How often to give back what was claimed by a claim that has failed: once more after
	 * a while, as the server may still have been at it.
	 */
	private int doubts;

	private long disownAt;

	private volatile boolean wanted;

	private volatile boolean stopped;

	private volatile long stopDeadline;

	private Duration handOverAgain = HAND_OVER;

	private long nextHandOver = System.nanoTime();

	private boolean handOverPending;

	HandlerWorkers(ClaimGateway gateway, Handlers handlers, HandlerBody body, Executor executor,
			HandlerSettings settings) {
		this.gateway = gateway;
		this.handlers = handlers;
		this.settings = settings;
		this.calls = new Calls(executor, settings.concurrency(), body);
		this.lease = new Lease(gateway, settings.lease());
	}

	@Override
	public void wake(int jobs) {
		this.wanted = true;
		this.calls.signal();
	}

	@Override
	public long completed() {
		return this.completed.get();
	}

	/**
	 * Has it claim nothing more, and come to an end when nothing runs any more, or its
	 * patience does.
	 */
	void stop() {
		this.stopDeadline = System.nanoTime() + this.settings.patience().toNanos();
		this.stopped = true;
		this.calls.signal();
	}

	@Override
	public void run() {
		BackOffExecution troubles = troubles();
		boolean lost = false;
		while (!isEnded()) {
			try {
				if (this.stopped) {
					this.calls.releaseWaiting();
					if (isPastDeadline()) {
						this.calls.abandonRunning();
					}
				}
				settle(this.calls.takeOutcomes());
				claim();
				this.lease.keep(this.calls.outstanding() > 0);
				if (lost) {
					logger.info("The database is back");
					lost = false;
				}
				troubles = troubles();
				if (!isEnded()) {
					this.calls.await(timeout());
				}
			}
			catch (InterruptedException ex) {
				stop();
			}
			catch (SQLException | RuntimeException | Error ex) {
				if (this.stopped && isPastDeadline()) {
					logger.warn("What this node has claimed is not given back, but taken over when its lease expires: "
							+ ex);
					return;
				}
				if (!lost) {
					logger.warn("Lost the database; what has become of jobs is kept until it is back: " + ex);
					logger.debug("The cause:", ex);
					lost = true;
				}
				pause(troubles.nextBackOff());
			}
		}
		try {
			this.lease.end();
			// What was given back is not to wait for a poll.
			this.gateway.handOver(this.handlers.names());
		}
		catch (SQLException | RuntimeException ex) {
			logger.debug("Could not end the lease, which expires", ex);
		}
	}

	private boolean isEnded() {
		return this.stopped && this.calls.outstanding() == 0;
	}

	private boolean isPastDeadline() {
		return System.nanoTime() - this.stopDeadline >= 0;
	}

	private static BackOffExecution troubles() {
		ExponentialBackOff troubles = new ExponentialBackOff(100, 2);
		troubles.setMaxInterval(1_000);
		return troubles.start();
	}

	private void pause(long millis) {
		try {
			Thread.sleep(millis);
		}
		catch (InterruptedException ex) {
			stop();
		}
	}

	private Duration timeout() {
		if (this.stopped) {
			long left = this.stopDeadline - System.nanoTime();
			return Duration.ofNanos(Math.max(1, Math.min(left, this.lease.interval().toNanos())));
		}
		Duration timeout = (this.calls.waiting() > 0) ? STUCK : this.lease.interval();
		if (this.handOverPending) {
			long left = this.nextHandOver - System.nanoTime();
			return Duration.ofNanos(Math.max(1, Math.min(left, timeout.toNanos())));
		}
		return timeout;
	}

	private void settle(List<Outcome> outcomes) throws SQLException {
		List<Outcome> left = new ArrayList<>(outcomes);
		try {
			List<Outcome> done = outcomes.stream().filter((outcome) -> outcome.kind() == Outcome.Kind.DONE).toList();
			if (!done.isEmpty()) {
				report(this.gateway.complete(done.stream().map(Outcome::claim).toList()));
			}
			settled(done, left);
			settled(outcomes.stream().filter((outcome) -> outcome.kind() == Outcome.Kind.SETTLED).toList(), left);
			for (Outcome outcome : List.copyOf(left)) {
				if (outcome.kind() == Outcome.Kind.FAILED) {
					fail(outcome);
				}
				else {
					this.gateway.release(outcome.claim(), outcome.delay());
				}
				settled(List.of(outcome), left);
			}
		}
		finally {
			this.calls.putBack(left);
		}
	}

	private void settled(List<Outcome> settled, List<Outcome> left) {
		this.completed.addAndGet(settled.size());
		this.calls.settled(settled);
		left.removeAll(settled);
	}

	private void report(Set<Long> lost) {
		if (!lost.isEmpty()) {
			logger.warn("Other nodes have taken over jobs that this one has run to the end, as it was not heard of for "
					+ this.settings.lease() + ": " + lost);
		}
	}

	private void fail(Outcome outcome) throws SQLException {
		Claim claim = outcome.claim();
		FailureReport report = outcome.report();
		Assert.state(report != null, "A failure without a report");
		String job = "Job " + claim.id() + " of " + claim.handler();
		if (this.gateway.fail(claim, report.sqlState(), report.message(), report.stackTrace())) {
			warn(job + " failed: it is now in pgdispatch.dead_letter", outcome);
		}
		else {
			warn(job + " failed here, and is another node's by now, or has been committed", outcome);
		}
	}

	/**
	 * The exception's own methods may fail.
	 */
	private static void warn(String message, Outcome outcome) {
		try {
			logger.warn(message, outcome.error());
		}
		catch (RuntimeException | Error ex) {
			logger.warn(message + ", and its exception cannot be logged: " + outcome.report());
		}
	}

	private void claim() throws SQLException {
		this.handOverPending = false;
		if (this.stopped) {
			return;
		}
		if (this.calls.isStuckFor(STUCK)) {
			this.calls.releaseWaiting();
			settle(this.calls.takeOutcomes());
			this.wanted = true;
			handOver(this.handlers.names());
			return;
		}
		disown();
		if (!this.wanted) {
			return;
		}
		int ahead = this.pace.ahead(this.completed.get());
		int room = this.settings.concurrency() + ahead - this.calls.outstanding();
		if (room <= 0) {
			handOver(this.handlers.names());
			return;
		}
		if (this.calls.waiting() > ahead / 2) {
			return;
		}
		Map<String, Integer> atMost = atMost(room);
		if (atMost.isEmpty()) {
			handOver(this.handlers.names());
			return;
		}
		this.wanted = false;
		boolean more = true;
		boolean told = false;
		try {
			List<Claim> claims = this.gateway.claim(atMost, room);
			this.lease.renewed();
			more = claims.size() >= room || reached(atMost, claims);
			this.calls.start(claims);
			told = true;
		}
		finally {
			if (more) {
				this.wanted = true;
			}
			if (!told) {
				this.doubts = 2;
				this.disownAt = System.nanoTime();
			}
		}
		if (more) {
			handOver(full(ahead));
		}
	}

	/**
	 * The handlers of which this node can run no more.
	 */
	private Collection<String> full(int ahead) {
		if (this.calls.outstanding() >= this.settings.concurrency() + ahead) {
			return this.handlers.names();
		}
		return this.handlers.all()
			.stream()
			.filter((handler) -> this.calls.outstanding(handler.name()) >= handler.concurrency())
			.map(Handler::name)
			.toList();
	}

	/**
	 * A claim may have been committed though it has failed. As long as this node lives,
	 * nobody else would take over such jobs.
	 */
	private void disown() throws SQLException {
		if (this.doubts > 0 && System.nanoTime() - this.disownAt >= 0) {
			if (this.gateway.disown(this.handlers.names(), this.calls.outstandingIds()) > 0) {
				this.wanted = true;
			}
			this.doubts--;
			this.disownAt = System.nanoTime() + this.settings.lease().toNanos();
		}
	}

	private Map<String, Integer> atMost(int room) {
		Map<String, Integer> atMost = new LinkedHashMap<>();
		for (Handler handler : this.handlers.all()) {
			int limit = handler.concurrency() - this.calls.outstanding(handler.name());
			if (limit > 0) {
				atMost.put(handler.name(), Math.min(limit, room));
			}
		}
		return atMost;
	}

	private boolean reached(Map<String, Integer> atMost, List<Claim> claims) {
		if (atMost.size() < this.handlers.all().size()) {
			return true;
		}
		Map<String, Long> counts = claims.stream()
			.collect(Collectors.groupingBy(Claim::handler, Collectors.counting()));
		return counts.entrySet()
			.stream()
			.anyMatch((count) -> count.getValue() >= atMost.getOrDefault(count.getKey(), 0));
	}

	private void handOver(Collection<String> full) throws SQLException {
		if (full.isEmpty()) {
			return;
		}
		if (System.nanoTime() - this.nextHandOver < 0) {
			this.handOverPending = true;
			return;
		}
		boolean due = this.gateway.handOver(full);
		this.nextHandOver = System.nanoTime() + this.handOverAgain.toNanos();
		Duration twice = this.handOverAgain.multipliedBy(2);
		this.handOverAgain = !due ? HAND_OVER : (twice.compareTo(HAND_OVER_AT_MOST) < 0) ? twice : HAND_OVER_AT_MOST;
		this.handOverPending = due;
	}

}
