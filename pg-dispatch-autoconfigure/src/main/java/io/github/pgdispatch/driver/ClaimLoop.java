package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

import io.github.pgdispatch.gateway.Claim;
import io.github.pgdispatch.gateway.ClaimGateway;
import io.github.pgdispatch.gateway.ClaimRequest;
import io.github.pgdispatch.gateway.LeaseGateway;
import io.github.pgdispatch.gateway.OutcomeGateway;
import io.github.pgdispatch.handler.Handlers;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.util.backoff.BackOffExecution;
import org.springframework.util.backoff.ExponentialBackOff;

/**
 * Claims jobs for this node, has them run, and lets the database know what has become of
 * them: one thread, to which the others leave all that takes a connection.
 */
final class ClaimLoop implements Runnable, Wakeable {

	private static final Log logger = LogFactory.getLog(ClaimLoop.class);

	/**
	 * How long a job may wait behind others that this node runs, before it is left to
	 * other nodes.
	 */
	private static final Duration STUCK = Duration.ofMillis(500);

	private final ClaimGateway gateway;

	private final Handlers handlers;

	private final HandlerSettings settings;

	private final ClaimedJobs calls;

	private final ClaimAllocation shares;

	private final Settlement settlement;

	private final OverflowNotice handOver;

	private final Lease lease;

	private final CrashIsolation suspects = new CrashIsolation();

	private final Consumer<Duration> later;

	private final Prefetch pace = new Prefetch();

	private final BatchDelay gathering = new BatchDelay();

	/**
	 * How often to give back what was claimed by a claim that has failed: once more after
	 * a while, as the server may still have been at it.
	 */
	private int doubts;

	private long disownAt;

	private volatile boolean wanted;

	private volatile boolean stopped;

	private volatile long stopDeadline;

	ClaimLoop(ClaimGateway gateway, OutcomeGateway outcomes, LeaseGateway leases, Handlers handlers, JobRunner body,
			Executor executor, HandlerSettings settings, Consumer<Duration> later) {
		this.gateway = gateway;
		this.handlers = handlers;
		this.settings = settings;
		this.calls = new ClaimedJobs(executor, settings.concurrency(), body);
		this.shares = new ClaimAllocation(handlers, this.calls);
		this.settlement = new Settlement(outcomes, handlers, this.calls, settings.lease(), later);
		this.handOver = new OverflowNotice(gateway);
		this.lease = new Lease(leases, settings.lease());
		this.later = later;
	}

	@Override
	public void wake(int jobs) {
		this.wanted = true;
		this.calls.signal();
	}

	/**
	 * Takes note of whether there is a job with which other nodes were lost.
	 */
	void poisonJobDue(boolean seen) {
		this.suspects.seen(seen);
		if (seen) {
			this.calls.signal();
		}
	}

	@Override
	public long completed() {
		return this.settlement.count();
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
				this.settlement.settle();
				claim();
				this.calls.cancel(this.lease.renew(this.calls.outstandingIds()));
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
			this.gateway.notifyOtherNodes(this.handlers.names());
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
		Duration timeout = this.handOver.within((this.calls.waiting() > 0) ? STUCK : this.lease.interval());
		return this.wanted ? this.gathering.within(timeout) : timeout;
	}

	private void claim() throws SQLException {
		this.handOver.reset();
		if (this.stopped) {
			return;
		}
		if (this.calls.isStuckFor(STUCK)) {
			this.calls.releaseWaiting();
			this.settlement.settle();
			this.wanted = true;
			this.handOver.of(this.handlers.names());
			return;
		}
		disown();
		if (this.suspects.holdBackOthers(this.calls.outstanding())) {
			claimSuspect();
			return;
		}
		if (!this.wanted || this.gathering.left() > 0) {
			return;
		}
		int ahead = this.pace.ahead(completed());
		int room = this.settings.concurrency() + ahead - this.calls.outstanding();
		if (room <= 0) {
			this.handOver.of(this.handlers.names());
			return;
		}
		if (this.calls.waiting() > ahead / 2) {
			return;
		}
		List<ClaimRequest> wanted = this.shares.wanted(room);
		if (wanted.isEmpty()) {
			this.handOver.of(this.handlers.names());
			return;
		}
		this.wanted = false;
		boolean more = true;
		boolean told = false;
		try {
			List<Claim> claims = this.gateway.claim(wanted, room);
			this.lease.claimed();
			more = this.shares.claimed(wanted, claims) || claims.size() >= room;
			this.calls.start(claims);
			told = true;
			if (!more) {
				this.gathering.begin(claims.size());
			}
		}
		finally {
			if (more) {
				this.wanted = true;
			}
			if (!told) {
				inDoubt();
			}
		}
		if (more) {
			boolean full = this.calls.outstanding() >= this.settings.concurrency() + ahead;
			this.handOver.of(full ? this.handlers.names() : this.shares.full());
		}
	}

	private void claimSuspect() throws SQLException {
		if (!this.suspects.isTurn(this.calls.outstanding())) {
			return;
		}
		try {
			List<Claim> claims = this.gateway.claimPoisonJob(this.handlers.names());
			this.lease.claimed();
			this.suspects.claimed(!claims.isEmpty());
			this.calls.start(claims);
			this.wanted = true;
		}
		catch (SQLException ex) {
			inDoubt();
			throw ex;
		}
		// There may be more of them.
		this.later.accept(Duration.ofSeconds(1));
	}

	private void inDoubt() {
		this.doubts = 2;
		this.disownAt = System.nanoTime();
	}

	/**
	 * A claim may have been committed though it has failed. As long as this node lives,
	 * nobody else would take over such jobs.
	 */
	private void disown() throws SQLException {
		if (this.doubts > 0 && System.nanoTime() - this.disownAt >= 0) {
			if (this.gateway.releaseUnknown(this.handlers.names(), this.calls.outstandingIds()) > 0) {
				this.wanted = true;
			}
			this.doubts--;
			this.disownAt = System.nanoTime() + this.settings.lease().toNanos();
		}
	}

}
