package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

import io.github.pgdispatch.gateway.Claim;
import io.github.pgdispatch.gateway.ClaimGateway;
import io.github.pgdispatch.gateway.ClaimedRow;
import io.github.pgdispatch.log.OneLineLog;

import org.springframework.util.backoff.BackOffExecution;
import org.springframework.util.backoff.ExponentialBackOff;

/**
 * Claims that this node has written with the job, and of which it must find out whether
 * they hold. It looks once at those whose transaction has committed, and runs the jobs
 * that are there. Where it is unknown whether the transaction has committed, it looks
 * from time to time, as the commit may still be on its way, and gives back the jobs that
 * it finds. Thread-safe.
 *
 * <p>
 * After a while, it looks for such a job only while the lease of the node is held. A
 * claim of a node without a lease holds nobody off, so that an idle node need not open a
 * connection for it.
 */
final class UncertainClaims {

	private static final OneLineLog logger = OneLineLog.of(UncertainClaims.class);

	/**
	 * Maximum number of claims that are looked for repeatedly. The oldest ones are then
	 * forgotten. If such a job is there, it stays claimed as long as the node lives.
	 */
	private static final int MAX_SOUGHT = 1_000;

	private final ClaimGateway gateway;

	private final ClaimedJobs jobs;

	private final LongSupplier nanoTime;

	private final Map<Long, Sought> sought = new LinkedHashMap<>();

	private List<Claim> unconfirmed = new ArrayList<>();

	/**
	 * Creates an object for a node without claims.
	 * @param gateway to the database
	 * @param jobs of the node
	 * @param nanoTime the clock, in nanoseconds
	 */
	UncertainClaims(ClaimGateway gateway, ClaimedJobs jobs, LongSupplier nanoTime) {
		this.gateway = gateway;
		this.jobs = jobs;
		this.nanoTime = nanoTime;
	}

	/**
	 * Has the job run if it is there. The transaction has committed, and the claim is
	 * outstanding. If the node has no other job, the thread that is to run the job looks
	 * first, so that the job need not wait for the claim loop. Otherwise the claim loop
	 * looks for many jobs at once.
	 */
	synchronized void confirm(ClaimedRow row) {
		this.unconfirmed.add(row.claim());
		boolean alone = this.jobs.outstanding().size() == 1;
		if (!alone || !this.jobs.startAfter(() -> confirmOnThisThread(row))) {
			this.jobs.signal();
		}
	}

	private void confirmOnThisThread(ClaimedRow row) {
		if (isUnchanged(row)) {
			startOnThisThread(row.claim());
		}
		else {
			this.jobs.signal();
		}
	}

	private boolean isUnchanged(ClaimedRow row) {
		try {
			return this.gateway.isUnchanged(row);
		}
		catch (SQLException | RuntimeException | Error ex) {
			logger.debug("The claim loop looks whether " + row.claim() + " is there", ex);
			return false;
		}
	}

	private synchronized void startOnThisThread(Claim claim) {
		if (this.unconfirmed.remove(claim)) {
			this.jobs.startKnownOnThisThread(claim);
		}
	}

	/**
	 * Has the job given back if it is there, or as soon as it is.
	 */
	synchronized void mayHold(Claim claim) {
		this.sought.put(claim.id(), new Sought(claim, this.nanoTime));
		if (this.sought.size() > MAX_SOUGHT) {
			Iterator<Sought> oldest = this.sought.values().iterator();
			oldest.next();
			oldest.remove();
		}
	}

	/**
	 * Gives back all jobs that have not been run yet, whether they are there or not.
	 */
	synchronized void giveBackUnconfirmed() {
		this.unconfirmed.forEach(this.jobs::giveBack);
		this.unconfirmed = new ArrayList<>();
	}

