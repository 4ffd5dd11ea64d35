package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

import io.github.pgdispatch.gateway.Claim;
import io.github.pgdispatch.gateway.ClaimGateway;
import io.github.pgdispatch.gateway.ClaimRequest;
import io.github.pgdispatch.gateway.PoisonJobs;
import io.github.pgdispatch.handler.Handlers;

/**
 * Claims jobs for this node: as many as it may have, when there may be any. Not
 * thread-safe except for {@link #wake()}, {@link #leaveAll()} and
 * {@link #poisonJobDue(boolean)}.
 */
final class JobClaimer {

	/**
	 * Maximum time that claimed jobs wait without one of them being begun, before this
	 * node leaves them to others.
	 */
	static final Duration MAX_WAIT = Duration.ofMillis(500);

	/**
	 * Delay before the next look at the queue after a poison job was claimed, as there
	 * may be more of them.
	 */
	private static final Duration NEXT_POISON_JOB = Duration.ofSeconds(1);

	private final ClaimGateway gateway;

	private final RefusedClaims claims;

	private final Handlers handlers;

	private final int concurrency;

	private final ClaimedJobs jobs;

	private final Reservations reservations;

	private final Settlement settlement;

	private final Lease lease;

	private final Consumer<Duration> scheduleLook;

	private final DriverReports reports;

	private final ClaimAllocation allocation;

	private final OverflowNotice overflowNotice;

	private final UnknownClaims unknownClaims;

	private final CrashIsolation isolation = new CrashIsolation();

	private final Prefetch prefetch = new Prefetch();

	private final ChunkDelay chunkDelay = new ChunkDelay(System::nanoTime);

	/**
	 * Whether there may be jobs to claim.
	 */
	private volatile boolean woken;

	/**
	 * Whether other nodes have been notified of the jobs that this node does not claim.
	 */
	private volatile boolean left;

	JobClaimer(ClaimGateway gateway, Handlers handlers, HandlerSettings settings, ClaimedJobs jobs,
			Reservations reservations, Settlement settlement, Lease lease, Consumer<Duration> scheduleLook,
			Runnable passRestOn, DriverReports reports) {
		this.gateway = gateway;
		this.claims = new RefusedClaims(gateway);
		this.handlers = handlers;
		this.concurrency = settings.concurrency();
		this.jobs = jobs;
		this.reservations = reservations;
		this.settlement = settlement;
		this.lease = lease;
		this.scheduleLook = scheduleLook;
		this.reports = reports;
		this.allocation = new ClaimAllocation(handlers, jobs, settings.concurrency());
		this.overflowNotice = new OverflowNotice(gateway, passRestOn);
		this.unknownClaims = new UnknownClaims(gateway, handlers.names(), jobs, reservations, settings.lease());
	}

	/**
	 * Notes that there may be jobs to claim.
	 */
	void wake() {
		this.woken = true;
		this.left = false;
	}

	/**
	 * Returns whether there may be jobs to claim, which come before new ones.
	 */
	boolean isWoken() {
		return this.woken;
	}

	/**
	 * Notes that this node leaves all jobs to others.
	 */
	void leaveAll() {
		this.left = false;
	}

	/**
	 * Notes whether a poison job is due.
	 */
	void poisonJobDue(boolean due) {
		this.isolation.poisonJobDue(due);
	}

	/**
	 * Claims jobs if this node may have more.
	 */
	void claim() throws SQLException {
		this.overflowNotice.reset();
		if (this.jobs.isWaitingFor(MAX_WAIT)) {
			leaveWaitingJobsToOthers();
			return;
		}
		releaseUnknownClaims();
		boolean isolates = this.isolation.holdsBackOthers(this.jobs.outstanding().size());
		this.reservations.holdBack(isolates);
		if (isolates) {
			claimPoisonJob();
		}
		else if (this.woken && this.chunkDelay.left() <= 0) {
			claimUpTo(this.prefetch.jobs(this.settlement.completed()));
		}
	}

	/**
	 * Notifies other nodes once of the jobs that this node does not claim.
	 */
	void leaveToOthers() throws SQLException {
		releaseUnknownClaims();
		if (this.left) {
			return;
		}
		this.left = true;
		try {
			this.gateway.notifyOtherNodes(this.handlers.names());
		}
		catch (SQLException ex) {
			this.left = false;
			throw ex;
		}
	}

	private void leaveWaitingJobsToOthers() throws SQLException {
		this.jobs.releaseWaiting();
		this.settlement.settle();
		this.woken = true;
		this.overflowNotice.send(this.handlers.names());
	}

	private void releaseUnknownClaims() throws SQLException {
		if (this.unknownClaims.release()) {
			this.woken = true;
		}
	}

	private void claimPoisonJob() throws SQLException {
		if (!this.reservations.isEmpty() || !this.isolation.isTurn(this.jobs.outstanding().size())) {
			return;
		}
		long before = System.nanoTime();
		try {
			PoisonJobs poisonJobs = this.gateway.claimPoisonJob(this.handlers.names());
			List<Claim> claims = poisonJobs.claims();
			this.lease.claimed(before);
			this.isolation.claimed(!claims.isEmpty());
			this.reports.claimed(claims);
			this.jobs.start(claims);
			poisonJobs.dead().forEach(this.reports::dead);
			this.woken = true;
		}
		catch (SQLException ex) {
			this.unknownClaims.mayExist();
			throw ex;
		}
		this.scheduleLook.accept(NEXT_POISON_JOB);
	}

	private void claimUpTo(int prefetch) throws SQLException {
		int room = this.concurrency + prefetch - this.jobs.outstanding().size();
		if (room > 0 && this.jobs.waiting() > prefetch / 2) {
			return;
		}
		List<ClaimRequest> requests = (room > 0) ? this.allocation.requests(room) : List.of();
		if (requests.isEmpty()) {
			this.overflowNotice.send(this.handlers.names());
			return;
		}
		if (claim(requests, room)) {
			boolean full = this.jobs.outstanding().size() >= this.concurrency + prefetch;
			this.overflowNotice.send(full ? this.handlers.names() : this.allocation.full());
		}
	}

	/**
	 * Claims the requested jobs and starts them.
	 * @return whether there may be more jobs of this node's handlers
	 */
	private boolean claim(List<ClaimRequest> requests, int room) throws SQLException {
		this.woken = false;
		boolean more = true;
		boolean known = false;
		long before = System.nanoTime();
		try {
			List<Claim> claims = this.claims.claim(requests, room);
			this.lease.claimed(before);
			more = this.allocation.claimed(requests, claims) || claims.size() >= room;
			this.jobs.start(claims);
			known = true;
			this.reports.claimed(claims);
			if (!more) {
				this.chunkDelay.begin(claims.size());
			}
			return more;
		}
		finally {
			if (more) {
				this.woken = true;
			}
			if (!known) {
				this.unknownClaims.mayExist();
			}
		}
	}

	/**
	 * Returns the time until the next claim is to be tried.
	 * @param interval the longest time
	 */
	Duration untilNextClaim(Duration interval) {
		Duration time = this.overflowNotice.within((this.jobs.waiting() > 0) ? MAX_WAIT : interval);
		return this.woken ? this.chunkDelay.within(time) : time;
	}

}
