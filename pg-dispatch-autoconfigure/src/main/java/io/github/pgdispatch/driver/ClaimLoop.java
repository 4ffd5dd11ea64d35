package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.stream.Collectors;

import io.github.pgdispatch.Reservation;
import io.github.pgdispatch.gateway.ClaimGateway;
import io.github.pgdispatch.gateway.LeaseGateway;
import io.github.pgdispatch.gateway.OutcomeGateway;
import io.github.pgdispatch.handler.Handler;
import io.github.pgdispatch.handler.Handlers;
import io.github.pgdispatch.log.OneLineLog;
import org.jspecify.annotations.Nullable;

import org.springframework.util.backoff.ExponentialBackOff;

/**
 * Claims jobs for this node, has them run, and settles their outcomes. A single thread
 * does all that needs a connection; the threads that run jobs leave it to this one.
 */
final class ClaimLoop implements Runnable, Wakeable {

	private static final OneLineLog logger = OneLineLog.of(ClaimLoop.class);

	/**
	 * Maximum number of jobs that one log message names.
	 */
	private static final int MAX_NAMED = 20;

	private final ClaimGateway gateway;

	private final Handlers handlers;

	private final HandlerSettings settings;

	private final ClaimedJobs jobs;

	private final UncertainClaims uncertainClaims;

	private final Reservations reservations;

	private final Settlement settlement;

	private final Lease lease;

	private final JobClaimer claimer;

	private final DatabaseOutage outage;

	private volatile boolean stopped;

	private volatile boolean draining;

	private volatile long stopDeadline;

	/**
	 * Creates a loop.
	 * @param gateway that claims jobs
	 * @param outcomes gateway that records the outcomes of jobs
	 * @param leases gateway that renews the node's lease
	 * @param handlers of this node
	 * @param runner that runs a job
	 * @param executor whose threads run jobs
	 * @param settings of the driver
	 * @param scheduleLook has the queue looked at after a delay
	 * @param passRestOn has another node be notified of the next jobs
	 * @param reports of the driver
	 */
	ClaimLoop(ClaimGateway gateway, OutcomeGateway outcomes, LeaseGateway leases, Handlers handlers, JobRunner runner,
			Executor executor, HandlerSettings settings, Consumer<Duration> scheduleLook, Runnable passRestOn,
			DriverReports reports) {
		this.gateway = gateway;
		this.handlers = handlers;
		this.settings = settings;
		this.jobs = new ClaimedJobs(executor, settings.concurrency(), runner);
		this.uncertainClaims = new UncertainClaims(gateway, this.jobs, System::nanoTime);
		this.reservations = new Reservations(gateway.node(), this.jobs, this.uncertainClaims, settings.concurrency());
		this.settlement = new Settlement(new OutcomeWriter(outcomes, handlers, settings.lease(), scheduleLook, reports),
				this.jobs);
		this.lease = new Lease(leases, settings.lease(), this.reservations);
		this.claimer = new JobClaimer(gateway, handlers, settings, this.jobs, this.reservations, this.settlement,
				this.lease, scheduleLook, passRestOn, reports);
		this.outage = new DatabaseOutage(logger, "The outcomes of jobs are kept and settled when it is back",
				reconnectBackOff(), reports);
	}

	private static ExponentialBackOff reconnectBackOff() {
		ExponentialBackOff backOff = new ExponentialBackOff(100, 2);
		backOff.setMaxInterval(1_000);
		return backOff;
	}

	@Override
	public void wake(int jobs) {
		this.claimer.wake();
		this.jobs.signal();
	}

	/**
	 * Reserves a place for a job that is about to be written. Jobs that wait to be
	 * claimed come first, and a handler with a concurrency of its own is left to the
	 * claims, which count its jobs.
	 * @param handler the name of the handler
	 * @return the place, or {@code null} if this node cannot run the job at once
	 */
	@Nullable Reservation reserve(String handler) {
		if (this.stopped || this.draining || this.claimer.isWoken()) {
			return null;
		}
		Handler known = this.handlers.get(handler);
		return (known != null && known.concurrency() >= this.settings.concurrency())
				? this.reservations.reserve(known.isTransactional()) : null;
	}

	/**
	 * Notes whether a poison job is due, which is to be run in isolation.
	 */
	void poisonJobDue(boolean due) {
		this.claimer.poisonJobDue(due);
		if (due) {
			this.jobs.signal();
		}
	}