	/**
	 * Looks for the claims whose time has come. Called by the thread of the claim loop.
	 * @param leaseHeld whether the node holds its lease
	 * @return whether jobs were given back
	 * @throws SQLException if it could not find out. The next call tries again
	 */
	boolean look(boolean leaseHeld) throws SQLException {
		List<Claim> confirmable = takeUnconfirmed();
		List<Sought> due = due(leaseHeld);
		if (confirmable.isEmpty() && due.isEmpty()) {
			return false;
		}
		Set<Long> held;
		try {
			held = this.gateway
				.held(Stream.concat(confirmable.stream(), due.stream().map(Sought::claim)).distinct().toList());
		}
		catch (SQLException ex) {
			putBack(confirmable);
			throw ex;
		}
		run(confirmable, held);
		return giveBack(due, held);
	}

	private void run(List<Claim> claims, Set<Long> held) {
		for (Claim claim : claims) {
			if (held.contains(claim.id())) {
				this.jobs.startKnown(claim);
			}
			else {
				logger.debug(claim + " is not run: it was undone or cancelled in the transaction that dispatched it, or"
						+ " another node has taken it over");
				this.jobs.outstanding().remove(claim);
			}
		}
	}

	private synchronized boolean giveBack(List<Sought> due, Set<Long> held) {
		boolean any = false;
		for (Sought each : due) {
			each.looked();
			if (held.contains(each.claim().id())) {
				this.sought.remove(each.claim().id());
				this.jobs.outstanding().add(each.claim());
				this.jobs.giveBack(each.claim());
				any = true;
			}
		}
		return any;
	}

	private synchronized List<Claim> takeUnconfirmed() {
		List<Claim> taken = this.unconfirmed;
		this.unconfirmed = new ArrayList<>();
		return taken;
	}

	private synchronized void putBack(List<Claim> claims) {
		this.unconfirmed.addAll(0, claims);
	}

	/**
	 * Returns the claims to look for now. If such a job was released as that of an
	 * unknown claim, and this node has claimed it anew, that is the same attempt: the row
	 * would not tell that the claim is another one.
	 */
	private synchronized List<Sought> due(boolean leaseHeld) {
		this.sought.keySet().removeAll(this.jobs.outstanding().ids());
		return this.sought.values().stream().filter((each) -> each.untilNextLook(leaseHeld) <= 0).toList();
	}

	/**
	 * Returns the time until the next look, or the timeout if that is shorter.
	 * @param timeout the longest time
	 * @param leaseHeld whether the node holds its lease
	 */
	synchronized Duration within(Duration timeout, boolean leaseHeld) {
		long nanos = this.unconfirmed.isEmpty() ? timeout.toNanos() : 1;
		for (Sought each : this.sought.values()) {
			nanos = Math.min(nanos, each.untilNextLook(leaseHeld));
		}
		return Duration.ofNanos(Math.max(1, nanos));
	}

	/**
	 * A claim that is looked for from time to time.
	 */
	private static final class Sought {

		private static final Duration FIRST_DELAY = Duration.ofMillis(100);

		private static final Duration MAX_DELAY = Duration.ofMinutes(1);

		/**
		 * Time for which the claim is looked for even without a lease.
		 */
		private static final Duration WITHOUT_LEASE = Duration.ofMinutes(1);

		private final Claim claim;

		private final LongSupplier nanoTime;

		private final long since;

		private final BackOffExecution backOff;

		private long nextLook;

		Sought(Claim claim, LongSupplier nanoTime) {
			this.claim = claim;
			this.nanoTime = nanoTime;
			this.since = nanoTime.getAsLong();
			this.nextLook = this.since;
			ExponentialBackOff backOff = new ExponentialBackOff(FIRST_DELAY.toMillis(), 2);
			backOff.setMaxInterval(MAX_DELAY.toMillis());
			this.backOff = backOff.start();
		}

		Claim claim() {
			return this.claim;
		}

		void looked() {
			this.nextLook = this.nanoTime.getAsLong() + Duration.ofMillis(this.backOff.nextBackOff()).toNanos();
		}

		long untilNextLook(boolean leaseHeld) {
			long now = this.nanoTime.getAsLong();
			return (leaseHeld || now - this.since < WITHOUT_LEASE.toNanos()) ? this.nextLook - now : Long.MAX_VALUE;
		}

	}

}