	@Override
	public long completed() {
		return this.settlement.completed();
	}

	/**
	 * The lease ends some time after the last job.
	 */
	@Override
	public boolean isIdle() {
		return !this.claimer.isWoken() && !this.lease.isHeld() && this.jobs.outstanding().size() == 0;
	}

	/**
	 * Has the loop claim nothing until {@link #resume()}. No job begins any more when
	 * this method has returned, and other nodes run those that were claimed. Running jobs
	 * go on, and so does the lease.
	 */
	void drain() {
		this.draining = true;
		this.claimer.leaveAll();
		this.jobs.drain();
	}

	void resume() {
		this.jobs.resume();
		this.draining = false;
		this.claimer.wake();
		this.jobs.signal();
	}

	/**
	 * Has the loop claim nothing more, and end when nothing runs any more. Jobs that run
	 * for longer than the patience allows are interrupted and given back.
	 */
	void stop() {
		this.stopDeadline = System.nanoTime() + this.settings.patience().toNanos();
		this.stopped = true;
		this.jobs.drain();
	}

	/**
	 * Returns the number of running methods.
	 */
	int active() {
		return this.jobs.running().size();
	}

	/**
	 * Describes the running jobs for which the loop waits when it is stopped.
	 */
	@Nullable String waitsFor() {
		List<String> running = this.jobs.running();
		return running.isEmpty() ? null
				: "up to " + this.settings.patience().toSeconds() + " seconds for " + running.size()
						+ ((running.size() == 1) ? " running method: " : " running methods: ")
						+ running.stream().limit(MAX_NAMED).collect(Collectors.joining(", "))
						+ ((running.size() > MAX_NAMED) ? " and others" : "");
	}

	@Override
	public void run() {
		while (!isEnded()) {
			try {
				if (this.stopped) {
					giveBack();
				}
				this.settlement.settle();
				if (this.uncertainClaims.look(this.lease.isHeld())) {
					this.settlement.settle();
				}
				if (!this.stopped) {
					claim();
				}
				this.jobs.cancel(this.lease.renew(this.jobs.outstanding().ids()));
				this.outage.ended();
				if (!isEnded()) {
					this.jobs.await(timeout());
				}
			}
			catch (InterruptedException ex) {
				stop();
			}
			catch (SQLException | RuntimeException | Error ex) {
				if (this.stopped && isPastDeadline()) {
					logger.warn("The claims of this node are not released. Other nodes take over its jobs when its"
							+ " lease expires: " + Causes.describe(ex));
					return;
				}
				pause(this.outage.noticed(ex));
			}
		}
		endLease();
	}

	private void claim() throws SQLException {
		if (this.draining) {
			this.claimer.leaveToOthers();
		}
		else {
			this.claimer.claim();
		}
	}

	private void giveBack() {
		this.uncertainClaims.giveBackUnconfirmed();
		this.jobs.releaseWaiting();
		if (isPastDeadline()) {
			this.jobs.abandonRunning();
			this.settlement.stop();
		}
	}

	private void endLease() {
		try {
			this.lease.end();
			// Otherwise what was given back would wait for a poll of other nodes.
			this.gateway.notifyOtherNodes(this.handlers.names());
		}
		catch (SQLException | RuntimeException ex) {
			logger.debug("Could not end the lease, which expires", ex);
		}
	}

	private boolean isEnded() {
		return this.stopped && (this.reservations.stop() || isPastDeadline()) && this.jobs.outstanding().size() == 0;
	}

	private boolean isPastDeadline() {
		return System.nanoTime() - this.stopDeadline >= 0;
	}

	private void pause(Duration duration) {
		try {
			Thread.sleep(duration.toMillis());
		}
		catch (InterruptedException ex) {
			stop();
		}
	}

	private Duration timeout() {
		return this.uncertainClaims.within(this.settlement.within(untilNextClaim()), this.lease.isHeld());
	}

	private Duration untilNextClaim() {
		Duration interval = this.lease.interval();
		if (this.stopped) {
			long left = this.stopDeadline - System.nanoTime();
			return Duration.ofNanos(Math.max(1, Math.min(left, interval.toNanos())));
		}
		return this.draining ? interval : this.claimer.untilNextClaim(interval);
	}

}
